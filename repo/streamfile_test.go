package repo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// changing is a file into which somebody writes after it was read once.
type changing struct {
	*bytes.Reader
	later []byte
}

func (c changing) ReadAt(b []byte, off int64) (int, error) {
	return bytes.NewReader(c.later).ReadAt(b, off)
}

// What is read a second time is hashed a second time.
func TestStreamChanges(t *testing.T) {
	c := captured(t, "alice")
	ordered := preorder(t, c.file)
	roots := []dagcbor.CID{ordered[0].CID}
	slices.Reverse(ordered)
	file := carFile(roots, ordered...)
	_, all := extents(t, file)
	for _, budget := range []int64{0, 1} {
		o := c.options()
		o.MemoryBudget, o.TempDir = budget, t.TempDir()
		_, err := streamed(t, changing{bytes.NewReader(file), file}, o)
		require.NoError(t, err)
		for i := range all[:len(all)-1] { // the commit is read by then
			later := bytes.Clone(file)
			later[all[i].end-1] ^= 1
			_, err = streamed(t, changing{bytes.NewReader(file), later}, o)
			errorIs[*car.HashError](t, err)
		}
		empty(t, o.TempDir)
	}
}

// A part of a large stream, with memory that is used again.
func TestStreamRangeReuse(t *testing.T) {
	file := synthetic(t, 4000)
	for _, strict := range []bool{false, true} {
		o := options(t)
		o.ReuseMemory, o.RequirePreorder = true, strict
		want, err := indexed(t, file, options(t))
		require.NoError(t, err)
		s, err := repo.ReadStream(t.Context(), pipe(file), o)
		require.NoError(t, err)
		items, err := collect(s.Range(t.Context(), want[10].path, want[3990].path), o)
		require.NoError(t, err)
		require.Equal(t, want[10:3990], items)
		require.True(t, s.Commit().CID().Matches(s.Commit().Bytes()), "the commit stays")
	}
}

// A stream in order needs no temporary file, also where it would like one.
func TestStreamWithoutTemp(t *testing.T) {
	file := synthetic(t, 4000)
	require.Greater(t, len(file), 1<<20)
	o := options(t)
	o.TempDir = filepath.Join(t.TempDir(), "nowhere")
	items, err := streamed(t, pipe(file), o)
	require.NoError(t, err)
	require.Len(t, items, 4000)

	roots, blocks := sections(t, file)
	last := append(slices.Clone(blocks[2:]), blocks[0], blocks[1])
	o.MemoryBudget = 1 << 20
	_, err = streamed(t, pipe(carFile(roots, last...)), o)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "repo: spilling to a temporary file: ")
	o.MemoryBudget = 0
	_, err = streamed(t, pipe(carFile(roots, last...)), o)
	require.NoError(t, err)

	o.TempDir, o.MemoryBudget = t.TempDir(), 1<<20
	items, err = streamed(t, pipe(carFile(roots, last...)), o)
	require.NoError(t, err)
	require.Len(t, items, 4000)
	empty(t, o.TempDir)
}

// However an iteration ends, nothing is left: no file, no descriptor.
func TestStreamLeaves(t *testing.T) {
	file := synthetic(t, 4000)
	roots, blocks := sections(t, file)
	slices.Reverse(blocks)
	broken := errors.New("connection reset")
	before := descriptors(t)
	for name, end := range map[string]func(s *repo.Stream, cancel func()) error{
		"close": func(s *repo.Stream, _ func()) error { return s.Close() },
		"break": func(s *repo.Stream, _ func()) error {
			for _, err := range s.Records(t.Context()) {
				return err
			}
			return nil
		},
		"range": func(s *repo.Stream, _ func()) error {
			for range s.Range(t.Context(), "app.bsky.feed.post/", "app.bsky.feed.post/3") {
			}
			return nil
		},
	} {
		for _, data := range [][]byte{file, carFile(roots, blocks...)} {
			o := options(t)
			o.TempDir, o.MemoryBudget = t.TempDir(), 1
			s, err := repo.ReadStream(t.Context(), pipe(data), o)
			require.NoError(t, err)
			if runtime.GOOS == "linux" { // the file has lost its name already
				empty(t, o.TempDir)
			}
			require.NoError(t, end(s, nil), name)
			empty(t, o.TempDir)
			require.NoError(t, s.Close())
			for _, err := range s.Records(t.Context()) {
				require.EqualError(t, err, "repo: stream was read or closed already")
			}
			for _, err := range s.Range(t.Context(), "", "") {
				require.Error(t, err)
			}
		}
	}
	for n := 100; n < len(file); n += 400_000 {
		o := options(t)
		o.TempDir, o.MemoryBudget = t.TempDir(), 1
		for _, data := range [][]byte{file, carFile(roots, blocks...)} {
			_, err := streamed(t, io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken)), o)
			require.ErrorIs(t, err, broken)
			require.EqualError(t, err, "repo: reading a CAR file: connection reset")
			empty(t, o.TempDir)
		}
	}
	require.Equal(t, before, descriptors(t))
}

// descriptors counts the open files, where that is possible.
func descriptors(t testing.TB) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(open)
}

func TestStreamCancelled(t *testing.T) {
	file := synthetic(t, 4000)
	roots, blocks := sections(t, file)
	slices.Reverse(blocks)
	for _, data := range [][]byte{file, carFile(roots, blocks...)} {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := repo.ReadStream(ctx, pipe(data), options(t))
		require.NoError(t, err)
		n, last := 0, error(nil)
		for _, err := range s.Records(ctx) {
			if last = err; n == 100 {
				cancel()
			}
			n++
		}
		require.ErrorIs(t, last, context.Canceled)
		require.Equal(t, 102, n, "no record after it")
		_, err = repo.ReadStream(ctx, pipe(data), options(t))
		require.ErrorIs(t, err, context.Canceled)

		// In the middle of a long way to a block.
		ctx, cancel = context.WithCancel(t.Context())
		in := bytes.NewReader(data)
		s, err = repo.ReadStream(t.Context(), readFunc(func(b []byte) (int, error) {
			if in.Len() < len(data)/2 {
				cancel()
			}
			return in.Read(b)
		}), options(t))
		require.NoError(t, err)
		last = nil
		for _, last = range s.Range(ctx, "zz/", "") {
		}
		cancel()
		if last != nil {
			require.ErrorIs(t, last, context.Canceled)
		}
	}
}
