package blockstoretest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/blockstoretest"
)

// A broken store is one in memory that does something wrong. Embedding the
// interface keeps the suite from listing its blocks.
type broken struct {
	blockstore.Store
	commit func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error
	block  func(s blockstore.Store, ctx context.Context, c dagcbor.CID) ([]byte, error)
}

func (b *broken) Commit(ctx context.Context, batch *blockstore.Batch) error {
	if b.commit == nil {
		return b.Store.Commit(ctx, batch)
	}
	return b.commit(b.Store, ctx, batch)
}

func (b *broken) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if b.block == nil {
		return b.Store.Block(ctx, c)
	}
	return b.block(b.Store, ctx, c)
}

// passing takes a store apart into what a wrong Commit changes of each batch.
func passing(change func(s blockstore.Store, b *blockstore.Batch)) func(blockstore.Store, context.Context, *blockstore.Batch) error {
	return func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error {
		c := *b
		change(s, &c)
		return s.Commit(ctx, &c)
	}
}

// count returns how many references to c a store has.
func count(s blockstore.Store, c dagcbor.CID) int {
	for r := range s.(blockstore.Lister).Refs(context.Background()) {
		if r.CID == c {
			return r.Refs
		}
	}
	return 0
}

func TestBrokenStores(t *testing.T) {
	for name, test := range map[string]struct {
		broken
		fails string // one of the cases that must
	}{
		"no compare and swap": {broken{commit: passing(func(s blockstore.Store, b *blockstore.Batch) {
			b.Prev, _ = s.Head(context.Background())
		})}, "Conflict"},
		"head is not kept": {broken{commit: passing(func(_ blockstore.Store, b *blockstore.Batch) {
			b.Head = b.Prev
		})}, "Commit"},
		"wrong error for a conflict": {broken{commit: func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error {
			err := s.Commit(ctx, b)
			if errors.Is(err, blockstore.ErrConflict) {
				return blockstore.ErrConflict
			}
			return err
		}}, "Conflict"},
		"no references are counted": {broken{commit: passing(func(s blockstore.Store, b *blockstore.Batch) {
			put := b.Put
			b.Put = nil
			seen := map[dagcbor.CID]bool{}
			for _, p := range put {
				if !seen[p.CID] && count(s, p.CID) == 0 {
					b.Put = append(b.Put, p)
				}
				seen[p.CID] = true
			}
		})}, "References"},
		"drops are forgotten": {broken{commit: passing(func(_ blockstore.Store, b *blockstore.Batch) {
			b.Drop = nil
		})}, "Commit"},
		"the same drop counts once": {broken{commit: passing(func(_ blockstore.Store, b *blockstore.Batch) {
			seen := map[dagcbor.CID]bool{}
			drop := b.Drop
			b.Drop = nil
			for _, c := range drop {
				if !seen[c] {
					b.Drop = append(b.Drop, c)
				}
				seen[c] = true
			}
		})}, "DropWithoutReference"},
		"drops without a reference are ignored": {broken{commit: func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error {
			for {
				err := s.Commit(ctx, b)
				bad, ok := errors.AsType[*blockstore.BatchError](err)
				if !ok || bad.List != "Drop" || !bad.CID.Defined() {
					return err
				}
				c := *b
				c.Drop = append(append([]dagcbor.CID{}, b.Drop[:bad.Index]...), b.Drop[bad.Index+1:]...)
				b = &c
			}
		}}, "DropWithoutReference"},
		"not atomic": {broken{commit: func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error {
			err := s.Commit(ctx, b)
			if bad, ok := errors.AsType[*blockstore.BatchError](err); ok && bad.List == "Drop" {
				_ = s.Commit(ctx, &blockstore.Batch{Prev: b.Prev, Head: b.Prev, Put: b.Put})
			}
			return err
		}}, "Atomic"},
		"drop before put": {broken{commit: func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error {
			for _, c := range b.Drop {
				if c.Defined() && count(s, c) == 0 {
					return &blockstore.BatchError{List: "Drop", CID: c, Msg: "is not there"}
				}
			}
			return s.Commit(ctx, b)
		}}, "PutAndDrop"},
		"hashes are not checked": {broken{commit: passing(func(_ blockstore.Store, b *blockstore.Batch) {
			b.TrustHashes = true
		})}, "WrongBatch"},
		"context is ignored": {broken{commit: func(s blockstore.Store, ctx context.Context, b *blockstore.Batch) error {
			return s.Commit(context.WithoutCancel(ctx), b)
		}}, "Cancelled"},
		"codecs are not told apart": {broken{block: func(s blockstore.Store, ctx context.Context, c dagcbor.CID) ([]byte, error) {
			b, err := s.Block(ctx, c)
			if err != nil && c.Defined() {
				other := dagcbor.Raw + dagcbor.DAGCBOR - c.Codec()
				return s.Block(ctx, dagcbor.CIDFromDigest(other, c.Digest()))
			}
			return b, err
		}}, "SameBytesTwice"},
		"another error for what is not there": {broken{block: func(s blockstore.Store, ctx context.Context, c dagcbor.CID) ([]byte, error) {
			b, err := s.Block(ctx, c)
			if err != nil {
				err = errors.New("no such block")
			}
			return b, err
		}}, "Empty"},
		"empty blocks are lost": {broken{block: func(s blockstore.Store, ctx context.Context, c dagcbor.CID) ([]byte, error) {
			b, err := s.Block(ctx, c)
			if len(b) == 0 {
				return nil, blockstore.ErrNotFound
			}
			return b, err
		}}, "Sizes"},
		"large blocks are cut": {broken{block: func(s blockstore.Store, ctx context.Context, c dagcbor.CID) ([]byte, error) {
			b, err := s.Block(ctx, c)
			return b[:min(len(b), 1<<20-1)], err
		}}, "Sizes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := blockstoretest.Failures(t.Context(), func() blockstore.Store {
				b := test.broken
				b.Store = new(blockstore.Memory)
				return &b
			})
			require.Contains(t, failed, test.fails)
		})
	}
}

