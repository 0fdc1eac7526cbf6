package repo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// synthetic returns an export of n records: posts, likes, reposts and follows
// with TID keys, of 200 to 800 bytes, in pre-order.
var synthetic = func() func(b testing.TB, n int) []byte {
	var mu sync.Mutex
	files := map[int][]byte{}
	return func(b testing.TB, n int) []byte {
		b.Helper()
		mu.Lock()
		defer mu.Unlock()
		if files[n] == nil {
			files[n] = makeSynthetic(b, n)
		}
		return files[n]
	}
}()

func makeSynthetic(b testing.TB, n int) []byte {
	b.Helper()
	blocks := mst.MapSource{}
	entries := make([]mst.Entry, 0, n)
	c := clock(b, rev, func() time.Time { return rev.Time() })
	for i := range n {
		path, block := syntheticRecord(b, i, c.Next())
		entries = append(entries, mst.Entry{Key: path, Value: dagcbor.Sum(dagcbor.DAGCBOR, block)})
		blocks[entries[i].Value] = block
	}
	root, nodes := treeOf(b, entries...)
	for _, node := range nodes {
		blocks[node.CID] = node.Data
	}
	commit, err := repo.SignCommit(b.Context(), privateKey(b, crypto.K256), repo.UnsignedCommit{DID: account, Rev: rev, Data: root})
	require.NoError(b, err)
	tree, err := mst.Load(b.Context(), blocks, root, nil)
	require.NoError(b, err)
	file := car.AppendBlock(car.AppendHeader(nil, commit.CID()), commit.CID(), commit.Bytes())
	for step, err := range tree.Preorder(b.Context()) {
		require.NoError(b, err)
		file = car.AppendBlock(file, step.CID, blocks[step.CID])
	}
	return file
}

func syntheticRecord(b testing.TB, i int, key syntax.TID) (path string, block []byte) {
	b.Helper()
	typ := []string{"app.bsky.feed.like", "app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.graph.follow", "app.bsky.feed.repost"}[i%5]
	m := map[string]any{
		"$type":     typ,
		"createdAt": "2026-11-22T09:00:00.000Z",
		"subject": map[string]any{
			"cid": "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454",
			"uri": fmt.Sprintf("at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/%s", key),
		},
		"via": map[string]any{
			"cid": "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454",
			"uri": fmt.Sprintf("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.repost/%s", key),
		},
	}
	if typ == "app.bsky.feed.post" {
		m["text"] = strings.Repeat("Linnets sing in the gorse. ", 1+i%9)
		m["langs"] = []string{"en"}
		m["via"] = map[string]any{"tags": []string{"bird", "song"}}
	}
	block, err := dagcbor.Marshal(m)
	require.NoError(b, err)
	return typ + "/" + key.String(), block
}

// readFully reads a file and all records of it.
func readFully(ctx context.Context, r io.Reader, o *repo.Options) (records int, err error) {
	e, err := repo.Read(ctx, r, o)
	if err != nil {
		return 0, err
	}
	return countRecords(ctx, e)
}

func countRecords(ctx context.Context, e *repo.Export) (n int, err error) {
	for _, err := range e.Records(ctx) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func benchmarkFile(b *testing.B, file []byte, records int, o *repo.Options) {
	b.Helper()
	run := func(b *testing.B, f func() (int, error)) {
		b.Helper()
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			n, err := f()
			if err != nil || n != records {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(peakHeap(func() { f() })), "peak-B")
	}
	// What no design can avoid: hashing each block once.
	b.Run("Floor", func(b *testing.B) {
		_, blocks := sections(b, file)
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			for i := range blocks {
				if dagcbor.Sum(dagcbor.DAGCBOR, blocks[i].Data) != blocks[i].CID {
					b.Fatal(i)
				}
			}
		}
	})
	// In memory already, from a reader of known size, and from one of unknown
	// size such as the body of an HTTP response.
	b.Run("Bytes", func(b *testing.B) {
		run(b, func() (int, error) {
			e, err := repo.ReadBytes(file, o)
			if err != nil {
				return 0, err
			}
			return countRecords(b.Context(), e)
		})
	})
	b.Run("Reader", func(b *testing.B) {
		run(b, func() (int, error) { return readFully(b.Context(), bytes.NewReader(file), o) })
	})
	b.Run("Unsized", func(b *testing.B) {
		run(b, func() (int, error) { return readFully(b.Context(), pipe(file), o) })
	})
	// In one pass, from an input that can be read again, from one that can't,
	// and from one of which nothing need be kept.
	strict := *o
	strict.RequirePreorder = true
	shuffled := reordered(b, file)
	spilling, reusing := *o, *o
	spilling.MemoryBudget = 1
	reusing.ReuseMemory = true
	for _, way := range []struct {
		name string
		in   func() io.Reader
		o    *repo.Options
	}{
		{"Stream", func() io.Reader { return bytes.NewReader(file) }, o},
		{"StreamReuse", func() io.Reader { return bytes.NewReader(file) }, &reusing},
		{"StreamPipe", func() io.Reader { return pipe(file) }, o},
		{"StreamPreorder", func() io.Reader { return pipe(file) }, &strict},
		{"StreamShuffled", func() io.Reader { return pipe(shuffled) }, o},
		{"StreamShuffledSpilled", func() io.Reader { return pipe(shuffled) }, &spilling},
	} {
		if way.o.RequirePreorder && records < 100_000 {
			continue // a capture, which is in another order
		}
		b.Run(way.name, func(b *testing.B) {
			run(b, func() (int, error) { return countStream(b.Context(), way.in(), way.o) })
		})
	}
}

