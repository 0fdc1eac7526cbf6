package repo_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
)

// From the ops since then an earlier tree comes back, of a repository that was
// opened afterwards.
func TestTreeBefore(t *testing.T) {
	r, store := holdable(t)
	old := map[dagcbor.CID]int{} // how many ops came before
	var ops []repo.Op
	for _, writes := range [][]repo.Write{
		{repo.Update(at(t, "1"), value(t, "x")), repo.Delete(at(t, "2")), repo.Create(at(t, "new"), value(t, "1"))},
		{repo.Update(at(t, "1"), value(t, "y")), repo.Create(at(t, "2"), value(t, "again"))},
		{},
		{repo.Delete(at(t, "new")), repo.Delete(at(t, "1"))},
		{repo.Create(at(t, "1"), value(t, "1"))},
		{repo.Update(at(t, "1"), value(t, "x")), repo.Create(at(t, "last"), value(t, "last"))},
	} {
		old[r.Tree().Root()] = len(ops)
		ops = append(ops, apply(t, r, writes...).Ops...)
	}
	r = open(t, store)
	for root, n := range old {
		tree, err := r.TreeBefore(t.Context(), ops[n:]...)
		require.NoError(t, err)
		require.Equal(t, root, tree.Root(), n)
		var b bytes.Buffer
		require.NoError(t, r.ExportSince(t.Context(), &b, tree))
		for _, err := range mst.Diff(t.Context(), tree, r.Tree()) {
			require.NoError(t, err)
		}
	}
	tree, err := r.TreeBefore(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.Head().Data(), tree.Root())

	for i := range ops {
		others := append([]repo.Op(nil), ops...)
		if others[i].CID == (dagcbor.CID{}) {
			others[i].Action, others[i].CID = mst.Update, others[i].Prev
		} else {
			others[i].CID = dagcbor.Sum(dagcbor.DAGCBOR, []byte("other"))
		}
		_, err := r.TreeBefore(t.Context(), others...)
		bad := errorIs[*mst.CommitOpError](t, err)
		require.Equal(t, i, bad.Index)
		require.Equal(t, ops[i].CID, bad.Found)
		require.ErrorContains(t, err, "what comes after it has another value")
	}
}

// An op that makes no sense is not undone.
func TestTreeBeforeNonsense(t *testing.T) {
	r, _ := holdable(t)
	a, b := blockOf(value(t, "1")).CID, blockOf(value(t, "2")).CID
	for _, tc := range []struct {
		op   repo.Op
		want string
	}{
		{repo.Op{}, "it has no path"},
		{repo.Op{Action: mst.Create, CID: a}, "it has no path"},
		{repo.Op{Path: at(t, "none")}, "its action is not one of a commit"},
		{repo.Op{Action: mst.Put, Path: at(t, "1"), CID: a}, "its action is not one of a commit"},
		{repo.Op{Action: mst.Create, Path: at(t, "1"), CID: a, Prev: b}, "its CIDs are not those of its action"},
		{repo.Op{Action: mst.Create, Path: at(t, "none")}, "its CIDs are not those of its action"},
		{repo.Op{Action: mst.Update, Path: at(t, "1"), CID: a}, "its CIDs are not those of its action"},
		{repo.Op{Action: mst.Update, Path: at(t, "none"), Prev: a}, "its CIDs are not those of its action"},
		{repo.Op{Action: mst.Delete, Path: at(t, "1"), CID: a, Prev: b}, "its CIDs are not those of its action"},
		{repo.Op{Action: mst.Delete, Path: at(t, "none")}, "its CIDs are not those of its action"},
	} {
		good := repo.Op{Action: mst.Create, Path: at(t, "2"), CID: b}
		tree, err := r.TreeBefore(t.Context(), tc.op, good)
		require.Nil(t, tree)
		bad := errorIs[*mst.CommitOpError](t, err)
		require.Equal(t, []any{0, tc.want, tc.op.Path.String()}, []any{bad.Index, bad.Msg, bad.Op.Key})
		err = r.ExportSinceOps(t.Context(), new(bytes.Buffer), a, tc.op)
		require.Equal(t, tc.want, errorIs[*mst.CommitOpError](t, err).Msg)
	}
}
