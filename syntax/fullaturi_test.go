package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestFullATURI(t *testing.T) {
	ledger.Covers(t, "SYN-074")
	tests := []struct {
		in, authority, path string
		query, fragment     string
		hasQuery, hasFrag   bool
		restricted          string
	}{
		{"at://foo.com/example/123", "foo.com", "/example/123", "", "", false, false, ""},
		{"at://foo.com", "foo.com", "", "", "", false, false, "at://foo.com"},
		{"at://foo.com/", "foo.com", "/", "", "", false, false, ""},
		{"at://did:m:v/a.b.c/k?q=1&r=?/#/text/0?x", "did:m:v", "/a.b.c/k", "q=1&r=?/", "/text/0?x", true, true, "at://did:m:v/a.b.c/k"},
		{"at://did:m:v?#/", "did:m:v", "", "", "/", true, true, "at://did:m:v"},
		{"at://did:m:v#/a?b", "did:m:v", "", "", "/a?b", false, true, "at://did:m:v"},
		{"at://did:m:v/a.b.c/%23", "did:m:v", "/a.b.c/%23", "", "", false, false, ""},
		{"at://did:m:v//a/./../b//", "did:m:v", "//a/./../b//", "", "", false, false, ""},
		{"at://did:m:v/space/a.b.c/k", "did:m:v", "/space/a.b.c/k", "", "", false, false, ""},
		{"at://did:m:%zz/~!$&'()*+,;=:@-._%", "did:m:%zz", "/~!$&'()*+,;=:@-._%", "", "", false, false, ""},
	}
	for _, tt := range tests {
		u, err := syntax.ParseFullATURI(tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.authority, u.Authority().String())
		require.Equal(t, tt.path, u.Path())
		query, ok := u.Query()
		require.Equal(t, tt.query, query)
		require.Equal(t, tt.hasQuery, ok, tt.in)
		fragment, ok := u.Fragment()
		require.Equal(t, tt.fragment, fragment)
		require.Equal(t, tt.hasFrag, ok, tt.in)
		restricted, ok := u.ATURI()
		require.Equal(t, tt.restricted, restricted.String())
		require.Equal(t, tt.restricted != "", ok)

		_, err = syntax.ParseATURI(tt.in)
		require.Equal(t, tt.restricted == tt.in, err == nil, tt.in)
		require.Zero(t, testing.AllocsPerRun(10, func() { u.Authority(); u.Path(); u.Query(); u.Fragment() }))
	}
	requireParse(t, syntax.ParseFullATURI, nil, []string{
		"at://", "at:///a", "AT://a.b", "at://name", "at://user:pass@foo.com", "at://a.b:80", "at://a.b#", "at://a.b##", "at://a.b#frag", "at://a.b#/a#/b",
		"at://a.b/fr ag", "at://a.b/\"", "at://a.b/[", "at://a.b?[", "at://a.b/é", "at://a.b?\x00", "at://a.b#/\n", "at://a.b#/a b", "at://a.b/" + strings.Repeat("a", 8184),
	})
}

// TestFullATURIReadsOldKeys parses the keys that the vectors call invalid in
// the restricted form, which old records have.
func TestFullATURIReadsOldKeys(t *testing.T) {
	n := 0
	for _, s := range fixtures.InteropLines(t, "syntax/aturi_syntax_invalid.txt") {
		key, ok := strings.CutPrefix(s, "at://did:plc:asdf123/com.atproto.feed.post/")
		if !ok || strings.ContainsAny(key, "#\"") || len(s) > 8192 {
			continue
		}
		n++
		u, err := syntax.ParseFullATURI(s)
		require.NoError(t, err)
		require.Equal(t, "/com.atproto.feed.post/"+key, u.Path())
	}
	require.Greater(t, n, 10)
}

func TestFullATURINormalize(t *testing.T) {
	ledger.Covers(t, "SYN-075")
	for in, want := range map[string]string{
		"at://Foo.COM":                             "at://foo.com",
		"at://did:web:A%3ab/":                      "at://did:web:A%3ab",
		"at://did:m:V//COM.Example.fooBar///Key//": "at://did:m:V/com.example.fooBar/Key",
		"at://a.b/./c/../a.B.c/./d/..":             "at://a.b/a.b.c",
		"at://a.b/../..":                           "at://a.b",
		"at://a.b/A.b.c/pre%3afix%7E%41":           "at://a.b/a.b.c/pre:fix~A",
		"at://a.b/%2e%2E/c/%2e":                    "at://a.b/c",
		"at://a.b/%2f%2F%25%c3%a9":                 "at://a.b/%2F%2F%25%C3%A9",
		"at://a.b/%zz/%41/%2f":                     "at://a.b/%zz/%41/%2f",
		"at://a.b/%zz/../%41":                      "at://a.b/A",
		"at://a.b/%%41":                            "at://a.b/%%41",
		"at://a.b/%4":                              "at://a.b/%4",
		"at://a.b/c?%3a%41%2f/../#/%3a%41%2f/../":  "at://a.b/c?%3AA%2F/../#/%3AA%2F/../",
		"at://a.b/?#/":                             "at://a.b?#/",
		"at://a.b/Example/Key":                     "at://a.b/Example/Key",
		"at://a.b/...":                             "at://a.b/...",
	} {
		u, err := syntax.ParseFullATURI(in)
		require.NoError(t, err)
		got := u.Normalize()
		require.Equal(t, want, got.String())
		require.Equal(t, got, got.Normalize())
		_, err = syntax.ParseFullATURI(got.String())
		require.NoError(t, err)
	}
}
