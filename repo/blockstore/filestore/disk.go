package filestore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/linnet-at/linnet/internal/filelock"
)

// A disk is the directory of a store. Its methods are used by one goroutine at
// a time.
type disk interface {
	Names() ([]string, error)
	Open(name string) (logFile, error)
	Create(name string) (logFile, error) // an empty one, in the place of what is there
	Rename(from, to string) error
	Remove(name string) error
	Sync() error // brings the names to the disk
	Close() error
}

// A logFile is a file of a disk. ReadAt may be called by many goroutines at
// once, and together with WriteAt.
type logFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error
}

// A directory is a disk in the file system. It holds a lock.
type directory struct {
	root *os.Root
	lock *os.File
}

const lockName = "lock"

// openDirectory opens and locks a directory. It makes the directory if its
// parent is there.
func openDirectory(path string) (*directory, error) {
	err := os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		if err := syncDirectory(filepath.Dir(path)); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	lock, err := filelock.TryLock(root, lockName)
	if errors.Is(err, filelock.ErrLocked) {
		err = ErrLocked
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &directory{root, lock}, nil
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(syncNames(d), d.Close())
}

func (d *directory) Names() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
}

func (d *directory) Open(name string) (logFile, error) {
	return d.open(name, os.O_RDWR)
}

func (d *directory) Create(name string) (logFile, error) {
	return d.open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}

func (d *directory) open(name string, flag int) (logFile, error) {
	f, err := d.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d *directory) Rename(from, to string) error { return d.root.Rename(from, to) }

func (d *directory) Remove(name string) error { return d.root.Remove(name) }

func (d *directory) Sync() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(syncNames(f), f.Close())
}

func (d *directory) Close() error {
	return errors.Join(d.lock.Close(), d.root.Close())
}

// An osFile is a logFile in the file system.
type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
