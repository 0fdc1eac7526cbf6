package lexgen_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// A record is what generated records are.
type record interface {
	lex.Value
	Collection() string
	MarshalCBOR() ([]byte, error)
	UnmarshalCBOR(b []byte) error
	Validate() error
}

// TestRecords reads the records that a server has written into the types of their
// collections, and compares verdicts with the catalog.
func TestRecords(t *testing.T) {
	catalog, err := lexicon.Load(published.FS(t), nil)
	require.NoError(t, err)
	count := 0
	for _, name := range []string{"alice.car", "bob.car"} {
		export, err := repo.Read(t.Context(), bytes.NewReader(fixtures.PDS(t, name)), &repo.Options{SkipSignature: true})
		require.NoError(t, err)
		for r, err := range export.Records(t.Context()) {
			require.NoError(t, err)
			path, err := r.RepoPath()
			require.NoError(t, err)
			for _, x := range []record{
				new(bsky.FeedPost), new(bsky.FeedLike), new(bsky.FeedRepost), new(bsky.GraphFollow), new(bsky.GraphBlock), new(bsky.GraphList),
				new(bsky.GraphListitem), new(bsky.ActorProfile), new(bsky.FeedGenerator), new(bsky.FeedThreadgate),
			} {
				if x.Collection() != path.Collection().String() {
					require.Error(t, x.UnmarshalCBOR(r.Bytes()))
					continue
				}
				checkRecord(t, catalog, path.Collection(), x, r.Bytes())
				count++
			}
		}
	}
	require.Greater(t, count, 10)
}

func checkRecord(t *testing.T, catalog *lexicon.Catalog, collection syntax.NSID, x record, b []byte) {
	t.Helper()
	require.NoError(t, x.UnmarshalCBOR(b))
	require.Equal(t, catalog.ValidateRecordData(collection, b, nil) == nil, x.Validate() == nil)
	again, err := x.MarshalCBOR()
	require.NoError(t, err)
	require.Equal(t, b, again)
	text, err := data.ToJSON(b, nil)
	require.NoError(t, err)
	own, err := lex.AppendJSON(nil, x)
	require.NoError(t, err)
	require.Equal(t, string(text), string(own))
}
