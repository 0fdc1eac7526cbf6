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
