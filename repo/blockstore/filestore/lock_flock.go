//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package filestore

import (
	"errors"
	"os"
	"syscall"
)

// openLock opens and locks the lock file. The lock goes with the file: when it
// is closed, or when the process ends.
func openLock(root *os.Root) (*os.File, error) {
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	var lockErr error
	err = conn.Control(func(fd uintptr) {
		for {
			lockErr = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
			if lockErr != syscall.EINTR {
				return
			}
		}
	})
	if lockErr == syscall.EWOULDBLOCK {
		lockErr = ErrLocked
	}
	if err := errors.Join(err, lockErr); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
