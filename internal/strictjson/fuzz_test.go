package strictjson_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/stretchr/testify/require"
)

// reference is Check, slow and readable: the standard library's grammar, then
// each of the rules that it does not have.
func reference(data []byte) bool {
	return json.Valid(data) && utf8.Valid(data) && surrogatesPair(data) && !nameRepeats(data)
}

var escapes = regexp.MustCompile(`\\(?:u([0-9a-fA-F]{4})|.)`)

func surrogatesPair(data []byte) bool {
	high, end := rune(-1), -1 // a high surrogate that waits for its other half, and where it ended
	for _, m := range escapes.FindAllSubmatchIndex(data, -1) {
		r := rune(-1)
		if m[2] >= 0 {
			n, _ := strconv.ParseUint(string(data[m[2]:m[3]]), 16, 16)
			r = rune(n)
		}
		switch {
		case high >= 0:
			if m[0] != end || utf16.DecodeRune(high, r) == utf8.RuneError {
				return false
			}
			high = -1
		case utf16.IsSurrogate(r):
			high, end = r, m[1]
		}
	}
	return high < 0
}

func nameRepeats(data []byte) bool {
	type level struct {
		names map[string]bool // nil in an array
		value bool            // a name was read: a value is due
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var open []*level
	for {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		var in *level
		if len(open) > 0 {
			in = open[len(open)-1]
		}
		if s, ok := tok.(string); ok && in != nil && in.names != nil && !in.value {
			if in.names[s] {
				return true
			}
			in.names[s], in.value = true, true
			continue
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, &level{names: map[string]bool{}})
			continue
		case json.Delim('['):
			open = append(open, &level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			if len(open) == 0 {
				return false
			}
			in = open[len(open)-1]
		}
		if in == nil {
			return false
		}
		in.value = false
	}
}

func FuzzCheck(f *testing.F) {
	for _, in := range valid {
		f.Add([]byte(in))
	}
	for _, tc := range invalid {
		f.Add([]byte(tc.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		err := strictjson.Check(in, &strictjson.Options{MaxDepth: 9000})
		require.Equal(t, reference(in), err == nil, "%q: %v", in, err)
	})
}

// FuzzScanner writes the tokens down again and compares what the standard
// library makes of both texts.
func FuzzScanner(f *testing.F) {
	for _, in := range valid {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var out []byte
		s := strictjson.NewScanner(in, nil)
		for {
			kind, err := s.Next()
			if err != nil {
				return
			}
			if kind == strictjson.End {
				break
			}
			out = appendToken(t, out, kind, &s)
		}
		require.Equal(t, decode(t, in), decode(t, out))
	})
}

func decode(t *testing.T, in []byte) (v any) {
	dec := json.NewDecoder(bytes.NewReader(in))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&v), "%q", in)
	return v
}

func appendToken(t *testing.T, out []byte, kind strictjson.Kind, s *strictjson.Scanner) []byte {
	if kind != strictjson.ArrayEnd && kind != strictjson.ObjectEnd && len(out) > 0 && !bytes.ContainsAny(out[len(out)-1:], ":[{") {
		out = append(out, ',')
	}
	switch kind {
	case strictjson.Number:
		return append(out, s.Text()...)
	case strictjson.String, strictjson.Name:
		text, err := json.Marshal(string(s.AppendText(nil)))
		require.NoError(t, err)
		out = append(out, text...)
		if kind == strictjson.Name {
			out = append(out, ':')
		}
		return out
	}
	return append(out, map[strictjson.Kind]string{
		strictjson.Null: "null", strictjson.True: "true", strictjson.False: "false",
		strictjson.Array: "[", strictjson.ArrayEnd: "]", strictjson.Object: "{", strictjson.ObjectEnd: "}",
	}[kind]...)
}
