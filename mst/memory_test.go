package mst_test

import (
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Memory follows the bytes that are there, not the numbers in them.
func TestNodeMemory(t *testing.T) {
	ledger.Covers(t, "MST-022", "MST-028")
	for _, o := range []*mst.Options{nil, {MaxNodeEntries: -1}} {
		for _, count := range []uint64{257, 1 << 16, 1<<31 - 1, 1 << 31, 1 << 32, 1 << 63, math.MaxUint64} {
			head := binary.BigEndian.AppendUint64([]byte("\xa2\x61e\x9b"), count)
			if count < 1<<32 {
				head = binary.BigEndian.AppendUint32([]byte("\xa2\x61e\x9a"), uint32(count))
			}
			if count < 1<<16 {
				head = binary.BigEndian.AppendUint16([]byte("\xa2\x61e\x99"), uint16(count))
			}
			var err error
			require.Less(t, allocated(func() { _, err = readNode(t, head, o) }), uint64(64<<10))
			limit := uint64(mst.DefaultMaxNodeEntries)
			if o != nil {
				limit = 1<<31 - 1
			}
			if count <= limit {
				require.ErrorContains(t, err, cutOff)
				continue
			}
			bad, found := errors.AsType[*mst.LimitError](err)
			require.True(t, found)
			require.Equal(t, int64(limit), bad.Limit)
			require.Equal(t, int64(min(count, math.MaxInt64)), bad.Got)
			require.Equal(t, int64(3), bad.Offset)
		}
	}
}

// A node whose prefixes expand to the longest keys takes no more than 22 times
// its size.
func TestPrefixBomb(t *testing.T) {
	ledger.Covers(t, "MST-028")
	m := map[string]dagcbor.CID{}
	for i := range 26_000 {
		key := strings.Repeat("x", mst.MaxKeyLen-2) + string([]byte{byte(i >> 8), byte(i)})
		if refLayer(key) == 0 {
			m[key] = leafValue
		}
	}
	src := mst.MapSource{}
	c := refBuild(m).encode(src)
	for name, f := range map[string]func(o *mst.Options) error{
		"walker": func(o *mst.Options) error {
			for _, err := range mst.NewWalker(src, c, o).Entries(t.Context()) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"load": func(o *mst.Options) error {
			_, err := mst.Load(t.Context(), src, c, o)
			return err
		},
	} {
		var err error
		require.Less(t, allocated(func() { err = f(nil) }), uint64(len(src[c])/100))
		require.ErrorContains(t, err, "exceeds the limit")
		got := allocated(func() { err = f(&mst.Options{MaxNodeEntries: -1}) })
		require.NoError(t, err)
		require.Less(t, got, uint64(22*len(src[c])), name)
		t.Logf("%s: %.1f times", name, float64(got)/float64(len(src[c])))
	}
}

// A walk takes one allocation a node, and memory for as many nodes as the tree
// is deep.
func TestWalkerMemory(t *testing.T) {
	ledger.Covers(t, "MST-032")
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	src := mst.MapSource{}
	b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
		src[c] = append([]byte(nil), node...)
		return nil
	})
	for i, key := range repoKeys(n) {
		require.NoError(t, b.Add(key, value(i)))
	}
	root, err := b.Finish()
	require.NoError(t, err)
	var start, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	// Package sha256 allocates under the race detector.
	w := mst.NewWalker(src, root, &mst.Options{TrustHashes: true, TrustLayers: raceDetector})
	seen, most := 0, uint64(0)
	for _, err := range w.Entries(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen%(n/5) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	require.Equal(t, n, seen)
	require.Less(t, most, start.HeapAlloc+100_000)
	allocs := float64(now.Mallocs-start.Mallocs) / float64(w.Stats().Nodes)
	require.Less(t, allocs, 1.05)
}

// A tree in memory takes little more than its nodes' encodings.
func TestTreeMemory(t *testing.T) {
	m := numbered(repoKeys(20_000))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tree := build(t, m)
	runtime.GC()
	runtime.ReadMemStats(&after)
	size := int64(0)
	for _, b := range blocks(t, tree) {
		size += int64(len(b))
	}
	held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d bytes a key, %.2f times the encoding", held/int64(len(m)), float64(held)/float64(size))
	require.Less(t, held, 3*size)
	runtime.KeepAlive(m)
}
