package car

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
)

// numbered returns n blocks that suit keep, and their file.
func numbered(n int, keep func(c dagcbor.CID) bool) (blocks []Block, file []byte) {
	file = AppendHeader(nil)
	for i := uint64(0); len(blocks) < n; i++ {
		data := binary.LittleEndian.AppendUint64(nil, i)
		c := dagcbor.Sum(dagcbor.Codec([]byte{0x55, 0x71}[i%2]), data)
		if keep(c) {
			blocks = append(blocks, Block{c, data})
			file = AppendBlock(file, c, data)
		}
	}
	return blocks, file
}

func all(dagcbor.CID) bool { return true }

// requireAll requires that x has these blocks and no others.
func requireAll(t *testing.T, x *Index, blocks []Block) {
	t.Helper()
	require.Equal(t, len(blocks), x.Len())
	for _, b := range blocks {
		data, found := x.Get(b.CID)
		require.True(t, found)
		require.Equal(t, b.Data, data)
	}
	for i := range 100 {
		_, found := x.Get(dagcbor.Sum(dagcbor.Raw, []byte{byte(i)}))
		require.False(t, found)
	}
}

// TestTableOneHash has all blocks share one hash, which only the file can then
// tell apart.
func TestTableOneHash(t *testing.T) {
	for _, n := range []int{1, 5, 6, 200} {
		blocks, file := numbered(n, all)
		x, err := newIndex(append(file, file[len(AppendHeader(nil)):]...), nil, 0)
		require.NoError(t, err)
		requireAll(t, x, blocks)
		for _, b := range blocks {
			other := dagcbor.Raw + dagcbor.DAGCBOR - b.CID.Codec()
			_, found := x.Get(dagcbor.CIDFromDigest(other, b.CID.Digest()))
			require.False(t, found, "the same digest under the other codec")
		}
	}
}

// TestTableWraps has all blocks belong into the last slot, so that all but one
// stand at the beginning of the table.
func TestTableWraps(t *testing.T) {
	last := func(c dagcbor.CID) bool {
		d := c.Digest()
		return d[7] >= 0xe0 // hash of seed 1: the first three bits
	}
	blocks, file := numbered(5, last)
	x, err := newIndex(file, nil, 1)
	require.NoError(t, err)
	require.Len(t, x.slots, 8)
	for i, s := range x.slots {
		require.Equal(t, i == 7 || i < 4, s.off != 0, "slot %d", i)
	}
	requireAll(t, x, blocks)
}

// TestTableLoad proves the sizes that the documentation promises.
func TestTableLoad(t *testing.T) {
	for n := 0; n < 1<<20; n += 1 + n/50 {
		var x Index
		x.resize(n)
		size := len(x.slots)
		require.LessOrEqual(t, 3*n, 2*size+2, "at least a third is free")
		require.Less(t, n, size)
		require.True(t, size == 8 || 8*size <= 24*n, "%d slots for %d blocks", size, n)
	}
	var big Index
	big.resize(1 << 20)
	before := len(big.slots)
	big.resize(10)
	require.Len(t, big.slots, before, "a table does not shrink")
}

// TestTableSpread looks how far blocks are from the slots of their hashes.
func TestTableSpread(t *testing.T) {
	blocks, file := numbered(43_690, all) // as full as a table can be
	x, err := NewIndex(file, nil)
	require.NoError(t, err)
	require.Empty(t, x.slots, "nobody has asked for a block")
	require.Equal(t, len(blocks), x.Len())
	require.Len(t, x.slots, 1<<16)
	far, sum := 0, 0
	for i, s := range x.slots {
		if s.off != 0 {
			d := (i - x.first(s.hash) + len(x.slots)) % len(x.slots)
			far, sum = max(far, d), sum+d
		}
	}
	require.Less(t, sum, 2*len(blocks), "1 is expected on average")
	require.Less(t, far, 500)
}

func TestTableGrows(t *testing.T) {
	blocks, file := numbered(3000, all)
	x, err := NewIndex(file, nil)
	require.NoError(t, err)
	requireAll(t, x, blocks)
	require.Len(t, x.slots, 8192)
}
