package repo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// A claim is a reader that says how much is in it.
type claim struct {
	io.Reader
	n int
}

func (c claim) Len() int { return c.n }

// A stat is a reader with the size of a file.
type stat struct {
	io.Reader
	info fs.FileInfo
	err  error
}

func (s stat) Stat() (fs.FileInfo, error) { return s.info, s.err }

func TestReadSources(t *testing.T) {
	c := captured(t, "carol")
	f, err := os.Open(fixtures.PDSPath(t, "carol.car"))
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	dir, err := os.Stat(t.TempDir())
	require.NoError(t, err)
	plain := func() io.Reader { return io.MultiReader(bytes.NewReader(c.file)) } // can't tell its size
	for name, r := range map[string]io.Reader{
		"file":            f,
		"bytes":           bytes.NewReader(c.file),
		"buffer":          bytes.NewBuffer(c.file),
		"plain":           plain(),
		"one byte":        iotest.OneByteReader(bytes.NewReader(c.file)),
		"data with EOF":   iotest.DataErrReader(bytes.NewReader(c.file)),
		"too little":      claim{plain(), 1000},
		"nothing":         claim{plain(), 0},
		"negative":        claim{plain(), math.MinInt},
		"exact":           claim{plain(), len(c.file)},
		"too much":        claim{plain(), len(c.file) + 1},
		"stat":            stat{plain(), info, nil},
		"stat of another": stat{plain(), dir, nil},
		"stat fails":      stat{plain(), nil, fs.ErrInvalid},
	} {
		e, err := repo.Read(t.Context(), r, c.options())
		require.NoError(t, err, name)
		require.EqualValues(t, len(c.file), e.Size())
		require.Equal(t, c.head, e.Commit().CID().String())
	}

	c = captured(t, "bob") // larger than what is read at once
	for _, hint := range []int{-1, 100, len(c.file)} {
		got, err := repo.Read(t.Context(), claim{bytes.NewReader(c.file), hint}, c.options())
		require.NoError(t, err)
		require.EqualValues(t, len(c.file), got.Size())
	}
}

// A reader's word about its size is worth little memory.
func TestReadSizeLies(t *testing.T) {
	c := captured(t, "alice")
	for _, n := range []int{1 << 30, math.MaxInt} {
		e, err := repo.Read(t.Context(), claim{bytes.NewReader(c.file), n}, c.options())
		require.NoError(t, err)
		require.Equal(t, c.head, e.Commit().CID().String())

		allocated := allocation(func() {
			_, err = repo.Read(t.Context(), claim{bytes.NewReader(c.file), n}, c.options())
		})
		require.NoError(t, err)
		require.Less(t, allocated, uint64(17<<20))
	}

	// Later on it is held against what has come.
	o := c.options()
	o.MaxSize = -1
	foreign := blockOf(make([]byte, 1<<20))
	file := slices.Clone(c.file)
	for len(file) < 16<<20 {
		file = car.AppendBlock(file, foreign.CID, foreign.Data)
	}
	var e *repo.Export
	var err error
	allocated := allocation(func() {
		e, err = repo.Read(t.Context(), claim{bytes.NewReader(file), math.MaxInt}, o)
	})
	require.NoError(t, err)
	require.EqualValues(t, len(file), e.Size())
	require.Less(t, allocated, uint64(81<<20))
}

