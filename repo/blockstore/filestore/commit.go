package filestore

import (
	"context"
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// An edit is what a batch does to one slot of the index: it is new, or has
// other references, or with none goes.
type edit struct {
	slot
	isNew  bool
	change int32 // of the batch that is being committed
}

// Commit does all of b or nothing, as blockstore.Store says. The error matches
// [ErrFailed] if a write has failed, this one or one before. It is a
// [*CorruptError] if the log does not hold a CID that it should.
func (s *Store) Commit(ctx context.Context, b *blockstore.Batch) error {
	changes, err := b.Changes()
	if err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if b.Prev != s.head {
		return &blockstore.ConflictError{Want: b.Prev, Have: s.head}
	}
	edits, err := s.plan(changes)
	if err != nil {
		return err
	}
	if len(edits) == 0 && b.Head == s.head {
		return nil
	}
	size, err := s.write(b.Head, edits, changes)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.log.size, s.head = size, b.Head
	for _, e := range edits {
		s.apply(e)
	}
	s.mu.Unlock()
	s.compactIfDue(ctx)
	return nil
}

// plan returns what changes do to the index, without places for what is new.
// The caller has turn.
func (s *Store) plan(changes []blockstore.Change) ([]edit, error) {
	s.edits = s.edits[:0]
	space := s.log.size
	for i := range changes {
		c := &changes[i]
		old, err := s.lookup(c.CID)
		if err != nil {
			return nil, err
		}
		refs, err := c.Apply(int(old.refs))
		if err != nil {
			return nil, err
		}
		if refs == int(old.refs) {
			continue
		}
		e := edit{slot{old.at, old.hash, uint32(refs)}, old.at == 0, int32(i)}
		s.edits = append(s.edits, e)
		space += entryLen
		if e.isNew {
			if len(c.Data) > MaxBlockSize {
				return nil, limitError("block size", MaxBlockSize, int64(len(c.Data)))
			}
			space += int64(len(c.Data))
		}
	}
	if space > maxLogSize-maxLogSize/16 { // ample for what entries may take more than entryLen
		return nil, limitError("log size", maxLogSize, space)
	}
	return s.edits, nil
}

// lookup returns the slot of a block, and one with a hash only if there is none.
func (s *Store) lookup(c dagcbor.CID) (slot, error) {
	hash := s.index.hash(c)
	for i := s.index.first(hash); s.index.slots[i].at != 0; i = s.index.after(i) {
		if s.index.slots[i].hash != hash {
			continue
		}
		stored, err := s.log.cid(s.index.slots[i].at, &s.cid)
		if err != nil {
			return slot{}, err
		}
		if stored == c {
			return s.index.slots[i], nil
		}
	}
	return slot{hash: hash}, nil
}

// write writes a batch and, if that is the policy, syncs it. It sets the places
// of what is new and returns the size of the log.
func (s *Store) write(head dagcbor.CID, edits []edit, changes []blockstore.Change) (int64, error) {
	w := newBatchWriter(s.log.f, &s.log.header, s.log.size, s.buf)
	w.head(head)
	for i := range edits {
		e := &edits[i]
		c := &changes[e.change]
		if e.isNew {
			e.at = w.block(c.CID, e.refs, c.Data)
		} else {
			w.refs(c.CID, e.at, e.refs)
		}
	}
	size, err := w.finish()
	s.buf = w.buf
	if err == nil && s.o.Sync != SyncNever {
		err = s.log.f.Sync()
	}
	if err != nil {
		// What did not arrive as a whole must not be taken for a batch
		// when the log is read from the system's cache.
		err = errors.Join(err, s.log.f.Truncate(s.log.size))
		return 0, s.fail("batch", err)
	}
	return size, nil
}

// apply does to the index what e says, and reports whether it was possible. The
// caller has turn and mu.
func (s *Store) apply(e edit) bool {
	i := s.index.find(e.hash, e.at.offset())
	old := s.index.slots[i]
	if (old.at == 0) != e.isNew {
		return false
	}
	switch {
	case e.isNew:
		s.index.insert(e.slot)
		s.live += liveBytes(e.at)
	case e.refs == 0:
		s.index.remove(i)
		s.live -= liveBytes(old.at)
	default:
		s.index.slots[i].refs = e.refs
	}
	return true
}

// liveBytes is what a block takes in the log.
func liveBytes(at place) int64 { return entryLen + int64(at.size()) }
