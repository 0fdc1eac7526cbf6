package car_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// largeBlocks are those of a file that is read in several dozen chunks.
func largeBlocks() []car.Block {
	var blocks []car.Block
	for i := range 4 {
		for _, b := range sizedBlocks(mixedSizes()...) {
			data := append(b.Data, byte(i))
			blocks = append(blocks, car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data})
		}
	}
	return blocks
}

// TestWorkers damages a large file at one place or at several. Whoever is the
// first to come by something, the error is the same.
func TestWorkers(t *testing.T) {
	blocks := largeBlocks()
	good := file(blocks...)
	require.Greater(t, len(good), 3<<20)
	header, ends := extents(good)
	starts := append([]int64{header}, ends...)
	wrong := func(b []byte, i int) { b[starts[i+1]-1] ^= 1 } // hash
	short := func(b []byte, i int) { b[starts[i]] = 0 }      // section of no bytes
	rnd := newRand(t)
	for range 12 {
		b := bytes.Clone(good)
		first := len(blocks)
		for range 1 + rnd.IntN(4) {
			i := rnd.IntN(len(blocks))
			first = min(first, i)
			if rnd.IntN(2) == 0 {
				wrong(b, i)
			} else {
				short(b, i)
			}
		}
		o := &car.Options{}
		if rnd.IntN(4) == 0 {
			o.MaxBlocks = 1 + rnd.IntN(len(blocks))
		}
		want := streamBytes(b, o)
		require.Error(t, want.err)
		require.LessOrEqual(t, len(want.blocks), first)
		for _, workers := range []int{0, 1, 2, 3, 8, 100} {
			require.Equal(t, want.err, index(b, with(o, workers)).err, "%d workers", workers)
			ahead := with(o, workers)
			ahead.ReadAhead = true
			require.Equal(t, want, streamBytes(b, ahead), "%d workers", workers)
		}
	}
	for _, workers := range []int{0, 1, 2, 3, 8, 100} {
		x, err := car.NewIndex(good, &car.Options{Workers: workers})
		require.NoError(t, err)
		requireBlocks(t, blocks, slices.Collect(x.Blocks()))
		for i := range blocks {
			data, found := x.Get(blocks[i].CID)
			require.True(t, found)
			require.Equal(t, blocks[i].Data, data)
		}
	}
}

// TestWorkersLimits has the limits of a whole file end in different chunks.
func TestWorkersLimits(t *testing.T) {
	blocks := largeBlocks()
	b := file(blocks...)
	header, ends := extents(b)
	starts := append([]int64{header}, ends...)
	for _, n := range []int{1, 2, 511, 512, 513, 3000, len(blocks) - 1, len(blocks)} {
		for _, workers := range []int{1, 2, 8} {
			_, err := car.NewIndex(b, &car.Options{MaxBlocks: n, Workers: workers})
			_, sizeErr := car.NewIndex(b, &car.Options{MaxSize: starts[n], Workers: workers})
			if n == len(blocks) {
				require.NoError(t, err)
				require.NoError(t, sizeErr)
				continue
			}
			requireLimit(t, err, "car: number of blocks", int64(n), int64(n+1), starts[n])
			requireLimit(t, sizeErr, "car: file size", starts[n], starts[n+1], starts[n])
		}
	}
}

// A block that stands twice in a large file, in one chunk or in two.
func TestWorkersDuplicates(t *testing.T) {
	seen := map[dagcbor.CID]bool{}
	blocks := slices.DeleteFunc(largeBlocks(), func(b car.Block) bool {
		again := seen[b.CID]
		seen[b.CID] = true
		return again
	})
	for _, workers := range []int{1, 2, 8} {
		o := &car.Options{RefuseDuplicates: true, Workers: workers}
		_, err := car.NewIndex(file(blocks...), o)
		require.NoError(t, err)
		for _, again := range [][]int{{5, 6}, {5, 4000}, {4000, 4001}} { // which block, and before which it is repeated
			twice := slices.Insert(slices.Clone(blocks), again[1], blocks[again[0]])
			twice = append(twice, blocks[2]) // a later one does not count
			b := file(twice...)
			_, ends := extents(b)
			_, err := car.NewIndex(b, o)
			require.Equal(t, &car.DuplicateError{CID: blocks[again[0]].CID, Offset: ends[again[1]-1]}, err)
		}
	}
}

// TestWorkersEnd writes to a file as soon as its Index is there or refused: the
// race detector sees if somebody is still at it.
func TestWorkersEnd(t *testing.T) {
	good := file(largeBlocks()...)
	for at := len(good); at > 0; at -= len(good) / 7 {
		b := bytes.Clone(good)
		if at < len(good) {
			b[at] ^= 1
		}
		_, err := car.NewIndex(b, &car.Options{Workers: 4})
		require.Equal(t, at == len(good), err == nil)
		clear(b)
	}
}

// TestLargeIndexReset uses an Index for large files, small ones and damaged
// ones in turn.
func TestLargeIndexReset(t *testing.T) {
	blocks := largeBlocks()
	large, other := file(blocks...), file(blocks[100:3000]...)
	var x car.Index
	for range 3 {
		for _, workers := range []int{1, 3} {
			for _, b := range [][]byte{large, other, file(block("small")), other, large[:len(large)-1]} {
				want, wantErr := car.NewIndex(b, nil)
				require.Equal(t, wantErr, x.Reset(b, &car.Options{Workers: workers}))
				if wantErr != nil {
					want = new(car.Index)
				}
				require.Equal(t, want.Len(), x.Len())
				requireBlocks(t, slices.Collect(want.Blocks()), slices.Collect(x.Blocks()))
				for i := range blocks {
					_, wantFound := want.Get(blocks[i].CID)
					_, found := x.Get(blocks[i].CID)
					require.Equal(t, wantFound, found)
				}
			}
		}
	}
	again := allocated(func() {
		require.NoError(t, x.Reset(large, &car.Options{Workers: 1}))
		require.Positive(t, x.Len())
	})
	require.Less(t, again, uint64(8<<10), "memory is used again")
}

// TestLargeIndexConcurrent has several ask at the same time for the first time.
func TestLargeIndexConcurrent(t *testing.T) {
	blocks := largeBlocks()
	x, err := car.NewIndex(file(blocks...), nil)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			r := x.Cursor()
			for i := g * 100; i < len(blocks); i += 3 {
				if data, found := r.Get(blocks[i].CID); !found || !bytes.Equal(data, blocks[i].Data) {
					t.Error("not found")
				}
			}
			if x.Len() == 0 {
				t.Error("no blocks")
			}
		})
	}
	wg.Wait()
}
