package car_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// synthetic has the sizes of a repository of 100,000 records: 44 MB, of which
// the tree's nodes are about a quarter.
var synthetic = sync.OnceValues(func() ([]byte, []car.Block) {
	const records, nodes = 100_000, 27_000
	rnd := rand.NewChaCha8([32]byte{1})
	blocks := make([]car.Block, 0, records+nodes)
	for i := range records + nodes {
		data := make([]byte, 300)
		if i%records < nodes && i >= records {
			data = make([]byte, 335)
		}
		_, _ = rnd.Read(data)
		blocks = append(blocks, car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data})
	}
	return file(blocks...), blocks
})

// BenchmarkFloor is what cannot be saved: each block hashed once.
func BenchmarkFloor(b *testing.B) {
	file, _ := synthetic()
	x, err := car.NewIndex(file, nil)
	require.NoError(b, err)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		for block := range x.Blocks() {
			if sha256.Sum256(block.Data) != block.CID.Digest() {
				b.Fatal("wrong hash")
			}
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	file, _ := synthetic()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := car.NewIndex(file, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIndexSmall reads a file such as a firehose commit carries.
func BenchmarkIndexSmall(b *testing.B) {
	_, blocks := synthetic()
	file := file(blocks[:6]...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := car.NewIndex(file, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIndexReset is BenchmarkIndexSmall with an Index that is used again.
func BenchmarkIndexReset(b *testing.B) {
	_, blocks := synthetic()
	file := file(blocks[:6]...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var x car.Index
	for b.Loop() {
		if err := x.Reset(file, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	file, _ := synthetic()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := car.NewReader(bytes.NewReader(file), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range r.Blocks() {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkIndexGet(b *testing.B) {
	file, blocks := synthetic()
	x, err := car.NewIndex(file, nil)
	require.NoError(b, err)
	rnd := rand.New(rand.NewPCG(1, 2))
	rnd.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	b.Run("present", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, found := x.Get(blocks[i%len(blocks)].CID); !found {
				b.Fatal("not found")
			}
		}
	})
	b.Run("absent", func(b *testing.B) {
		absent := make([]dagcbor.CID, 1<<16)
		for i := range absent {
			absent[i] = dagcbor.Sum(dagcbor.Raw, binary.LittleEndian.AppendUint64(nil, uint64(i)))
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, found := x.Get(absent[i%len(absent)]); found {
				b.Fatal("found")
			}
		}
	})
}

func BenchmarkIndexBlocks(b *testing.B) {
	file, _ := synthetic()
	x, err := car.NewIndex(file, nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		for block := range x.Blocks() {
			if !block.CID.Defined() {
				b.Fatal("undefined")
			}
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	file, blocks := synthetic()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		w, err := car.NewWriter(io.Discard, blocks[0].CID)
		if err != nil {
			b.Fatal(err)
		}
		for _, block := range blocks {
			if err := w.Put(block.CID, block.Data); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkAppendBlock(b *testing.B) {
	file, blocks := synthetic()
	dst := make([]byte, 0, len(file))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		dst = car.AppendHeader(dst[:0], blocks[0].CID)
		for _, block := range blocks {
			dst = car.AppendBlock(dst, block.CID, block.Data)
		}
	}
}
