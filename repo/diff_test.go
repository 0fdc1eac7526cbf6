package repo_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
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

// A diff since any earlier revision, put on what was there at that revision, is
// the repository as it is now: exactly, and with the records that came back,
// moved or are at several paths.
func TestImportDiff(t *testing.T) {
	ledger.Covers(t, "REP-032", "REP-034", "REP-035", "SNC-094", "MST-041")
	rnd := rand.New(rand.NewPCG(9, 10))
	r := repo.New(account, privateKey(t, crypto.K256), clockAt(t, rev))
	type snapshot struct {
		tree    *mst.Tree
		file    []byte
		content map[string]string
	}
	var past []snapshot
	have := map[string]string{}
	for range 40 {
		writes, next := randomWrites(t, rnd, 200, have)
		apply(t, r, writes...)
		have = next
		past = append(past, snapshot{r.Tree(), export(t, r), have})
	}
	now := export(t, r)
	for i, s := range past[:len(past)-1] {
		var diff bytes.Buffer
		require.NoError(t, r.ExportSince(t.Context(), &diff, s.tree))
		requireDiff(t, diff.Bytes(), s.tree, s.content, have)

		for _, file := range [][]byte{diff.Bytes(), now} { // the whole is a diff, too
			store := newFaulty()
			_, err := repo.Import(t.Context(), store, bytes.NewReader(s.file), options(t))
			require.NoError(t, err)
			commit, changes, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(file), options(t))
			require.NoError(t, err, i)
			require.Equal(t, r.Head(), commit)
			requireStored(t, store.Memory, commit, have)
			got := maps.Clone(s.content)
			for _, c := range changes {
				if c.Old.Defined() {
					require.Equal(t, blockOf([]byte(got[c.Key])).CID, c.Old)
				}
				delete(got, c.Key)
				if c.New.Defined() {
					require.Equal(t, blockOf([]byte(have[c.Key])).CID, c.New)
					got[c.Key] = have[c.Key]
				}
			}
			require.Equal(t, have, got)
			require.True(t, slices.IsSortedFunc(changes, func(a, b mst.Change) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) }))
		}

		// On what it was not made for it is refused, or happens to have all that is needed.
		if i > 3 {
			store := newFaulty()
			_, err := repo.Import(t.Context(), store, bytes.NewReader(past[i-4].file), options(t))
			require.NoError(t, err)
			before := references(t, store.Memory)
			commit, _, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(diff.Bytes()), options(t))
			if err == nil {
				requireStored(t, store.Memory, commit, have)
			} else {
				require.True(t, isA[*mst.MissingBlockError](err) || isA[*repo.MissingRecordError](err), "%v", err)
				require.Equal(t, before, references(t, store.Memory))
			}
		}
	}
	// Into nothing goes the whole only.
	store := newFaulty()
	_, _, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(now), options(t))
	require.NoError(t, err)
	requireStored(t, store.Memory, r.Head(), have)
	empty := newRepo(t)
	apply(t, empty)
	store = newFaulty()
	_, changes, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(export(t, empty)), options(t))
	require.NoError(t, err)
	require.Empty(t, changes)
	requireStored(t, store.Memory, empty.Head(), nil)
	var all bytes.Buffer
	require.NoError(t, r.ExportSince(t.Context(), &all, nil))
	require.Equal(t, now, all.Bytes())
}

// requireDiff checks what is in a diff: the commit, the nodes that were not
// there, the records that are new at their path, and nothing else.
func requireDiff(t testing.TB, file []byte, base *mst.Tree, was, is map[string]string) {
	t.Helper()
	roots, blocks := sections(t, file)
	require.Equal(t, roots[0], blocks[0].CID)
	want := map[dagcbor.CID]bool{roots[0]: true}
	old := map[dagcbor.CID]bool{}
	for s, err := range base.Preorder(t.Context()) {
		require.NoError(t, err)
		old[s.CID] = s.Node != nil
	}
	var entries []mst.Entry
	for path, rec := range is {
		c := blockOf([]byte(rec)).CID
		entries = append(entries, mst.Entry{Key: path, Value: c})
		if was[path] != rec {
			want[c] = true
		}
	}
	_, nodes := treeOf(t, entries...)
	for _, n := range nodes {
		if !old[n.CID] {
			want[n.CID] = true
		}
	}
	got := map[dagcbor.CID]bool{}
	for _, b := range blocks {
		got[b.CID] = true
	}
	require.Equal(t, want, got)
}

