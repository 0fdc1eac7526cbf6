package repo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

// faulty is a store whose calls fail when asked to.
type faulty struct {
	*blockstore.Memory
	fail  func(call string) error
	calls int
}

func newFaulty() *faulty { return &faulty{Memory: &blockstore.Memory{}} }

func (f *faulty) check(call string) error {
	f.calls++
	if f.fail == nil {
		return nil
	}
	return f.fail(call)
}

func (f *faulty) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if err := f.check("Block"); err != nil {
		return nil, err
	}
	return f.Memory.Block(ctx, c)
}

func (f *faulty) Head(ctx context.Context) (dagcbor.CID, error) {
	if err := f.check("Head"); err != nil {
		return dagcbor.CID{}, err
	}
	return f.Memory.Head(ctx)
}

func (f *faulty) Commit(ctx context.Context, b *blockstore.Batch) error {
	if err := f.check("Commit"); err != nil {
		return err
	}
	c := *b
	c.TrustHashes = false // and so find out whether they are right
	return f.Memory.Commit(ctx, &c)
}

func open(t testing.TB, store blockstore.Store) *repo.Repo {
	t.Helper()
	r, err := repo.Open(t.Context(), store, account, privateKey(t, crypto.K256), nil)
	require.NoError(t, err)
	return r
}

// references returns what is in a store.
func references(t testing.TB, m *blockstore.Memory) map[dagcbor.CID]int {
	t.Helper()
	refs := map[dagcbor.CID]int{}
	for r, err := range m.Refs(t.Context()) {
		require.NoError(t, err)
		refs[r.CID] = r.Refs
	}
	return refs
}

// requireStored compares a store with what has to be in it: the commit, the
// nodes of the tree of records, and each record once for each path.
func requireStored(t testing.TB, m *blockstore.Memory, head *repo.Commit, records map[string]string) {
	t.Helper()
	want := map[dagcbor.CID]int{head.CID(): 1}
	var entries []mst.Entry
	for path, rec := range records {
		e := mst.Entry{Key: path, Value: blockOf([]byte(rec)).CID}
		entries = append(entries, e)
		want[e.Value]++
	}
	root, nodes := treeOf(t, entries...)
	for _, n := range nodes {
		want[n.CID]++
	}
	require.Equal(t, root, head.Data())
	require.Equal(t, want, references(t, m))
	now, err := m.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head.CID(), now)
}

// Whichever call of the store fails: the error comes back, and nothing has
// changed, neither in the store nor in the Repo, which goes on afterwards.
func TestStoreFails(t *testing.T) {
	ledger.Covers(t, "MST-045")
	disk := errors.New("disk is gone")
	memory := &blockstore.Memory{}
	_, err := repo.Import(t.Context(), memory, bytes.NewReader(captured(t, "carol").file), captured(t, "carol").options())
	require.NoError(t, err)
	did := captured(t, "carol").did
	store := &faulty{Memory: memory}
	before := references(t, memory)
	paths := captured(t, "carol").records
	failed := map[string]int{}
	for n := 0; ; n++ {
		left := n
		store.fail = func(call string) error {
			if left--; left < 0 {
				failed[call]++
				return disk
			}
			return nil
		}
		run := func() error {
			r, err := repo.Open(t.Context(), store, did, privateKey(t, crypto.K256), nil)
			if err != nil {
				return err
			}
			head := r.Head()
			_, err = r.Apply(t.Context(), repo.Delete(repoPath(t, paths[50][0])), repo.Create(at(t, "new"), value(t, "new")))
			if err != nil {
				require.Same(t, head, r.Head())
				require.Equal(t, before, references(t, memory))
				store.fail = nil
				require.NoError(t, r.Refresh(t.Context()))
			}
			return err
		}
		if err := run(); err == nil {
			break
		} else {
			require.ErrorIs(t, err, disk)
			require.Equal(t, before, references(t, memory))
		}
	}
	require.Positive(t, failed["Head"])
	require.Positive(t, failed["Block"])
	require.Equal(t, 1, failed["Commit"])
	require.NotEqual(t, before, references(t, memory))
}

