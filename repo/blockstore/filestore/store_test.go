package filestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
	"github.com/linnet-at/linnet/repo/car"
)

func TestLocked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := open(t, dir, nil)
	_, err := filestore.Open(dir, nil)
	require.ErrorIs(t, err, filestore.ErrLocked)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "again")
	open(t, dir, nil)
}

func TestOpenNowhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "no", "parent")
	_, err := filestore.Open(dir, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "filestore: ")
}

func TestClosed(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir(), nil)
	block := numbered(1, 10)
	require.NoError(t, s.Commit(ctx, &blockstore.Batch{Put: []car.Block{block}}))
	require.NoError(t, s.Close())
	_, err := s.Block(ctx, block.CID)
	require.ErrorIs(t, err, filestore.ErrClosed)
	_, err = s.Head(ctx)
	require.ErrorIs(t, err, filestore.ErrClosed)
	require.ErrorIs(t, s.Commit(ctx, &blockstore.Batch{}), filestore.ErrClosed)
	require.ErrorIs(t, s.Compact(ctx), filestore.ErrClosed)
	require.ErrorIs(t, s.Sync(ctx), filestore.ErrClosed)
	refs := 0
	for r, err := range s.Refs(ctx) {
		require.ErrorIs(t, err, filestore.ErrClosed)
		require.Zero(t, r)
		refs++
	}
	require.Equal(t, 1, refs)
}

// TestOtherFiles leaves alone what is not the store's, and removes what a
// compaction has left.
func TestOtherFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, open(t, dir, nil).Close())
	keep := []string{"lock", "blocks-00000001.log", "blocks-1.log", "blocks-x.log", "README", "blocks-00000000.log"}
	for _, name := range append(keep[2:], "blocks-00000002.tmp", "blocks-00000009.tmp") {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	require.NoError(t, open(t, dir, nil).Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.ElementsMatch(t, keep, names)
}

// TestDamagedBlock changes a block under an open store.
func TestDamagedBlock(t *testing.T) {
	d := newMemDisk()
	s, err := filestore.OpenOn(d, nil)
	require.NoError(t, err)
	good, bad := numbered(1, 100), numbered(2, 100)
	require.NoError(t, s.Commit(t.Context(), &blockstore.Batch{Put: []car.Block{good, bad}}))
	data := onlyFile(d).data
	data[len(data)-1] ^= 1
	_, err = s.Block(t.Context(), bad.CID)
	damaged, ok := errors.AsType[*filestore.CorruptError](err)
	require.True(t, ok)
	require.Equal(t, filestore.CorruptError{File: "blocks-00000001.log", Offset: int64(len(data) - 133), Msg: "damaged block"}, *damaged)
	_, err = s.Block(t.Context(), good.CID)
	require.NoError(t, err)
	_, ok = errors.AsType[*filestore.CorruptError](s.Compact(t.Context()))
	require.True(t, ok)
	require.NoError(t, s.Stats().Failed, "nothing has changed")
	require.Len(t, d.names, 1)
	require.NoError(t, s.Commit(t.Context(), &blockstore.Batch{Drop: []dagcbor.CID{bad.CID}}))
	require.NoError(t, s.Compact(t.Context()))
}

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, &filestore.Options{CompactFraction: -1, Sync: filestore.SyncNever})
	w := newWorkload(8)
	for range 50 {
		require.NoError(t, s.Commit(t.Context(), w.next()))
	}
	before := s.Stats()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Compact(cancelled), context.Canceled)
	require.Equal(t, before, s.Stats())
	require.NoError(t, s.Compact(t.Context()))
	w.requireState(t, s)
	after := s.Stats()
	require.Equal(t, before.LiveBytes, after.LiveBytes)
	require.Less(t, after.FileBytes, before.FileBytes)
	require.InDelta(t, after.LiveBytes, after.FileBytes, 300, "nothing is left that was dropped")
	require.NoError(t, s.Close())
	s = open(t, dir, nil)
	w.requireState(t, s)
}

// TestCompactBesideReaders reads without a pause while the log is replaced.
func TestCompactBesideReaders(t *testing.T) {
	s := open(t, t.TempDir(), &filestore.Options{Sync: filestore.SyncNever})
	var put []car.Block
	for i := range 100 {
		put = append(put, numbered(i, 100))
	}
	require.NoError(t, s.Commit(t.Context(), &blockstore.Batch{Put: put}))
	done, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := 0; done.Err() == nil; i++ {
				got, err := s.Block(t.Context(), put[i%100].CID)
				if err != nil || string(got) != string(put[i%100].Data) {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		if err := s.Compact(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

func TestBlockSizeLimit(t *testing.T) {
	s := open(t, t.TempDir(), &filestore.Options{Sync: filestore.SyncNever})
	for _, size := range []int{filestore.MaxBlockSize, filestore.MaxBlockSize + 1} {
		b := numbered(1, size)
		err := s.Commit(t.Context(), &blockstore.Batch{Put: []car.Block{b}, TrustHashes: true})
		if size > filestore.MaxBlockSize {
			require.EqualError(t, err, "filestore: block size 16777216 exceeds the limit of 16777215")
			continue
		}
		require.NoError(t, err)
		got, err := s.Block(t.Context(), b.CID)
		require.NoError(t, err)
		require.Len(t, got, size)
	}
}
