// Package filelock locks files between processes, where the system can: on
// Windows and where flock is, which is Linux, macOS, the BSDs and illumos.
// Elsewhere, and on network file systems that ignore locks, nothing is locked.
package filelock

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"time"
)

// errLocked says that somebody else has the lock.
var errLocked = errors.New("filelock: locked")

// Lock opens the file with the given name, which it makes if need be, and waits
// until nobody else has it locked, be it in this process or in another. The
// lock ends when the file is closed or the process ends. The file must not be
// removed or replaced.
func Lock(ctx context.Context, name string) (*os.File, error) {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		f, err := open(name)
		if !errors.Is(err, errLocked) {
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
