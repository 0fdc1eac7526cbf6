package filelock_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/filelock"
)

// TestNothingOpen: whoever does not get a lock, or has waited for it, leaves no
// file open but that of the lock.
func TestNothingOpen(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes files, too
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(list)
	}
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	held, err := filelock.TryLock(root, "lock")
	require.NoError(t, err)
	before := open()
	for range 10 {
		_, err := filelock.TryLock(root, "lock")
		require.ErrorIs(t, err, filelock.ErrLocked)
	}
	require.Equal(t, before, open())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = filelock.Lock(ctx, filepath.Join(dir, "lock"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, before, open())
	require.NoError(t, held.Close())
	again, err := filelock.Lock(t.Context(), filepath.Join(dir, "lock"))
	require.NoError(t, err)
	require.Equal(t, before, open())
	require.NoError(t, again.Close())
}
