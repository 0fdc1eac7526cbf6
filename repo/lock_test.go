package repo_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// hanging is a store whose Commit waits, and then makes what it is asked for.
type hanging struct {
	blockstore.Memory
	entered, leave chan struct{}
}

func (s *hanging) Commit(ctx context.Context, b *blockstore.Batch) error {
	if s.entered != nil {
		close(s.entered)
		<-s.leave
	}
	return s.Memory.Commit(ctx, b)
}

// Whoever waits for a commit that the store does not come to an end with gives
// up when the context ends, with its cause.
func TestWaiting(t *testing.T) {
	store := &hanging{}
	r := open(t, store)
	apply(t, r, repo.Create(at(t, "1"), value(t, "1")))
	data := r.Head().Data()
	store.entered, store.leave = make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := r.Apply(context.Background(), repo.Create(at(t, "2"), value(t, "2")))
		done <- err
	}()
	<-store.entered
	store.entered = nil
	tired := errors.New("tired of waiting")
	waits := map[string]func(context.Context) error{
		"Apply": func(ctx context.Context) error {
			_, err := r.Apply(ctx, repo.Create(at(t, "3"), value(t, "3")))
			return err
		},
		"Resign":  func(ctx context.Context) error { _, err := r.Resign(ctx); return err },
		"Refresh": r.Refresh,
		"Hold":    func(ctx context.Context) error { _, err := r.Hold(ctx); return err },
		"Records": func(ctx context.Context) error {
			n := 0
			for rec, err := range r.Records(ctx) {
				if n++; err != nil {
					require.Zero(t, rec)
					require.Equal(t, 1, n)
					return err
				}
			}
			return nil
		},
		"Export":           func(ctx context.Context) error { return r.Export(ctx, io.Discard) },
		"ExportCollection": func(ctx context.Context) error { return r.ExportCollection(ctx, io.Discard, at(t, "1").Collection()) },
		"ExportSince":      func(ctx context.Context) error { return r.ExportSince(ctx, io.Discard, r.Tree()) },
		"ExportSinceOps":   func(ctx context.Context) error { return r.ExportSinceOps(ctx, io.Discard, data) },
		"WriteProof":       func(ctx context.Context) error { return r.WriteProof(ctx, io.Discard, at(t, "1")) },
		"TreeBefore":       func(ctx context.Context) error { _, err := r.TreeBefore(ctx); return err },
	}
	for name, wait := range waits {
		ctx, cancel := context.WithCancelCause(t.Context())
		got := make(chan error)
		go func() { got <- wait(ctx) }()
		select {
		case err := <-got:
			require.Fail(t, "did not wait", "%s: %v", name, err)
		default:
		}
		cancel(tired)
		require.Equal(t, tired, <-got, name)
	}
	r.SetKey(nil) // does not wait
	close(store.leave)
	require.NoError(t, <-done)
	require.EqualValues(t, 2, must(r.Tree().Count(t.Context())))
	r.SetKey(privateKey(t, crypto.K256))
	for name, wait := range waits {
		if name == "Apply" || name == "Resign" || name == "ExportSinceOps" {
			continue
		}
		require.NoError(t, wait(t.Context()), name)
	}
}

// Many hold, read and give up while many write: all come to an end, and what is
// read is one state of the repository.
func TestManyWait(t *testing.T) {
	_, counting := holdable(t)
	store := counting.Memory
	r := open(t, store)
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 30 {
				a, b := at(t, "a"+strconv.Itoa(n)), at(t, "b"+strconv.Itoa(n))
				_, err := r.Apply(context.Background(), repo.Put(a, value(t, strconv.Itoa(i))), repo.Put(b, value(t, strconv.Itoa(i))))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range 12 {
		wg.Go(func() {
			for i := range 30 {
				ctx, cancel := context.WithCancel(context.Background())
				if n%3 == 0 {
					go cancel()
				}
				pairs := map[string]int{}
				for rec, err := range r.Records(ctx) {
					if err != nil {
						if n%3 != 0 || !errors.Is(err, context.Canceled) {
							t.Error(i, err)
						}
						pairs = nil
						break
					}
					if key := rec.Path()[len(collection)+1:]; key[0] == 'a' || key[0] == 'b' {
						pairs[key[1:]+string(rec.Bytes())]++
					}
				}
				for pair, count := range pairs {
					if count != 2 {
						t.Error(pair, count)
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	requireStored(t, store, r.Head(), content(t, r))
	release := hold(t, r)
	release()
}
