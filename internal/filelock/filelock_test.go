//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows

package filelock_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/filelock"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	first, err := filelock.TryLock(root, "lock")
	require.NoError(t, err)
	_, err = filelock.TryLock(root, "lock")
	require.ErrorIs(t, err, filelock.ErrLocked)

	path := filepath.Join(dir, "lock")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = filelock.Lock(ctx, path)
	require.ErrorIs(t, err, context.Canceled)

	type result struct {
		f   *os.File
		err error
	}
	got := make(chan result)
	go func() {
		f, err := filelock.Lock(context.WithoutCancel(ctx), path)
		got <- result{f, err}
	}()
	select {
	case <-got:
		t.Fatal("locked twice")
	default:
	}
	require.NoError(t, first.Close())
	second := <-got
	require.NoError(t, second.err)
	require.NoError(t, second.f.Close())

	_, err = filelock.Lock(t.Context(), filepath.Join(dir, "none", "lock"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
