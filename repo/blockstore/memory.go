package blockstore

import (
	"context"
	"encoding/binary"
	"iter"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// Memory is a [Store] in memory. The zero Memory is empty and ready for use. It
// must not be copied.
//
// A block takes about 80 bytes beside its own.
type Memory struct {
	mu     sync.RWMutex
	head   dagcbor.CID
	blocks blockTable
}

var (
	_ Lister          = (*Memory)(nil)
	_ mst.BatchSource = (*Memory)(nil)
)

// Block returns the block that c names, or [ErrNotFound]. It does not allocate.
func (m *Memory) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	b := m.blocks.lookup(&c)
	if b == nil {
		return nil, ErrNotFound
	}
	return b.block(), nil
}

// Blocks sets each blocks[i] to the block that cids[i] names, or to nil: a Memory
// is a [mst.BatchSource]. It does not allocate.
func (m *Memory) Blocks(ctx context.Context, cids []dagcbor.CID, blocks [][]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.blocks.lookupAll(cids, blocks)
	return nil
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
		if refs[i], err = c.Apply(m.blocks.refs(&c.CID)); err != nil {
			return err
		}
	}
	for i := range changes {
		m.blocks.set(&changes[i], refs[i])
	}
	m.head = b.Head
	return nil
}

// Len returns how many blocks there are.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.blocks.list)
}

