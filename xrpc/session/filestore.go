package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/linnet-at/linnet/internal/filelock"
)

const (
	lockName    = ".lock"
	maxFileSize = 1 << 20 // bytes of a value
	maxNameLen  = 200     // bytes of a file name that is made of its key
)

// A FileStore is a [Store] of files in a directory, one for each session, which
// only their owner may read. Values are replaced as a whole: neither a crash nor
// a loss of power leaves a half. Processes on one machine may share it, except
// where files can't be locked: see the list at package filestore of
// repo/blockstore. The files are not encrypted.
type FileStore struct {
	dir  string
	gate chan struct{} // holds one token while nobody is at the files
}

var _ Store = (*FileStore)(nil)

// NewFileStore returns the store in the given directory, which it makes if there
// is none, for its owner only.
func NewFileStore(dir string) (*FileStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("session: store: %w", err)
	}
	s := &FileStore{dir: dir, gate: make(chan struct{}, 1)}
	s.gate <- struct{}{}
	return s, nil
}

// Load implements [Store]. It fails for a file that others than its owner may
// read.
func (s *FileStore) Load(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" {
		return readFile(s.path(key)) // it is replaced whole
	}
	// There, a file that is open can't be replaced.
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	value, err := readFile(s.path(key))
	return value, errors.Join(err, unlock())
}

// lock waits until nobody else is at the files.
func (s *FileStore) lock(ctx context.Context) (unlock func() error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.gate:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f, err := filelock.Lock(ctx, filepath.Join(s.dir, lockName))
	if err != nil {
		s.gate <- struct{}{}
		return nil, fmt.Errorf("session: store: %w", err)
	}
	return func() error {
		err := f.Close()
		s.gate <- struct{}{}
		return err
	}, nil
}

// Swap implements [Store].
func (s *FileStore) Swap(ctx context.Context, key string, old, new []byte) (_ bool, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	path := s.path(key)
	value, err := readFile(path)
	if err != nil || (value == nil) != (old == nil) || !bytes.Equal(value, old) {
		return false, err
	}
	if new == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("session: store: %w", err)
		}
		return true, nil
	}
	if err := writeFile(s.dir, path, new); err != nil {
		return false, fmt.Errorf("session: store: %w", err)
	}
	return true, nil
}

// readFile returns the content of a file, or nil if there is none.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("session: store: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("session: store: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("session: store: others may read %q: its mode is %#o instead of 0600", path, mode)
	}
	value, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(value) > maxFileSize {
		err = fmt.Errorf("%q is larger than %d bytes", path, maxFileSize)
	}
	if err != nil {
		return nil, fmt.Errorf("session: store: %w", err)
	}
	return value, nil
}

// writeFile replaces a file as a whole.
func writeFile(dir, path string, value []byte) (err error) {
	f, err := os.CreateTemp(dir, ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error counts
		}
	}()
	_, err = f.Write(value)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir brings the names in a directory to the disk, where directories can be
// synced.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// path returns the file for a key. Names are different for different keys also
// where case does not count in names, and legal on all systems.
func (s *FileStore) path(key string) string {
	const upperHex = "0123456789ABCDEF"
	name := make([]byte, 0, len(key)+8)
	for _, c := range []byte(key) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.' && len(name) > 0:
			name = append(name, c)
		default:
			name = append(name, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	if len(name) > maxNameLen {
		sum := sha256.Sum256([]byte(key))
		name = append(name[:0], "~"+hex.EncodeToString(sum[:])...)
	}
	return filepath.Join(s.dir, string(name)+".session")
}
