package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestATURIParts(t *testing.T) {
	ledger.Covers(t, "SYN-005", "SYN-065", "SYN-073", "SYN-076")
	tests := []struct {
		in, authority, collection, key string
		isRecordRef                    bool
	}{
		{"at://did:plc:asdf123/x.y.z/k", "did:plc:asdf123", "x.y.z", "k", true},
		{"at://did:abc:123:456/io.nsid.someFunc/pre:fix", "did:abc:123:456", "io.nsid.someFunc", "pre:fix", true},
		{"at://did:plc:asdf123/x.y.z", "did:plc:asdf123", "x.y.z", "", false},
		{"at://did:plc:asdf123", "did:plc:asdf123", "", "", false},
		{"at://user.bsky.social/x.y.z/k", "user.bsky.social", "x.y.z", "k", false},
		{"at://user.bsky.social/x.y.z", "user.bsky.social", "x.y.z", "", false},
		{"at://user.bsky.social", "user.bsky.social", "", "", false},
		{"at://did:web:localhost%3A80/x.y.z/...", "did:web:localhost%3A80", "x.y.z", "...", true},
	}
	for _, tt := range tests {
		u, err := syntax.ParseATURI(tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.authority, u.Authority().String())
		collection, ok := u.Collection()
		require.Equal(t, tt.collection, collection.String())
		require.Equal(t, tt.collection != "", ok)
		key, ok := u.RecordKey()
		require.Equal(t, tt.key, key.String())
		require.Equal(t, tt.key != "", ok)
		path, ok := u.RepoPath()
		require.Equal(t, tt.key != "", ok)
		if ok {
			require.Equal(t, syntax.NewRepoPath(collection, key), path)
		}
		require.Equal(t, tt.isRecordRef, u.IsRecordRef())

		require.Equal(t, u, syntax.NewATURI(u.Authority(), collection, key))
		if did, isDID := u.Authority().DID(); isDID && ok {
			require.Equal(t, u, syntax.RecordURI(did, path))
		}
		require.Zero(t, testing.AllocsPerRun(10, func() {
			u.Authority()
			u.Collection()
			u.RecordKey()
			u.RepoPath()
			u.IsRecordRef()
			u.Normalize()
		}))
	}
}

func TestATURIScheme(t *testing.T) {
	ledger.Covers(t, "SYN-067")
	const rest = "did:plc:asdf123/a.b.c/k"
	requireParse(t, syntax.ParseATURI, []string{"at://" + rest},
		[]string{"AT://" + rest, "At://" + rest, "aT://" + rest, "at:/" + rest, "at:///" + rest, "at:" + rest, "at//" + rest, "://" + rest, "//" + rest,
			rest, "ats://" + rest, "http://" + rest, "at:\\\\" + rest})
}

func TestATURIAuthority(t *testing.T) {
	ledger.Covers(t, "SYN-068")
	requireParse(t, syntax.ParseATURI, []string{"at://foo.com", "at://did:m:v"},
		[]string{"at://", "at:///a.b.c", "at://name", "at://name.0", "at://user:pass@foo.com", "at://user@foo.com", "at://foo.com:80", "at://@handle.example.com",
			"at://DID:m:v", "at://did:m:", "at://did:m:v:", "at://did%3Am:v", "at://did:" + "m", "at://[::1]", "at://did:m:" + strings.Repeat("v", 2043)})
}

func TestATURIPath(t *testing.T) {
	ledger.Covers(t, "SYN-069", "SYN-070", "SYN-071", "SYN-072")
	const valid = "at://did:plc:asdf123/com.atproto.feed.post/record"
	requireParse(t, syntax.ParseATURI,
		[]string{valid, "at://a.b/a.b.c/...", "at://a.b/a.b.c/" + strings.Repeat("o", 512)},
		[]string{
			"at://a.b/", "at://a.b//", "at://a.b/a.b.c/", "at://a.b/a.b.c//", "at://a.b//a.b.c", "at://a.b/a.b.c//k", valid + "/", valid + "/more",
			"at://a.b/short/stuff", "at://a.b/12345", "at://a.b/space/a.b.c/k",
			"at://a.b#/frag", "at://a.b#", "at://a.b?q", "at://a.b?", valid + "#/frag", valid + "#", valid + "?q=1", valid + "?", "at://a.b/a.b.c#/frag", "at://a.b/a.b.c?q",
			"at://a.b/a.b.c/%23", "at://a.b/a.b.c/abc%30123", "at://a.b/a.b.%63/k", "at://a.b/a.b.c/%", "at://a%2eb",
			"at://a.b/a.b.c/.", "at://a.b/a.b.c/..", "at://a.b/../k", "at://a.b/a.b.c/" + strings.Repeat("o", 513),
		})
}

