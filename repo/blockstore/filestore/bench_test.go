package filestore_test

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
	"github.com/linnet-at/linnet/repo/car"
)

// typical returns the six nodes and the record that commit number n puts, and
// commit n+1 drops.
func typical(n int) (put []car.Block, cids []dagcbor.CID) {
	for i, size := range []int{300, 700, 900, 900, 900, 900, 900} {
		put = append(put, numbered(7*n+i, size))
		cids = append(cids, put[i].CID)
	}
	return put, cids
}

func numbered(i, size int) car.Block {
	data := make([]byte, size)
	binary.LittleEndian.PutUint64(data, uint64(i))
	return car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data}
}

func BenchmarkCommit(b *testing.B) {
	for name, o := range map[string]*filestore.Options{"synced": nil, "unsynced": {Sync: filestore.SyncNever}} {
		b.Run(name, func(b *testing.B) {
			s := open(b, b.TempDir(), o)
			put, cids := [2][]car.Block{}, [2][]dagcbor.CID{}
			for i := range 2 { // in turn, so that making them is not measured
				put[i], cids[i] = typical(i)
			}
			batch := &blockstore.Batch{TrustHashes: true}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				batch.Prev, batch.Head = batch.Head, cids[n%2][0]
				batch.Put, batch.Drop = put[n%2], cids[(n+1)%2]
				if n == 0 {
					batch.Drop = nil
				}
				if err := s.Commit(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// imported returns a directory with a store of n blocks.
func imported(b *testing.B, n, size int) (dir string, head dagcbor.CID) {
	b.Helper()
	dir = b.TempDir()
	s, err := filestore.Open(dir, &filestore.Options{Sync: filestore.SyncNever})
	require.NoError(b, err)
	batch := &blockstore.Batch{TrustHashes: true}
	for i := range n {
		batch.Put = append(batch.Put, numbered(i, size))
		if len(batch.Put) == 10_000 || i == n-1 {
			batch.Head = batch.Put[0].CID
			require.NoError(b, s.Commit(b.Context(), batch))
			batch.Prev, batch.Put = batch.Head, batch.Put[:0]
		}
	}
	require.NoError(b, s.Close())
	return dir, batch.Head
}

func BenchmarkBlock(b *testing.B) {
	const n, size = 100_000, 400
	dir, _ := imported(b, n, size)
	s := open(b, dir, nil)
	cids := make([]dagcbor.CID, 1000)
	for i := range cids {
		cids[i] = numbered(i*97%n, size).CID
	}
	b.Run("there", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for i := 0; b.Loop(); i++ {
			if _, err := s.Block(b.Context(), cids[i%len(cids)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("missing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = s.Block(b.Context(), dagcbor.CIDFromDigest(dagcbor.Raw, cids[0].Digest()))
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	const n, size = 1_000_000, 400
	dir, head := imported(b, n, size)
	b.ReportAllocs()
	for b.Loop() {
		s, err := filestore.Open(dir, nil)
		require.NoError(b, err)
		got, err := s.Head(b.Context())
		require.NoError(b, err)
		require.Equal(b, head, got)
		b.SetBytes(s.Stats().FileBytes)
		b.StopTimer()
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/n, "heapB/block")
		require.NoError(b, s.Close())
		b.StartTimer()
	}
}
