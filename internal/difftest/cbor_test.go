package difftest_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/difftest"
)

// anyData is the data model without limits and without rules about single keys,
// which the codecs of the peers do not check either.
var anyData = &data.Options{Permissive: true, MaxDepth: -1, MaxKey: -1}

func TestCBOR(t *testing.T) {
	functions := map[string]function{
		"cbor.decode": {ours: func(args [][]byte) ([]byte, error) { return decodeCBOR(args[0]) }},
		"cbor.encode": {ours: func(args [][]byte) ([]byte, error) { return encodeCBOR(string(args[0])) }, whole: true},
		"cbor.cid":    {ours: func(args [][]byte) ([]byte, error) { return sum(dagcbor.DAGCBOR, args[0]) }},
		"raw.cid":     {ours: func(args [][]byte) ([]byte, error) { return sum(dagcbor.Raw, args[0]) }},
	}
	compare(t, functions, 1, func(r *rand.Rand) difftest.Request {
		v := randomValue(r, r.IntN(6))
		if chance(r, 30) {
			text := notation(v, func(keys []string) { r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] }) })
			return difftest.Request{Func: "cbor.encode", Args: [][]byte{[]byte(text)}}
		}
		defects := 0
		if chance(r, 40) {
			defects = 1 + r.IntN(10)
		}
		b := appendLoose(nil, r, v, defects)
		if chance(r, 50) {
			b = mutateBytes(r, b)
		}
		if chance(r, 5) {
			return difftest.Request{Func: pick(r, []string{"cbor.cid", "raw.cid"}), Args: [][]byte{b}}
		}
		return difftest.Request{Func: "cbor.decode", Args: [][]byte{b}}
	})
}

// decodeCBOR decodes with all that the module has for it.
func decodeCBOR(b []byte) ([]byte, error) {
	if err := dagcbor.Valid(b, &dagcbor.Options{MaxDepth: -1, MaxKey: -1}); err != nil {
		return nil, err
	}
	v, err := data.Unmarshal(b, anyData)
	if err != nil {
		return nil, err
	}
	switch again, err := data.Marshal(v, anyData); {
	case err != nil:
		return nil, err
	case !bytes.Equal(again, b):
		return nil, errors.New("encoding again gives other bytes")
	}
	return []byte(notation(v, canonical)), nil
}

func encodeCBOR(text string) ([]byte, error) {
	v, rest, err := readNotation(text)
	if err != nil || rest != "" {
		return nil, errNotation
	}
	return data.Marshal(v, anyData)
}

func sum(c dagcbor.Codec, b []byte) ([]byte, error) {
	id := dagcbor.Sum(c, b)
	if !id.Matches(b) {
		return nil, errors.New("CID does not match its data")
	}
	return []byte(id.String()), nil
}

// appendLoose encodes a tree, with something that canonical DAG-CBOR does not
// allow in about one of ten places for each of the defects.
func appendLoose(dst []byte, r *rand.Rand, v any, defects int) []byte {
	if chance(r, defects) {
		return append(dst, pick(r, looseItems)...)
	}
	switch v := v.(type) {
	case nil:
		return dagcbor.AppendNull(dst)
	case bool:
		return dagcbor.AppendBool(dst, v)
	case int64:
		if v < 0 {
			return appendHead(dst, r, 1, uint64(-1-v), defects)
		}
		return appendHead(dst, r, 0, uint64(v), defects)
	case string:
		return append(appendHead(dst, r, 3, uint64(len(v)), defects), looseText(r, v, defects)...)
	case []byte:
		return append(appendHead(dst, r, 2, uint64(len(v)), defects), v...)
	case dagcbor.CID:
		dst = appendHead(dst, r, 6, 42, defects)
		b := append([]byte{0}, v.Bytes()...)
		if chance(r, 3*defects) {
			b = mutateBytes(r, b)
		}
		return append(appendHead(dst, r, 2, uint64(len(b)), defects), b...)
	case []any:
		dst = appendHead(dst, r, 4, uint64(len(v)), defects)
		for _, e := range v {
			dst = appendLoose(dst, r, e, defects)
		}
		return dst
	case map[string]any:
		keys := slices.Collect(maps.Keys(v))
		canonical(keys)
		if len(keys) > 1 && chance(r, 5*defects) {
			keys[r.IntN(len(keys))] = pick(r, keys)
		}
		if len(keys) > 1 && chance(r, 5*defects) {
			i, j := r.IntN(len(keys)), r.IntN(len(keys))
			keys[i], keys[j] = keys[j], keys[i]
		}
		dst = appendHead(dst, r, 5, uint64(len(keys)), defects)
		for _, k := range keys {
			dst = appendLoose(dst, r, k, defects/4)
			dst = appendLoose(dst, r, v[k], defects)
		}
		return dst
	}
	panic("unreachable")
}

