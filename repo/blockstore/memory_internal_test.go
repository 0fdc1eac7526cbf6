package blockstore

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
)

// A table agrees with a map after each of many changes, also where blocks have
// been chosen to lie in a few slots, or all have one hash.
func TestBlockTable(t *testing.T) {
	for name, tc := range map[string]struct {
		seed uint64
		word func(n uint64) uint64 // of the digest
	}{
		"honest":    {1, func(n uint64) uint64 { return n * 0x9e3779b97f4a7c15 }},
		"few slots": {1, func(n uint64) uint64 { return n % 5 << 61 }},
		"last slot": {1, func(uint64) uint64 { return ^uint64(0) }},
		"one hash":  {1 << 63, func(uint64) uint64 { return 1 }}, // of both codecs
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			table := blockTable{seed: tc.seed}
			want := map[dagcbor.CID]int{}
			cids := make([]dagcbor.CID, 100)
			for i := range cids {
				var digest [32]byte
				binary.LittleEndian.PutUint64(digest[:], tc.word(uint64(i/2)))
				digest[31] = byte(i / 2)
				cids[i] = dagcbor.CIDFromDigest([]dagcbor.Codec{dagcbor.Raw, dagcbor.DAGCBOR}[i%2], digest)
			}
			for range 1000 {
				c := cids[rng.IntN(len(cids))]
				refs := rng.IntN(3)
				table.set(&Change{CID: c, Data: []byte(c.String())}, refs)
				if want[c] = refs; refs == 0 {
					delete(want, c)
				}
				require.Len(t, table.list, len(want))
				require.LessOrEqual(t, len(want), len(table.slots)-len(table.slots)/3)
				got := make([][]byte, len(cids))
				for i := range got {
					got[i] = []byte("of an earlier call")
				}
				table.lookupAll(cids, got)
				for i := range cids {
					b := table.lookup(&cids[i])
					require.Equal(t, b != nil, got[i] != nil)
					if b != nil {
						require.Equal(t, b.block(), got[i])
					}
					require.Equal(t, want[cids[i]], table.refs(&cids[i]))
					require.Equal(t, want[cids[i]] > 0, b != nil)
					if b != nil {
						require.Equal(t, cids[i], b.cid())
						require.Equal(t, cids[i].String(), string(b.block()))
					}
				}
			}
		})
	}
}

// Every table has a seed of its own.
func TestBlockTableSeed(t *testing.T) {
	var a, b blockTable
	a.grow(1)
	b.grow(1)
	require.NotEqual(t, a.seed, b.seed)
	require.Equal(t, uint64(1), a.seed&1)
}
