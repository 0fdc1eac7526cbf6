package difftest_test

import (
	base32std "encoding/base32"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/difftest"
	"github.com/linnet-at/linnet/internal/fixtures"
)

func TestCID(t *testing.T) {
	functions := map[string]function{
		"cid.text": {ours: func(args [][]byte) ([]byte, error) {
			c, err := dagcbor.ParseCID(string(args[0]))
			if err != nil {
				return nil, err
			}
			return c.Bytes(), nil
		}},
		"cid.bytes": {ours: func(args [][]byte) ([]byte, error) {
			c, err := dagcbor.CIDFromBytes(args[0])
			if err != nil {
				return nil, err
			}
			return []byte(c.String()), nil
		}},
	}
	seeds := append(fixtures.InteropLines(t, "syntax/cid_syntax_valid.txt"), fixtures.InteropLines(t, "syntax/cid_syntax_invalid.txt")...)
	compare(t, functions, 1, func(r *rand.Rand) difftest.Request {
		c := randomCID(r)
		if chance(r, 40) {
			b := c.Bytes()
			if chance(r, 60) {
				b = mutateBytes(r, b)
			}
			if chance(r, 20) {
				b[r.IntN(min(4, len(b)))] = byte(r.Uint32())
			}
			return difftest.Request{Func: "cid.bytes", Args: [][]byte{b}}
		}
		s := c.String()
		if chance(r, 10) {
			s = pick(r, seeds)
		}
		switch r.IntN(4) {
		case 0:
			s = mutate(r, s)
		case 1: // the text of other bytes
			b := slices.Concat(c.Bytes()[:4], randomBytes(r, 32))
			s = "b" + base32.EncodeToString(mutateBytes(r, b))
		case 2: // another character of the alphabet
			b := []byte(s)
			b[r.IntN(len(b))] = "abcdefghijklmnopqrstuvwxyz234567"[r.IntN(32)]
			s = string(b)
		}
		return difftest.Request{Func: "cid.text", Args: [][]byte{[]byte(s)}}
	})
}

var base32 = base32std.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32std.NoPadding)
