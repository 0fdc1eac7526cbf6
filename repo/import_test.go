package repo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// recordsOf returns the records of a capture's file by path.
func recordsOf(t testing.TB, c capture) map[string]string {
	t.Helper()
	e, err := repo.ReadBytes(c.file, c.options())
	require.NoError(t, err)
	m := map[string]string{}
	for rec, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		m[rec.Path()] = string(rec.Bytes())
	}
	return m
}

// What is imported is what was exported, block for block, and nothing that the
// file has besides.
func TestImport(t *testing.T) {
	ledger.Covers(t, "CAR-014", "CAR-017", "REP-029", "REP-039")
	_, foreign := sections(t, captured(t, "dan").file)
	for _, name := range captures {
		c := captured(t, name)
		roots, blocks := sections(t, c.file)
		store := newFaulty()
		commit, err := repo.Import(t.Context(), store, bytes.NewReader(carFile(roots, slices.Concat(foreign, blocks)...)), c.options())
		require.NoError(t, err)
		require.Equal(t, c.head, commit.CID().String())
		requireStored(t, store.Memory, commit, recordsOf(t, c))
		for _, again := range []func() error{ // it is not later than what is there
			func() error {
				_, err := repo.Import(t.Context(), store, bytes.NewReader(c.file), c.options())
				return err
			},
			func() error {
				_, _, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(c.file), c.options())
				return err
			},
		} {
			require.Equal(t, &repo.StaleError{Repo: c.did, Rev: commit.Rev(), Last: commit.Rev()}, again())
		}

		// A host that takes over the account signs with its own key.
		r, err := repo.Open(t.Context(), store, c.did, privateKey(t, crypto.P256), clockAt(t, rev))
		require.NoError(t, err)
		res, err := r.Resign(t.Context())
		require.NoError(t, err)
		require.Equal(t, []any{commit.Data(), commit.Rev()}, []any{res.Commit.Data(), res.Since})
		require.Positive(t, res.Commit.Rev().Compare(commit.Rev()))
		require.NoError(t, res.Commit.Verify(privateKey(t, crypto.P256).PublicKey()))
		requireStored(t, store.Memory, res.Commit, recordsOf(t, c))

		// What is older does not come back.
		before := references(t, store.Memory)
		_, err = repo.Import(t.Context(), store, bytes.NewReader(c.file), c.options())
		require.Equal(t, &repo.StaleError{Repo: c.did, Rev: commit.Rev(), Last: res.Commit.Rev()}, err)
		_, _, err = repo.ImportDiff(t.Context(), store, bytes.NewReader(c.file), c.options())
		require.ErrorIs(t, err, repo.ErrStale)
		require.Equal(t, before, references(t, store.Memory))
	}
}

// What can't be verified leaves nothing behind, nor does a store that fails at
// any call.
func TestImportFails(t *testing.T) {
	ledger.Covers(t, "REP-030", "REP-039")
	c := captured(t, "carol")
	roots, blocks := sections(t, c.file)
	bob, key := identity(t, "bob")
	for name, tc := range map[string]struct {
		file []byte
		o    repo.Options
	}{
		"cut":           {carFile(roots, blocks[:len(blocks)-1]...), repo.Options{}},
		"changed":       {flip(true, c.file), repo.Options{}},
		"other account": {c.file, repo.Options{DID: bob}},
		"other key":     {c.file, repo.Options{Key: key}},
		"no records":    {c.file, repo.Options{SkipRecords: true}},
	} {
		o := *c.options()
		if tc.o.Key != nil {
			o.Key = tc.o.Key
		}
		if !tc.o.DID.IsZero() {
			o.DID = tc.o.DID
		}
		o.SkipRecords = tc.o.SkipRecords
		store := newFaulty()
		store.fail = func(call string) error {
			require.NotEqual(t, "Commit", call, name) // there is nothing to be stored, nor to be undone
			return nil
		}
		_, err := repo.Import(t.Context(), store, bytes.NewReader(tc.file), &o)
		require.Error(t, err, name)
		require.Equal(t, o.SkipRecords, err.Error() == "repo: import without the records")
		require.Zero(t, store.Len(), name)
	}
	_, err := repo.Import(t.Context(), newFaulty(), bytes.NewReader(c.file), nil)
	require.Error(t, err)

	// Into the store of another account.
	store := newFaulty()
	apply(t, open(t, store), repo.Create(at(t, "1"), value(t, "a")))
	before := references(t, store.Memory)
	for _, try := range []func() error{
		func() error {
			_, err := repo.Import(t.Context(), store, bytes.NewReader(c.file), c.options())
			return err
		},
		func() error {
			_, _, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(c.file), c.options())
			return err
		},
	} {
		errorIs[*repo.DIDMismatchError](t, try())
		require.Equal(t, before, references(t, store.Memory))
	}
}

