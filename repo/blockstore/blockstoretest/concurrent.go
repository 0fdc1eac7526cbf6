package blockstoretest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// Readers see a head with all its blocks, or find that the head has changed.
func readersAndWriter(t tb, s blockstore.Store) {
	const rounds, size = 50, 10
	m := newModel()
	var heads []dagcbor.CID
	for range rounds {
		heads = append(heads, head(m.head))
		m.head = heads[len(heads)-1]
	}
	m.head = dagcbor.CID{}
	m.commit(t, s, m.next(blocks(0, size, 100)))
	done, stop := context.WithCancel(t.Context())
	failed := make(chan error, 4)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := follow(done, s, heads, size); err != nil {
				failed <- err
			}
		})
	}
	for i := 1; i < rounds; i++ {
		m.commit(t, s, m.next(blocks(i*size, (i+1)*size, 100), cids(blocks((i-1)*size, i*size, 100))...))
	}
	stop()
	wg.Wait()
	select {
	case err := <-failed:
		t.Fatalf("a reader beside a writer: %v", err)
	default:
	}
	m.drain(t, s)
}

// follow reads the blocks of one head after the other, until done ends.
func follow(done context.Context, s blockstore.Store, heads []dagcbor.CID, size int) error {
	ctx := context.WithoutCancel(done)
	number := map[dagcbor.CID]int{}
	for i, h := range heads {
		number[h] = i
	}
	for last := 0; done.Err() == nil; {
		h, err := s.Head(ctx)
		now, known := number[h]
		if err != nil || !known || now < last {
			return fmt.Errorf("head %v after %v: %w", h, heads[last], err)
		}
		last = now
		missing, err := readAll(ctx, s, blocks(now*size, (now+1)*size, 100))
		if err != nil {
			return err
		}
		if after, err := s.Head(ctx); missing && (err != nil || after == h) {
			return fmt.Errorf("a block of the present head %v is missing: %w", h, err)
		}
	}
	return nil
}

func readAll(ctx context.Context, s blockstore.Store, want []car.Block) (missing bool, err error) {
	for _, b := range want {
		got, err := s.Block(ctx, b.CID)
		if errors.Is(err, blockstore.ErrNotFound) {
			return true, nil
		}
		if err != nil || !bytes.Equal(got, b.Data) {
			return false, fmt.Errorf("block %v: %d bytes: %w", b.CID, len(got), err)
		}
	}
	return false, nil
}

// Of several writers that follow the same head, one succeeds.
func writers(t tb, s blockstore.Store) { write(t, s, 4, 25) }

// Each of them has one thing to write, as the requests to a host have.
func manyWriters(t tb, s blockstore.Store) { write(t, s, 100, 1) }

// write has each of some writers commit some blocks, one after the other.
func write(t tb, s blockstore.Store, writers, each int) {
	shared := block(0, 100)
	failed := make(chan error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := commitAfterAll(t.Context(), s, shared, block(1+w*each+i, 100)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		t.Fatalf("one of several writers: %v", err)
	default:
	}
	m := newModel()
	for i := range writers * each {
		m.apply(m.next([]car.Block{shared, block(1+i, 100)}))
	}
	m.drain(t, s)
}

// commitAfterAll commits two blocks after whatever the others have committed.
func commitAfterAll(ctx context.Context, s blockstore.Store, put ...car.Block) error {
	for {
		prev, err := s.Head(ctx)
		if err != nil {
			return err
		}
		err = s.Commit(ctx, &blockstore.Batch{Prev: prev, Head: head(prev), Put: put})
		if !errors.Is(err, blockstore.ErrConflict) {
			return err
		}
	}
}
