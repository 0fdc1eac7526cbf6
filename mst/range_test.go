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
				got, err = collect(tree.RangeBack(t.Context(), lo, hi))
				require.NoError(t, err)
				slices.Reverse(got)
				require.Equal(t, want, got, "%q to %q, back", lo, hi)
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

func TestPrefix(t *testing.T) {
	ledger.Covers(t, "MST-040")
	m := numbered([]string{"a", "a/", "a/b", "a/c", "a0", "a\xff", "a\xff\xff", "a\xff\xffz", "b", "\xff", "\xff\xff", "\xff\xffx"})
	whole := build(t, m)
	for _, tree := range []*mst.Tree{whole, lazy(t, whole)} {
		for _, prefix := range []string{"", "a", "a/", "a/b", "a/bc", "a\xff", "a\xff\xff", "b", "c", "\xff", "\xff\xff", "\xff\xff\xff"} {
			var want []mst.Entry
			for _, e := range entriesOf(m) {
				if strings.HasPrefix(e.Key, prefix) {
					want = append(want, e)
				}
			}
			got, err := collect(tree.Prefix(t.Context(), prefix))
			require.NoError(t, err)
			require.Equal(t, want, got, "%q", prefix)
			got, err = collect(tree.PrefixBack(t.Context(), prefix))
			require.NoError(t, err)
			slices.Reverse(got)
			require.Equal(t, want, got, "%q, back", prefix)
		}
	}
}

func TestCount(t *testing.T) {
	for _, n := range []int{0, 1, 5, 300} {
		whole := build(t, numbered(repoKeys(n)))
		for _, tree := range []*mst.Tree{whole, lazy(t, whole)} {
			got, err := tree.Count(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, n, got)
		}
	}
}

// The iterators end at a break, wherever it comes.
func TestRangeBreak(t *testing.T) {
	m := numbered(pool(3, 3))
	tree, all := build(t, m), entriesOf(m)
	for stop := range all {
		var up, down []mst.Entry
		for e := range tree.Entries(t.Context()) {
			if up = append(up, e); len(up) > stop {
				break
			}
		}
		for e := range tree.RangeBack(t.Context(), "", "") {
			if down = append(down, e); len(down) > stop {
				break
			}
		}
		slices.Reverse(down)
		require.Equal(t, all[:stop+1], up)
		require.Equal(t, all[len(all)-1-stop:], down)
	}
}

// The key before another takes no more nodes than there are layers.
func TestNeighbour(t *testing.T) {
	ledger.Covers(t, "MST-040")
	keys := repoKeys(3000)
	whole := build(t, numbered(keys))
	src := &flaky{Source: blocks(t, whole), left: 1 << 20}
	tree, err := mst.Load(t.Context(), src, whole.Root(), nil)
	require.NoError(t, err)
	for i := 1; i < len(keys); i += 37 {
		before := src.left
		for e, err := range tree.RangeBack(t.Context(), "", keys[i]) {
			require.NoError(t, err)
			require.Equal(t, keys[i-1], e.Key)
			break
		}
		require.Less(t, before-src.left, 16)

		// Nothing below the first key of a range is looked at.
		before = src.left
		got, err := collect(tree.RangeBack(t.Context(), keys[i], keys[i]+"\x00"))
		require.NoError(t, err)
		require.Len(t, got, 1)
		path := before - src.left
		before = src.left
		_, _, err = tree.Get(t.Context(), keys[i]+"\x00")
		require.NoError(t, err)
		require.Equal(t, before-src.left, path)
	}
}
