package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestParseRepoPath(t *testing.T) {
	ledger.Covers(t, "SYN-061", "SYN-062")
	longest := "com." + strings.Repeat("a.", 156) + "b/" + strings.Repeat("o", 512)
	require.Len(t, longest, 830)
	requireParse(t, syntax.ParseRepoPath,
		[]string{"app.bsky.feed.post/3jzfcijpj2z2a", "a.b.c/pre:fix", "a-1.b.c/~1.2-3_", "a.b.c/...", longest},
		[]string{"", "/", "a.b.c", "a.b.c/", "/self", "/a.b.c/self", "a.b.c/self/", "a.b.c//self", "a.b.c/d/e", "a.b.c/.", "a.b.c/..",
			"a.b/self", "a.b.c-d/self", "a.b.*/self", "a.b.c/se lf", "at://a.b.c/self", longest + "o"})
}

func TestRepoPathParts(t *testing.T) {
	p := syntax.MustParseRepoPath("app.bsky.feed.post/3jzfcijpj2z2a")
	require.Equal(t, syntax.MustParseNSID("app.bsky.feed.post"), p.Collection())
	require.Equal(t, syntax.MustParseRecordKey("3jzfcijpj2z2a"), p.RecordKey())
	require.Equal(t, p, syntax.NewRepoPath(p.Collection(), p.RecordKey()))
	require.Zero(t, testing.AllocsPerRun(10, func() { p.Collection(); p.RecordKey() }))
}

func TestNewRepoPath(t *testing.T) {
	ledger.Covers(t, "SYN-063", "SYN-064")
	key := syntax.MustParseRecordKey("Key:1")
	upper := syntax.MustParseNSID("COM.Example.fooBar")

	made := syntax.NewRepoPath(upper, key)
	require.Equal(t, "com.example.fooBar/Key:1", made.String())
	read := syntax.MustParseRepoPath("COM.Example.fooBar/Key:1")
	require.Equal(t, upper, read.Collection())
	require.NotEqual(t, made, read)

	b, err := read.AppendText(nil)
	require.NoError(t, err)
	require.Equal(t, []byte("COM.Example.fooBar/Key:1"), b)

	require.True(t, syntax.NewRepoPath(syntax.NSID{}, key).IsZero())
	require.True(t, syntax.NewRepoPath(upper, syntax.RecordKey{}).IsZero())
}
