//go:build !unix && !windows

package filestore

import "os"

// syncNames does nothing: directories cannot be flushed here.
func syncNames(*os.File) error { return nil }
