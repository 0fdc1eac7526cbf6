package repo_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
)

// permuted calls yield with s in every order.
func permuted[T any](s []T, yield func([]T)) {
	if len(s) < 2 {
		yield(s)
		return
	}
	for i := range s {
		rest := slices.Delete(slices.Clone(s), i, i+1)
		permuted(rest, func(p []T) { yield(append([]T{s[i]}, p...)) })
	}
}

// The order of ops says nothing: a message is verified in any, the records come
// in the order of the ops, and an op at fault is named by its place in the
// message.
func TestOpsInAnyOrder(t *testing.T) {
	ledger.Covers(t, "SNC-060")
	_, good, states := chain(t)
	key := privateKey(t, crypto.K256).PublicKey()
	v := verifier()
	other := blockOf(value(t, "unrelated")).CID
	require.Greater(t, len(good.Ops), 3)
	permuted(good.Ops[:4], func(first []repo.Op) {
		m := *good
		m.Ops = slices.Concat(first, good.Ops[4:])
		got, err := v.Commit(t.Context(), &m, key, &states[0])
		require.NoError(t, err)
		for i, op := range m.Ops {
			require.Equal(t, op.CID, got.Records[i].CID())
		}
		for i, op := range m.Ops {
			if op.Action == mst.Delete {
				continue
			}
			bad := m
			bad.Ops = slices.Clone(m.Ops)
			bad.Ops[i] = repo.Op{Action: mst.Delete, Path: op.Path, Prev: other}
			_, err := v.Commit(t.Context(), &bad, key, &states[0])
			found, is := errors.AsType[*repo.MessageError](err)
			require.True(t, is, err)
			require.Equal(t, i, found.Op)
			why, is := errors.AsType[*mst.CommitOpError](err)
			require.True(t, is, err)
			require.Equal(t, i, why.Index)
			require.Equal(t, op.Path.String(), why.Op.Key)
		}
	})
}

// A path that occurs twice is refused wherever the two stand, also where nothing
// is undone for want of prevData.
func TestPathTwice(t *testing.T) {
	ledger.Covers(t, "REP-024")
	_, good, states := chain(t)
	key := privateKey(t, crypto.K256).PublicKey()
	for _, withPrevData := range []bool{true, false} {
		v := verifier()
		v.Options.AllowMissingPrevData = true
		for from := range good.Ops {
			for to := range len(good.Ops) + 1 {
				m := *good
				if !withPrevData {
					m.PrevData = dagcbor.CID{}
				}
				m.Ops = slices.Insert(slices.Clone(good.Ops), to, good.Ops[from])
				refuse := func() {
					_, err := v.Commit(t.Context(), &m, key, &states[0])
					found, is := errors.AsType[*repo.MessageError](err)
					require.True(t, is, err)
					require.Equal(t, "path \""+good.Ops[from].Path.String()+"\" occurs twice", found.Msg)
					require.Equal(t, -1, found.Op)
				}
				refuse()
				slices.SortFunc(m.Ops, func(a, b repo.Op) int { return a.Path.Compare(b.Path) })
				refuse()
			}
		}
	}
}
