//go:build !purego

package lexicon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

// TestNoAllocations: a record without errors costs none.
func TestNoAllocations(t *testing.T) {
	c := publishedCatalog(t)
	id, key := syntax.MustParseNSID("app.bsky.feed.post"), syntax.MustParseRecordKey("3jzfcijpj2z2a")
	record := fromJSON(t, postJSON)
	lenient := lexicon.Lenient()
	for _, o := range []*lexicon.Options{nil, lenient, {MaxErrors: -1, OpenUnions: true}} {
		require.NoError(t, c.ValidateRecord(id, key, record, o))
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = c.ValidateRecord(id, key, record, o) }))
	}
	long := fromJSON(t, `{"$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56.789Z","text":"`+strings.Repeat("👩‍👩‍👦‍👦", 100)+`"}`)
	require.NoError(t, c.ValidateRecord(id, key, long, nil), "100 graphemes of 2,500 bytes")
	require.Zero(t, testing.AllocsPerRun(10, func() { _ = c.ValidateRecord(id, key, long, nil) }))
}