// A large repository comes in several batches. Until the last one the store
// shows what was there; when one fails, or the reader, or the context ends, that
// is what is there afterwards.
func TestImportBatches(t *testing.T) {
	ledger.Covers(t, "REP-039", "CAR-017")
	file := synthetic(t, 20_000)
	o := options(t)
	disk := errors.New("disk is gone")
	e, err := repo.ReadBytes(file, o)
	require.NoError(t, err)

	for _, old := range []bool{false, true} {
		store := newFaulty()
		if old {
			early := repo.UnsignedCommit{DID: account, Rev: syntax.MustParseTID("3jzfcijpj2z22"), Data: dagcbor.MustParseCID(emptyTree)}
			c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), early)
			require.NoError(t, err)
			root, nodes := treeOf(t)
			require.Equal(t, early.Data, root)
			_, err = repo.Import(t.Context(), store, bytes.NewReader(carFile([]dagcbor.CID{c.CID()}, append(nodes, car.Block{CID: c.CID(), Data: c.Bytes()})...)), o)
			require.NoError(t, err)
		}
		before := references(t, store.Memory)
		head, err := store.Memory.Head(t.Context())
		require.NoError(t, err)

		batches := 0
		store.fail = func(call string) error {
			if call == "Commit" {
				batches++
				now, err := store.Memory.Head(t.Context())
				require.NoError(t, err)
				require.Equal(t, head, now)
			}
			return nil
		}
		for bad := 1; ; bad++ {
			batches = 0
			inner := store.fail
			store.fail = func(call string) error {
				if call == "Commit" && batches+1 == bad {
					batches++
					return disk
				}
				return inner(call)
			}
			commit, err := repo.Import(t.Context(), store, bytes.NewReader(file), o)
			store.fail = inner
			if err == nil {
				require.Greater(t, bad, 3)
				require.Equal(t, e.Commit().CID(), commit.CID())
				break
			}
			require.ErrorIs(t, err, disk)
			require.Equal(t, before, references(t, store.Memory))
		}
		r, err := repo.Open(t.Context(), store, account, nil, nil)
		require.NoError(t, err)
		store.fail = nil
		var out bytes.Buffer
		require.NoError(t, r.Export(t.Context(), &out))
		require.True(t, bytes.Equal(file, out.Bytes()))

		// The reader fails in the middle, or the caller gives up.
		store = newFaulty()
		_, err = repo.Import(t.Context(), store, io.MultiReader(bytes.NewReader(file[:len(file)-100]), failing{disk}), o)
		require.Error(t, err)
		require.Zero(t, store.Len())
		ctx, cancel := context.WithCancel(t.Context())
		store.fail = func(string) error {
			if store.Len() > 0 {
				cancel()
			}
			return nil
		}
		_, err = repo.Import(ctx, store, bytes.NewReader(file), o)
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, store.Len())
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// batches is a store that notes how large the batches are that it gets.
type batches struct {
	blockstore.Memory
	count, blocks, bytes int // how many, and the most in one
}

func (s *batches) Commit(ctx context.Context, b *blockstore.Batch) error {
	s.count++
	size := 0
	for _, block := range b.Put {
		size += len(block.Data)
	}
	s.blocks, s.bytes = max(s.blocks, len(b.Put)), max(s.bytes, size)
	return s.Memory.Commit(ctx, b)
}

// No batch is large, neither of many small blocks nor of few large ones.
func TestImportBatchSizes(t *testing.T) {
	small := &batches{}
	_, err := repo.Import(t.Context(), small, bytes.NewReader(synthetic(t, 14_000)), options(t))
	require.NoError(t, err)
	require.Greater(t, small.count, 2)
	require.LessOrEqual(t, small.blocks, 8193) // and the commit

	var entries []mst.Entry
	var blocks []car.Block
	for i := range 20 {
		b := blockOf(value(t, strings.Repeat(strconv.Itoa(i%10), 900_000+i)))
		entries, blocks = append(entries, mst.Entry{Key: fmt.Sprintf("%s/%d", collection, i), Value: b.CID}), append(blocks, b)
	}
	large := &batches{}
	_, err = repo.Import(t.Context(), large, bytes.NewReader(forge(t, entries, blocks...)), options(t))
	require.NoError(t, err)
	require.Greater(t, large.count, 3)
	require.Less(t, large.bytes, 6<<20)
}

