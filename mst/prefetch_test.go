package mst_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// What was prefetched is not fetched again, whatever is done with the keys, and
// nothing else was fetched.
func TestPrefetch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	keys := repoKeys(300)
	for range 200 {
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		c := randomCommit(rng, keys, 1+rng.IntN(12))
		whole := build(t, c.before)
		all := blocks(t, whole)
		fetched := map[dagcbor.CID]int{}
		src := mst.SourceFunc(func(ctx context.Context, c dagcbor.CID) ([]byte, error) {
			fetched[c]++
			return all.Block(ctx, c)
		})
		cold, err := mst.Load(t.Context(), src, whole.Root(), nil)
		require.NoError(t, err)
		warm, err := cold.Prefetch(t.Context(), opKeys(c.ops)...)
		require.NoError(t, err)
		require.Equal(t, whole.Root(), warm.Root())

		clear(fetched)
		want, err := whole.CoveringProof(t.Context(), opKeys(c.ops)...)
		require.NoError(t, err)
		got, err := warm.CoveringProof(t.Context(), opKeys(c.ops)...)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for _, op := range c.ops {
			value, _, err := warm.Get(t.Context(), op.Key)
			require.NoError(t, err)
			require.Equal(t, op.Prev, value)
		}
		again, err := warm.Prefetch(t.Context(), opKeys(c.ops)...)
		require.NoError(t, err)
		require.Same(t, warm, again)
		require.Empty(t, fetched)

		// The tree that was there before knows nothing of it.
		_, err = cold.CoveringProof(t.Context(), opKeys(c.ops)...)
		require.NoError(t, err)
		once := map[dagcbor.CID]bool{}
		for _, n := range want {
			once[n.CID] = true
		}
		delete(once, whole.Root())
		for c := range once {
			require.Positive(t, fetched[c])
		}
		require.Len(t, fetched, len(once))
	}
}

func TestPrefetchFails(t *testing.T) {
	tree := build(t, numbered(pool(3, 4)))
	same, err := tree.Prefetch(t.Context())
	require.NoError(t, err)
	require.Same(t, tree, same)
	_, err = tree.Prefetch(t.Context(), "")
	require.Equal(t, &mst.KeyError{}, err)

	all := blocks(t, tree)
	root := mst.MapSource{tree.Root(): all[tree.Root()]}
	cold, err := mst.Load(t.Context(), root, tree.Root(), nil)
	require.NoError(t, err)
	_, err = cold.Prefetch(t.Context(), on(0, "a"))
	require.ErrorIs(t, err, mst.ErrNotFound)
	_, err = cold.Prefetch(t.Context(), on(0, "a"), "")
	require.Equal(t, &mst.KeyError{}, err)
}
