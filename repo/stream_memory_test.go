package repo_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// recordsEnv sets how many records the large stream has; makeEnv makes of the
// test a program that writes it, so that its memory is not that of the reader.
const (
	recordsEnv = "LINNET_STREAM_RECORDS"
	makeEnv    = "LINNET_STREAM_MAKE"
)

// largeRecord is record number i of the large stream.
func largeRecord(dst []byte, i int) (path string, record []byte) {
	key, err := syntax.TIDFromInteger(uint64(1_700_000_000_000_000+int64(i)*977) << 10)
	if err != nil {
		panic(err)
	}
	dst = dagcbor.AppendMap(dst[:0], 2)
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "text"), "The linnet is a small passerine bird of the finch family. It derives its name "+
		"from its fondness for hemp seeds and flax seeds, flax being the plant from which linen is made. In the breeding season males have a red breast: "+strconv.Itoa(i))
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "$type"), "com.example.record")
	return "com.example.record/" + key.String(), dst
}

// writeLarge writes the large stream.
func writeLarge(t testing.TB, out io.Writer, n int) {
	t.Helper()
	var buf []byte
	tree, err := mst.Build(func(yield func(string, dagcbor.CID) bool) {
		for i := range n {
			path, record := largeRecord(buf, i)
			buf = record
			if !yield(path, dagcbor.Sum(dagcbor.DAGCBOR, record)) {
				return
			}
		}
	})
	require.NoError(t, err)
	c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: rev, Data: tree.Root()})
	require.NoError(t, err)
	bw := bufio.NewWriterSize(out, 64<<10)
	w, err := car.NewWriter(bw, c.CID())
	require.NoError(t, err)
	require.NoError(t, w.Put(c.CID(), c.Bytes()))
	i := 0
	for step, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		block := step.Node
		if block == nil {
			_, buf = largeRecord(buf, i)
			block, i = buf, i+1
		}
		require.NoError(t, w.Put(step.CID, block))
	}
	require.NoError(t, bw.Flush())
}

func numberOf(env string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(env)); err == nil {
		return n
	}
	return or
}

// TestStreamMemory reads a large repository from another process.
func TestStreamMemory(t *testing.T) {
	ledger.Covers(t, "CAR-022", "CAR-023")
	if n := numberOf(makeEnv, 0); n > 0 {
		writeLarge(t, os.Stdout, n)
		os.Exit(0)
	}
	n := numberOf(recordsEnv, 60_000)
	for name, change := range map[string]func(*repo.Options){
		"kept in a file":         func(*repo.Options) {},
		"not kept":               func(o *repo.Options) { o.RequirePreorder = true },
		"not kept, reused":       func(o *repo.Options) { o.RequirePreorder, o.ReuseMemory = true, true },
		"kept in a file, reused": func(o *repo.Options) { o.ReuseMemory = true },
	} {
		// How much garbage there is depends on when the collector gets its turn.
		for tries := 3; ; tries-- {
			live, peak := streamLarge(t, n, change)
			t.Logf("%s: %d bytes live, %d with garbage", name, live, peak)
			require.Less(t, live, uint64(2<<20), name)
			if peak < 4<<20 {
				break
			}
			require.NotZero(t, tries, "%s: %d bytes with garbage", name, peak)
		}
	}
}

// heap returns how much is on the heap, garbage included.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// liveHeap returns how much is on the heap and still needed.
func liveHeap() uint64 {
	runtime.GC()
	return heap()
}

// streamLarge reads n records that another process writes, and returns how much
// more of the heap was in use at most: without garbage, and with it.
func streamLarge(t *testing.T, n int, change func(*repo.Options)) (liveMost, peakMost uint64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStreamMemory$")
	cmd.Env = append(os.Environ(), makeEnv+"="+strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	o := options(t)
	o.MaxSize, o.TempDir = -1, t.TempDir()
	change(o)
	before := liveHeap()
	peak, live, seen := before, before, 0
	s, err := repo.ReadStream(t.Context(), out, o)
	require.NoError(t, err)
	for r, err := range s.Records(t.Context()) {
		require.NoError(t, err)
		if seen++; seen%100 == 0 && len(r.Bytes()) > 0 {
			peak = max(peak, heap())
		}
		if seen%(n/20) == 0 {
			live = max(live, liveHeap())
		}
	}
	require.Equal(t, n, seen)
	require.True(t, s.Stats().Ordered)
	require.NoError(t, cmd.Wait())
	return live - before, peak - before
}