// After a batch that failed the blocks are taken out again, whatever the store
// does meanwhile: it has made the commit nevertheless, or somebody else commits.
func TestImportUndo(t *testing.T) {
	disk := errors.New("disk is gone")
	file := synthetic(t, 9_000)
	e, err := repo.ReadBytes(file, options(t))
	require.NoError(t, err)
	head := e.Commit().CID()

	// The last batch was stored, and then an error came.
	done := &unreliable{after: func(b *blockstore.Batch) error {
		if b.Head == head {
			return disk
		}
		return nil
	}}
	_, err = repo.Import(t.Context(), done, bytes.NewReader(file), options(t))
	require.Equal(t, disk, err)
	r, err := repo.Open(t.Context(), done, account, nil, nil)
	require.NoError(t, err)
	require.True(t, bytes.Equal(file, export(t, r)))

	// Somebody else commits before the last batch, and again while it is undone.
	var others []*repo.Commit
	busy := &unreliable{}
	busy.before = func(b *blockstore.Batch) error {
		if b.Head != head && (len(b.Drop) == 0 || len(others) > 2) {
			return nil
		}
		now, err := busy.Head(t.Context())
		require.NoError(t, err)
		c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: clockAt(t, rev).Next(), Data: blockOf([]byte{byte(len(others))}).CID})
		require.NoError(t, err)
		others = append(others, c)
		return busy.Memory.Commit(t.Context(), &blockstore.Batch{Prev: now, Head: c.CID(), Put: []car.Block{{CID: c.CID(), Data: c.Bytes()}}})
	}
	_, err = repo.Import(t.Context(), busy, bytes.NewReader(file), options(t))
	require.ErrorIs(t, err, blockstore.ErrConflict)
	require.Len(t, others, 3)
	left := map[dagcbor.CID]int{}
	for _, c := range others {
		left[c.CID()] = 1
	}
	require.Equal(t, left, references(t, &busy.Memory))

	// What the head is can't be found out any more.
	blind := newFaulty()
	failed := false
	blind.fail = func(call string) error {
		if failed && call == "Head" {
			return disk
		}
		if !failed && call == "Commit" && blind.Len() > 0 {
			failed = true
			return disk
		}
		return nil
	}
	_, err = repo.Import(t.Context(), blind, bytes.NewReader(file), options(t))
	require.ErrorIs(t, err, disk)
	require.ErrorContains(t, err, "blocks stay in the store: disk is gone")
}

// unreliable is a store in which things happen around a commit.
type unreliable struct {
	blockstore.Memory
	before, after func(*blockstore.Batch) error
}

func (u *unreliable) Commit(ctx context.Context, b *blockstore.Batch) error {
	if u.before != nil {
		if err := u.before(b); err != nil {
			return err
		}
	}
	if err := u.Memory.Commit(ctx, b); err != nil || u.after == nil {
		return err
	}
	return u.after(b)
}

// When not even cleaning up works that is said.
func TestImportLeaves(t *testing.T) {
	store := newFaulty()
	disk := errors.New("disk is gone")
	n := 0
	store.fail = func(call string) error {
		if call == "Commit" {
			if n++; n > 1 {
				return disk
			}
		}
		return nil
	}
	_, err := repo.Import(t.Context(), store, bytes.NewReader(synthetic(t, 20_000)), options(t))
	require.ErrorIs(t, err, disk)
	require.ErrorContains(t, err, "blocks stay in the store: disk is gone")
}

// denying is a store that refuses all but the first batch as if somebody else
// had committed, and moves its head if it is told to.
type denying struct {
	blockstore.Memory
	t     *testing.T
	moves int
	tries int
}

func (d *denying) Commit(ctx context.Context, b *blockstore.Batch) error {
	if d.tries++; d.tries == 1 {
		return d.Memory.Commit(ctx, b)
	}
	if d.tries > 1000 {
		d.t.Error("no end")
		return errors.New("no end")
	}
	if d.tries-2 < d.moves {
		head, err := d.Head(ctx)
		require.NoError(d.t, err)
		next := blockOf([]byte(strconv.Itoa(d.tries)))
		require.NoError(d.t, d.Memory.Commit(ctx, &blockstore.Batch{Prev: head, Head: next.CID, Put: []car.Block{next}}))
	}
	return &blockstore.ConflictError{}
}

// A store in which nobody commits, but which says so, or in which somebody
// commits all the time, is left as it is at some time.
func TestImportUndoEnds(t *testing.T) {
	file := synthetic(t, 9_000)
	for moves, want := range map[int]int{
		0:    2 + 1, // nobody, so that it is tried once
		1:    2 + 1, // the import's own conflict
		4:    2 + 4,
		1000: 2 + 10,
	} {
		store := &denying{t: t, moves: moves}
		_, err := repo.Import(t.Context(), store, bytes.NewReader(file), options(t))
		require.ErrorIs(t, err, blockstore.ErrConflict)
		require.ErrorContains(t, err, "blocks stay in the store: blockstore: head is")
		require.Equal(t, want, store.tries, moves)
	}
}