// An aliasing store keeps the slices of batches, or hands out one buffer.
type aliasing struct {
	blockstore.Memory
	put    map[dagcbor.CID][]byte
	buffer *[]byte
}

func (a *aliasing) Commit(ctx context.Context, b *blockstore.Batch) error {
	err := a.Memory.Commit(ctx, b)
	if err == nil {
		for _, p := range b.Put {
			a.put[p.CID] = p.Data
		}
	}
	return err
}

func (a *aliasing) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	data, err := a.Memory.Block(ctx, c)
	if err != nil {
		return nil, err
	}
	if a.buffer == nil {
		return a.put[c], nil
	}
	*a.buffer = append((*a.buffer)[:0], data...)
	return *a.buffer, nil
}

// Neither is safe for concurrent use, so that only one case is run.
func TestAliasingStores(t *testing.T) {
	keeps := &aliasing{put: map[dagcbor.CID][]byte{}}
	require.NotEmpty(t, blockstoretest.FailuresOf(t.Context(), "ReusedBuffers", keeps))
	hands := &aliasing{put: map[dagcbor.CID][]byte{}, buffer: new(make([]byte, 0, 1<<21))}
	require.NotEmpty(t, blockstoretest.FailuresOf(t.Context(), "KeptSlices", hands))
}

// A batching store answers for several blocks, wrongly.
type batching struct {
	blockstore.Memory
	blocks func(got [][]byte)
}

func (b *batching) Blocks(ctx context.Context, cids []dagcbor.CID, blocks [][]byte) error {
	err := b.Memory.Blocks(ctx, cids, blocks)
	b.blocks(blocks)
	return err
}

func TestBatchingStores(t *testing.T) {
	for name, wrong := range map[string]func(got [][]byte){
		"lost":    func(got [][]byte) { got[1] = nil },
		"shifted": func(got [][]byte) { got[0], got[1] = got[1], got[0] },
		"cut":     func(got [][]byte) { got[1] = got[1][:len(got[1])/2] },
		"left":    func(got [][]byte) { got[2] = []byte{} },
	} {
		require.NotEmpty(t, blockstoretest.FailuresOf(t.Context(), "Commit", &batching{blocks: wrong}), name)
	}
	require.NotEmpty(t, blockstoretest.FailuresOf(t.Context(), "Empty", &batching{blocks: func(got [][]byte) { got[1] = []byte{} }}))
}

func TestMemoryHasNoFailures(t *testing.T) {
	require.Empty(t, blockstoretest.Failures(t.Context(), func() blockstore.Store { return new(blockstore.Memory) }))
}
