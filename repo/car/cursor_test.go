package car_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

// TestCursor asks a Cursor for blocks in several orders: it finds what the
// Index finds.
func TestCursor(t *testing.T) {
	small := []car.Block{block("a"), block("b"), block("a"), block("c"), block(""), block("d"), block("c")}
	for _, blocks := range [][]car.Block{small[:1], small, sizedBlocks(mixedSizes()...)} {
		reversed, shuffled, twice := slices.Clone(blocks), slices.Clone(blocks), []car.Block{}
		slices.Reverse(reversed)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, b := range blocks {
			other := dagcbor.Raw + dagcbor.DAGCBOR - b.CID.Codec()
			absent := car.Block{CID: dagcbor.CIDFromDigest(other, b.CID.Digest())}
			twice = append(twice, b, b, absent, car.Block{CID: block("x" + string(b.Data)).CID}, car.Block{})
		}
		file := file(blocks...)
		for _, order := range [][]car.Block{blocks, reversed, shuffled, twice, slices.Concat(blocks, blocks)} {
			x, err := car.NewIndex(file, nil)
			require.NoError(t, err)
			r := x.Cursor()
			for i, b := range order {
				want, wantFound := x.Get(b.CID)
				got, found := r.Get(b.CID)
				require.Equal(t, wantFound, found, "block %d", i)
				require.Equal(t, want, got)
				require.Equal(t, len(got), cap(got), "what is appended must not run over the next block")
			}
		}
	}
}

func TestCursorEmpty(t *testing.T) {
	x, err := car.NewIndex(car.AppendHeader(nil), nil)
	require.NoError(t, err)
	for _, x := range []*car.Index{x, {}} {
		for _, c := range []dagcbor.CID{{}, block("").CID} {
			data, found := x.Cursor().Get(c)
			require.False(t, found)
			require.Nil(t, data)
		}
	}
}

func TestCursorIsSource(t *testing.T) {
	x, err := car.NewIndex(file(block("one"), block("two")), nil)
	require.NoError(t, err)
	var source mst.Source = x.Cursor()
	for _, want := range []car.Block{block("one"), block("two"), block("one")} {
		data, err := source.Block(t.Context(), want.CID)
		require.NoError(t, err)
		require.Equal(t, want.Data, data)
	}
	data, err := source.Block(t.Context(), block("three").CID)
	require.Equal(t, mst.ErrNotFound, err)
	require.Nil(t, data)
}

func BenchmarkCursor(b *testing.B) {
	file, blocks := synthetic()
	x, err := car.NewIndex(file, nil)
	require.NoError(b, err)
	r := x.Cursor()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(blocks) == 0 {
			r = x.Cursor()
		}
		if _, found := r.Get(blocks[i%len(blocks)].CID); !found {
			b.Fatal("not found")
		}
	}
}
