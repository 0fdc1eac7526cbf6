package mst_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// Of a tree that lacks a node, what needs it fails and all else works.
func TestMissingBlock(t *testing.T) {
	ledger.Covers(t, "MST-030", "MST-031")
	m := numbered(pool(4, 3))
	tree := build(t, m)
	all := blocks(t, tree)
	for c := range maps.Clone(all) {
		src := maps.Clone(all)
		delete(src, c)
		want := &mst.MissingBlockError{CID: c}
		_, err := collect(mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()))
		require.Equal(t, want, err)
		require.ErrorIs(t, err, mst.ErrNotFound)
		part, err := mst.Load(t.Context(), src, tree.Root(), nil)
		if c == tree.Root() {
			require.Equal(t, want, err)
			continue
		}
		require.NoError(t, err)
		_, err = collect(part.Entries(t.Context()))
		require.Equal(t, want, err)
		requirePartial(t, m, part, want)
		for key := range m { // that a node is missing doesn't say that a key is
			_, err := part.Delete(t.Context(), key)
			require.NotErrorIs(t, err, mst.ErrNoKey)
		}
	}
	require.EqualError(t, &mst.MissingBlockError{CID: tree.Root()}, "mst: node "+tree.Root().String()+" is missing")
}

// requirePartial checks that each operation either works as if all of m were
// there or fails for want of the missing node.
func requirePartial(t *testing.T, m map[string]dagcbor.CID, part *mst.Tree, want error) {
	t.Helper()
	ok := 0
	for _, key := range slices.Sorted(maps.Keys(m)) {
		v, found, err := part.Get(t.Context(), key)
		if err == nil {
			require.True(t, found)
			require.Equal(t, m[key], v)
			ok++
		} else {
			require.Equal(t, want, err)
		}
		less := maps.Clone(m)
		delete(less, key)
		for op, after := range map[mst.Op]map[string]dagcbor.CID{
			{Action: mst.Delete, Key: key}:                              less,
			{Action: mst.Create, Key: key + "x", Value: leafValue}:      with(m, key+"x", leafValue),
			{Action: mst.Update, Key: key, Value: value(1 << 20)}:       with(m, key, value(1<<20)),
			{Action: mst.Put, Key: on(4, key), Value: value(1<<20 + 1)}: with(m, on(4, key), value(1<<20+1)),
		} {
			tree, err := part.Apply(t.Context(), op)
			if err == nil {
				require.Equal(t, refRoot(after), tree.Root())
				ok++
				continue
			}
			require.Equal(t, want, errors.Unwrap(err))
		}
	}
	require.NotZero(t, ok)
}

func with(m map[string]dagcbor.CID, key string, v dagcbor.CID) map[string]dagcbor.CID {
	m = maps.Clone(m)
	m[key] = v
	return m
}

// A tree that shrinks to a node which nobody has is known by that node's CID.
func TestTrimToMissing(t *testing.T) {
	ledger.Covers(t, "MST-042")
	m := map[string]dagcbor.CID{on(0, "a"): value(1), on(0, "b"): value(2), on(1, "c"): value(3)}
	whole := build(t, m)
	delete(m, on(1, "c"))
	below := refRoot(m)
	src := blocks(t, whole)
	delete(src, below)
	part, err := mst.Load(t.Context(), src, whole.Root(), nil)
	require.NoError(t, err)
	less, err := part.Delete(t.Context(), on(1, "c"))
	require.NoError(t, err)
	require.Equal(t, below, less.Root())
	missing := &mst.MissingBlockError{CID: below}
	_, _, err = less.Get(t.Context(), "a")
	require.Equal(t, missing, err)
	_, err = less.Count(t.Context())
	require.Equal(t, missing, err)
	_, err = collect(less.Entries(t.Context()))
	require.Equal(t, missing, err)
	_, err = collectChanges(mst.Diff(t.Context(), less, part))
	require.Equal(t, missing, err)
	require.Equal(t, missing, less.Draw(t.Context(), discard{}))
	_, err = less.Put(t.Context(), "a", leafValue)
	require.Equal(t, missing, errors.Unwrap(err))
	for _, err := range less.Preorder(t.Context()) {
		require.Equal(t, missing, err)
	}
	src[below] = blocks(t, build(t, m))[below] // now it is there
	requireTree(t, m, less)
}
