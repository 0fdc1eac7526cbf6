package mst_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

func TestRange(t *testing.T) {
	ledger.Covers(t, "MST-005", "MST-040")
	m := numbered(slices.Concat(pool(3, 4), []string{"a", "z", "\xff"}))
	whole, all := build(t, m), entriesOf(m)
	ends := []string{"", "\x00", "b", "\xff\xff"}
	for _, e := range all {
		ends = append(ends, e.Key, e.Key+"\x00", e.Key[:len(e.Key)-1])
	}
	for _, tree := range []*mst.Tree{whole, lazy(t, whole)} {
		for _, lo := range ends {
			for _, hi := range ends {
				got, err := collect(tree.Range(t.Context(), lo, hi))
				require.NoError(t, err)
				var want []mst.Entry
				for _, e := range all {
					if e.Key >= lo && (hi == "" || e.Key < hi) {
						want = append(want, e)
					}
				}
				require.Equal(t, want, got, "%q to %q", lo, hi)
			}
		}
	}
}

// A collection is listed without reading the others.
func TestRangeOfCollection(t *testing.T) {
	ledger.Covers(t, "MST-040")
	m := map[string]dagcbor.CID{}
	for i, key := range repoKeys(2000) {
		_, rkey, _ := strings.Cut(key, "/")
		collection := []string{"app.bsky.feed.like", "app.bsky.feed.like0", "app.bsky.feed.post", "app.bsky.feed.postgate"}[i%4]
		m[collection+"/"+rkey] = value(i)
	}
	m["app.bsky.feed.post"] = value(1) // not in it
	whole := build(t, m)
	src := &flaky{Source: blocks(t, whole), left: 1 << 20}
	tree, err := mst.Load(t.Context(), src, whole.Root(), nil)
	require.NoError(t, err)
	before := src.left
	got, err := collect(tree.Range(t.Context(), "app.bsky.feed.post/", "app.bsky.feed.post0"))
	require.NoError(t, err)
	require.Len(t, got, 500)
	for _, e := range got {
		require.True(t, strings.HasPrefix(e.Key, "app.bsky.feed.post/"))
	}
	require.Less(t, before-src.left, len(blocks(t, whole))/3)

	before = src.left // one entry takes no more nodes than there are layers
	for e, err := range tree.Range(t.Context(), got[100].Key, "") {
		require.NoError(t, err)
		require.Equal(t, got[100], e)
		break
	}
	require.Less(t, before-src.left, 10)
}
