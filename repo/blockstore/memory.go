package blockstore

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
)

// Memory is a [Store] in memory. The zero Memory is empty and ready for use. It
// must not be copied.
type Memory struct {
	mu     sync.RWMutex
	head   dagcbor.CID
	blocks map[dagcbor.CID]counted
}

type counted struct {
	data []byte
	refs int
}

var _ Lister = (*Memory)(nil)

// Block returns the block that c names, or [ErrNotFound]. It does not allocate.
func (m *Memory) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	b, found := m.blocks[c]
	m.mu.RUnlock()
	if !found {
		return nil, ErrNotFound
	}
	return b.data, nil
}

// Head returns the CID of the current commit, undefined before the first one.
func (m *Memory) Head(ctx context.Context) (dagcbor.CID, error) {
	if err := ctx.Err(); err != nil {
		return dagcbor.CID{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.head, nil
}

// Commit does all of b or nothing. It copies the blocks that are new.
func (m *Memory) Commit(ctx context.Context, b *Batch) error {
	changes, err := b.Changes()
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.Prev != m.head {
		return &ConflictError{Want: b.Prev, Have: m.head}
	}
	refs := make([]int, len(changes))
	for i := range changes {
		c := &changes[i]
		if refs[i], err = c.Apply(m.blocks[c.CID].refs); err != nil {
			return err
		}
	}
	for i := range changes {
		m.set(&changes[i], refs[i])
	}
	m.head = b.Head
	return nil
}

func (m *Memory) set(c *Change, refs int) {
	if refs == 0 {
		delete(m.blocks, c.CID)
		return
	}
	block, found := m.blocks[c.CID]
	if !found {
		block.data = append(make([]byte, 0, len(c.Data)), c.Data...)
	}
	block.refs = refs
	if m.blocks == nil {
		m.blocks = map[dagcbor.CID]counted{}
	}
	m.blocks[c.CID] = block
}

// Len returns how many blocks there are.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.blocks)
}

// Refs returns the blocks that are there when the loop begins, in the order of
// their CIDs, with their references. The error is never anything but that of ctx.
func (m *Memory) Refs(ctx context.Context) iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		m.mu.RLock()
		blocks := maps.Clone(m.blocks)
		m.mu.RUnlock()
		for _, c := range slices.SortedFunc(maps.Keys(blocks), dagcbor.CID.Compare) {
			if err := ctx.Err(); err != nil {
				yield(Ref{}, err)
				return
			}
			if !yield(Ref{c, len(blocks[c].data), blocks[c].refs}, nil) {
				return
			}
		}
	}
}
