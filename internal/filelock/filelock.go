// Package filelock locks files between processes, where the system can: on
// Windows and where flock is, which is Linux, macOS, the BSDs and illumos.
// Elsewhere, and on network file systems that ignore locks, nothing is locked.
//
// A lock is an open file. It ends when the file is closed or the process ends.
// The file must not be removed or replaced.
package filelock

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// ErrLocked says that somebody else has the lock, be it in this process or in
// another.
var ErrLocked = errors.New("filelock: locked")

// TryLock opens and locks the file with the given name in root, which it makes
// if need be. The error matches [ErrLocked] if somebody else has it locked.
func TryLock(root *os.Root, name string) (*os.File, error) { return open(root, name) }

// Lock is TryLock with the path of the file, but waits until nobody else has it
// locked.
func Lock(ctx context.Context, path string) (*os.File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		f, err := open(root, filepath.Base(path))
		if !errors.Is(err, ErrLocked) {
			return f, err
		}
		t := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
	}
}
