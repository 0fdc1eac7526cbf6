package blockstore_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

func block(i int) car.Block {
	data := binary.BigEndian.AppendUint64(nil, uint64(i))
	return car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data}
}

func TestChanges(t *testing.T) {
	a, b, c := block(1), block(2), block(3)
	batch := &blockstore.Batch{
		Put:  []car.Block{b, a, b},
		Drop: []dagcbor.CID{c.CID, b.CID, c.CID},
	}
	changes, err := batch.Changes()
	require.NoError(t, err)
	require.Len(t, changes, 3)
	for i, want := range []blockstore.Change{
		{CID: b.CID, Data: b.Data, Puts: 2, Drops: 1},
		{CID: a.CID, Data: a.Data, Puts: 1},
		{CID: c.CID, Drops: 2},
	} {
		got := changes[i]
		require.Equal(t, want.CID, got.CID)
		require.Equal(t, want.Data, got.Data)
		require.Equal(t, want.Puts, got.Puts)
		require.Equal(t, want.Drops, got.Drops)
	}
}

// TestChangesSizes compares with a map, at sizes around those of the table.
func TestChangesSizes(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 1000} {
		batch := &blockstore.Batch{}
		want := map[dagcbor.CID]int{}
		for i := range n {
			batch.Put = append(batch.Put, block(i*i%n))
			want[block(i*i%n).CID]++
		}
		changes, err := batch.Changes()
		require.NoError(t, err)
		require.Len(t, changes, len(want))
		for _, c := range changes {
			require.Equal(t, want[c.CID], c.Puts)
		}
	}
}

func TestApply(t *testing.T) {
	for _, test := range []struct{ refs, puts, drops, want int }{
		{0, 1, 0, 1}, {0, 1, 1, 0}, {0, 2, 1, 1}, {1, 0, 1, 0}, {3, 0, 1, 2},
		{blockstore.MaxRefs - 1, 1, 0, blockstore.MaxRefs}, {blockstore.MaxRefs, 1, 1, blockstore.MaxRefs},
	} {
		c := blockstore.Change{Puts: test.puts, Drops: test.drops}
		got, err := c.Apply(test.refs)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
	c := blockstore.Change{Puts: 1}
	_, err := c.Apply(blockstore.MaxRefs)
	require.EqualError(t, err, "blockstore: references to a block 2147483648 exceeds the limit of 2147483647")
	c = blockstore.Change{CID: block(1).CID, Puts: 1, Drops: 2}
	_, err = c.Apply(0)
	require.EqualError(t, err, "blockstore: batch: Drop 0, block "+block(1).CID.String()+": no reference is left to drop")
}

func TestErrors(t *testing.T) {
	m := new(blockstore.Memory)
	first := block(1).CID
	require.NoError(t, m.Commit(t.Context(), &blockstore.Batch{Head: first}))
	for _, test := range []struct {
		batch *blockstore.Batch
		want  string
	}{
		{&blockstore.Batch{}, "blockstore: head is " + first.String() + " and not undefined"},
		{&blockstore.Batch{Prev: first}, "blockstore: batch: Head: undefined after one that was defined"},
		{&blockstore.Batch{Put: []car.Block{block(2), {}}}, "blockstore: batch: Put 1: undefined CID"},
		{&blockstore.Batch{Drop: []dagcbor.CID{{}}}, "blockstore: batch: Drop 0: undefined CID"},
		{
			&blockstore.Batch{Put: []car.Block{{CID: first}}},
			"blockstore: batch: Put 0, block " + first.String() + ": the bytes are not what the CID names",
		},
	} {
		require.EqualError(t, m.Commit(t.Context(), test.batch), test.want)
	}
	require.True(t, errors.Is(m.Commit(t.Context(), &blockstore.Batch{}), blockstore.ErrConflict))
	require.Zero(t, m.Len())
}

func BenchmarkMemoryCommit(b *testing.B) {
	m := new(blockstore.Memory)
	batch := &blockstore.Batch{}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		batch.Prev, batch.Put, batch.Drop = batch.Head, batch.Put[:0], batch.Drop[:0]
		for i := range 7 {
			batch.Put = append(batch.Put, block(7*n+i))
			if n > 0 {
				batch.Drop = append(batch.Drop, block(7*n-7+i).CID)
			}
		}
		batch.Head = batch.Put[0].CID
		if err := m.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
