package jose_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/linnet-at/linnet/crypto/internal/jose"
	"github.com/stretchr/testify/require"
)

var objects = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":1,"A":2,"":3}`, "{\t\"a\" :\r\n[ 1 , { \"b\" : [ ] } ] , \"c\":{}}", `{"a":"\"\\\/\b\f\n\r\t\u0000\uFFFF\ud83D\uDe00é😀"}`,
	`{"\u0061":true,"b":false,"c":null,"d":-1.5E+10,"e":0}`, `{"a":",]}: \\","b":"]"}`, `{"a":[[],[[]],"[",{"x":"}"}]}`,
	`{"x":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`, strings.Repeat(`{"x":`, 16) + "1" + strings.Repeat("}", 16),
}

var notObjects = map[string]string{
	``: "not valid JSON", ` `: "not valid JSON", `{`: "not valid JSON", `{"a":1,}`: "not valid JSON", `{} {}`: "not valid JSON", "\xff": "not valid UTF-8",
	`[]`: "not a JSON object", ` "{}"`: "not a JSON object", `null`: "not a JSON object", `1`: "not a JSON object",
	`{"a":1,"\u0061":2}`: "a name is there twice in one object", `{"a":[{"":0,"":0}]}`: "a name is there twice in one object",
	`{"a":"\ud800"}`: "half of a surrogate pair", `{"\udc00\ud800":1}`: "half of a surrogate pair", `{"a":["\ud800\ud800"]}`: "half of a surrogate pair",
	`{"a":"\ud800\\udc00"}`: "half of a surrogate pair", `{"a":"\ud83d\u00de"}`: "half of a surrogate pair",
	`{"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`:       "nested too deeply",
	strings.Repeat(`{"x":`, 17) + "1" + strings.Repeat("}", 17):             "nested too deeply",
	strings.Repeat(`{"x":`, 100000) + "1" + strings.Repeat("}", 100000):     "not valid JSON",
	`{"x":[` + strings.Repeat(`{"x":[`, 7) + `[]` + strings.Repeat("]}", 8): "nested too deeply",
}

func TestParseObject(t *testing.T) {
	for _, text := range objects {
		o, err := jose.ParseObject([]byte(text))
		require.NoError(t, err, text)
		requireSame(t, text, o)
	}
	for text, want := range notObjects {
		_, err := jose.ParseObject([]byte(text))
		require.EqualError(t, err, want, "%.100q", text)
	}
	o, err := jose.ParseObject([]byte(`{"a":1}`))
	require.NoError(t, err)
	for _, name := range []string{"", "A", "b"} {
		_, ok := o.Get(name)
		require.False(t, ok)
	}
	_, ok := jose.Object{}.Get("a")
	require.False(t, ok)
	for name := range o.All() {
		require.Equal(t, "a", name)
		break
	}
}

// Equal names are found among few and among many, wherever they are.
func TestDuplicateNames(t *testing.T) {
	for _, n := range []int{2, 3, 15, 16, 17, 18, 100} {
		for _, at := range [][2]int{{0, 1}, {0, n - 1}, {n - 2, n - 1}, {n / 2, n - 1}} {
			if at[0] == at[1] {
				continue
			}
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprintf(`"%d":0`, i)
			}
			_, err := jose.ParseObject([]byte("{" + strings.Join(names, ",") + "}"))
			require.NoError(t, err)
			names[at[1]] = names[at[0]]
			_, err = jose.ParseObject([]byte("{" + strings.Join(names, ",") + "}"))
			require.EqualError(t, err, "a name is there twice in one object")
		}
	}
}

// requireSame compares o with what the standard library makes of text.
func requireSame(t *testing.T, text string, o jose.Object) {
	t.Helper()
	var want map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &want))
	got := maps.Collect(o.All())
	require.Len(t, got, len(want))
	for name, raw := range want {
		value, ok := o.Get(name)
		require.True(t, ok)
		require.Equal(t, string(raw), value)
		require.Equal(t, value, got[name])

		var s *string
		isString := json.Unmarshal(raw, &s) == nil && s != nil
		gotString, ok := jose.String(value)
		require.Equal(t, isString, ok)
		if ok {
			require.Equal(t, *s, gotString)
		}
		var list []json.RawMessage
		isList := json.Unmarshal(raw, &list) == nil && list != nil
		gotList, ok := jose.Elements(value)
		require.Equal(t, isList, ok)
		require.Len(t, gotList, len(list))
		for i := range list {
			require.Equal(t, string(list[i]), gotList[i])
		}
	}
}

