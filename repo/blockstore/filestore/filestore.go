// Package filestore keeps the blocks of a repository in a log file that
// survives being killed, and losing power, at any moment.
//
// [Open] opens or makes the store in a directory; [Store] is a
// blockstore.Store. One batch is one write at the end of the log, and one sync:
//
//	blocks-00000001.log   header │ batch │ batch │ batch │ …
//
// Every batch carries checksums and its place. When the store is opened the log
// is read through once: a last batch that was not written to its end is cut off
// ([Stats].Truncated), as it was never acknowledged; damage in any other place
// is a [*CorruptError], and then nothing is changed. A last batch that was
// acknowledged and damaged later looks like one that was never finished: whoever
// must tell compares the head with what is known elsewhere.
//
// Blocks stay on disk, and each is hashed when it is read, so that trees on a
// store may set mst.Options.TrustHashes. In memory there is an index of 21 to 43
// bytes a block.
//
// Dropped blocks go when the log is compacted, which writes a new log and then
// puts it in the place of the old one, either whole: by [Store.Compact], or by
// itself as [Options] say. Until then their bytes are in the file.
//
// # Limits
//
// A block has at most [MaxBlockSize] bytes, a log at most 1 TiB. One process
// may have a store open at a time. That is enforced by a lock, which ends with
// the process, on Windows and where flock is: Linux, macOS, the BSDs, illumos.
// Elsewhere, and on network file systems that ignore locks, it is for the
// caller to see to. The files are not encrypted; the directory and the files are
// made for their owner only.
package filestore

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// A SyncPolicy says when the system is asked to bring written batches to the disk.
type SyncPolicy int

const (
	// SyncCommit syncs each batch before Commit returns: what was
	// acknowledged survives a loss of power.
	SyncCommit SyncPolicy = iota
	// SyncNever leaves it to the system, to [Store.Sync], and to Close. What was
	// acknowledged survives the death of the process. A loss of power may
	// take batches that were not synced, or leave gaps between them that
	// make the store corrupt: it is for what can be fetched again.
	SyncNever
)

// Default values of [Options].
const (
	DefaultCompactFraction = 0.5
	DefaultCompactMinimum  = 4 << 20
)

// Options sets how a store writes. A nil *Options, and a zero field, mean the default.
type Options struct {
	// Sync is when batches are synced; the default is [SyncCommit].
	Sync SyncPolicy
	// CompactFraction is how much of the log may be of dropped blocks
	// before Commit compacts it; 0 means [DefaultCompactFraction], 1 or a
	// negative number that only [Store.Compact] does. A half keeps what is
	// written by compaction below what is written by batches.
	CompactFraction float64
	// CompactMinimum is how many bytes must be gained for Commit to compact
	// the log; 0 means [DefaultCompactMinimum].
	CompactMinimum int64
}

// withDefaults returns a copy of o in which all fields are set.
func (o *Options) withDefaults() Options {
	c := Options{}
	if o != nil {
		c = *o
	}
	if c.CompactFraction == 0 {
		c.CompactFraction = DefaultCompactFraction
	}
	if c.CompactFraction < 0 {
		c.CompactFraction = 1
	}
	if c.CompactMinimum == 0 {
		c.CompactMinimum = DefaultCompactMinimum
	}
	return c
}

// A Store is a blockstore.Store in a directory. It is safe for concurrent use.
// Readers wait for no batch and no compaction, except for the moment in which
// it takes effect.
type Store struct {
	o    Options
	disk disk
	turn chan struct{} // holds a token while somebody writes

	// What follows is changed by who has both turn and mu, so that either
	// is enough to read it.
	mu         sync.RWMutex
	log        log
	head       dagcbor.CID
	index      table
	live       int64 // bytes of the log that blocks with references take
	truncated  int64 // bytes cut off when the store was opened
	compactAt  int64 // size of the log before which Commit does not compact it
	compactErr error // of the last compaction that Commit tried
	failed     error // why there are no more writes
	closed     bool

	// Room that a writer uses again, for who has turn.
	buf   []byte
	edits []edit
	cid   [cidLen]byte
}

