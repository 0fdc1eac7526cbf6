package blockstoretest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// A store that is empty has no head, and no blocks.
func empty(t tb, s blockstore.Store) {
	newModel().check(t, s)
	wantNone(t, s, block(1, 8).CID)
	wantNone(t, s, dagcbor.CID{})
	b := &blockstore.Batch{}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatalf("a batch of nothing: %v", err)
	}
	newModel().check(t, s)
}

// What was put is there, until it is dropped.
func commits(t tb, s blockstore.Store) {
	m := newModel()
	// A first part of an import, which sets no head yet.
	m.commit(t, s, &blockstore.Batch{Put: blocks(0, 3, 100)})
	m.check(t, s)
	m.commit(t, s, m.next(blocks(3, 10, 100)))
	m.check(t, s)
	m.commit(t, s, m.next(blocks(10, 12, 100), cids(blocks(0, 5, 100))...))
	m.check(t, s)
	m.commit(t, s, m.next(nil))
	m.check(t, s)
	m.commit(t, s, &blockstore.Batch{Prev: m.head, Head: m.head, Put: blocks(20, 21, 100)})
	m.check(t, s)
	m.commit(t, s, m.next(blocks(0, 2, 100)))
	m.drain(t, s)
}

// A batch that does not follow the present head changes nothing.
func conflicts(t tb, s blockstore.Store) {
	m := newModel()
	other := block(99, 50)
	try := func(prev dagcbor.CID) {
		t.Helper()
		err := s.Commit(t.Context(), &blockstore.Batch{Prev: prev, Head: head(prev), Put: []car.Block{other}})
		conflict, ok := errors.AsType[*blockstore.ConflictError](err)
		if !ok || !errors.Is(err, blockstore.ErrConflict) {
			t.Fatalf("head is %v, batch follows %v: got error %v, want a *blockstore.ConflictError", m.head, prev, err)
		}
		if conflict.Want != prev || conflict.Have != m.head {
			t.Fatalf("ConflictError: got %+v, want Want %v, Have %v", conflict, prev, m.head)
		}
		m.check(t, s)
		wantNone(t, s, other.CID)
	}
	try(other.CID)
	m.commit(t, s, m.next(blocks(0, 1, 10)))
	first := m.head
	try(dagcbor.CID{})
	try(other.CID)
	// The same digest under the other codec is another CID.
	try(dagcbor.CIDFromDigest(dagcbor.Raw, first.Digest()))
	m.commit(t, s, m.next(blocks(1, 2, 10)))
	try(first)
	m.drain(t, s)
}

// A block goes with its last reference, in whichever batches they come and go.
func references(t tb, s blockstore.Store) {
	m := newModel()
	a, b := block(1, 40), block(2, 40)
	steps := []struct {
		put  []car.Block
		drop []dagcbor.CID
	}{
		{put: []car.Block{a}},
		{put: []car.Block{a, b}},
		{drop: []dagcbor.CID{a.CID}},
		{drop: []dagcbor.CID{a.CID, b.CID}},
		{put: []car.Block{b, a, b, a, a}},
		{drop: []dagcbor.CID{a.CID, b.CID, a.CID}},
		{put: []car.Block{a}, drop: []dagcbor.CID{b.CID}},
		{drop: []dagcbor.CID{a.CID, a.CID}},
		{put: []car.Block{a}},
	}
	for _, step := range steps {
		m.commit(t, s, m.next(step.put, step.drop...))
		m.check(t, s)
	}
	m.drain(t, s)
}

func manyReferences(t tb, s blockstore.Store) {
	m := newModel()
	a := block(1, 300)
	var put []car.Block
	var drop []dagcbor.CID
	for range 300 {
		put, drop = append(put, a), append(drop, a.CID)
	}
	for range 3 {
		m.commit(t, s, m.next(put))
	}
	m.check(t, s)
	m.commit(t, s, m.next(nil, drop[:299]...))
	m.commit(t, s, m.next(nil, drop...))
	m.check(t, s)
	m.commit(t, s, m.next(nil, drop...))
	m.check(t, s)
	m.commit(t, s, m.next(nil, drop[:2]...)) // one too many
	m.check(t, s)
	m.drain(t, s)
}