// Of two that write to one store one wins, and the other one is told.
func TestConflict(t *testing.T) {
	ledger.Covers(t, "REP-026")
	store := &blockstore.Memory{}
	a, b := open(t, store), open(t, store)
	first := apply(t, a, repo.Create(at(t, "1"), value(t, "a")))
	_, err := b.Apply(t.Context(), repo.Create(at(t, "1"), value(t, "b")))
	require.ErrorIs(t, err, blockstore.ErrConflict)
	require.Equal(t, &blockstore.ConflictError{Have: first.Commit.CID()}, errorIs[*blockstore.ConflictError](t, err))
	require.Nil(t, b.Head())
	_, found, err := b.Get(t.Context(), at(t, "1"))
	require.NoError(t, err)
	require.False(t, found)

	require.NoError(t, b.Refresh(t.Context()))
	require.Equal(t, first.Commit, b.Head())
	_, err = b.Apply(t.Context(), repo.Create(at(t, "1"), value(t, "b")))
	require.ErrorIs(t, err, mst.ErrExists)
	second := apply(t, b, repo.Update(at(t, "1"), value(t, "b")))
	require.Equal(t, first.Commit.Rev(), second.Since)
	require.NoError(t, a.Refresh(t.Context()))
	require.Equal(t, second.Commit, a.Head())
	head := a.Head()
	require.NoError(t, a.Refresh(t.Context()))
	require.Same(t, head, a.Head())
}

// What is replaced while it is looked for is looked for once more.
func TestGetMeanwhile(t *testing.T) {
	for _, call := range []int{1, 2} { // to a node, to the record
		store := newFaulty()
		writer := open(t, store)
		var writes []repo.Write
		for i := range 60 {
			writes = append(writes, repo.Create(at(t, strconv.Itoa(i)), value(t, strconv.Itoa(i))))
		}
		apply(t, writer, writes...)
		r := open(t, store)
		store.calls = 0
		store.fail = func(name string) error {
			if name == "Block" && store.calls == call {
				store.fail = nil
				apply(t, r, repo.Update(at(t, "7"), value(t, "new")))
			}
			return nil
		}
		rec, found, err := r.Get(t.Context(), at(t, "7"))
		require.NoError(t, err, call)
		require.True(t, found)
		require.Equal(t, value(t, "new"), rec.Bytes())
	}
}

// A head that is replaced while it is read is no damage; one that stays is.
func TestRefreshMeanwhile(t *testing.T) {
	store := newFaulty()
	writer := open(t, store)
	apply(t, writer, repo.Create(at(t, "1"), value(t, "a")))
	r := open(t, store)
	apply(t, writer, repo.Create(at(t, "2"), value(t, "b")))
	for _, call := range []int{2, 3} { // to the commit, to the root
		store.calls = 0
		store.fail = func(name string) error {
			if store.calls == call {
				require.Equal(t, "Block", name)
				store.fail = nil
				apply(t, writer, repo.Put(at(t, "2"), value(t, strconv.Itoa(call))))
			}
			return nil
		}
		require.NoError(t, r.Refresh(t.Context()))
		require.Equal(t, writer.Head(), r.Head())
		apply(t, writer, repo.Put(at(t, "2"), value(t, "c")))
	}
	require.NoError(t, store.Memory.Commit(t.Context(), &blockstore.Batch{Prev: writer.Head().CID(), Head: writer.Head().CID(), Drop: []dagcbor.CID{writer.Head().CID()}}))
	require.ErrorIs(t, r.Refresh(t.Context()), mst.ErrNotFound)
}

// What was tolerated when it was imported is opened.
func TestOpenMissingPrev(t *testing.T) {
	ledger.Covers(t, "REP-007")
	f := commitFields().with(fields{"prev": nil})
	commit := blockOf(f.signed(t))
	root, nodes := treeOf(t)
	require.Equal(t, emptyTree, root.String())
	file := carFile([]dagcbor.CID{commit.CID}, append(nodes, commit)...)
	store := &blockstore.Memory{}
	_, err := repo.Import(t.Context(), store, bytes.NewReader(file), options(t))
	errorIs[*repo.CommitError](t, err)
	o := options(t)
	o.AllowMissingPrev = true
	_, err = repo.Import(t.Context(), store, bytes.NewReader(file), o)
	require.NoError(t, err)
	require.Equal(t, commit.CID, open(t, store).Head().CID())
}

// Nodes of a store are compared with their CIDs, also where they could be right.
func TestStoredNodesAreHashed(t *testing.T) {
	store := &blockstore.Memory{}
	w := open(t, store)
	apply(t, w, repo.Create(at(t, "1"), value(t, "a")))
	digest := blockOf(value(t, "a")).CID.Digest()
	other := blockOf(value(t, "b")).CID.Digest()
	swapped := &lying{store, func(c dagcbor.CID, b []byte) ([]byte, error) {
		return bytes.Replace(slices.Clone(b), digest[:], other[:], 1), nil
	}}
	_, err := repo.Open(t.Context(), swapped, account, nil, nil)
	require.Equal(t, w.Head().Data(), errorIs[*mst.NodeError](t, err).CID)
}

