package repo_test

import (
	"fmt"
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

// Of each op that says too little, too much, or something else than the tree, the
// error tells which one it is and what is wrong with it.
func TestMessageOps(t *testing.T) {
	ledger.Covers(t, "SNC-060", "REP-025")
	_, good, states := chain(t)
	key := privateKey(t, crypto.K256).PublicKey()
	a := blockOf(value(t, "a")).CID
	for _, tc := range []struct {
		op     int // create, update, delete, delete
		change func(op *repo.Op)
		want   string
	}{
		{0, func(op *repo.Op) { op.Action = mst.Put }, `put of "com.example.record/new": no such action`},
		{2, func(op *repo.Op) { op.Action = 77 }, `action(77) of "com.example.record/20": no such action`},
		{1, func(op *repo.Op) { op.Path = syntax.RepoPath{} }, `update of "": has no path`},
		{2, func(op *repo.Op) { op.CID = a }, `delete of "com.example.record/20": has a cid`},
		{0, func(op *repo.Op) { op.CID = dagcbor.CID{} }, `create of "com.example.record/new": has no cid`},
		{1, func(op *repo.Op) { op.CID = dagcbor.CID{} }, `update of "com.example.record/7": has no cid`},
		{0, func(op *repo.Op) { op.Prev = a }, `create of "com.example.record/new": has a prev`},
		{1, func(op *repo.Op) { op.Prev = dagcbor.CID{} }, `update of "com.example.record/7": has no prev`},
		{3, func(op *repo.Op) { op.Prev = dagcbor.CID{} }, `delete of "com.example.record/21": has no prev`},
		{0, func(op *repo.Op) { op.Path, op.CID = at(t, "other"), good.Ops[1].CID }, `create of "com.example.record/other": the tree does not have the key`},
		{1, func(op *repo.Op) { op.CID = good.Ops[0].CID }, `update of "com.example.record/7": the tree has the value ` + good.Ops[1].CID.String()},
	} {
		m := *good
		m.Ops = slices.Clone(good.Ops)
		tc.change(&m.Ops[tc.op])
		_, err := verifier().Commit(t.Context(), &m, key, &states[0])
		bad := errorIs[*repo.MessageError](t, err)
		require.Equal(t, []any{account, good.Rev, "ops", tc.op}, []any{bad.Repo, bad.Rev, bad.Field, bad.Op}, tc.want)
		require.EqualError(t, err, fmt.Sprintf("repo: message %s of %s: ops %d: %s", good.Rev, account, tc.op, tc.want))
	}
}

// Two roots that nobody knows are not the same tree.
func TestSameTreeOfNone(t *testing.T) {
	require.False(t, (&repo.ChainError{}).SameTree())
	root := dagcbor.MustParseCID(emptyTree)
	require.True(t, (&repo.ChainError{PrevData: root, Last: repo.State{Data: root}}).SameTree())
}
