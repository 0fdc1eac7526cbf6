package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestNSIDSegments(t *testing.T) {
	ledger.Covers(t, "SYN-036", "SYN-037", "SYN-038")
	o63 := strings.Repeat("o", 63)
	requireParse(t, syntax.ParseNSID,
		[]string{"a.b.c", "cn.8.lex.stuff", "a-0.b-1.c", "a--b.c--d.e", o63 + "." + o63 + "." + o63, "com.example.f00", "com.example.fooBarV2"},
		[]string{"", "com", "com.example", "a.b.", ".a.b.c", "a..b.c", "8.cn.stuff", "-a.b.c", "a-.b.c", "a.-b.c", "a.b-.c",
			"a-0.b-1.c-3", "com.example.fooBar.2", "com.example.p_st", "com.example.1a",
			"a.b." + o63 + "o", "a." + o63 + "o.c", o63 + "o.b.c"})
}

func TestNSIDLength(t *testing.T) {
	ledger.Covers(t, "SYN-034")
	for size, ok := range map[int]bool{5: true, 253: true, 316: true, 317: true, 318: false, 1000: false} {
		s := strings.Repeat("a.", size/2) + "aa"
		_, err := syntax.ParseNSID(s[:size-1] + "a")
		require.Equal(t, ok, err == nil, "%d", size)
	}
}

func TestNSIDLongAuthority(t *testing.T) {
	ledger.Covers(t, "SYN-035")
	s := "com." + strings.Repeat("middle.", 40) + "foo"
	require.Len(t, s, 287)
	n, err := syntax.ParseNSID(s)
	require.NoError(t, err)
	require.Len(t, n.Authority(), 283)
}

func TestNSIDNormalize(t *testing.T) {
	ledger.Covers(t, "SYN-039")
	require.Equal(t, syntax.MustParseNSID("com.example.fooBar"), syntax.MustParseNSID("COM.Example.fooBar").Normalize())
	n := syntax.MustParseNSID("com.example.FooBar")
	require.Equal(t, n, n.Normalize())
	require.Zero(t, testing.AllocsPerRun(10, func() { n.Normalize() }))
}

func TestNSIDParts(t *testing.T) {
	ledger.Covers(t, "SYN-040", "SYN-041", "LEX-149")
	tests := []struct{ in, authority, group, name string }{
		{"edu.university.dept.lab.blogging.getBlogPost", "blogging.lab.dept.university.edu", "edu.university.dept.lab.blogging", "getBlogPost"},
		{"app.bsky.feed.post", "feed.bsky.app", "app.bsky.feed", "post"},
		{"app.toy.record", "toy.app", "app.toy", "record"},
		{"app.bsky.feed.like", "feed.bsky.app", "app.bsky.feed", "like"},
		{"COM.Example.Name", "example.com", "COM.Example", "Name"},
		{"a.b.c", "b.a", "a.b", "c"},
	}
	for _, tt := range tests {
		n, err := syntax.ParseNSID(tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.authority, n.Authority())
		require.Equal(t, tt.group, n.Group())
		require.Equal(t, tt.name, n.Name())
	}
}

func TestNSIDNoFragment(t *testing.T) {
	ledger.Covers(t, "SYN-044")
	requireParse(t, syntax.ParseNSID, []string{"com.example.foo"},
		[]string{"com.example.foo#bar", "com.example.foo#", "#main", "lex:com.example.foo"})
}

func TestNSIDPattern(t *testing.T) {
	ledger.Covers(t, "SYN-042", "SYN-043")
	requireParse(t, syntax.ParseNSIDPattern,
		[]string{"*", "com.*", "com.atproto.*", "com.atproto.sync.*", "cn.8.*", "com.atproto.sync.getRepo"},
		[]string{"", "**", "*.*", ".*", "com.", "com*", "com.ex*", "com.*ex", "*.com", "com.*.foo", "com.*.*", "com.example", "8.cn.*", "com.-.*", "com..*"})
	requireParse(t, syntax.ParseNSID, nil, []string{"*", "com.*", "com.atproto.*", "com.atproto.sync.*"})

	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"*", []string{"a.b.c", "com.atproto.sync.getRepo"}, nil},
		{"com.atproto.*", []string{"com.atproto.sync.getRepo", "com.atproto.x"}, []string{"com.atprotox.y", "com.example.atproto"}},
		{"app.bsky.feed.*", []string{"app.bsky.feed.post", "app.bsky.feed.a.b"}, []string{"app.bsky.feedgen.x", "app.bsky.feed", "app.Bsky.feed.post"}},
		{"app.bsky.feed.post", []string{"app.bsky.feed.post"}, []string{"app.bsky.feed.posts", "app.bsky.feed.post.a", "app.bsky.feed"}},
	}
	for _, tt := range tests {
		p, err := syntax.ParseNSIDPattern(tt.pattern)
		require.NoError(t, err)
		for _, s := range tt.yes {
			n, err := syntax.ParseNSID(s)
			require.NoError(t, err)
			require.True(t, p.Match(n), "%q %q", tt.pattern, s)
			require.False(t, syntax.NSIDPattern{}.Match(n))
		}
		for _, s := range tt.no {
			n, err := syntax.ParseNSID(s)
			require.NoError(t, err)
			require.False(t, p.Match(n), "%q %q", tt.pattern, s)
		}
		require.False(t, p.Match(syntax.NSID{}))
	}
	require.False(t, syntax.NSIDPattern{}.Match(syntax.NSID{}))
}