// A write that changes nothing puts nothing into the store but a commit.
func TestSameRecord(t *testing.T) {
	r := newRepo(t)
	first := apply(t, r, repo.Create(at(t, "1"), value(t, "a")))
	res := apply(t, r, repo.Put(at(t, "1"), value(t, "a")))
	require.Equal(t, mst.Update, res.Ops[0].Action)
	require.Len(t, res.Batch.Put, 1)
	require.Equal(t, res.Commit.CID(), res.Batch.Put[0].CID)
	require.Equal(t, []dagcbor.CID{first.Commit.CID()}, res.Batch.Drop)
	require.Equal(t, map[string]string{collection + "/1": string(value(t, "a"))}, content(t, r))
}

// Many goroutines write through one Repo and read meanwhile: no write is lost,
// and no read fails.
func TestConcurrentWrites(t *testing.T) {
	r := newRepo(t)
	apply(t, r, repo.Create(at(t, "shared"), value(t, "0")))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				_, err := r.Apply(t.Context(), repo.Create(at(t, fmt.Sprintf("%d-%d", w, i)), value(t, fmt.Sprint(w, i))), repo.Put(at(t, "shared"), value(t, fmt.Sprint(w, i))))
				if err != nil {
					t.Error(err)
				}
				rec, found, err := r.Get(t.Context(), at(t, "shared"))
				if err != nil || !found || !rec.CID().Matches(rec.Bytes()) {
					t.Error(found, err)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, content(t, r), 101)
}

// A swap that does not hold is told with what is there, and nothing is done.
func TestSwap(t *testing.T) {
	ledger.Covers(t, "REP-026")
	r := newRepo(t)
	a, b := value(t, "a"), value(t, "b")
	first := apply(t, r, repo.Create(at(t, "1"), a).IfPrev(dagcbor.CID{}), repo.Create(at(t, "2"), a))
	cidA, cidB := blockOf(a).CID, blockOf(b).CID
	before := stateOf(t, r)
	for want, w := range map[string]repo.Write{
		"there is " + cidA.String():                         repo.Put(at(t, "1"), b).IfPrev(dagcbor.CID{}),
		"swap expects " + cidB.String() + ", there":         repo.Delete(at(t, "1")).IfPrev(cidB),
		"swap expects " + cidA.String() + ", there is none": repo.Put(at(t, "3"), b).IfPrev(cidA),
		"swap expects none":                                 repo.Update(at(t, "2"), b).IfPrev(dagcbor.CID{}),
	} {
		_, err := r.Apply(t.Context(), repo.Delete(at(t, "2")), w)
		if w.Path() == at(t, "2") {
			_, err = r.Apply(t.Context(), repo.Delete(at(t, "1")), w)
		}
		require.ErrorIs(t, err, repo.ErrSwap)
		require.Equal(t, 1, errorIs[*repo.WriteError](t, err).Index)
		require.ErrorContains(t, err, want)
		errorIs[*repo.SwapError](t, err)
		require.Equal(t, before, stateOf(t, r))
	}
	for _, have := range []dagcbor.CID{cidA, first.Commit.Data()} {
		_, err := r.ApplyWith(t.Context(), &repo.ApplyOptions{SwapCommit: have}, repo.Delete(at(t, "1")))
		require.Equal(t, &repo.SwapError{Want: have, Have: first.Commit.CID()}, err)
		require.Equal(t, before, stateOf(t, r))
	}
	_, err := newRepo(t).ApplyWith(t.Context(), &repo.ApplyOptions{SwapCommit: cidA})
	require.EqualError(t, err, "repo: swap expects "+cidA.String()+", there is none")

	res, err := r.ApplyWith(t.Context(), &repo.ApplyOptions{SwapCommit: first.Commit.CID()}, repo.Put(at(t, "1"), b).IfPrev(cidA), repo.Put(at(t, "3"), a).IfPrev(dagcbor.CID{}))
	require.NoError(t, err)
	require.Equal(t, []mst.Action{mst.Update, mst.Create}, []mst.Action{res.Ops[0].Action, res.Ops[1].Action})
}

