package filestore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Open opens the store in a directory, and makes both if they are not there;
// the parent directory must be. A nil o means the default options. Close the
// store after use.
//
// The error matches [ErrLocked] if the store is open elsewhere, and is a
// [*CorruptError] if the log is damaged other than by an unfinished batch at
// its end; otherwise it is that of the file system.
func Open(path string, o *Options) (*Store, error) {
	d, err := openDirectory(path)
	if errors.Is(err, ErrLocked) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	return open(d, o)
}

// open opens the store on a disk, which it closes if there is an error.
func open(d disk, o *Options) (*Store, error) {
	s := &Store{o: o.withDefaults(), disk: d, turn: make(chan struct{}, 1), index: newTable(0)}
	if err := s.load(); err != nil {
		if s.log.f != nil {
			err = errors.Join(err, s.log.f.Close())
		}
		return nil, errors.Join(err, d.Close())
	}
	return s, nil
}

// load finds the log, reads it, and removes what compaction has left.
func (s *Store) load() error {
	names, err := s.disk.Names()
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	for _, name := range names {
		s.log.gen = max(s.log.gen, generation(name, logSuffix))
	}
	if s.log.gen == 0 {
		return s.compact(context.Background()) // writes the first log
	}
	if s.log.f, err = s.disk.Open(s.log.name()); err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	if err := s.replay(); err != nil {
		return err
	}
	if err := s.makeLast(); err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	return s.clean(names)
}

// makeLast syncs what was read, which must not vanish any more: whoever wrote
// it may have died before he did, as may whoever gave the log its name.
func (s *Store) makeLast() error {
	if s.o.Sync != SyncNever && (s.truncated > 0 || s.log.size > s.log.sealed) {
		if err := s.log.f.Sync(); err != nil {
			return err
		}
	}
	return s.disk.Sync()
}

// clean removes the logs but for the present one.
func (s *Store) clean(names []string) error {
	for _, name := range names {
		gen := generation(name, logSuffix)
		if gen == s.log.gen || gen == 0 && generation(name, temporarySuffix) == 0 {
			continue
		}
		if err := s.disk.Remove(name); err != nil {
			return fmt.Errorf("filestore: %w", err)
		}
	}
	return nil
}

const (
	logSuffix       = ".log"
	temporarySuffix = ".tmp"
)

func fileName(gen uint64, suffix string) string { return fmt.Sprintf("blocks-%08d%s", gen, suffix) }

// generation returns the number in the name of a log, or 0 if it is not one.
func generation(name, suffix string) uint64 {
	digits := strings.TrimSuffix(strings.TrimPrefix(name, "blocks-"), suffix)
	gen, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || name != fileName(gen, suffix) {
		return 0
	}
	return gen
}