// Refs returns the blocks that are there when the loop begins, in the order of
// their CIDs, with their references. The error is never anything but that of ctx.
func (m *Memory) Refs(ctx context.Context) iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		m.mu.RLock()
		refs := make([]Ref, len(m.blocks.list))
		for i := range m.blocks.list {
			b := &m.blocks.list[i]
			refs[i] = Ref{b.cid(), len(b.block()), int(b.refs)}
		}
		m.mu.RUnlock()
		slices.SortFunc(refs, func(a, b Ref) int { return a.CID.Compare(b.CID) })
		for _, r := range refs {
			if err := ctx.Err(); err != nil {
				yield(Ref{}, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// A blockTable finds blocks by their CIDs. Addressing is open: a block's slot is
// the first that was free, from the one of its hash on. The zero blockTable is
// empty.
//
// A slot has 32 bits. The lower ones, as many as number the slots, are the
// block's place in the list, from 1 on; 0 if the slot is free. The others are
// those of the hash that did not choose the slot, so that hardly ever another
// block is looked at. A table of so small slots stays near the processor, where
// all else that a search comes by is new to it.
//
// A digest is as good as random, but somebody else may have chosen it: the seed
// keeps blocks from being made for one slot.
type blockTable struct {
	slots []uint32 // a power of two, at least a third of them free
	bits  uint     // of the number of a slot
	seed  uint64   // odd
	list  []storedBlock
}

// A storedBlock is a block and how often it is referenced. Its CID stands before
// it, in the memory that whoever wants the block looks at next.
type storedBlock struct {
	data []byte
	refs int32
	hash uint32
}

// blockHead is how many bytes stand before a block: codec and digest.
const blockHead = 1 + 32

func newStoredBlock(c *Change, hash uint32) storedBlock {
	data := make([]byte, blockHead+len(c.Data))
	digest := c.CID.Digest()
	data[0] = byte(c.CID.Codec())
	copy(data[1:], digest[:])
	copy(data[blockHead:], c.Data)
	return storedBlock{data: data, hash: hash}
}

// block returns the block.
func (b *storedBlock) block() []byte { return b.data[blockHead:len(b.data):len(b.data)] }

func (b *storedBlock) cid() dagcbor.CID {
	return dagcbor.CIDFromDigest(dagcbor.Codec(b.data[0]), [32]byte(b.data[1:]))
}

func (b *storedBlock) is(c *dagcbor.CID) bool {
	return [32]byte(b.data[1:]) == c.Digest() && dagcbor.Codec(b.data[0]) == c.Codec()
}

// hash depends on codec and digest.
func (t *blockTable) hash(c *dagcbor.CID) uint32 {
	digest := c.Digest()
	h := binary.LittleEndian.Uint64(digest[:]) ^ uint64(c.Codec())<<32
	return uint32(h * t.seed >> 32)
}

// first returns the slot in which a block with this hash is, or one after it.
func (t *blockTable) first(hash uint32) int { return int(hash >> (32 - t.bits)) }

// after returns the slot that follows slot i.
func (t *blockTable) after(i int) int { return (i + 1) & (len(t.slots) - 1) }

// place returns the place of the block in slot i, or 0.
func (t *blockTable) place(i int) int { return int(t.slots[i]) & (len(t.slots) - 1) }

// slot returns what the slot of a block is.
func (t *blockTable) slot(hash uint32, place int) uint32 { return hash<<t.bits | uint32(place) }

// find returns the slot of the block c, or the free one where it would be. There
// must be slots.
func (t *blockTable) find(c *dagcbor.CID, hash uint32) int {
	for i := t.first(hash); ; i = t.after(i) {
		place := t.place(i)
		if place == 0 || t.slots[i] == t.slot(hash, place) && t.list[place-1].is(c) {
			return i
		}
	}
}

// lookup returns the block c, or nil.
func (t *blockTable) lookup(c *dagcbor.CID) *storedBlock {
	if len(t.list) == 0 {
		return nil
	}
	if place := t.place(t.find(c, t.hash(c))); place != 0 {
		return &t.list[place-1]
	}
	return nil
}

// lookupAll sets blocks to those that cids name, or to nil. Neither step depends
// on the one before for another block, so that the processor waits for memory
// once for several of them.
func (t *blockTable) lookupAll(cids []dagcbor.CID, blocks [][]byte) {
	var places [16]int
	for len(cids) > len(places) {
		t.lookupAll(cids[:len(places)], blocks)
		cids, blocks = cids[len(places):], blocks[len(places):]
	}
	if len(t.list) == 0 {
		clear(blocks[:len(cids)])
		return
	}
	blocks = blocks[:len(cids)]
	for i := range cids {
		places[i] = t.guess(t.hash(&cids[i]))
	}
	for i := range blocks {
		blocks[i] = nil
		if place := places[i]; place != 0 {
			blocks[i] = t.list[place-1].data
		}
	}
	for i := range blocks {
		if b := (storedBlock{data: blocks[i]}); b.data != nil && b.is(&cids[i]) {
			blocks[i] = b.block()
			continue
		}
		blocks[i] = nil
		if b := t.lookup(&cids[i]); b != nil {
			blocks[i] = b.block()
		}
	}
}

// guess returns the place of the block with this hash, or of another one in the
// same slot with the same bits of its hash there, or 0.
func (t *blockTable) guess(hash uint32) int {
	for i := t.first(hash); ; i = t.after(i) {
		place := t.place(i)
		if place == 0 || t.slots[i] == t.slot(hash, place) {
			return place
		}
	}
}

// refs returns how many references the block c has.
func (t *blockTable) refs(c *dagcbor.CID) int {
	if b := t.lookup(c); b != nil {
		return int(b.refs)
	}
	return 0
}

// set gives the block of c as many references as it has after c, and adds or
// removes it.
func (t *blockTable) set(c *Change, refs int) {
	t.grow(len(t.list) + 1)
	hash := t.hash(&c.CID)
	i := t.find(&c.CID, hash)
	place := t.place(i)
	switch {
	case refs == 0 && place != 0:
		t.remove(i)
		return
	case refs == 0:
		return
	case place == 0:
		t.list = append(t.list, newStoredBlock(c, hash))
		place = len(t.list)
		t.slots[i] = t.slot(hash, place)
	}
	t.list[place-1].refs = int32(refs)
}

// remove removes the block in slot i. The last one of the list takes its place
// there, and blocks that had to go past its slot come nearer to their own.
func (t *blockTable) remove(i int) {
	place, last := t.place(i), len(t.list)
	if place != last {
		moved := t.list[last-1].cid()
		hash := t.list[last-1].hash
		t.slots[t.find(&moved, hash)] = t.slot(hash, place)
		t.list[place-1] = t.list[last-1]
	}
	t.list[last-1] = storedBlock{}
	t.list = t.list[:last-1]
	mask := len(t.slots) - 1
	for j := t.after(i); t.place(j) != 0; j = t.after(j) {
		home := t.first(t.list[t.place(j)-1].hash)
		if (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = 0
}

// grow makes room for n blocks.
func (t *blockTable) grow(n int) {
	size := max(8, len(t.slots))
	for size-size/3 < n {
		size *= 2
	}
	if size == len(t.slots) {
		return
	}
	if t.seed == 0 {
		t.seed = rand.Uint64() | 1
	}
	t.slots, t.bits = make([]uint32, size), uint(bits.TrailingZeros(uint(size)))
	for place := range t.list {
		hash := t.list[place].hash
		i := t.first(hash)
		for t.slots[i] != 0 {
			i = t.after(i)
		}
		t.slots[i] = t.slot(hash, place+1)
	}
}
