package utf8scan_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/utf8scan"
)

// reference is Invalid, character by character.
func reference(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// around returns b between ASCII of all lengths that matter.
func around(b []byte) [][]byte {
	var all [][]byte
	for _, before := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17} {
		for _, after := range []int{0, 1, 2, 4, 7, 8, 9, 17} {
			s := append(bytes.Repeat([]byte("a"), before), b...)
			all = append(all, append(s, bytes.Repeat([]byte("z"), after)...))
		}
	}
	return all
}

func requireSame(t *testing.T, b []byte) {
	t.Helper()
	want := reference(b)
	require.Equal(t, want, utf8scan.Invalid(b), "%x", b)
	require.Equal(t, want < 0, utf8scan.Valid(b))
	require.Equal(t, utf8.Valid(b), utf8scan.Valid(b))
}

// Every character, and every pair and triple of bytes that may be one.
func TestAllCharacters(t *testing.T) {
	room := []byte("........")
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) && utf8scan.Invalid(append(utf8.AppendRune(room[:0], r), "12345678"...)) >= 0 {
			t.Fatalf("%U is refused", r)
		}
	}
	for first := 0x80; first <= 0xff; first++ {
		for second := range 256 {
			for _, third := range []byte{'a', 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xff} {
				b := []byte{byte(first), byte(second), third, 0x80, 'a', 'b', 'c', 'd'}
				if reference(b) != utf8scan.Invalid(b) || reference(b[:3]) != utf8scan.Invalid(b[:3]) {
					t.Fatalf("%x", b)
				}
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, s := range []string{
		"", "a", "é", "—", "🐦", "éé—🐦", "\ufffd", "\x00", "\x7f", "\xff", "\x80", "\xc3", "\xe2\x80", "\xf0\x9f\x90",
		"\xc0\xaf", "\xe0\x9f\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xee\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "é\xff", "—\xc3",
	} {
		for _, b := range around([]byte(s)) {
			requireSame(t, b)
		}
	}
}

func FuzzInvalid(f *testing.F) {
	for _, s := range []string{"hello", "naïve — 🐦 日本語", "\xed\xa0\x80", strings.Repeat("日本語", 20) + "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { requireSame(t, b) })
}

func BenchmarkInvalid(b *testing.B) {
	for name, s := range map[string]string{
		"ascii":    strings.Repeat("Hello, linnet. ", 16),
		"accents":  strings.Repeat("Où est le linotte mélodieuse? ", 8),
		"japanese": strings.Repeat("ムネアカヒワは歌う。", 8),
		"emoji":    strings.Repeat("birds 🐦 sing ", 16),
	} {
		text := []byte(s)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				utf8scan.Invalid(text)
			}
		})
		b.Run(name+"/std", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				utf8.Valid(text)
			}
		})
	}
}
