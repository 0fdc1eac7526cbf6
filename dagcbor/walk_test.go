package dagcbor_test

import (
	"encoding/hex"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/stretchr/testify/require"
)

// unhex decodes hexadecimal text, in which spaces may stand.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	digits := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if c != ' ' {
			digits = append(digits, c)
		}
	}
	b, err := hex.DecodeString(string(digits))
	require.NoError(t, err)
	return b
}

// open is a container that walk is in.
type open struct {
	left  int
	isMap bool
}

// walk reads the one value in b with a Reader, as a program does that does not
// know what to expect, and writes it again with the Append functions.
func walk(b []byte, o *dagcbor.Options) ([]byte, error) {
	r := dagcbor.NewReader(b, o)
	var dst []byte
	var stack []open
	for {
		if n := len(stack) - 1; n >= 0 {
			if stack[n].isMap {
				key, err := r.Key()
				if err != nil {
					return nil, err
				}
				dst = dagcbor.AppendText(dst, key)
			}
			stack[n].left--
		}
		var err error
		var in open
		if dst, in, err = step(r, dst); err != nil {
			return nil, err
		}
		if in.left > 0 {
			stack = append(stack, in)
		}
		for len(stack) > 0 && stack[len(stack)-1].left == 0 {
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 {
			return dst, r.End()
		}
	}
}

// step copies one item from r to dst; in is the container that it opens.
func step(r *dagcbor.Reader, dst []byte) (_ []byte, in open, err error) {
	switch r.Kind() {
	case dagcbor.KindNull:
		return dagcbor.AppendNull(dst), in, r.Null()
	case dagcbor.KindBool:
		v, err := r.Bool()
		return dagcbor.AppendBool(dst, v), in, err
	case dagcbor.KindInt:
		v, err := r.Int()
		return dagcbor.AppendInt(dst, v), in, err
	case dagcbor.KindBytes:
		v, err := r.Bytes()
		return dagcbor.AppendBytes(dst, v), in, err
	case dagcbor.KindText:
		v, err := r.Text()
		return dagcbor.AppendText(dst, v), in, err
	case dagcbor.KindLink:
		v, err := r.Link()
		return dagcbor.AppendLinkBytes(dst, v), in, err
	case dagcbor.KindArray:
		n, err := r.Array()
		return dagcbor.AppendArray(dst, n), open{n, false}, err
	case dagcbor.KindMap:
		n, err := r.Map()
		return dagcbor.AppendMap(dst, n), open{n, true}, err
	}
	return dst, in, r.Skip()
}

// A path is a way to read input, of which the verdict is wanted.
type path struct {
	name string
	read func(b []byte) error
}

// readerPaths are the ways that take Options.
func readerPaths(o *dagcbor.Options) []path {
	return []path{
		{"Valid", func(b []byte) error { return dagcbor.Valid(b, o) }},
		{"Reader", func(b []byte) error { _, err := walk(b, o); return err }},
		{"Skip", func(b []byte) error {
			r := dagcbor.NewReader(b, o)
			if err := r.Skip(); err != nil {
				return err
			}
			return r.End()
		}},
		{"Raw", func(b []byte) error {
			r := dagcbor.NewReader(b, o)
			if _, err := r.Raw(); err != nil {
				return err
			}
			return r.End()
		}},
	}
}

// allPaths are all ways to read input with the default limits.
func allPaths() []path {
	return append(readerPaths(nil),
		path{"Unmarshal any", func(b []byte) error { var v any; return dagcbor.Unmarshal(b, &v) }},
		path{"Unmarshal struct", func(b []byte) error { var v post; return dagcbor.Unmarshal(b, &v) }},
		path{"Unmarshal map", func(b []byte) error { var v map[string]int; return dagcbor.Unmarshal(b, &v) }},
		path{"Unmarshal raw", func(b []byte) error { var v cbor.RawMessage; return dagcbor.Unmarshal(b, &v) }},
	)
}

// requireRefused checks that every path refuses b with the same error.
func requireRefused(t *testing.T, b []byte, want string, paths []path) {
	t.Helper()
	for _, p := range paths {
		require.EqualError(t, p.read(b), want, "%s of %.60x", p.name, b)
	}
}
