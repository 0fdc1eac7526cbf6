package richtext_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky/richtext"
)

// draw writes a text with its facets in brackets.
func draw(t richtext.Text) string {
	var b strings.Builder
	for s := range t.Segments() {
		if s.Facet != nil {
			b.WriteString("[" + s.Text + "]")
			continue
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

// facets returns facets with the given offsets of both ends, and one number as
// their meaning.
func facets(offsets ...int64) []richtext.Facet {
	var all []richtext.Facet
	for i := 0; i < len(offsets); i += 2 {
		all = append(all, facet(offsets[i], offsets[i+1], fmt.Sprint(i/2)))
	}
	return all
}

func TestSegments(t *testing.T) {
	const text = "héllo wörld"
	for _, tt := range []struct {
		offsets []int64
		want    string
	}{
		{nil, "héllo wörld"},
		{[]int64{0, 6}, "[héllo] wörld"},
		{[]int64{7, 13}, "héllo [wörld]"},
		{[]int64{0, 13}, "[héllo wörld]"},
		{[]int64{0, 6, 7, 13}, "[héllo] [wörld]"},
		{[]int64{7, 13, 0, 6}, "[héllo] [wörld]"},
		{[]int64{0, 3, 3, 6}, "[hé][llo] wörld"},
		{[]int64{0, 6, 3, 9}, "[héllo] wörld"},
		{[]int64{3, 9, 0, 6}, "[héllo] wörld"},
		{[]int64{0, 13, 7, 13}, "[héllo wörld]"},
		{[]int64{0, 6, 0, 13}, "[héllo] wörld"}, // the first of two
		{[]int64{0, 2}, "héllo wörld"},          // ends within a character
		{[]int64{2, 6}, "héllo wörld"},          // begins within one
		{[]int64{0, 14, 0, 6}, "[héllo] wörld"}, // reaches beyond the text
		{[]int64{13, 14, 14, 15, 13, 13}, "héllo wörld"},
		{[]int64{-1, 6, 6, 3, 0, 0}, "héllo wörld"},
		{[]int64{-1 << 63, 1<<63 - 1, 1<<63 - 1, -1 << 63}, "héllo wörld"},
		{[]int64{1 << 32, 1<<32 + 6, 0, 1<<32 + 6}, "héllo wörld"},
		{[]int64{6, 7, 6, 8}, "héllo[ w]örld"}, // white space
	} {
		got := richtext.Text{Text: text, Facets: facets(tt.offsets...)}
		require.Equal(t, tt.want, draw(got), "%d", tt.offsets)
		n := 0
		for range got.Segments() {
			n++
			break
		}
		require.Equal(t, 1, n)
	}
	require.Empty(t, slices.Collect(richtext.Segments("", facets(0, 0, 0, 1))))
	var many []int64
	for range 20 {
		many = append(many, 7, 13, 0, 6, 0, 13)
	}
	for seg := range richtext.Segments(text, facets(many...)) {
		if tag, ok := seg.Tag(); ok {
			require.Contains(t, []string{"0", "1"}, tag, "of those that begin together, the first")
		}
	}
	given := facets(7, 13, 0, 6)
	for range richtext.Segments(text, given) {
	}
	require.Equal(t, facets(7, 13, 0, 6), given, "the caller's order stays")
}

func TestReplace(t *testing.T) {
	hello := richtext.Text{Text: "hello world!", Facets: facets(2, 7)}
	require.Equal(t, "he[llo w]orld!", draw(hello))
	for _, tt := range []struct {
		start, end int
		s, want    string
	}{
		{0, 0, "test", "testhe[llo w]orld!"},
		{2, 2, "test", "hetest[llo w]orld!"},
		{4, 4, "test", "he[lltesto w]orld!"},
		{7, 7, "test", "he[llo w]testorld!"},
		{8, 8, "test", "he[llo w]otestrld!"},
		{12, 99, "test", "he[llo w]orld!test"},
		{-5, 0, "é", "éhe[llo w]orld!"},
		{0, 9, "", "ld!"},
		{2, 7, "", "heorld!"},
		{2, 7, "x", "hexorld!"},
		{7, 11, "", "he[llo w]!"},
		{4, 11, "", "he[ll]!"},
		{4, 11, "x", "he[ll]x!"},
		{3, 5, "", "he[l w]orld!"},
		{3, 5, "xyz", "he[lxyz w]orld!"},
		{2, 5, "x", "hex[ w]orld!"},
		{5, 7, "x", "he[llo]xorld!"},
		{1, 5, "", "h[ w]orld!"},
		{1, 5, "xy", "hxy[ w]orld!"},
		{0, 2, "", "[llo w]orld!"},
		{9, 3, "x", "he[llo w]orxld!"},
	} {
		got := hello.Replace(tt.start, tt.end, tt.s)
		require.Equal(t, tt.want, draw(got), "%d %d %q", tt.start, tt.end, tt.s)
	}
	require.Equal(t, "he[llo w]orld!", draw(hello), "it does not change")
	require.Equal(t, hello.Replace(3, 3, "x"), hello.Insert(3, "x"))
	require.Equal(t, hello.Replace(3, 5, ""), hello.Delete(3, 5))
	require.Equal(t, "xé", richtext.Text{Text: "é"}.Insert(1, "x").Text, "not within a character")
	require.Empty(t, richtext.Text{Text: "é", Facets: facets(0, 1, 0, 3)}.Insert(0, "").Facets)
}

func TestTruncate(t *testing.T) {
	const family = "👨‍👩‍👧‍👧" // 25 bytes
	text := richtext.Text{Text: "ab " + family + " cde", Facets: facets(3, 28, 29, 32)}
	require.Equal(t, 8, text.Graphemes())
	for _, tt := range []struct {
		graphemes, bytes int
		ellipsis, want   string
	}{
		{8, 32, "…", "ab [" + family + "] [cde]"},
		{99, 99, "…", "ab [" + family + "] [cde]"},
		{7, 99, "", "ab [" + family + "] [cd]"},
		{7, 99, "…", "ab [" + family + "] [c]…"},
		{6, 99, "…", "ab [" + family + "] …"},
		{4, 99, "…", "ab …"},
		{8, 31, "…", "ab [" + family + "]…"},
		{8, 30, "", "ab [" + family + "] [c]"},
		{8, 29, "", "ab [" + family + "] "},
		{8, 27, "", "ab "},
		{8, 3, "…", "…"},
		{8, 2, "…", "ab"},
		{1, 99, "...", "a"},
		{3, 99, "...", "..."},
		{0, 99, "…", ""},
		{-1, -1, "…", ""},
	} {
		got := text.Truncate(tt.graphemes, tt.bytes, tt.ellipsis)
		require.Equal(t, tt.want, draw(got), "%d %d", tt.graphemes, tt.bytes)
	}
}

func TestGraphemes(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "a\r\nb": 3, "\r\r\n": 2, "é": 1, "e\u0301": 1, "👨‍👩‍👧‍👧": 1, "🇩🇪🇫🇷": 2, "한국": 2, "\xff": 1,
	} {
		require.Equal(t, want, richtext.Graphemes(s), "%q", s)
	}
}

// refSegments writes segments as [draw] does, byte by byte.
func refSegments(text string, all []richtext.Facet) string {
	owner := make([]int, len(text))
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b richtext.Facet) int { return int(max(min(start(a)-start(b), 1), -1)) })
	for i, f := range sorted {
		if !refValid(text, f) || strings.TrimFunc(text[start(f):end(f)], func(r rune) bool { return r == '\ufeff' || strings.TrimSpace(string(r)) == "" }) == "" {
			continue
		}
		if slices.ContainsFunc(owner[start(f):end(f)], func(o int) bool { return o > 0 }) {
			continue
		}
		for at := start(f); at < end(f); at++ {
			owner[at] = i + 1
		}
	}
	var b strings.Builder
	for i := range text {
		if owner[i] > 0 && (i == 0 || owner[i-1] != owner[i]) {
			b.WriteByte('[')
		}
		size := 1
		for i+size < len(text) && !utf8.RuneStart(text[i+size]) {
			size++
		}
		b.WriteString(text[i : i+size])
		if last := i + size; owner[i] > 0 && (last == len(text) || owner[last] != owner[i]) {
			b.WriteByte(']')
		}
	}
	return b.String()
}

