//go:build !unix

package filestore

import "os"

// syncNames does nothing: directories cannot be flushed here. NTFS keeps the
// names in a journal of its own.
func syncNames(*os.File) error { return nil }
