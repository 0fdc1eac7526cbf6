package pebblestore_test

import (
	"encoding/binary"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/stores/pebble"
)

// blocks returns the seven blocks that commit number n puts, and commit n+1 drops.
func blocks(n int) (put []car.Block, cids []dagcbor.CID) {
	for i := range 7 {
		data := make([]byte, 700)
		binary.LittleEndian.PutUint64(data, uint64(n))
		data[8] = byte(i)
		put = append(put, car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data})
		cids = append(cids, put[i].CID)
	}
	return put, cids
}

func BenchmarkCommit(b *testing.B) {
	for name, o := range map[string]*pebblestore.Options{"synced": nil, "unsynced": {NoSync: true}} {
		b.Run(name, func(b *testing.B) {
			db, err := pebble.Open(b.TempDir(), &pebble.Options{Logger: quiet{}})
			require.NoError(b, err)
			defer func() { require.NoError(b, db.Close()) }()
			s := pebblestore.New(db, o).Store(did)
			batch := &blockstore.Batch{TrustHashes: true}
			var old []dagcbor.CID
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				batch.Prev, batch.Drop = batch.Head, old
				batch.Put, old = blocks(n)
				batch.Head = old[0]
				if err := s.Commit(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBlock(b *testing.B) {
	db, err := pebble.Open(b.TempDir(), &pebble.Options{Logger: quiet{}})
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	s := pebblestore.New(db, nil).Store(did)
	put, cids := blocks(0)
	require.NoError(b, s.Commit(b.Context(), &blockstore.Batch{Head: cids[0], Put: put}))
	b.ReportAllocs()
	b.SetBytes(int64(len(put[0].Data)))
	for n := 0; b.Loop(); n++ {
		if _, err := s.Block(b.Context(), cids[n%len(cids)]); err != nil {
			b.Fatal(err)
		}
	}
}
