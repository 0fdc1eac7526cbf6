package data_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

func TestDiff(t *testing.T) {
	long := strings.Repeat("ж", 300)
	for _, tc := range []struct{ from, to, want string }{
		{`1`, `1`, ""},
		{`1`, `2`, "~ 1 → 2\n"},
		{`1`, `"1"`, "~ 1 → \"1\"\n"},
		{``, `{"a":1}`, "+ {\"a\":1}\n"},
		{`[]`, ``, "- []\n"},
		{`[]`, `{}`, "~ [] → {}\n"},
		{`{"a":null}`, `{}`, "- /a null\n"},
		{`{"a":1,"b":2,"cc":3}`, `{"b":3,"c":4,"cc":3,"d":{"$bytes":""}}`, "- /a 1\n~ /b 2 → 3\n+ /c 4\n+ /d {\"$bytes\":\"\"}\n"},
		{`{"x":{"a~b":{"c/d":1},"e":[]}}`, `{"x":{"a~b":{"c/d":2},"e":[[1]]}}`, "+ /x/e/0 [1]\n~ /x/a~0b/c~1d 1 → 2\n"},
		{`{"new\nline":1}`, `{"new\nline":2}`, "~ \"/new\\nline\" 1 → 2\n"},
		{`{"é":"a\nb"}`, `{"é":"a\nc"}`, "~ /é \"a\\nb\" → \"a\\nc\"\n"},
		{`[1,2,3,4]`, `[1,3,4]`, "- /1 2\n"},
		{`[1,3,4]`, `[1,2,3,4]`, "+ /1 2\n"},
		{`[1,2,3,4]`, `[1,5,6,7,4]`, "~ /1 2 → 5\n~ /2 3 → 6\n+ /3 7\n"},
		{`[1,1]`, `[1,1,1]`, "+ /2 1\n"},
		{`[{"a":1},{"a":2}]`, `[{"a":1},{"a":3}]`, "~ /1/a 2 → 3\n"},
		{`{"a":` + blobJSON + `}`, `{"a":` + strings.Replace(blobJSON, "10000", "1", 1) + `}`, "~ /a/size 10000 → 1\n"},
		{`"` + long + `"`, `"` + long + `b"`, "~ …" + strings.Repeat("ж", 10) + "\" → …" + strings.Repeat("ж", 10) + "b\"\n"},
		{`"a"`, `"` + long + `"`, "~ \"a\" → \"" + strings.Repeat("ж", 99) + "…\n"},
	} {
		var from, to data.View
		if tc.from != "" {
			from = viewOf(t, tc.from, nil)
		}
		if tc.to != "" {
			to = viewOf(t, tc.to, nil)
		}
		require.Equal(t, tc.want, data.Diff(from, to), "%s, %s", tc.from, tc.to)
		require.Equal(t, tc.want == "", data.Diff(to, from) == "")
	}
	require.Empty(t, data.Diff(data.View{}, data.View{}))
}

// TestDiffHostile: long keys above many changes must not fill the memory.
func TestDiffHostile(t *testing.T) {
	inner := func(n byte) []byte {
		var b []byte
		for range 30 {
			b = dagcbor.AppendText(dagcbor.AppendMap(b, 1), strings.Repeat("k", dagcbor.DefaultMaxKey))
		}
		b = dagcbor.AppendArray(b, 100_000)
		return append(b, strings.Repeat(string(rune(n)), 100_000)...)
	}
	a, err := data.NewView(inner(1), nil)
	require.NoError(t, err)
	b, err := data.NewView(inner(2), nil)
	require.NoError(t, err)
	var text string
	got := allocated(func() { text = data.Diff(a, b) })
	require.LessOrEqual(t, len(text), 1<<20+10)
	require.True(t, strings.HasSuffix(text, "\n…\n"))
	require.LessOrEqual(t, got, uint64(64<<20))
}
