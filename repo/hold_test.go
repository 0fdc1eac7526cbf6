package repo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
)

const held = 60 // records

// holdable returns a repository of which only what is needed is in memory, and
// its store.
func holdable(t *testing.T) (*repo.Repo, *faulty) {
	t.Helper()
	store := newFaulty()
	var writes []repo.Write
	for i := range held {
		writes = append(writes, repo.Create(at(t, strconv.Itoa(i)), value(t, strconv.Itoa(i))))
	}
	apply(t, open(t, store), writes...)
	return open(t, store), store
}

// rewrite replaces all records, and with them all nodes.
func rewrite(t *testing.T, r *repo.Repo, to string) {
	t.Helper()
	var writes []repo.Write
	for i := range held {
		writes = append(writes, repo.Update(at(t, strconv.Itoa(i)), value(t, to+strconv.Itoa(i))))
	}
	apply(t, r, writes...)
}

func hold(t *testing.T, r *repo.Repo) (release func()) {
	t.Helper()
	release, err := r.Hold(t.Context())
	require.NoError(t, err)
	return release
}

// Whatever is written while a repository is read: what is read is what was there
// at the beginning, to the last byte, at whichever call everything changes.
func TestReadMeanwhile(t *testing.T) {
	var base *mst.Tree
	for name, read := range map[string]func(*repo.Repo, io.Writer) error{
		"Export": func(r *repo.Repo, w io.Writer) error { return r.Export(t.Context(), w) },
		"ExportCollection": func(r *repo.Repo, w io.Writer) error {
			return r.ExportCollection(t.Context(), w, at(t, "1").Collection())
		},
		"ExportSince": func(r *repo.Repo, w io.Writer) error {
			return r.ExportSince(t.Context(), w, base, at(t, "2"))
		},
		"WriteProof": func(r *repo.Repo, w io.Writer) error { return r.WriteProof(t.Context(), w, at(t, "1"), at(t, "30")) },
		"Records": func(r *repo.Repo, w io.Writer) error {
			for rec, err := range r.Records(t.Context()) {
				if err != nil {
					return err
				}
				w.Write(rec.Bytes())
			}
			return nil
		},
		"TreeBefore": func(r *repo.Repo, w io.Writer) error {
			tree, err := r.TreeBefore(t.Context(), repo.Op{Action: mst.Create, Path: at(t, "1"), CID: blockOf(value(t, "1")).CID})
			if err != nil {
				return err
			}
			_, err = io.WriteString(w, tree.Root().String())
			return err
		},
		"Tree": func(r *repo.Repo, w io.Writer) error {
			release, err := r.Hold(t.Context())
			if err != nil {
				return err
			}
			defer release()
			defer release()
			for e, err := range r.Tree().Entries(t.Context()) {
				if err != nil {
					return err
				}
				io.WriteString(w, e.Key+e.Value.String())
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 1
			for call := 1; call <= calls; call += 1 + calls/16 {
				r, store := holdable(t)
				var err error
				base, err = r.Tree().Delete(t.Context(), at(t, "1").String())
				require.NoError(t, err)
				var want, got bytes.Buffer
				store.calls = 0
				require.NoError(t, read(r, &want))
				calls = store.calls
				r = open(t, store)
				store.calls = 0
				store.fail = func(string) error {
					if store.calls == call {
						store.fail = nil
						rewrite(t, r, "new ")
						rewrite(t, r, "newer ")
					}
					return nil
				}
				require.NoError(t, read(r, &got), call)
				require.Nil(t, store.fail)
				require.Equal(t, want.Bytes(), got.Bytes(), call)
			}
			require.Greater(t, calls, 2)
		})
	}
}

// What is held is let go of with the last one who holds it.
func TestHoldEnds(t *testing.T) {
	r, _ := holdable(t)
	tree := r.Tree()
	walk := func() error {
		for _, err := range tree.Entries(t.Context()) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	first := hold(t, r)
	rewrite(t, r, "a")
	second := hold(t, r)
	rewrite(t, r, "b")
	second()
	require.NoError(t, walk())
	first()
	missing := new(mst.MissingBlockError)
	require.ErrorAs(t, walk(), &missing)
	rewrite(t, r, "c")
	require.ErrorAs(t, walk(), &missing)
}

// afterCommit is a store that calls a function when a batch is there, but its
// Commit has not returned.
type afterCommit struct {
	*blockstore.Memory
	do   func()
	miss func() // if set, called for a block that is not there
}

func (s *afterCommit) Commit(ctx context.Context, b *blockstore.Batch) error {
	err := s.Memory.Commit(ctx, b)
	if s.do != nil {
		s.do()
	}
	return err
}

func (s *afterCommit) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	b, err := s.Memory.Block(ctx, c)
	if errors.Is(err, blockstore.ErrNotFound) && s.miss != nil {
		s.miss()
	}
	return b, err
}