func TestNotThere(t *testing.T) {
	_, ok := jose.String("")
	require.False(t, ok)
	_, ok = jose.Elements("")
	require.False(t, ok)
}

// reference is ParseObject, slow and readable.
func reference(data []byte) bool {
	var top map[string]any
	return utf8.Valid(data) && json.Unmarshal(data, &top) == nil && top != nil && surrogatesPair(data) && decodes(json.NewDecoder(bytes.NewReader(data)), 1)
}

var escapes = regexp.MustCompile(`\\u([0-9a-fA-F]{4})(\\u([0-9a-fA-F]{4}))?|\\.`)

func surrogatesPair(data []byte) bool {
	for len(data) > 0 {
		m := escapes.FindSubmatchIndex(data)
		if m == nil {
			return true
		}
		next := m[1]
		if m[2] >= 0 {
			next = m[3]
			r, _ := strconv.ParseUint(string(data[m[2]:m[3]]), 16, 16)
			if utf16.IsSurrogate(rune(r)) {
				if m[6] < 0 {
					return false
				}
				low, _ := strconv.ParseUint(string(data[m[6]:m[7]]), 16, 16)
				if utf16.DecodeRune(rune(r), rune(low)) == utf8.RuneError {
					return false
				}
				next = m[1]
			}
		}
		data = data[next:]
	}
	return true
}

// decodes reads one value and reports whether its names differ and its nesting
// is not too deep.
func decodes(dec *json.Decoder, depth int) bool {
	tok, err := dec.Token()
	delim, isDelim := tok.(json.Delim)
	if err != nil || !isDelim {
		return err == nil || strings.Contains(err.Error(), "cannot unmarshal number")
	}
	if depth > jose.MaxDepth {
		return false
	}
	seen := map[string]bool{}
	for dec.More() {
		if delim == '{' {
			name, _ := dec.Token()
			if seen[name.(string)] {
				return false
			}
			seen[name.(string)] = true
		}
		if !decodes(dec, depth+1) {
			return false
		}
	}
	_, err = dec.Token()
	return err == nil
}

var hugeNumber = regexp.MustCompile(`[eE][+-]?[0-9]{3}|[0-9]{300}`)

func FuzzParseObject(f *testing.F) {
	for _, text := range objects {
		f.Add([]byte(text))
	}
	for text := range notObjects {
		if len(text) < 1000 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := jose.ParseObject(data)
		if bytes.ContainsAny(data, "eE") && hugeNumber.Match(data) {
			return // the reference cannot hold such numbers: no more than that it ends is known
		}
		require.Equal(t, reference(data), err == nil, "%q: %v", data, err)
		if err == nil {
			requireSame(t, string(data), o)
		}
	})
}

func TestBase64(t *testing.T) {
	for n := range 70 {
		b := bytes.Repeat([]byte{0xfb, 0x7f, 0xff}, 24)[:n]
		text := string(jose.AppendBase64([]byte("x"), b))[1:]
		require.Equal(t, base64.RawURLEncoding.EncodeToString(b), text)
		require.Len(t, text, jose.EncodedLen(n))
		got, ok := jose.Decode(text)
		require.True(t, ok)
		require.True(t, bytes.Equal(b, got))
		for size := range 70 {
			dst := make([]byte, size)
			require.Equal(t, size == n, jose.DecodeInto(dst, text))
			require.False(t, size == n && !bytes.Equal(dst, b))
		}
		for _, bad := range []string{text + "=", text + "\n", "\r" + text, text + " ", text + "+", text + "/", text + ".", text + "é", "\x00" + text} {
			_, ok := jose.Decode(bad)
			require.False(t, ok, bad)
		}
	}
	for _, bad := range []string{"A", "AB", "AAB", "AAAAB", "Zh", "Zm9=", "Z\ng", "Z\r\ng"} {
		_, ok := jose.Decode(bad)
		require.False(t, ok, bad)
	}
	require.False(t, jose.DecodeInto(make([]byte, 2), "A\nA"))
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "AA", "AB", "Zm9v", "-_-_", "A\nA", "AA==", "+/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, ok := jose.Decode(s); ok {
			require.Equal(t, s, string(jose.AppendBase64(nil, b)))
		}
	})
}