// appendHead writes the head of an item, which may be longer than necessary.
func appendHead(dst []byte, r *rand.Rand, major byte, n uint64, defects int) []byte {
	widths := []int{1, 2, 4, 8}
	least := 0
	for least < len(widths) && widths[least] < 8 && n>>(8*widths[least]) > 0 {
		least++
	}
	if n < 24 {
		if !chance(r, defects) {
			return append(dst, major<<5|byte(n))
		}
	} else if chance(r, defects) {
		least = min(least+1, 3)
	}
	dst = append(dst, major<<5|byte(24+least))
	for i := widths[least] - 1; i >= 0; i-- {
		dst = append(dst, byte(n>>(8*i)))
	}
	return dst
}

func looseText(r *rand.Rand, s string, defects int) []byte {
	b := []byte(s)
	if len(b) > 0 && chance(r, defects) {
		b[r.IntN(len(b))] = byte(0x80 + r.IntN(0x80))
	}
	return b
}

// looseItems are items outside of the data model, and on its edges.
var looseItems = []string{
	"\xf7", "\xf8\x18", "\xf8\xff", "\xe0", "\xf9\x3c\x00", "\xf9\x7e\x00", "\xfa\x3f\x80\x00\x00",
	"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", "\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00", "\xfb\x80\x00\x00\x00\x00\x00\x00\x00",
	"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00", "\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00", "\xfb\x43\x40\x00\x00\x00\x00\x00\x00",
	"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "\x3b\x80\x00\x00\x00\x00\x00\x00\x00",
	"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "\x1b\x00\x20\x00\x00\x00\x00\x00\x00", "\x3b\x00\x1f\xff\xff\xff\xff\xff\xff",
	"\x3b\x00\x1f\xff\xff\xff\xff\xff\xfe", "\x9f\xff", "\xbf\xff", "\x5f\xff", "\x7f\xff", "\xff", "\x1c", "\x1f",
	"\xc0\x60", "\xc2\x41\x01", "\xc3\x41\x01", "\xd8\x20\x60", "\xd9\xd9\xf7\x00", "\xd8\x2a\x41\x00", "\xd8\x2a\x40", "\xd8\x2a\x00",
	"\xa1\x00\x00", "\xa1\x41a\x00", "\xa1\xf6\x00", "\xa2\x61b\x00\x61a\x00", "\xa2\x61a\x00\x61a\x00", "\xa2\x62aa\x00\x61b\x00",
	"\x61\xff", "\x62\xc0\x80", "\x63\xed\xa0\x80", "\x64\xf4\x90\x80\x80", "\x63\xef\xbb\xbf", "\x62\xc3\x28", "\xa1\x61\xff\x00",
	"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "\xba\xff\xff\xff\xff", "\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", "\x7a\x7f\xff\xff\xff",
	"\xa1\x69__proto__\x01", "\xa1\x69__proto__\xa0", "\xa1\x65$link\x61a", "\xa1\x66$bytes\x61a",
}
