package strictjson_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/hostile"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/stretchr/testify/require"
)

var valid = []string{
	`null`, `true`, `false`, `0`, `-0`, `12`, `-1.5e+10`, `1E3`, `""`, `[]`, `{}`, "\t\n\r [ 1 , 2 ] \n",
	`"a\"\\\/\b\f\n\r\tA"`, `"\u0000"`, `"\ud83d\ude00"`, `"😀ж"`, "\"\x7f\"", `{"":{"":""}}`,
	`{"a":1,"A":2,"á":3}`, `[[],{},[{}],"]}"]`, `{"a":{"a":{"a":1}},"b":{"a":1}}`,
	`"abcdefgh"`, `"abcdefg\n"`, `"abcdefghijklmnopж"`, `1e999999999999999999999`,
}

var invalid = []struct {
	in, msg string
	offset  int
}{
	{``, "unexpected end of input", 0},
	{`  `, "unexpected end of input", 2},
	{"\xef\xbb\xbf{}", "byte order mark", 0},
	{`{} {}`, "data after the value", 3},
	{`nul`, "unknown literal, expected null", 0},
	{`nulll`, "data after the value", 4},
	{`True`, `unexpected "T", expected a value`, 0},
	{`NaN`, `unexpected "N", expected a value`, 0},
	{`'a'`, `unexpected "'", expected a value`, 0},
	{"\x00", `unexpected "\x00", expected a value`, 0},
	{"\u00a0{}", `unexpected "\u00a0", expected a value`, 0},
	{`[`, "unexpected end of input", 1},
	{`[1`, "unexpected end of input", 2},
	{`[1,`, "unexpected end of input", 3},
	{`[1,]`, `unexpected "]", expected a value`, 3},
	{`[,1]`, `unexpected ",", expected a value`, 1},
	{`[1 2]`, `unexpected "2", expected a comma or the end of the array`, 3},
	{`[1}`, `unexpected "}", expected a comma or the end of the array`, 2},
	{`]`, `unexpected "]", expected a value`, 0},
	{`{`, "unexpected end of input", 1},
	{`{"a"`, "unexpected end of input", 4},
	{`{"a":`, "unexpected end of input", 5},
	{`{"a":}`, `unexpected "}", expected a value`, 5},
	{`{"a" 1}`, `unexpected "1", expected a colon`, 5},
	{`{a:1}`, `unexpected "a", expected a name in quotes`, 1},
	{`{1:1}`, `unexpected "1", expected a name in quotes`, 1},
	{`{"a":1,}`, `unexpected "}", expected a name in quotes`, 7},
	{`{"a":1]`, `unexpected "]", expected a comma or the end of the object`, 6},
	{`{"a":1 "b":2}`, `unexpected "\"", expected a comma or the end of the object`, 7},
	{`[1,/**/2]`, `unexpected "/", expected a value`, 3},
	{`-`, "number without digits", 1},
	{`+1`, `unexpected "+", expected a value`, 0},
	{`.5`, `unexpected ".", expected a value`, 0},
	{`01`, "number with a leading zero", 0},
	{`-01`, "number with a leading zero", 1},
	{`1.`, "number without digits after the point", 2},
	{`1.e1`, "number without digits after the point", 2},
	{`1e`, "number without digits in its exponent", 2},
	{`1e+`, "number without digits in its exponent", 3},
	{`0x10`, "data after the value", 1},
	{`"`, "unexpected end of input", 1},
	{`"abcdefghijkl`, "unexpected end of input", 13},
	{`"\`, "unexpected end of input", 1},
	{`"\x"`, "unknown escape", 1},
	{`"\U0041"`, "unknown escape", 1},
	{`"\u00"`, `\u without four hexadecimal digits`, 1},
	{`"\u00g0"`, `\u without four hexadecimal digits`, 1},
	{`"\u00`, `\u without four hexadecimal digits`, 1},
	{`"\ud800"`, "unpaired surrogate escape", 1},
	{`"\udc00"`, "unpaired surrogate escape", 1},
	{`"\ud800\u0041"`, "unpaired surrogate escape", 1},
	{`"\ud800\ud800"`, "unpaired surrogate escape", 1},
	{`"\ude00\ud83d"`, "unpaired surrogate escape", 1},
	{`"\ud83d-\ude00"`, "unpaired surrogate escape", 1},
	{"\"a\nb\"", "control character in a string", 2},
	{"\"abcdefgh\x1f\"", "control character in a string", 9},
	{"\"\x00\"", "control character in a string", 1},
	{"\"ab\xff\"", "invalid UTF-8", 3},
	{"\"\xc3\"", "invalid UTF-8", 1},
	{"\"\xc0\x80\"", "invalid UTF-8", 1},
	{"\"ж\xed\xa0\x80\"", "invalid UTF-8", 3},
	{"{\"\xff\":1}", "invalid UTF-8", 2},
	{`{"a":1,"a":2}`, `duplicate name "a"`, 7},
	{`{"a":1,"b":2,"\u0061":3}`, `duplicate name "a"`, 13},
	{`{"\u0061":1,"b":2,"a":3}`, `duplicate name "a"`, 18},
	{`{"":1,"":2}`, `duplicate name ""`, 6},
	{`{"x":{"b":1,"a":1,"a":2,"b":1}}`, `duplicate name "a"`, 18},
	{`{"x":{"a":1},"x":{}}`, `duplicate name "x"`, 13},
	{`{"/":1,"\/":2}`, `duplicate name "/"`, 7},
}

func TestCheck(t *testing.T) {
	for _, in := range valid {
		require.NoError(t, strictjson.Check([]byte(in), nil), in)
	}
	for _, tc := range invalid {
		err := strictjson.Check([]byte(tc.in), nil)
		require.Equal(t, &strictjson.Error{Offset: tc.offset, Msg: tc.msg}, err, "%q", tc.in)
		require.EqualError(t, err, fmt.Sprintf("json: %s at offset %d", tc.msg, tc.offset))
	}
}

func TestCheckCutAnywhere(t *testing.T) {
	whole := ` {"a": [1.5e-3, "\ud83d\ude00ж\n", null], "b": {"c": true, "d": false}, "": -7}`
	require.NoError(t, strictjson.Check([]byte(whole), nil))
	for i := range whole {
		require.Error(t, strictjson.Check([]byte(whole[:i]), nil), whole[:i])
	}
}

func TestDepth(t *testing.T) {
	nest := func(n int, open, end string) []byte {
		return []byte(strings.Repeat(open, n) + "1" + strings.Repeat(end, n))
	}
	for _, max := range []int{1, 2, 32, 63, 64, 65, 127, 128, 129, 1000} {
		o := &strictjson.Options{MaxDepth: max}
		for _, b := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}, {`{"a":[`, `],"b":{}}`}} {
			per := strings.Count(b[0], "[") + strings.Count(b[0], "{")
			if max%per == 0 && !strings.Contains(b[1], "b") {
				require.NoError(t, strictjson.Check(nest(max/per, b[0], b[1]), o))
			}
			err := strictjson.Check(nest(max/per+1, b[0], b[1]), o)
			limit, ok := errors.AsType[*dagcbor.LimitError](err)
			require.True(t, ok)
			require.EqualValues(t, max, limit.Limit)
			require.EqualValues(t, max+1, limit.Got)
		}
	}
	require.NoError(t, strictjson.Check(nest(32, "[", "]"), nil))
	require.EqualError(t, strictjson.Check(nest(33, "[", "]"), nil),
		"json: nesting depth 33 exceeds the limit of 32 at offset 32")
	require.NoError(t, strictjson.Check(nest(500_000, "[", "]"), &strictjson.Options{MaxDepth: -1}))
	mismatch := strings.Repeat("[{\"a\":", 200) + "1" + strings.Repeat("}]", 135) + "]"
	require.ErrorContains(t, strictjson.Check([]byte(mismatch), &strictjson.Options{MaxDepth: -1}),
		"expected a comma or the end of the object")
}