// countStream reads a stream and counts its records.
func countStream(ctx context.Context, r io.Reader, o *repo.Options) (n int, err error) {
	s, err := repo.ReadStream(ctx, r, o)
	if err != nil {
		return 0, err
	}
	for _, err := range s.Records(ctx) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// reordered returns a CAR file with its blocks in another order.
func reordered(t testing.TB, file []byte) []byte {
	t.Helper()
	roots, blocks := sections(t, file)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	return carFile(roots, blocks...)
}

// peakHeap returns how much more than before was on the heap while f ran, dead
// objects included.
func peakHeap(f func()) uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before := read()
	done := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		most := before
		for {
			select {
			case <-done:
				peak <- most - before
				return
			case <-time.After(200 * time.Microsecond):
				most = max(most, read())
			}
		}
	}()
	f()
	after := read()
	close(done)
	return max(<-peak, after-min(after, before))
}

func BenchmarkReadCapture(b *testing.B) {
	c := captured(b, "bob")
	benchmarkFile(b, c.file, len(c.records), c.options())
}

func BenchmarkRead100k(b *testing.B) {
	benchmarkFile(b, synthetic(b, 100_000), 100_000, options(b))
}

func BenchmarkReadValidate100k(b *testing.B) {
	file := synthetic(b, 100_000)
	o := options(b)
	o.CheckRecords = true
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := readFully(b.Context(), bytes.NewReader(file), o); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkParseCommit(b *testing.B) {
	c, err := repo.ParseCommit(commitFields().signed(b), nil)
	require.NoError(b, err)
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := repo.ParseCommit(c.Bytes(), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, curve := range []crypto.Curve{crypto.K256, crypto.P256} {
		key := privateKey(b, curve)
		c, err := repo.SignCommit(b.Context(), key, repo.UnsignedCommit{DID: account, Rev: rev, Data: c.Data()})
		require.NoError(b, err)
		b.Run("ParseVerify/"+curve.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := repo.ParseCommit(c.Bytes(), nil)
				if err != nil || c.Verify(key.PublicKey()) != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// repoOf returns a repository of n records.
func repoOf(b testing.TB, n int) (*repo.Repo, *syntax.TIDClock) {
	b.Helper()
	r := newRepo(b)
	c := clock(b, rev, func() time.Time { return rev.Time() })
	var writes []repo.Write
	for i := range n {
		path, block := syntheticRecord(b, i, c.Next())
		writes = append(writes, repo.Create(repoPath(b, path), block))
		if len(writes) == repo.MaxWrites || i == n-1 {
			apply(b, r, writes...)
			writes = writes[:0]
		}
	}
	return r, c
}

// One create is added and taken away again, so that the repository stays as
// large as it is: two commits an iteration.
func BenchmarkApply10k(b *testing.B) {
	r, c := repoOf(b, 10_000)
	path, block := syntheticRecord(b, 1, c.Next())
	at := repoPath(b, path)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Apply(b.Context(), repo.Create(at, block)); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Apply(b.Context(), repo.Delete(at)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExport10k(b *testing.B) {
	r, _ := repoOf(b, 10_000)
	b.SetBytes(int64(len(export(b, r))))
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Export(b.Context(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
