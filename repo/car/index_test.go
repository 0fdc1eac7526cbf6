package car_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

func TestIndexGet(t *testing.T) {
	for _, n := range []int{0, 1, 2, 5, 6, 7, 63, 64, 65, 128, 129, 1000, 5000} {
		b := car.AppendHeader(nil)
		var blocks []car.Block
		for i := range n {
			data := binary.LittleEndian.AppendUint32(nil, uint32(i))
			blocks = append(blocks, car.Block{CID: dagcbor.Sum(dagcbor.Raw, data), Data: data})
			b = car.AppendBlock(b, blocks[i].CID, data)
		}
		x, err := car.NewIndex(b, nil)
		require.NoError(t, err)
		require.Equal(t, n, x.Len())
		for _, block := range blocks {
			data, found := x.Get(block.CID)
			require.True(t, found)
			require.Equal(t, block.Data, data)
			_, found = x.Get(dagcbor.CIDFromDigest(dagcbor.DAGCBOR, block.CID.Digest()))
			require.False(t, found, "the other codec")
		}
		for i := range 1000 {
			_, found := x.Get(dagcbor.Sum(dagcbor.Raw, binary.BigEndian.AppendUint64(nil, uint64(i))))
			require.False(t, found)
		}
		_, found := x.Get(dagcbor.CID{})
		require.False(t, found, "the undefined CID")
	}
}

func TestIndexAliases(t *testing.T) {
	b := file(block("one"), block("two"))
	x, err := car.NewIndex(b, nil)
	require.NoError(t, err)
	data, found := x.Get(block("one").CID)
	require.True(t, found)
	require.Same(t, &b[59+1+36], &data[0], "not a copy")
	require.Equal(t, len(data), cap(data), "what is appended must not run over the next block")
	for block := range x.Blocks() {
		require.Equal(t, len(block.Data), cap(block.Data))
	}
}

func TestIndexBlocks(t *testing.T) {
	want := []car.Block{block("1"), block("2"), block("1"), block("3")}
	x, err := car.NewIndex(file(want...), nil)
	require.NoError(t, err)
	require.Equal(t, 3, x.Len())
	requireBlocks(t, want, slices.Collect(x.Blocks()))
	n := 0
	for range x.Blocks() {
		if n++; n == 2 {
			break
		}
	}
	require.Equal(t, 2, n)
	requireBlocks(t, want, slices.Collect(x.Blocks()))
}

func TestIndexEmpty(t *testing.T) {
	x, err := car.NewIndex(car.AppendHeader(nil, block("root").CID), nil)
	require.NoError(t, err)
	for _, x := range []*car.Index{x, {}} {
		require.Zero(t, x.Len())
		require.Empty(t, slices.Collect(x.Blocks()))
		for _, c := range []dagcbor.CID{{}, block("root").CID} {
			data, found := x.Get(c)
			require.False(t, found)
			require.Nil(t, data)
		}
	}
	require.Equal(t, []dagcbor.CID{block("root").CID}, x.Roots())
	require.Nil(t, new(car.Index).Roots())
}

func TestIndexConcurrent(t *testing.T) {
	blocks := workedBlocks(t)
	x, err := car.NewIndex(unhex(t, workedFile), nil)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 300 {
				want := blocks[i%3]
				if data, found := x.Get(want.CID); !found || !bytes.Equal(data, want.Data) {
					t.Error("not found")
				}
				for range x.Blocks() {
				}
			}
		})
	}
	wg.Wait()
}

// An Index that was used for other files is like a new one.
func TestIndexReset(t *testing.T) {
	var x car.Index
	for _, n := range []int{0, 1, 200, 5, 0, 64, 5000, 6, 1200} {
		blocks := sizedBlocks(mixedSizes()[:n%1000]...)
		for i := range n - len(blocks) {
			blocks = append(blocks, block(string(binary.LittleEndian.AppendUint32(nil, uint32(i)))))
		}
		b := car.AppendHeader(nil, block("root").CID)
		for _, block := range blocks {
			b = car.AppendBlock(b, block.CID, block.Data)
		}
		for _, o := range []*car.Options{nil, {RefuseDuplicates: true}} {
			want, wantErr := car.NewIndex(b, o)
			err := x.Reset(b, o)
			require.Equal(t, wantErr, err)
			if err != nil {
				want = new(car.Index)
			}
			require.Equal(t, []any{want.Len(), len(want.Roots())}, []any{x.Len(), len(x.Roots())})
			requireBlocks(t, slices.Collect(want.Blocks()), slices.Collect(x.Blocks()))
			for _, want := range blocks {
				data, found := x.Get(want.CID)
				require.Equal(t, err == nil, found)
				require.True(t, !found || bytes.Equal(want.Data, data))
			}
			_, found := x.Get(block("of another file").CID)
			require.False(t, found)
		}
		require.NoError(t, x.Reset(file(block("of another file")), nil))
		other := file(block("one"), block("of another file"))
		require.Error(t, x.Reset(other[:len(other)-1], nil))
		require.Zero(t, x.Len())
		require.Empty(t, x.Roots())
		require.Empty(t, slices.Collect(x.Blocks()))
	}
}

func TestIndexIsSource(t *testing.T) {
	var x car.Index
	var source mst.Source = &x
	require.NoError(t, x.Reset(file(block("one")), nil))
	data, err := source.Block(t.Context(), block("one").CID)
	require.NoError(t, err)
	require.Equal(t, block("one").Data, data)
	data, err = source.Block(t.Context(), block("two").CID)
	require.Equal(t, mst.ErrNotFound, err)
	require.Nil(t, data)
}
