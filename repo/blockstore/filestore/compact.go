package filestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
)

// Compact writes a log without what was dropped and puts it in the place of the
// old one. It takes the disk space of both for that time. Readers go on; batches wait.
//
// An error, such as that of ctx, leaves everything as it was, but for one that
// matches [ErrFailed]. A block that is damaged is a [*CorruptError]: nothing is
// thrown away then.
func (s *Store) Compact(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	return s.compact(ctx)
}

// compactIfDue compacts the log if [Options] say so. The caller has turn.
func (s *Store) compactIfDue(ctx context.Context) {
	gain := s.log.size - int64(headerLen) - s.live
	if gain < s.o.CompactMinimum || float64(gain) <= s.o.CompactFraction*float64(s.log.size) || s.log.size < s.compactAt {
		return
	}
	err := s.compact(ctx)
	if ctx.Err() != nil {
		return // the next batch tries again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compactErr, s.compactAt = err, 0
	if err != nil {
		s.compactAt = s.log.size + s.log.size/2
	}
}

func (s *Store) compact(ctx context.Context) error {
	next := log{gen: s.log.gen + 1, header: newHeader()}
	temporary := fileName(next.gen, temporarySuffix)
	index, live, err := s.copyLive(ctx, &next, temporary)
	if err != nil {
		_ = s.disk.Remove(temporary) // is also done when the store is opened
		return err
	}
	return s.replaceLog(next, index, live, temporary)
}

// copyLive writes the log that next describes, synced and closed, and returns
// its index.
func (s *Store) copyLive(ctx context.Context, next *log, name string) (index table, live int64, err error) {
	next.f, err = s.disk.Create(name)
	if err != nil {
		return index, 0, fmt.Errorf("filestore: compact: %w", err)
	}
	defer func() {
		if closeErr := next.f.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("filestore: compact: %w", closeErr)
		}
	}()
	w := newBatchWriter(next.f, &next.header, int64(headerLen), s.buf)
	w.head(s.head)
	if index, live, err = s.copyBlocks(ctx, w); err != nil {
		return index, 0, err
	}
	if next.size, err = w.finish(); err == nil {
		next.sealed = next.size
		_, err = next.f.WriteAt(next.append(nil), 0)
	}
	s.buf = w.buf
	if err == nil {
		err = next.f.Sync()
	}
	if err != nil {
		err = fmt.Errorf("filestore: compact: %w", err)
	}
	return index, live, err
}

// copyBlocks writes all blocks that have references.
func (s *Store) copyBlocks(ctx context.Context, w *batchWriter) (index table, live int64, err error) {
	index = newTable(s.index.used)
	var room []byte
	for i, old := range s.index.sorted() {
		if i%64 == 0 && ctx.Err() != nil {
			return index, 0, ctx.Err()
		}
		room = grow(room, cidLen+old.at.size())
		var c dagcbor.CID
		var data []byte
		if c, data, err = s.log.block(old.at, room); err != nil {
			return index, 0, err
		}
		at := w.block(c, old.refs, data)
		index.insert(slot{at, index.hash(c), old.refs})
		live += liveBytes(at)
	}
	return index, live, nil
}

// grow returns b if it has room for n bytes, or a slice that has.
func grow(b []byte, n int) []byte {
	if cap(b) >= n {
		return b
	}
	return make([]byte, n+n/2)
}

// replaceLog puts a written log in the place of the present one. From its new
// name on, that is the one that is opened; if it is not certain to last there
// can be no more writes.
func (s *Store) replaceLog(next log, index table, live int64, temporary string) error {
	err := s.disk.Rename(temporary, next.name())
	if err == nil {
		err = s.disk.Sync()
	}
	if err == nil {
		next.f, err = s.disk.Open(next.name())
	}
	if err != nil {
		return s.fail("compaction", err)
	}
	s.mu.Lock()
	old := s.log
	s.log, s.index, s.live = next, index, live
	s.mu.Unlock()
	if old.f == nil {
		return nil
	}
	// The new log holds everything; a file that stays is removed when the
	// store is opened.
	_ = errors.Join(old.f.Close(), s.disk.Remove(old.name()))
	return nil
}
