package difftest_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

// Trees of values travel between the processes in a notation of their own, so
// that neither side depends on the codecs under test: n T F for null, true and
// false, iDECIMAL; for integers, tHEX; bHEX; lHEX; for text, bytes and links,
// [values] for arrays and {keys and values} for maps.

// notation writes a tree, with the keys of maps in the order that sort gives.
func notation(v any, sort func([]string)) string {
	var b strings.Builder
	var write func(any)
	write = func(v any) {
		switch v := v.(type) {
		case nil:
			b.WriteByte('n')
		case bool:
			b.WriteByte(map[bool]byte{true: 'T', false: 'F'}[v])
		case int64:
			fmt.Fprintf(&b, "i%d;", v)
		case string:
			fmt.Fprintf(&b, "t%x;", v)
		case []byte:
			fmt.Fprintf(&b, "b%x;", v)
		case dagcbor.CID:
			fmt.Fprintf(&b, "l%x;", v.Bytes())
		case []any:
			b.WriteByte('[')
			for _, e := range v {
				write(e)
			}
			b.WriteByte(']')
		case map[string]any:
			keys := slices.Collect(maps.Keys(v))
			sort(keys)
			b.WriteByte('{')
			for _, k := range keys {
				write(k)
				write(v[k])
			}
			b.WriteByte('}')
		default:
			panic(fmt.Sprintf("value of type %T", v))
		}
	}
	write(v)
	return b.String()
}

func canonical(keys []string) { slices.SortFunc(keys, dagcbor.CompareKeys) }

var errNotation = errors.New("malformed notation")

// readNotation reads a tree, and returns what follows it.
func readNotation(s string) (v any, rest string, err error) {
	if s == "" {
		return nil, "", errNotation
	}
	switch kind, rest := s[0], s[1:]; kind {
	case 'n':
		return nil, rest, nil
	case 'T', 'F':
		return kind == 'T', rest, nil
	case '[':
		list := []any{}
		for !strings.HasPrefix(rest, "]") {
			if v, rest, err = readNotation(rest); err != nil {
				return nil, "", err
			}
			list = append(list, v)
		}
		return list, rest[1:], nil
	case '{':
		m := map[string]any{}
		for !strings.HasPrefix(rest, "}") {
			var key any
			if key, rest, err = readNotation(rest); err != nil {
				return nil, "", err
			}
			if m[key.(string)], rest, err = readNotation(rest); err != nil {
				return nil, "", err
			}
		}
		return m, rest[1:], nil
	default:
		word, rest, _ := strings.Cut(rest, ";")
		v, err := readWord(kind, word)
		return v, rest, err
	}
}

func readWord(kind byte, word string) (any, error) {
	if kind == 'i' {
		return strconv.ParseInt(word, 10, 64)
	}
	b, err := hex.DecodeString(word)
	if err != nil {
		return nil, err
	}
	switch kind {
	case 't':
		return string(b), nil
	case 'b':
		return b, nil
	case 'l':
		return dagcbor.CIDFromBytes(b)
	}
	return nil, errNotation
}

var integers = []int64{
	0, 1, 23, 24, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, 1<<53 - 1, 1 << 53, 1<<53 + 1, math.MaxInt64,
}

func randomInteger(r *rand.Rand) int64 {
	n := pick(r, integers)
	if chance(r, 50) {
		n = r.Int64() >> r.IntN(64)
	}
	if n > data.MaxSafeInteger && chance(r, 95) {
		n >>= 11 // so that not most values have an integer that the peers can't take
	}
	if chance(r, 50) {
		return -1 - n
	}
	return n
}

func randomText(r *rand.Rand) string {
	s := letters(r, alnum+" ", 0, size(r, 300))
	if chance(r, 30) {
		s += pick(r, odd) + letters(r, lower, 0, 3)
	}
	return s
}

func randomKey(r *rand.Rand) string {
	if chance(r, 10) {
		return pick(r, []string{
			"", "$type", "$link", "$bytes", "__proto__", "constructor", "toString", "length", "0", "10", "9", "-1",
			"ref", "size", "mimeType", "\uff5e", "\U00010000", "\ue000", "\u00e9", "aa", "b", "$foo",
		})
	}
	return letters(r, alnum, 1, 1+size(r, 300)/8) + strings.Repeat(pick(r, odd), r.IntN(20)/19)
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func randomCID(r *rand.Rand) dagcbor.CID {
	return dagcbor.CIDFromDigest(pick(r, []dagcbor.Codec{dagcbor.DAGCBOR, dagcbor.Raw}), [32]byte(randomBytes(r, 32)))
}

// randomValue returns a tree of at most depth containers inside each other.
func randomValue(r *rand.Rand, depth int) any {
	kinds := 10
	if depth == 0 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 0:
		return pick(r, []any{nil, true, false})
	case 1, 2:
		return randomInteger(r)
	case 3:
		return randomText(r)
	case 4:
		return randomBytes(r, size(r, 300))
	case 5:
		return randomCID(r)
	case 6, 7:
		list := []any{}
		for range size(r, 30) / 2 {
			list = append(list, randomValue(r, depth-1))
		}
		return list
	default:
		m := map[string]any{}
		for range size(r, 30) / 2 {
			m[randomKey(r)] = randomValue(r, depth-1)
		}
		return m
	}
}