// Put comes before Drop in a batch.
func putAndDrop(t tb, s blockstore.Store) {
	m := newModel()
	a, b := block(1, 40), block(2, 40)
	both := []car.Block{a, b}
	m.commit(t, s, m.next(both, a.CID)) // a was never there
	m.check(t, s)
	m.commit(t, s, m.next(both, a.CID, b.CID)) // b stays with one
	m.check(t, s)
	m.commit(t, s, m.next(both[1:], b.CID, b.CID))
	m.check(t, s)
	m.commit(t, s, m.next(both, a.CID, b.CID, a.CID)) // one too many
	m.check(t, s)
	m.drain(t, s)
}

// A record that is the same block as a node, and blocks that differ in the
// codec only.
func sameBytesTwice(t tb, s blockstore.Store) {
	m := newModel()
	node := block(1, 60)
	record := car.Block{CID: node.CID, Data: bytes.Clone(node.Data)}
	raw := car.Block{CID: dagcbor.Sum(dagcbor.Raw, node.Data), Data: node.Data}
	m.commit(t, s, m.next([]car.Block{node, record, raw}))
	m.check(t, s)
	m.commit(t, s, m.next(nil, node.CID)) // the tree has changed
	m.check(t, s)
	m.commit(t, s, m.next(nil, raw.CID))
	m.check(t, s)
	m.commit(t, s, m.next(nil, raw.CID)) // fails: the other has one left
	m.check(t, s)
	m.drain(t, s)
}

// A drop without a reference fails, and is told.
func dropWithoutReference(t tb, s blockstore.Store) {
	m := newModel()
	a, b := block(1, 40), block(2, 40)
	try := func(batch *blockstore.Batch, want dagcbor.CID, index int) {
		t.Helper()
		err := s.Commit(t.Context(), batch)
		bad, ok := errors.AsType[*blockstore.BatchError](err)
		if !ok || bad.List != "Drop" || bad.Index != index || bad.CID != want {
			t.Fatalf("got error %v, want a *blockstore.BatchError for Drop %d, block %v", err, index, want)
		}
		m.check(t, s)
	}
	try(m.next(nil, a.CID), a.CID, 0)
	m.commit(t, s, m.next([]car.Block{a}))
	try(m.next(nil, a.CID, a.CID), a.CID, 1)
	try(m.next([]car.Block{b}, a.CID, b.CID, b.CID), b.CID, 2)
	try(m.next(nil, a.CID, b.CID), b.CID, 1)
	m.data[b.CID] = b.Data
	m.drain(t, s)
}

// Batches that are wrong in themselves.
func wrongBatch(t tb, s blockstore.Store) {
	m := newModel()
	m.commit(t, s, m.next(blocks(0, 2, 30)))
	good, other := block(5, 30), block(6, 30)
	lie := car.Block{CID: other.CID, Data: good.Data}
	m.data[good.CID], m.data[other.CID] = good.Data, other.Data
	next := head(m.head)
	for _, b := range []*blockstore.Batch{
		{Prev: m.head, Head: next, Put: []car.Block{good, lie}},
		{Prev: m.head, Head: next, Put: []car.Block{other, lie}},
		{Prev: m.head, Head: next, Put: []car.Block{good, {Data: good.Data}}},
		{Prev: m.head, Head: next, Put: []car.Block{good}, Drop: []dagcbor.CID{{}}},
		{Prev: m.head, Put: []car.Block{good}},
	} {
		err := s.Commit(t.Context(), b)
		if _, ok := errors.AsType[*blockstore.BatchError](err); !ok {
			t.Fatalf("wrong batch %v: got error %v, want a *blockstore.BatchError", b.Put, err)
		}
		m.check(t, s)
	}
	m.drain(t, s)
}

// A batch that fails at its end has done nothing of the rest.
func atomicity(t tb, s blockstore.Store) {
	m := newModel()
	old := blocks(0, 50, 200)
	m.commit(t, s, m.next(old))
	for _, b := range blocks(50, 100, 200) {
		m.data[b.CID] = b.Data
	}
	put := append(blocks(50, 100, 200), old...)
	drop := append(cids(old), cids(old)...)
	for _, bad := range []dagcbor.CID{old[7].CID, block(100, 200).CID} {
		m.commit(t, s, m.next(put, append(drop, bad)...))
		m.check(t, s)
		m.commit(t, s, m.next(put, append([]dagcbor.CID{bad}, drop...)...))
		m.check(t, s)
	}
	m.commit(t, s, m.next(put, drop...))
	m.drain(t, s)
}

