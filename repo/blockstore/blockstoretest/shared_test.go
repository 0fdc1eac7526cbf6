package blockstoretest_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/blockstoretest"
)

// A handle is one of several stores of the same data. It looks at the head and
// commits while it has a lock, which is that of all handles or only its own.
type handle struct {
	blockstore.Store
	lock *sync.Mutex
}

func (h *handle) Commit(ctx context.Context, b *blockstore.Batch) error {
	h.lock.Lock()
	defer h.lock.Unlock()
	head, err := h.Head(ctx)
	if err != nil {
		return err
	}
	if head != b.Prev {
		return &blockstore.ConflictError{Want: b.Prev, Have: head}
	}
	c := *b
	for range 100 {
		runtime.Gosched() // the disk is slow
	}
	if c.Prev, err = h.Head(ctx); err != nil {
		return err
	}
	return h.Store.Commit(ctx, &c) // without comparing
}

func TestShared(t *testing.T) {
	blockstoretest.RunShared(t, func(*testing.T) func() blockstore.Store {
		h := handle{new(blockstore.Memory), new(sync.Mutex)}
		return func() blockstore.Store { return new(h) }
	})
}

func TestBrokenShared(t *testing.T) {
	data := new(blockstore.Memory)
	alone := blockstoretest.Shared(func() blockstore.Store { return &handle{data, new(sync.Mutex)} })
	require.NotEmpty(t, blockstoretest.FailuresOf(t.Context(), "ManyWriters", alone))
	apart := blockstoretest.Shared(func() blockstore.Store { return new(blockstore.Memory) })
	require.NotEmpty(t, blockstoretest.FailuresOf(t.Context(), "Commit", apart))
}
