package filestore

// For tests that stand in for the file system.
type (
	Disk    = disk
	LogFile = logFile
)

// OpenOn opens the store on a disk.
func OpenOn(d Disk, o *Options) (*Store, error) { return open(d, o) }