// A record that was there before, went and came back is in the diff since it was
// gone.
func TestDiffABA(t *testing.T) {
	ledger.Covers(t, "REP-032")
	r := newRepo(t)
	a, b := value(t, "a"), value(t, "b")
	apply(t, r, repo.Create(at(t, "1"), a), repo.Create(at(t, "2"), b))
	apply(t, r, repo.Update(at(t, "1"), b))
	since := r.Tree()
	apply(t, r, repo.Update(at(t, "1"), a))             // A-B-A
	apply(t, r, repo.Delete(at(t, "2")))                // gone
	apply(t, r, repo.Create(at(t, "3"), b))             // moved
	apply(t, r, repo.Create(at(t, "4"), value(t, "x"))) // superseded
	apply(t, r, repo.Update(at(t, "4"), value(t, "y")))
	var file bytes.Buffer
	require.NoError(t, r.ExportSince(t.Context(), &file, since))
	_, blocks := sections(t, file.Bytes())
	has := map[dagcbor.CID]bool{}
	for _, x := range blocks {
		has[x.CID] = true
	}
	for text, want := range map[string]bool{"a": true, "b": true, "x": false, "y": true} {
		require.Equal(t, want, has[blockOf(value(t, text)).CID], text)
	}

	// What went and came back to where it was is no difference of the trees.
	since = r.Tree()
	var written []syntax.RepoPath
	for _, w := range []repo.Write{
		repo.Delete(at(t, "3")), repo.Create(at(t, "3"), b), repo.Create(at(t, "9"), b), repo.Delete(at(t, "9")),
		repo.Delete(at(t, "1")), repo.Create(at(t, "1"), a), repo.Delete(at(t, "4")), repo.Create(at(t, "5"), value(t, "z")),
	} {
		written = append(written, apply(t, r, w).Ops[0].Path)
	}
	file.Reset()
	unsorted := slices.Clone(written)
	require.NoError(t, r.ExportSince(t.Context(), &file, since, written...))
	require.Equal(t, unsorted, written)
	_, blocks = sections(t, file.Bytes())
	last := len(blocks) - 2
	require.Equal(t, []dagcbor.CID{blockOf(a).CID, blockOf(b).CID}, []dagcbor.CID{blocks[last].CID, blocks[last+1].CID}) // in their order
	counts := map[dagcbor.CID]int{}
	for _, x := range blocks {
		counts[x.CID]++
	}
	for text, want := range map[string]int{"a": 1, "b": 1, "y": 0, "z": 1} {
		require.Equal(t, want, counts[blockOf(value(t, text)).CID], text)
	}
}

// Trees are compared without a store, too.
func TestExportTree(t *testing.T) {
	ledger.Covers(t, "MST-041")
	c := captured(t, "carol")
	e, err := repo.ReadBytes(c.file, c.options())
	require.NoError(t, err)
	tree, err := e.Tree(t.Context())
	require.NoError(t, err)
	require.Equal(t, e.Commit().Data(), tree.Root())
	n := 0
	for _, err := range mst.Diff(t.Context(), mst.New(), tree) {
		require.NoError(t, err)
		n++
	}
	require.Len(t, c.records, n)

	o := c.options()
	o.Tree = &mst.Options{MaxEntries: int64(n - 1)}
	e, err = repo.ReadBytes(c.file, o)
	require.NoError(t, err)
	tree, err = e.Tree(t.Context())
	require.NoError(t, err)
	_, err = tree.Count(t.Context())
	errorIs[*repo.LimitError](t, err)
}

// A host that keeps ops serves what is new, whatever is written meanwhile.
func TestExportSinceOps(t *testing.T) {
	ledger.Covers(t, "REP-032")
	r, store := holdable(t)
	mirror := &blockstore.Memory{}
	_, err := repo.Import(t.Context(), mirror, bytes.NewReader(export(t, r)), options(t))
	require.NoError(t, err)
	since, whole := r.Tree().Root(), export(t, r)
	a := value(t, "1")
	first := apply(t, r, repo.Delete(at(t, "1")), repo.Update(at(t, "2"), value(t, "x")))
	second := apply(t, r, repo.Create(at(t, "1"), a), repo.Create(at(t, "3x"), value(t, "y")))
	ops := slices.Concat(first.Ops, second.Ops)
	r = open(t, store)

	var want bytes.Buffer
	base, err := r.TreeBefore(t.Context(), ops...)
	require.NoError(t, err)
	require.NoError(t, r.ExportSince(t.Context(), &want, base, at(t, "1"), at(t, "2"), at(t, "3x")))
	calls := 1
	for call := 0; call <= calls; call++ { // at which somebody writes
		other := newFaulty()
		copyStore(t, other.Memory, store.Memory)
		r := open(t, other)
		other.calls = 0
		other.fail = func(string) error {
			if other.calls == call {
				other.fail = nil
				rewrite(t, r, "new ")
			}
			return nil
		}
		var got bytes.Buffer
		require.NoError(t, r.ExportSinceOps(t.Context(), &got, since, ops...), call)
		require.Equal(t, want.Bytes(), got.Bytes(), call)
		if call == 0 {
			calls = other.calls
		}
	}
	require.Greater(t, calls, 5)
	commit, _, err := repo.ImportDiff(t.Context(), mirror, &want, options(t))
	require.NoError(t, err)
	requireStored(t, mirror, commit, content(t, r))

	// Ops that are not those since then are told, before anything is written.
	for name, tc := range map[string]struct {
		ops []repo.Op
		got dagcbor.CID
	}{
		"the last are missing":  {first.Ops, dagcbor.CID{}},
		"the first are missing": {second.Ops, second.PrevData},
		"none":                  {nil, r.Head().Data()},
	} {
		var file bytes.Buffer
		err := r.ExportSinceOps(t.Context(), &file, since, tc.ops...)
		require.Zero(t, file.Len(), name)
		if !tc.got.Defined() {
			errorIs[*mst.CommitOpError](t, err)
			continue
		}
		require.Equal(t, &repo.SinceError{Want: since, Got: tc.got}, err, name)
		require.ErrorIs(t, err, repo.ErrDesynchronized)
		require.EqualError(t, err, "repo: ops lead from the root "+tc.got.String()+", not from "+since.String())
	}
	var file bytes.Buffer
	require.NoError(t, r.ExportSinceOps(t.Context(), &file, dagcbor.CID{}, ops...)) // before the first commit
	require.Equal(t, export(t, r), file.Bytes())
	require.NotEqual(t, whole, file.Bytes())
}

