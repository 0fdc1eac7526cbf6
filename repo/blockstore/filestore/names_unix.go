//go:build unix

package filestore

import "os"

// syncNames brings the names in a directory to the disk.
func syncNames(dir *os.File) error { return dir.Sync() }
