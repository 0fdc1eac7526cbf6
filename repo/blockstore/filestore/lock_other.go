//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filestore

import "os"

// openLock opens the lock file, and locks nothing: there is no flock here.
func openLock(root *os.Root) (*os.File, error) {
	return root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
}