// copyStore copies what is in a store.
func copyStore(t *testing.T, to, from *blockstore.Memory) {
	t.Helper()
	head, err := from.Head(t.Context())
	require.NoError(t, err)
	b := &blockstore.Batch{Head: head}
	for ref, err := range from.Refs(t.Context()) {
		require.NoError(t, err)
		block, err := from.Block(t.Context(), ref.CID)
		require.NoError(t, err)
		for range ref.Refs {
			b.Put = append(b.Put, car.Block{CID: ref.CID, Data: block})
		}
	}
	require.NoError(t, to.Commit(t.Context(), b))
}

// A diff of nothing to nothing has the root, for whoever has nothing yet.
func TestExportSinceEmpty(t *testing.T) {
	r := newRepo(t)
	apply(t, r)
	var file bytes.Buffer
	require.NoError(t, r.ExportSince(t.Context(), &file, mst.New()))
	require.Equal(t, export(t, r), file.Bytes())
	store := &blockstore.Memory{}
	commit, changes, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(file.Bytes()), options(t))
	require.NoError(t, err)
	require.Empty(t, changes)
	requireStored(t, store, commit, nil)

	res := apply(t, r)
	file.Reset()
	require.NoError(t, r.ExportSinceOps(t.Context(), &file, res.PrevData, res.Ops...))
	commit, _, err = repo.ImportDiff(t.Context(), store, bytes.NewReader(file.Bytes()), options(t))
	require.NoError(t, err)
	requireStored(t, store, commit, nil)
}

// What the options ask of a repository holds for what is new in a diff.
func TestImportDiffOptions(t *testing.T) {
	bad := blockOf(dagcbor.AppendText(nil, "no record"))
	wrong := forge(t, []mst.Entry{{Key: collection + "/1", Value: bad.CID}}, bad)
	r, _ := holdable(t)
	good := export(t, r)
	nodes := int64(0)
	for step, err := range r.Tree().Preorder(t.Context()) {
		require.NoError(t, err)
		if step.Node != nil {
			nodes++
		}
	}
	for name, tc := range map[string]struct {
		file    []byte
		o       repo.Options
		refused func(error) bool
	}{
		"records":        {wrong, repo.Options{CheckRecords: true}, isA[*repo.RecordError]},
		"any records":    {wrong, repo.Options{}, nil},
		"right records":  {good, repo.Options{CheckRecords: true}, nil},
		"entries":        {good, repo.Options{Tree: &mst.Options{MaxEntries: held - 1}}, isA[*repo.LimitError]},
		"enough entries": {good, repo.Options{Tree: &mst.Options{MaxEntries: held}}, nil},
		"any entries":    {good, repo.Options{Tree: &mst.Options{MaxEntries: -1}}, nil},
		"nodes":          {good, repo.Options{Tree: &mst.Options{MaxNodes: nodes - 1}}, isA[*repo.LimitError]},
		"enough nodes":   {good, repo.Options{Tree: &mst.Options{MaxNodes: nodes}}, nil},
	} {
		o := tc.o
		o.Key, o.DID = privateKey(t, crypto.K256).PublicKey(), account
		for i, run := range []func(blockstore.Store) error{
			func(s blockstore.Store) error {
				_, err := repo.Import(t.Context(), s, bytes.NewReader(tc.file), &o)
				return err
			},
			func(s blockstore.Store) error {
				_, _, err := repo.ImportDiff(t.Context(), s, bytes.NewReader(tc.file), &o)
				return err
			},
		} {
			store := &blockstore.Memory{}
			err := run(store)
			require.Equal(t, tc.refused != nil, err != nil, "%s %d: %v", name, i, err)
			if err != nil {
				require.True(t, tc.refused(err), "%s %d: %v", name, i, err)
				require.Zero(t, store.Len())
			}
		}
	}
}