// What is in the store but is not right is told, not taken.
func TestOpenDamaged(t *testing.T) {
	ledger.Covers(t, "REP-008", "REP-039")
	store := &blockstore.Memory{}
	r := open(t, store)
	require.Nil(t, r.Head())
	apply(t, r, repo.Create(at(t, "1"), value(t, "a")))
	other := syntax.MustParseDID("did:web:bob.example.com")
	_, err := repo.Open(t.Context(), store, other, nil, nil)
	require.Equal(t, &repo.DIDMismatchError{CID: r.Head().CID(), Got: account, Want: other}, err)

	for what, tc := range map[string]struct {
		change func(c dagcbor.CID, b []byte) ([]byte, error)
		want   string
	}{
		"commit gone":    {func(c dagcbor.CID, b []byte) ([]byte, error) { return nil, gone(c == r.Head().CID()) }, "is the head, and missing"},
		"commit changed": {func(c dagcbor.CID, b []byte) ([]byte, error) { return flip(c == r.Head().CID(), b), nil }, "is not what its CID names"},
		"root gone":      {func(c dagcbor.CID, b []byte) ([]byte, error) { return nil, gone(c == r.Head().Data()) }, "missing"},
		"root changed":   {func(c dagcbor.CID, b []byte) ([]byte, error) { return flip(c == r.Head().Data(), b), nil }, "mst: node " + r.Head().Data().String()},
	} {
		_, err := repo.Open(t.Context(), &lying{store, tc.change}, account, nil, nil)
		require.ErrorContains(t, err, tc.want, what)
	}
	isRecord := func(c dagcbor.CID) bool { return c == blockOf(value(t, "a")).CID }
	r, err = repo.Open(t.Context(), &lying{store, func(c dagcbor.CID, b []byte) ([]byte, error) { return flip(isRecord(c), b), nil }}, account, nil, nil)
	require.NoError(t, err)
	_, _, err = r.Get(t.Context(), at(t, "1"))
	require.Equal(t, collection+"/1", errorIs[*repo.RecordError](t, err).Path)
	require.Error(t, r.Export(t.Context(), &bytes.Buffer{}))
	r, err = repo.Open(t.Context(), &lying{store, func(c dagcbor.CID, b []byte) ([]byte, error) { return b, gone(isRecord(c)) }}, account, nil, nil)
	require.NoError(t, err)
	_, _, err = r.Get(t.Context(), at(t, "1"))
	errorIs[*repo.MissingRecordError](t, err)
	_, err = r.Apply(t.Context(), repo.Create(at(t, "2"), value(t, "b")))
	require.EqualError(t, err, "repo: signing a commit: crypto: nil Signer")
}

// lying is a store that hands out something else.
type lying struct {
	*blockstore.Memory
	change func(c dagcbor.CID, b []byte) ([]byte, error)
}

func (l *lying) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	b, err := l.Memory.Block(ctx, c)
	if err != nil {
		return nil, err
	}
	changed, err := l.change(c, b)
	if changed == nil && err == nil {
		changed = b
	}
	return changed, err
}

func gone(is bool) error {
	if is {
		return mst.ErrNotFound
	}
	return nil
}

func flip(is bool, b []byte) []byte {
	if !is {
		return b
	}
	b = slices.Clone(b)
	b[len(b)-1] ^= 1
	return b
}

// Whatever was written by one is read by the other, collection by collection.
func TestCollections(t *testing.T) {
	ledger.Covers(t, "MST-040")
	c := captured(t, "bob")
	store := &blockstore.Memory{}
	commit, err := repo.Import(t.Context(), store, bytes.NewReader(c.file), c.options())
	require.NoError(t, err)
	r, err := repo.Open(t.Context(), store, c.did, nil, nil)
	require.NoError(t, err)
	require.Equal(t, commit, r.Head())
	var all, parts [][2]string
	var names []syntax.NSID
	for rec, err := range r.Records(t.Context()) {
		require.NoError(t, err)
		all = append(all, [2]string{rec.Path(), rec.CID().String()})
		path, err := rec.RepoPath()
		require.NoError(t, err)
		names = append(names, path.Collection())
	}
	require.Equal(t, c.records, all)
	for _, name := range slices.Compact(names) {
		var file bytes.Buffer
		require.NoError(t, r.ExportCollection(t.Context(), &file, name))
		e, err := repo.ReadBytes(file.Bytes(), c.options())
		require.NoError(t, err)
		s, err := repo.ReadStream(t.Context(), bytes.NewReader(file.Bytes()), c.options())
		require.NoError(t, err)
		before := len(parts)
		for rec, err := range r.Collection(t.Context(), name) {
			require.NoError(t, err)
			parts = append(parts, [2]string{rec.Path(), rec.CID().String()})
		}
		for i, list := range []func(context.Context, syntax.NSID) recordSeq{asSeq(e.Collection), asSeq(s.Collection)} {
			var got [][2]string
			for rec, err := range list(t.Context(), name) {
				require.NoError(t, err, i)
				got = append(got, [2]string{rec.Path(), rec.CID().String()})
			}
			require.Equal(t, parts[before:], got)
		}
		require.True(t, s.Stats().Ordered)
	}
	require.Equal(t, all, parts)
}

type recordSeq = func(yield func(repo.Record, error) bool)

func asSeq[S ~func(yield func(repo.Record, error) bool)](f func(context.Context, syntax.NSID) S) func(context.Context, syntax.NSID) recordSeq {
	return func(ctx context.Context, name syntax.NSID) recordSeq { return recordSeq(f(ctx, name)) }
}