// A commit is in the store for a moment before the Repo knows: who reads then
// gets the record nevertheless.
func TestGetDuringCommit(t *testing.T) {
	store := &afterCommit{Memory: &blockstore.Memory{}}
	r := open(t, store)
	apply(t, r, repo.Create(at(t, "1"), value(t, "old")))
	type result struct {
		rec   repo.Record
		found bool
		err   error
	}
	results, missed := make(chan result), make(chan struct{}, 1)
	store.miss = func() { missed <- struct{}{} }
	store.do = func() {
		go func() {
			rec, found, err := r.Get(context.Background(), at(t, "1"))
			results <- result{rec, found, err}
		}()
		<-missed
	}
	apply(t, r, repo.Update(at(t, "1"), value(t, "new")))
	got := <-results
	require.NoError(t, got.err)
	require.True(t, got.found)
	require.Equal(t, value(t, "new"), got.rec.Bytes())
}

// If somebody else has written to the store, everybody who comes to what is gone
// is told so.
func TestConflicts(t *testing.T) {
	ledger.Covers(t, "REP-026")
	a, store := holdable(t)
	for name, do := range map[string]func(*repo.Repo) error{
		"Apply": func(r *repo.Repo) error {
			_, err := r.Apply(t.Context(), repo.Update(at(t, "7"), value(t, "x")))
			return err
		},
		"Delete": func(r *repo.Repo) error {
			_, err := r.Apply(t.Context(), repo.Delete(at(t, "7")))
			return err
		},
		"SwapCommit": func(r *repo.Repo) error {
			_, err := r.ApplyWith(t.Context(), &repo.ApplyOptions{SwapCommit: r.Head().CID()}, repo.Delete(at(t, "7")))
			return err
		},
		"Resign": func(r *repo.Repo) error {
			_, err := r.Resign(t.Context())
			return err
		},
		"Get": func(r *repo.Repo) error {
			_, _, err := r.Get(t.Context(), at(t, "7"))
			return err
		},
		"Records": func(r *repo.Repo) error {
			for _, err := range r.Records(t.Context()) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Export":     func(r *repo.Repo) error { return r.Export(t.Context(), io.Discard) },
		"WriteProof": func(r *repo.Repo) error { return r.WriteProof(t.Context(), io.Discard, at(t, "7")) },
		"ExportCollection": func(r *repo.Repo) error {
			return r.ExportCollection(t.Context(), io.Discard, at(t, "7").Collection())
		},
		"ExportSince": func(r *repo.Repo) error { return r.ExportSince(t.Context(), io.Discard, mst.New()) },
		"TreeBefore": func(r *repo.Repo) error {
			rec, found, err := a.Get(t.Context(), at(t, "7"))
			require.NoError(t, err)
			require.True(t, found)
			_, err = r.TreeBefore(t.Context(), repo.Op{Action: mst.Create, Path: at(t, "7"), CID: rec.CID()})
			return err
		},
	} {
		r := open(t, store)
		stale := r.Head().CID()
		rewrite(t, a, name)
		err := do(r)
		require.ErrorIs(t, err, blockstore.ErrConflict, name)
		require.NotErrorIs(t, err, mst.ErrNotFound, name)
		require.Equal(t, &blockstore.ConflictError{Want: stale, Have: a.Head().CID()}, errorIs[*blockstore.ConflictError](t, err), name)
		require.NoError(t, r.Refresh(t.Context()))
		require.NoError(t, do(r), name)
		require.NoError(t, a.Refresh(t.Context()))
		apply(t, a, repo.Put(at(t, "7"), value(t, "back")))
	}
}

// Who wants to hold everything while a commit is under way, of which nothing is
// kept, waits for it.
func TestHoldDuringCommit(t *testing.T) {
	store := &afterCommit{Memory: &blockstore.Memory{}}
	var writes []repo.Write
	for i := range held {
		writes = append(writes, repo.Create(at(t, strconv.Itoa(i)), value(t, strconv.Itoa(i))))
	}
	apply(t, open(t, store), writes...)
	r := open(t, store) // with nothing in memory
	result := make(chan error, 1)
	store.do = func() {
		go func() {
			release, err := r.Hold(context.Background())
			if err != nil {
				result <- err
				return
			}
			defer release()
			for _, err := range r.Tree().Entries(context.Background()) {
				if err != nil {
					result <- err
					return
				}
			}
			result <- nil
		}()
		time.Sleep(50 * time.Millisecond) // in which it could go wrong
	}
	rewrite(t, r, "new ")
	require.NoError(t, <-result)
}
