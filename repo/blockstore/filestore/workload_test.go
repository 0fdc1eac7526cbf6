package filestore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
	"github.com/linnet-at/linnet/repo/car"
)

// A workload is a sequence of batches that follows from its seed, and the state
// after the first n of them.
type workload struct {
	seed uint64
	n    int
	pool []car.Block
	refs []int // of the blocks of the pool
}

func newWorkload(seed uint64) *workload {
	w := &workload{seed: seed}
	for i, size := range append([]int{0, 1, 127, 128, 511, 512, 513, 300_000}, slices.Repeat([]int{90, 350, 1700}, 10)...) {
		data := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(i)}).Read(data)
		w.pool = append(w.pool, car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data})
	}
	w.refs = make([]int, len(w.pool))
	return w
}

func (w *workload) clone() *workload {
	c := *w
	c.refs = slices.Clone(w.refs)
	return &c
}

// head returns the head after n batches.
func (w *workload) head() dagcbor.CID {
	if w.n == 0 {
		return dagcbor.CID{}
	}
	return dagcbor.Sum(dagcbor.DAGCBOR, fmt.Append(nil, w.seed, w.n))
}

// next returns the next batch and goes to the state after it.
func (w *workload) next() *blockstore.Batch {
	r := rand.New(rand.NewPCG(w.seed, uint64(w.n)))
	b := &blockstore.Batch{Prev: w.head()}
	for range 1 + r.IntN(6) {
		i := r.IntN(len(w.pool))
		b.Put = append(b.Put, w.pool[i])
		w.refs[i]++
	}
	for range r.IntN(12) {
		if i := r.IntN(len(w.pool)); w.refs[i] > 0 {
			b.Drop = append(b.Drop, w.pool[i].CID)
			w.refs[i]--
		}
	}
	w.n++
	b.Head = w.head()
	return b
}

// requireState requires that a store is in the state w, in all of it.
func (w *workload) requireState(tb testing.TB, s *filestore.Store) {
	tb.Helper()
	head, err := s.Head(tb.Context())
	require.NoError(tb, err)
	require.Equal(tb, w.head(), head)
	want := map[dagcbor.CID]int{}
	for i, block := range w.pool {
		data, err := s.Block(tb.Context(), block.CID)
		if w.refs[i] == 0 {
			require.ErrorIs(tb, err, blockstore.ErrNotFound)
			continue
		}
		require.NoError(tb, err)
		require.Equal(tb, string(block.Data), string(data))
		want[block.CID] = w.refs[i]
	}
	got := map[dagcbor.CID]int{}
	for r, err := range s.Refs(tb.Context()) {
		require.NoError(tb, err)
		require.Zero(tb, got[r.CID], "listed twice")
		got[r.CID] = r.Refs
	}
	require.Equal(tb, want, got)
	require.Equal(tb, len(want), s.Stats().Blocks)
}