// A context that has ended keeps a batch from being done.
func cancelled(t tb, s blockstore.Store) {
	m := newModel()
	m.commit(t, s, m.next(blocks(0, 2, 30)))
	m.data[block(2, 30).CID] = block(2, 30).Data
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Commit(ctx, m.next(blocks(2, 3, 30), block(0, 30).CID))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Commit with a cancelled context: got error %v, want context.Canceled", err)
	}
	if b, err := s.Block(ctx, block(0, 30).CID); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("Block with a cancelled context: got %d bytes, error %v", len(b), err)
	}
	m.check(t, s)
	m.drain(t, s)
}

// Blocks of no bytes, of 1 MiB, and of sizes at which encodings change.
func sizes(t tb, s blockstore.Store) {
	m := newModel()
	var put []car.Block
	for i, size := range []int{
		0, 1, 2, 8, 126, 127, 128, 255, 256, 4095, 4096, 16383, 16384,
		65535, 65536, 262143, 262144, 262145, 1<<20 - 1, 1 << 20, 1<<20 + 1,
	} {
		put = append(put, block(i, size))
		m.commit(t, s, m.next(put[len(put)-1:]))
	}
	m.check(t, s)
	m.commit(t, s, m.next(put)) // all in one
	m.check(t, s)
	empty := car.Block{CID: dagcbor.Sum(dagcbor.Raw, nil)}
	m.commit(t, s, m.next([]car.Block{empty}))
	m.check(t, s)
	m.commit(t, s, m.next(nil, cids(put)...))
	m.drain(t, s)
}

// A store keeps nothing of a batch: the caller may use its slices again.
func reusedBuffers(t tb, s blockstore.Store) {
	m := newModel()
	b := m.next(blocks(0, 20, 100), cids(blocks(0, 5, 100))...)
	m.commit(t, s, b)
	for i := range b.Put {
		clear(b.Put[i].Data)
		b.Put[i] = block(1000+i, 10)
	}
	clear(b.Drop)
	m.check(t, s)
	m.drain(t, s)
}

// The slices that a store hands out stay as they are.
func keptSlices(t tb, s blockstore.Store) {
	m := newModel()
	put := blocks(0, 20, 5000)
	m.commit(t, s, m.next(put))
	var kept [][]byte
	for _, b := range put {
		got, err := s.Block(t.Context(), b.CID)
		if err != nil {
			t.Fatalf("Block: %v", err)
		}
		kept = append(kept, got)
	}
	for i, b := range put {
		_ = append(kept[i], "what the caller appends"...) // must not run over another block
		m.commit(t, s, m.next(blocks(100+i, 101+i, 5000), b.CID))
		m.check(t, s)
	}
	for i := range kept {
		if !bytes.Equal(kept[i], put[i].Data) {
			t.Fatalf("the bytes of a block that was handed out have changed")
		}
	}
	m.drain(t, s)
}

// Random batches, some of which fail, against the model.
func randomBatches(t tb, s blockstore.Store) {
	m := newModel()
	r := rand.New(rand.NewPCG(1, 2))
	pool := blocks(0, 60, 70)
	for i := range 400 {
		m.commit(t, s, m.batch(r, pool))
		if i%20 == 0 {
			m.check(t, s)
		}
	}
	m.drain(t, s)
}

// Many blocks in one batch, and half of them dropped by another.
func tenThousand(t tb, s blockstore.Store) {
	m := newModel()
	put := blocks(0, 10_000, 300)
	m.commit(t, s, m.next(put))
	m.check(t, s)
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(put), func(i, j int) { put[i], put[j] = put[j], put[i] })
	m.commit(t, s, m.next(blocks(10_000, 11_000, 300), cids(put[:5000])...))
	m.drain(t, s)
}

// reopens commits, opens the store again, and finds all as it was.
func reopens(t tb, s blockstore.Store, reopen func(blockstore.Store) blockstore.Store) {
	m := newModel()
	r := rand.New(rand.NewPCG(3, 4))
	pool := append(blocks(0, 60, 70), block(60, 0), block(61, 1<<20))
	s = reopen(s)
	m.check(t, s)
	for range 12 {
		for range r.IntN(20) {
			m.commit(t, s, m.batch(r, pool))
		}
		s = reopen(s)
		m.check(t, s)
	}
	s = reopen(s)
	m.drain(t, s)
	m.check(t, reopen(s))
}
