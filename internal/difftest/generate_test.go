package difftest_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// odd are pieces that parsers have trouble with.
var odd = []string{
	"\x00", "\t", "\n", "\r\n", " ", "\x1f", "\x7f", "\u0080", "\u00a0", "\u00e9", "e\u0301", "\u0130", "\u017f", "\u0660",
	"\u200b", "\u2028", "\u212a", "\u3000", "\ufeff", "\ufffd", "\uff0e", "\U0001d7d8", "\U0001f600", "\U0010ffff",
	"%", "%00", "%zz", "%2F", "#", "#/", "#/a", "?", "?a=b", "/", "//", "\\", ":", "::", "@", ".", "..", "-", "--", "_", "~", "+", "=", "*",
	"'", "\"", "(", "[", "{", "|", "^", "`", "$", "&", "!", ";", ",", "<", "0", "1", "9", "a", "z", "A", "Z", "x-", "xn--",
}

// lengths are those where limits lie, give or take one.
var lengths = []int{1, 2, 3, 8, 13, 59, 62, 63, 64, 65, 128, 244, 253, 254, 256, 317, 512, 2048, 8192}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// chance is true in percent of all cases.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// letters returns min to max bytes of an alphabet.
func letters(r *rand.Rand, alphabet string, min, max int) string {
	b := make([]byte, min+r.IntN(max-min+1))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// size returns a length that is mostly small, and sometimes near a limit.
func size(r *rand.Rand, max int) int {
	if chance(r, 90) {
		return r.IntN(min(max, 12) + 1)
	}
	return min(max, pick(r, lengths)+r.IntN(3)-1)
}

// mutate changes a string in one to three places. The result is valid UTF-8.
func mutate(r *rand.Rand, s string) string {
	b := []byte(s)
	for range 1 + r.IntN(3) {
		b = mutateText(r, b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

func mutateText(r *rand.Rand, b []byte) []byte {
	at := r.IntN(len(b) + 1)
	if chance(r, 15) {
		at = pick(r, []int{0, len(b)})
	}
	end := min(len(b), at+r.IntN(4))
	switch r.IntN(10) {
	case 0, 1:
		return slices.Insert(b, at, []byte(pick(r, odd))...)
	case 2, 3:
		return slices.Replace(b, at, min(len(b), at+1), []byte(pick(r, odd))...)
	case 4:
		return slices.Delete(b, at, end)
	case 5:
		return slices.Insert(b, at, b[at:end]...)
	case 6:
		if at+1 < len(b) {
			b[at], b[at+1] = b[at+1], b[at]
		}
		return b
	case 7:
		for i := at; i < end; i++ {
			if c := b[i] | 0x20; c >= 'a' && c <= 'z' {
				b[i] ^= 0x20
			}
		}
		return b
	case 8:
		return stretch(r, b, at)
	default:
		if chance(r, 50) {
			return slices.Insert(b, at, []byte(string(rune(r.IntN(utf8.MaxRune))))...)
		}
		return slices.Insert(b, at, byte(r.IntN(128)))
	}
}

// stretch repeats one byte until the whole, or the run itself, is about as long
// as a limit.
func stretch(r *rand.Rand, b []byte, at int) []byte {
	if at == len(b) {
		return b
	}
	n := pick(r, lengths) + r.IntN(3) - 1
	if chance(r, 50) {
		n -= len(b)
	}
	return slices.Insert(b, at, slices.Repeat(b[at:at+1], max(n, 0))...)
}

// mutateBytes changes bytes in one to three places.
func mutateBytes(r *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(b) + 1)
		end := min(len(b), at+r.IntN(4))
		switch r.IntN(6) {
		case 0:
			b = slices.Insert(b, at, byte(r.Uint32()))
		case 1:
			b = slices.Delete(b, at, end)
		case 2:
			b = slices.Insert(b, at, b[at:end]...)
		case 3:
			if at < len(b) {
				b[at] ^= 1 << r.IntN(8)
			}
		case 4:
			if at < len(b) {
				b[at] = byte(r.Uint32())
			}
		default:
			if at+1 < len(b) {
				b[at], b[at+1] = b[at+1], b[at]
			}
		}
	}
	return b
}
