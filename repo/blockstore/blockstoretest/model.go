package blockstoretest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// A model is what a store should hold.
type model struct {
	head dagcbor.CID
	refs map[dagcbor.CID]int
	data map[dagcbor.CID][]byte // of all that ever was put
}

func newModel() *model {
	return &model{refs: map[dagcbor.CID]int{}, data: map[dagcbor.CID][]byte{}}
}

// next returns a batch that follows the model's head.
func (m *model) next(put []car.Block, drop ...dagcbor.CID) *blockstore.Batch {
	return &blockstore.Batch{Prev: m.head, Head: head(m.head), Put: put, Drop: drop}
}

// apply does b and reports whether it can be done; if not, it does nothing.
func (m *model) apply(b *blockstore.Batch) bool {
	refs := maps.Clone(m.refs)
	for _, p := range b.Put {
		refs[p.CID]++
		m.data[p.CID] = bytes.Clone(p.Data)
	}
	for _, c := range b.Drop {
		if refs[c]--; refs[c] < 0 {
			return false
		}
		if refs[c] == 0 {
			delete(refs, c)
		}
	}
	m.refs, m.head = refs, b.Head
	return true
}

// commit commits b to s and the model, and fails if they differ about it.
func (m *model) commit(t tb, s blockstore.Store, b *blockstore.Batch) {
	t.Helper()
	err := s.Commit(t.Context(), b)
	if done := m.apply(b); done != (err == nil) {
		t.Fatalf("commit of %d puts and %d drops: got error %v, want one: %v", len(b.Put), len(b.Drop), err, !done)
	}
	if _, typed := errors.AsType[*blockstore.BatchError](err); err != nil && !typed {
		t.Fatalf("drop without a reference: the error is not a *blockstore.BatchError but %T: %v", err, err)
	}
}

// check compares all of s with the model.
func (m *model) check(t tb, s blockstore.Store) {
	t.Helper()
	h, err := s.Head(t.Context())
	if err != nil || h != m.head {
		t.Fatalf("Head: got %v, %v, want %v", h, err, m.head)
	}
	for c, data := range m.data {
		if m.refs[c] > 0 {
			wantBlock(t, s, c, data)
		} else {
			wantNone(t, s, c)
		}
	}
	if l, ok := s.(blockstore.Lister); ok {
		m.checkRefs(t, l)
	}
}

func (m *model) checkRefs(t tb, l blockstore.Lister) {
	t.Helper()
	listed := map[dagcbor.CID]int{}
	for r, err := range l.Refs(t.Context()) {
		if err != nil {
			t.Fatalf("Refs: %v", err)
		}
		if r.Size != len(m.data[r.CID]) || listed[r.CID] != 0 {
			t.Fatalf("Refs: %v has %d bytes, or comes twice", r.CID, r.Size)
		}
		listed[r.CID] = r.Refs
	}
	if !maps.Equal(listed, m.refs) {
		t.Fatalf("Refs: got %d blocks, want %d, or other references", len(listed), len(m.refs))
	}
}

// drain checks s, takes all references away, and checks that none was left over.
func (m *model) drain(t tb, s blockstore.Store) {
	t.Helper()
	m.check(t, s)
	blocks := slices.SortedFunc(maps.Keys(m.refs), dagcbor.CID.Compare)
	var drop []dagcbor.CID
	for _, c := range blocks {
		drop = append(drop, slices.Repeat([]dagcbor.CID{c}, m.refs[c])...)
	}
	m.commit(t, s, m.next(nil, drop...))
	m.check(t, s)
	for _, c := range blocks[:min(len(blocks), 50)] {
		m.commit(t, s, m.next(nil, c)) // fails
	}
	m.check(t, s)
}

// batch returns a random batch over a pool of blocks; with one drop too many
// every now and then.
func (m *model) batch(r *rand.Rand, pool []car.Block) *blockstore.Batch {
	b := m.next(nil)
	for range r.IntN(8) {
		b.Put = append(b.Put, pool[r.IntN(len(pool))])
	}
	present := slices.SortedFunc(maps.Keys(m.refs), dagcbor.CID.Compare)
	for range r.IntN(8) {
		if len(present) > 0 && r.IntN(10) > 0 {
			b.Drop = append(b.Drop, present[r.IntN(len(present))])
		} else if len(b.Put) > 0 {
			b.Drop = append(b.Drop, b.Put[r.IntN(len(b.Put))].CID)
		}
	}
	return b
}

// head returns a CID that stands for the commit after prev.
func head(prev dagcbor.CID) dagcbor.CID {
	digest := prev.Digest()
	return dagcbor.Sum(dagcbor.DAGCBOR, append([]byte("commit"), digest[:]...))
}

// block returns block number i of a size: blocks of 8 bytes or more are different.
func block(i, size int) car.Block {
	data := make([]byte, size)
	copy(data, fmt.Sprintf("%08d", i))
	for j := 8; j < size; j++ {
		data[j] = byte(i + j*j>>8 + j)
	}
	return car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data}
}

func blocks(from, to, size int) []car.Block {
	var list []car.Block
	for i := from; i < to; i++ {
		list = append(list, block(i, size))
	}
	return list
}

func cids(blocks []car.Block) []dagcbor.CID {
	var list []dagcbor.CID
	for _, b := range blocks {
		list = append(list, b.CID)
	}
	return list
}

func wantBlock(t tb, s blockstore.Store, c dagcbor.CID, data []byte) {
	t.Helper()
	got, err := s.Block(t.Context(), c)
	if err != nil {
		t.Fatalf("Block(%v): %v", c, err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("Block(%v): got %d bytes which are not the %d that were put", c, len(got), len(data))
	}
	if got := wantBatch(t, s, c); got == nil || !bytes.Equal(got, data) {
		t.Fatalf("Blocks(%v): got %d bytes which are not the %d that were put", c, len(got), len(data))
	}
}

func wantNone(t tb, s blockstore.Store, c dagcbor.CID) {
	t.Helper()
	got, err := s.Block(t.Context(), c)
	if !errors.Is(err, blockstore.ErrNotFound) {
		t.Fatalf("Block(%v) that is not there: got %d bytes, error %v, want blockstore.ErrNotFound", c, len(got), err)
	}
	if got != nil {
		t.Fatalf("Block(%v): bytes beside an error", c)
	}
	if got := wantBatch(t, s, c); got != nil {
		t.Fatalf("Blocks(%v) that is not there: got %d bytes, want nil", c, len(got))
	}
}

// wantBatch asks for a block between two that are not there, and returns it, nil
// if there is none. A store that is no [mst.BatchSource] is asked for each alone.
func wantBatch(t tb, s blockstore.Store, c dagcbor.CID) []byte {
	t.Helper()
	missing := dagcbor.Sum(dagcbor.Raw, []byte("never put"))
	batch, ok := s.(mst.BatchSource)
	if !ok {
		got, _ := s.Block(t.Context(), c) // whose error was looked at
		return got
	}
	got := [][]byte{{}, {}, {}}
	if err := batch.Blocks(t.Context(), []dagcbor.CID{missing, c, missing}, got); err != nil {
		t.Fatalf("Blocks: %v", err)
	}
	if got[0] != nil || got[2] != nil {
		t.Fatalf("Blocks(%v): got bytes of what is not there", missing)
	}
	return got[1]
}