var _ blockstore.Lister = (*Store)(nil)

// Block returns the block that c names, or an error that matches
// blockstore.ErrNotFound; a [*CorruptError] if the file does not hold what was
// written. It reads the disk once and allocates once.
func (s *Store) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !c.Defined() {
		return nil, blockstore.ErrNotFound
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	hash := s.index.hash(c)
	for i := s.index.first(hash); s.index.slots[i].at != 0; i = s.index.after(i) {
		if s.index.slots[i].hash != hash {
			continue
		}
		stored, data, err := s.log.block(s.index.slots[i].at, nil)
		if err != nil {
			return nil, err
		}
		if stored == c {
			return data, nil
		}
	}
	return nil, blockstore.ErrNotFound
}

// Head returns the CID of the current commit, undefined before the first one.
func (s *Store) Head(ctx context.Context) (dagcbor.CID, error) {
	if err := ctx.Err(); err != nil {
		return dagcbor.CID{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return dagcbor.CID{}, ErrClosed
	}
	return s.head, nil
}

// Refs returns the blocks in the order in which they are in the file, with
// their references, as they are when the loop begins. It reads the disk once
// for each, and ends with an error if the log is compacted meanwhile.
func (s *Store) Refs(ctx context.Context) iter.Seq2[blockstore.Ref, error] {
	return func(yield func(blockstore.Ref, error) bool) {
		s.mu.RLock()
		closed, slots, gen := s.closed, s.index.sorted(), s.log.gen
		s.mu.RUnlock()
		if closed {
			yield(blockstore.Ref{}, ErrClosed)
			return
		}
		for _, slot := range slots {
			c, err := s.cidAt(ctx, slot.at, gen)
			if err != nil {
				yield(blockstore.Ref{}, err)
				return
			}
			if !yield(blockstore.Ref{CID: c, Size: slot.at.size(), Refs: int(slot.refs)}, nil) {
				return
			}
		}
	}
}

// cidAt returns the CID of the block at a place in the log of that generation.
func (s *Store) cidAt(ctx context.Context, at place, gen uint64) (dagcbor.CID, error) {
	if err := ctx.Err(); err != nil {
		return dagcbor.CID{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return dagcbor.CID{}, ErrClosed
	}
	if s.log.gen != gen {
		return dagcbor.CID{}, errors.New("filestore: the log was compacted during the iteration")
	}
	return s.log.cid(at, new([cidLen]byte))
}

// Stats is what a store takes and has.
type Stats struct {
	Blocks    int   // different blocks with references
	FileBytes int64 // size of the log
	LiveBytes int64 // how much of it compaction would keep
	// Truncated is how many bytes of an unfinished batch were cut off when
	// the store was opened.
	Truncated int64
	// CompactErr is why the last compaction that Commit tried has failed;
	// nil if it has not. It is tried again when the log has grown by half.
	CompactErr error
	// Failed is why the store takes no more batches; nil if it does.
	Failed error
}

// Stats returns the present numbers.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Stats{s.index.used, s.log.size, s.live, s.truncated, s.compactErr, s.failed}
}

// Sync brings all batches to the disk, for [SyncNever]. After an error there
// are no more writes, as it is unknown what has arrived.
func (s *Store) Sync(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	return s.sync()
}

func (s *Store) sync() error {
	if err := s.log.f.Sync(); err != nil {
		return s.fail("sync", err)
	}
	return nil
}

// begin waits until nobody else writes. The caller calls end if it returns nil.
func (s *Store) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := s.failed
	if s.closed {
		err = ErrClosed
	}
	if err != nil {
		s.end()
	}
	return err
}

func (s *Store) end() { <-s.turn }

// Close waits for a write that is going on, and frees the files and the lock.
// All other methods fail afterwards with [ErrClosed]; closing again does nothing.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer s.end()
	if s.closed {
		return nil
	}
	var err error
	if s.o.Sync == SyncNever && s.failed == nil {
		err = s.sync()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.index = table{}
	return errors.Join(err, s.log.f.Close(), s.disk.Close())
}