func refValid(text string, f richtext.Facet) bool {
	from, to := start(f), end(f)
	return from >= 0 && from < to && to <= int64(len(text)) && utf8.RuneStart(text[from]) && (to == int64(len(text)) || utf8.RuneStart(text[to]))
}

// refReplace returns the bytes of each facet after a replacement, which are
// marked one by one.
func refReplace(t richtext.Text, from, to int, s string) []string {
	var all []string
	for _, f := range t.Facets {
		if !refValid(t.Text, f) {
			continue
		}
		var marked strings.Builder
		for i := range len(t.Text) + 1 {
			if i == from && start(f) < int64(from) && end(f) > int64(to) {
				marked.WriteString(s)
			}
			if (i < from || i >= to) && int64(i) >= start(f) && int64(i) < end(f) {
				marked.WriteString(t.Text[i : i+1])
			}
		}
		if marked.String() != "" {
			all = append(all, marked.String())
		}
	}
	return all
}

func FuzzText(f *testing.F) {
	f.Add("héllo wörld", int64(0), int64(6), int64(3), int64(20), 3, 7, "x", 5)
	f.Add("👨‍👩‍👧‍👧 \u3000 x", int64(4), int64(-6), int64(25), int64(26), -1, 7, "", 1)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int64, from, to int, s string, n int) {
		if !utf8.ValidString(text) || !utf8.ValidString(s) {
			return
		}
		rt := richtext.Text{Text: text, Facets: facets(a, b, c, d, b, d, a%13, c%17)}
		require.Equal(t, refSegments(text, rt.Facets), draw(rt))
		var whole strings.Builder
		for seg := range rt.Segments() {
			require.NotEmpty(t, seg.Text)
			whole.WriteString(seg.Text)
		}
		require.Equal(t, text, whole.String())

		got := rt.Replace(from, to, s)
		for from = min(max(from, 0), len(text)); from < len(text) && !utf8.RuneStart(text[from]); {
			from--
		}
		for to = max(min(max(to, 0), len(text)), from); to < len(text) && !utf8.RuneStart(text[to]); {
			to--
		}
		require.Equal(t, text[:from]+s+text[to:], got.Text)
		var left []string
		for _, f := range got.Facets {
			require.True(t, refValid(got.Text, f))
			left = append(left, got.Text[start(f):end(f)])
		}
		require.Equal(t, refReplace(rt, from, to, s), left)

		cut := rt.Truncate(n, 2*n, "…")
		require.True(t, utf8.ValidString(cut.Text))
		require.LessOrEqual(t, cut.Graphemes(), max(n, 0))
		require.LessOrEqual(t, len(cut.Text), max(2*n, 0))
		if uniseg.GraphemeClusterCount(text) <= n && len(text) <= 2*n {
			require.Equal(t, text, cut.Text)
		}
	})
}