func TestSize(t *testing.T) {
	o := &strictjson.Options{MaxSize: 4}
	require.NoError(t, strictjson.Check([]byte("1234"), o))
	require.EqualError(t, strictjson.Check([]byte("12345"), o), "json: input size 5 exceeds the limit of 4")
	big := []byte(`"` + strings.Repeat("a", strictjson.DefaultMaxSize-2) + `"`)
	require.NoError(t, strictjson.Check(big, nil))
	big = append(big, ' ')
	require.Error(t, strictjson.Check(big, nil))
	require.NoError(t, strictjson.Check(big, &strictjson.Options{MaxSize: -1}))
}

// manyNames returns an object of n names, the last of which repeats the first
// if dup is set.
func manyNames(n int, dup bool) []byte {
	b := []byte("{")
	for i := range n {
		if dup && i == n-1 {
			i = 0
		}
		b = fmt.Appendf(b, `"n%d":0,`, i)
	}
	b[len(b)-1] = '}'
	return b
}

func TestManyNames(t *testing.T) {
	require.NoError(t, strictjson.Check(manyNames(100_000, false), nil))
	require.ErrorContains(t, strictjson.Check(manyNames(100_000, true), nil), `duplicate name "n0"`)
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestMemory(t *testing.T) {
	const size = 1 << 20
	hostile := map[string][]byte{
		"arrays":   []byte(strings.Repeat("[", size)),
		"objects":  []byte(strings.Repeat(`{"":`, size/4)),
		"names":    manyNames(size/10, false),
		"escapes":  []byte(strings.ReplaceAll(string(manyNames(size/15, false)), "n", `\u0000`)),
		"elements": []byte("[" + strings.Repeat("0,", size/2) + "0]"),
		"empties":  []byte("[" + strings.Repeat("{},", size/3) + "0]"),
	}
	for name, in := range hostile {
		got := allocated(func() { _ = strictjson.Check(in, nil) })
		require.LessOrEqual(t, got, uint64(8*len(in)), name)
		o := &strictjson.Options{MaxDepth: -1}
		got = allocated(func() { _ = strictjson.Check(in, o) })
		require.LessOrEqual(t, got, uint64(24*len(in)), name)
	}
}

// TestMemoryOfAnything bounds what reading allocates by the size of the input,
// for inputs of all shapes up to 1 MiB.
func TestMemoryOfAnything(t *testing.T) {
	for _, in := range hostile.Inputs(4, 100, hostile.JSON(), []byte(`{"a":["b\u0041",1.5e3],"c":{"d":null}}`)) {
		got := allocated(func() { _ = strictjson.Check(in, nil) })
		require.LessOrEqual(t, got, uint64(8*len(in)+4096), "%.40s", in)
		got = allocated(func() { _ = strictjson.Check(in, &strictjson.Options{MaxDepth: -1}) })
		require.LessOrEqual(t, got, uint64(24*len(in)+4096), "%.40s", in)
		got = allocated(func() {
			s := strictjson.NewScanner(in, &strictjson.Options{MaxDepth: -1})
			for {
				if kind, err := s.Next(); kind == strictjson.End || err != nil {
					return
				}
			}
		})
		require.LessOrEqual(t, got, uint64(len(in)+4096), "%.40s", in)
	}
}

func TestScanner(t *testing.T) {
	in := []byte(` {"a\u0062" : [ -1.50 , "x\ny" , "плюс" ] , "" : { } , "c":null,"d":true,"e":false} `)
	type token struct {
		kind   strictjson.Kind
		text   string
		offset int
		depth  int
	}
	var got []token
	s := strictjson.NewScanner(in, nil)
	for {
		kind, err := s.Next()
		require.NoError(t, err)
		tok := token{kind: kind, offset: s.Offset(), depth: s.Depth()}
		switch kind {
		case strictjson.Number:
			tok.text = string(s.AppendText(nil))
			require.Equal(t, tok.text, string(s.Text()))
			require.Equal(t, len(tok.text), s.TextLen())
			require.False(t, s.Escaped())
		case strictjson.String, strictjson.Name:
			tok.text = string(s.AppendText(nil))
			require.Equal(t, len(tok.text), s.TextLen())
			require.Equal(t, s.Escaped(), tok.text != string(s.Text()))
		}
		got = append(got, tok)
		if kind == strictjson.End {
			break
		}
	}
	require.Equal(t, []token{
		{strictjson.Object, "", 1, 1},
		{strictjson.Name, "ab", 2, 1},
		{strictjson.Array, "", 14, 2},
		{strictjson.Number, "-1.50", 16, 2},
		{strictjson.String, "x\ny", 24, 2},
		{strictjson.String, "плюс", 33, 2},
		{strictjson.ArrayEnd, "", 44, 1},
		{strictjson.Name, "", 48, 1},
		{strictjson.Object, "", 53, 2},
		{strictjson.ObjectEnd, "", 55, 1},
		{strictjson.Name, "c", 59, 1},
		{strictjson.Null, "", 63, 1},
		{strictjson.Name, "d", 68, 1},
		{strictjson.True, "", 72, 1},
		{strictjson.Name, "e", 77, 1},
		{strictjson.False, "", 81, 1},
		{strictjson.ObjectEnd, "", 86, 0},
		{strictjson.End, "", 88, 0},
	}, got)
}

func TestScannerErrorSticks(t *testing.T) {
	s := strictjson.NewScanner([]byte("[1 2"), nil)
	var first error
	for first == nil {
		_, first = s.Next()
	}
	for range 3 {
		kind, err := s.Next()
		require.Equal(t, strictjson.End, kind)
		require.Equal(t, first, err)
	}
}

func TestEscapes(t *testing.T) {
	for in, want := range map[string]string{
		`\"\\\/\b\f\n\r\t`:                     "\"\\/\b\f\n\r\t",
		`A\u00e9\u20AC\uD83D\uDE00`:            "Aé€😀",
		`\uffff\ufffd\u0000\ud7ff\u007f\u0080`: "\uffff\ufffd\x00\ud7ff\x7f\u0080",
		`a\\u0041`:                             `a\u0041`,
		`😀\ud83d\ude00😀`:                       "😀😀😀",
	} {
		s := strictjson.NewScanner([]byte(`"`+in+`"`), nil)
		_, err := s.Next()
		require.NoError(t, err)
		require.Equal(t, want, string(s.AppendText(nil)))
		require.Equal(t, len(want), s.TextLen())
	}
}

// TestStringBoundaries puts each kind of character at each offset within the
// eight bytes that the scanner looks at together.
func TestStringBoundaries(t *testing.T) {
	for n := range 20 {
		pad := strings.Repeat("a", n)
		for _, tc := range []struct {
			text string
			ok   bool
		}{
			{"", true}, {`\n`, true}, {"ж", true}, {"\x7f", true}, {" ", true}, {"!", true}, {"#", true}, {"[", true}, {"]", true},
			{"\x1f", false}, {"\x00", false}, {"\x80", false}, {"ж\x1f", false}, {"ж\"", false}, {`\`, false}, {"\xff", false},
		} {
			for _, prefix := range []string{"", "ж"} {
				in := `"` + prefix + pad + tc.text + pad + `"`
				require.Equal(t, tc.ok, strictjson.Check([]byte(in), nil) == nil, "%q", in)
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	in, err := os.ReadFile("testdata/post.json")
	require.NoError(b, err)
	for name, in := range map[string][]byte{"post": in, "names": manyNames(100_000, false)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if err := strictjson.Check(in, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScanner(b *testing.B) {
	in, err := os.ReadFile("testdata/post.json")
	require.NoError(b, err)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s := strictjson.NewScanner(in, nil)
		for {
			kind, err := s.Next()
			if err != nil {
				b.Fatal(err)
			}
			if kind == strictjson.End {
				break
			}
		}
	}
}

// TestScanString holds ScanString against the scanner.
func TestScanString(t *testing.T) {
	for _, in := range []string{`""`, `"a"`, `"abcdefghijkl"`, `"a\nb"`, `"\u0061\ud83d\ude00"`, `"жж\\"`, `"жж`, `"a`, `"`, `"\`, `"\x"`, `"\ud800"`, "\"\x01\"", "\"\xff\"", `"a"b`} {
		for _, prefix := range []string{"", "123"} {
			data := []byte(prefix + in)
			text, end, n := strictjson.ScanString(data, len(prefix))
			s := strictjson.NewScanner([]byte(strings.TrimSuffix(in, "b")), nil)
			if _, err := s.Next(); err != nil {
				require.Negative(t, end, in)
				continue
			}
			require.Equal(t, string(s.Text()), string(text))
			require.Equal(t, s.TextLen(), n)
			require.Equal(t, s.Escaped(), n != len(text))
			require.Equal(t, len(prefix)+len(text)+2, end)
			require.Equal(t, string(s.AppendText(nil)), string(strictjson.AppendUnescaped(nil, text)))
		}
	}
}
