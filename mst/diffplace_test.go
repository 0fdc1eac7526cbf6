package mst_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// What both trees have is not entered, but it may not stay on the wrong side of
// what is new: whoever compares a tree that he knows to be right with any other
// knows, if there is no error, that this one is right and what is in it.
func TestDiffHidesNothing(t *testing.T) {
	ledger.Covers(t, "MST-041", "MST-024", "MST-025")
	rng := rand.New(rand.NewPCG(8, 1))
	keys := pool(4, 3)
	slices.Sort(keys)
	passed, right := 0, 0
	for range 20_000 {
		before := map[string]dagcbor.CID{}
		var created []refItem
		for i, k := range keys {
			switch rng.IntN(6) {
			case 0, 1, 2:
				before[k] = value(i)
			case 3:
				if len(created) < 2 {
					created = append(created, refItem{key: k, value: value(i)})
				}
			}
		}
		after := refBuild(before)
		prune(rng, after)
		for _, item := range created {
			after = misplace(rng, after, item)
		}
		src := mst.MapSource{}
		c := after.encode(src)
		to, err := mst.Load(t.Context(), src, c, nil)
		if err != nil {
			continue
		}
		from := build(t, before)
		changes, err := collectChanges(mst.Diff(t.Context(), from, to))
		_, _, errNodes := mst.DiffNodes(t.Context(), from, to)
		require.Equal(t, err, errNodes)
		if err != nil {
			continue
		}
		passed++
		for _, ch := range changes {
			if ch.New.Defined() {
				before[ch.Key] = ch.New
			} else {
				delete(before, ch.Key)
			}
		}
		entries, err := collect(to.Entries(t.Context()))
		require.NoError(t, err)
		require.Len(t, entries, len(before))
		for _, e := range entries {
			require.Equal(t, before[e.Key], e.Value)
		}
		if c == refRoot(before) && len(changes) > 0 {
			right++
		}
	}
	require.Greater(t, passed, 500)
	require.Greater(t, right, 50)
}

// prune takes an entry of the root, now and then, with what is behind it.
func prune(rng *rand.Rand, n *refNode) {
	if i := rng.IntN(len(n.items) + 3); i < len(n.items) && n.items[i].tree == nil {
		n.items = slices.Delete(n.items, i, min(i+2, len(n.items)))
	}
}

// The nodes that are opened to see that others are where they belong are those on
// their edges beside a new key.
func TestDiffEdges(t *testing.T) {
	ledger.Covers(t, "MST-041")
	before := map[string]dagcbor.CID{}
	for i, k := range repoKeys(2000) {
		before[k] = value(i)
	}
	from := build(t, before)
	for _, layer := range []int{0, 2, 9} {
		key := on(layer, "app.bsky.feed.like/3l")
		to := build(t, with(before, key, value(1)))
		src := &countingSource{MapSource: blocks(t, to), seen: map[dagcbor.CID]int{}}
		loaded, err := mst.Load(t.Context(), src, to.Root(), nil)
		require.NoError(t, err)
		changes, err := collectChanges(mst.Diff(t.Context(), from, loaded))
		require.NoError(t, err)
		require.Equal(t, []mst.Change{{Key: key, New: value(1)}}, changes)
		require.Less(t, len(src.seen), 40, "of %d", len(src.MapSource))
		// Backwards nothing is new, and as little is opened.
		src.seen = map[dagcbor.CID]int{}
		back, err := mst.Load(t.Context(), &countingSource{MapSource: blocks(t, from), seen: src.seen}, from.Root(), nil)
		require.NoError(t, err)
		changes, err = collectChanges(mst.Diff(t.Context(), to, back))
		require.NoError(t, err)
		require.Equal(t, []mst.Change{{Key: key, Old: value(1)}}, changes)
		require.Less(t, len(src.seen), 40)
	}
}

// countingSource counts which blocks it is asked for.
type countingSource struct {
	mst.MapSource
	seen map[dagcbor.CID]int
}

func (s *countingSource) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	s.seen[c]++
	return s.MapSource.Block(ctx, c)
}