func TestATURILength(t *testing.T) {
	ledger.Covers(t, "SYN-066")
	const prefix = "at://did:plc:asdf123/com.atproto.feed.post/"
	for size, offset := range map[int]int{8192: len(prefix) + 512, 8193: 8192, 8243: 8192, 1 << 20: 8192} {
		_, err := syntax.ParseATURI(prefix + strings.Repeat("o", size-len(prefix)))
		require.Equal(t, offset, requireError(t, err).Offset)
		_, err = syntax.ParseFullATURI(prefix + strings.Repeat("o", size-len(prefix)))
		require.Equal(t, size <= 8192, err == nil)
	}
	longest := "at://did:m:" + strings.Repeat("v", 2042) + "/com." + strings.Repeat("a.", 156) + "b/" + strings.Repeat("o", 512)
	require.Len(t, longest, 5+2048+1+317+1+512)
	requireParse(t, syntax.ParseATURI, []string{longest}, []string{longest + "o"})
}

func TestATURINormalize(t *testing.T) {
	ledger.Covers(t, "SYN-075")
	for in, want := range map[string]string{
		"at://User.BSKY.social":                        "at://user.bsky.social",
		"at://User.BSKY.social/COM.Example.fooBar":     "at://user.bsky.social/com.example.fooBar",
		"at://User.BSKY.social/COM.Example.fooBar/Key": "at://user.bsky.social/com.example.fooBar/Key",
		"at://did:plc:ABC":                             "at://did:plc:ABC",
		"at://did:web:A%3a80/a.B.c/Key":                "at://did:web:A%3a80/a.b.c/Key",
		"at://did:m:V/a.b.C/K":                         "at://did:m:V/a.b.C/K",
	} {
		u, err := syntax.ParseATURI(in)
		require.NoError(t, err)
		require.Equal(t, want, u.Normalize().String())
		require.Equal(t, u.Normalize(), u.Normalize().Normalize())
		require.Equal(t, in, u.String())
	}
	for _, s := range fixtures.InteropLines(t, "syntax/aturi_syntax_valid.txt") {
		u, err := syntax.ParseATURI(s)
		require.NoError(t, err)
		full, err := syntax.ParseFullATURI(s)
		require.NoError(t, err)
		require.Equal(t, u.Normalize().String(), full.Normalize().String())
	}
}

func TestNewATURI(t *testing.T) {
	ledger.Covers(t, "SYN-076")
	did := syntax.MustParseDID("did:plc:ABC")
	collection, key := syntax.MustParseNSID("COM.Example.fooBar"), syntax.MustParseRecordKey("Key:1")
	authority := syntax.MustParseHandle("User.test").AtIdentifier()
	require.Equal(t, "at://user.test", syntax.NewATURI(authority, syntax.NSID{}, syntax.RecordKey{}).String())
	require.Equal(t, "at://user.test/com.example.fooBar", syntax.NewATURI(authority, collection, syntax.RecordKey{}).String())
	require.Equal(t, "at://user.test/com.example.fooBar/Key:1", syntax.NewATURI(authority, collection, key).String())
	require.True(t, syntax.NewATURI(syntax.AtIdentifier{}, collection, key).IsZero())
	require.True(t, syntax.NewATURI(authority, syntax.NSID{}, key).IsZero())

	u := syntax.RecordURI(did, syntax.NewRepoPath(collection, key))
	require.Equal(t, "at://did:plc:ABC/com.example.fooBar/Key:1", u.String())
	require.True(t, u.IsRecordRef())
	u = syntax.RecordURI(did, syntax.MustParseRepoPath("COM.Example.fooBar/Key:1"))
	require.Equal(t, "at://did:plc:ABC/COM.Example.fooBar/Key:1", u.String(), "the path is the record's, whatever its case")
	require.True(t, syntax.RecordURI(syntax.DID{}, syntax.MustParseRepoPath("a.b.c/d")).IsZero())
	require.True(t, syntax.RecordURI(did, syntax.RepoPath{}).IsZero())
}