// allocation returns how many bytes f allocates.
func allocation(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// zeros is a reader without end.
type zeros struct{ n int64 }

func (z *zeros) Read(b []byte) (int, error) {
	clear(b)
	z.n += int64(len(b))
	return len(b), nil
}

func TestReadMaxSize(t *testing.T) {
	ledger.Covers(t, "CAR-015")
	c := captured(t, "carol")
	size := int64(len(c.file))
	for _, hint := range []int{-1, 0, 1000, len(c.file), math.MaxInt} {
		for _, limit := range []int64{size, size + 1, -1} {
			o := c.options()
			o.MaxSize = limit
			_, err := repo.Read(t.Context(), claim{bytes.NewReader(c.file), hint}, o)
			require.NoError(t, err, "hint %d limit %d", hint, limit)
		}
		for _, limit := range []int64{1, 1000, size - 1} {
			o := c.options()
			o.MaxSize = limit
			_, err := repo.Read(t.Context(), claim{bytes.NewReader(c.file), hint}, o)
			bad := errorIs[*repo.LimitError](t, err)
			require.Equal(t, []any{"repo: size of CAR file", limit, int64(-1)}, []any{bad.Name, bad.Limit, bad.Offset})
			require.Greater(t, bad.Got, limit)
			require.ErrorContains(t, err, fmt.Sprintf("repo: size of CAR file %d exceeds the limit of %d", bad.Got, limit))
		}
		endless := &zeros{}
		o := c.options()
		o.MaxSize = 1 << 20
		_, err := repo.Read(t.Context(), claim{endless, hint}, o)
		errorIs[*repo.LimitError](t, err)
		require.LessOrEqual(t, endless.n, int64(3<<20))
	}
}

func TestReaderErrors(t *testing.T) {
	c := captured(t, "alice")
	broken := errors.New("connection reset")
	for _, n := range []int{0, 1, 59, 800, len(c.file)} {
		for _, hint := range []int{-1, 0, len(c.file), 1 << 20} {
			for _, cause := range []error{broken, io.ErrUnexpectedEOF, fmt.Errorf("tunnel: %w", io.EOF)} {
				r := io.MultiReader(bytes.NewReader(c.file[:n]), iotest.ErrReader(cause))
				_, err := repo.Read(t.Context(), claim{r, hint}, c.options())
				require.ErrorIs(t, err, cause)
				require.EqualError(t, err, "repo: reading a CAR file: "+cause.Error())
			}
		}
	}
	_, err := repo.Read(t.Context(), bytes.NewReader(nil), c.options())
	errorIs[*car.Error](t, err)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestReadCancelled(t *testing.T) {
	c := captured(t, "alice")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := repo.Read(ctx, bytes.NewReader(c.file), c.options())
	require.ErrorIs(t, err, context.Canceled)

	for _, hint := range []int{-1, math.MaxInt} {
		ctx, cancel := context.WithCancel(t.Context())
		endless := &zeros{}
		slow := readFunc(func(b []byte) (int, error) {
			if endless.n > 5<<20 {
				cancel()
			}
			return endless.Read(b)
		})
		_, err = repo.Read(ctx, claim{slow, hint}, c.options())
		cancel()
		require.ErrorIs(t, err, context.Canceled)
		require.Less(t, endless.n, int64(8<<20))
	}
}

type readFunc func(b []byte) (int, error)

func (f readFunc) Read(b []byte) (int, error) { return f(b) }

func TestRecordsCancelled(t *testing.T) {
	c := captured(t, "bob")
	e, err := repo.ReadBytes(c.file, c.options())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, last := 0, error(nil)
	var stats mst.Stats
	for r, err := range e.RecordsStats(ctx, &stats) {
		if last = err; err != nil {
			require.Zero(t, r)
			continue // an error is the last pair
		}
		if n++; n == 500 {
			cancel()
		}
	}
	require.ErrorIs(t, last, context.Canceled)
	require.Less(t, n, 600)
	require.EqualValues(t, n, stats.Entries)

	for _, err := range e.Records(ctx) {
		require.ErrorIs(t, err, context.Canceled)
	}
	// The Export itself is as good as before, and stops when it is told to.
	n = 0
	for _, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		if n++; n == 10 {
			break
		}
	}
	require.Equal(t, 10, n)
}

func TestExportConcurrently(t *testing.T) {
	c := captured(t, "carol")
	o := c.options()
	o.Tree, o.CAR = &mst.Options{}, &car.Options{}
	e, err := repo.Read(t.Context(), bytes.NewReader(c.file), o)
	require.NoError(t, err)
	var wg sync.WaitGroup
	results := make([][][2]string, 4)
	for i := range results {
		wg.Go(func() {
			var stats mst.Stats
			for r, err := range e.RecordsStats(t.Context(), &stats) {
				if err != nil || r.Validate() != nil {
					return
				}
				results[i] = append(results[i], [2]string{r.Path(), r.CID().String()})
			}
			if e.Commit().Verify(c.key) != nil {
				results[i] = nil
			}
		})
	}
	wg.Wait()
	for _, got := range results {
		require.Equal(t, c.records, got)
	}
}
