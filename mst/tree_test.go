package mst_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

func TestEmptyTree(t *testing.T) {
	ledger.Covers(t, "MST-007", "MST-008", "MST-009", "MST-012", "MST-038")
	empty := mst.New()
	requireTree(t, nil, empty)
	require.Equal(t, emptyRoot, empty.Root().String())
	_, found, err := empty.Get(t.Context(), "a")
	require.NoError(t, err)
	require.False(t, found)
	_, err = empty.Delete(t.Context(), "a")
	require.ErrorIs(t, err, mst.ErrNoKey)
	_, err = empty.Put(t.Context(), "", leafValue)
	require.IsType(t, &mst.KeyError{}, errors.Unwrap(err))
	for _, key := range []string{on(0, "a"), on(3, "a")} {
		one, err := empty.Put(t.Context(), key, leafValue)
		require.NoError(t, err)
		for _, tree := range []*mst.Tree{one, lazy(t, one)} {
			again, err := tree.Delete(t.Context(), key)
			require.NoError(t, err)
			requireTree(t, nil, again)
			for s := range again.Preorder(t.Context()) {
				require.Zero(t, s.Layer)
			}
		}
	}
	same, err := empty.Apply(t.Context())
	require.NoError(t, err)
	require.Same(t, empty, same)
}

func TestGet(t *testing.T) {
	ledger.Covers(t, "MST-039")
	m := numbered(slices.Concat(pool(5, 4), repoKeys(500)))
	tree := build(t, m)
	fetched := &flaky{Source: blocks(t, tree), left: 1 << 20}
	part, err := mst.Load(t.Context(), fetched, tree.Root(), nil)
	require.NoError(t, err)
	for key, want := range m {
		for _, tree := range []*mst.Tree{tree, part} {
			left := fetched.left
			got, found, err := tree.Get(t.Context(), key)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, want, got)
			// No more nodes than the tree has layers below the root.
			require.LessOrEqual(t, left-fetched.left, 4)
			for _, near := range []string{key + "\x00", key[:len(key)-1], "\xff" + key, ""} {
				_, found, err = tree.Get(t.Context(), near)
				require.NoError(t, err)
				require.False(t, found)
			}
		}
	}
	key := pool(5, 4)[0]
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _, _ = tree.Get(t.Context(), key) }))
}

func TestActions(t *testing.T) {
	ledger.Covers(t, "MST-036")
	here, gone := on(0, "here"), on(0, "gone")
	high := on(2, "gone")
	m := map[string]dagcbor.CID{here: value(1), on(1, "x"): value(2)}
	tree := build(t, m)
	for _, tree := range []*mst.Tree{tree, lazy(t, tree)} {
		for _, tc := range []struct {
			op   mst.Op
			want string
			err  error
		}{
			{mst.Op{Action: mst.Create, Key: here, Value: value(1)}, "create of key %q: key exists", mst.ErrExists},
			{mst.Op{Action: mst.Create, Key: here, Value: value(2)}, "create of key %q: key exists", mst.ErrExists},
			{mst.Op{Action: mst.Update, Key: gone, Value: value(1)}, "update of key %q: no such key", mst.ErrNoKey},
			{mst.Op{Action: mst.Update, Key: high, Value: value(1)}, "update of key %q: no such key", mst.ErrNoKey},
			{mst.Op{Action: mst.Delete, Key: gone}, "delete of key %q: no such key", mst.ErrNoKey},
			{mst.Op{Action: mst.Delete, Key: high}, "delete of key %q: no such key", mst.ErrNoKey},
			{mst.Op{Action: mst.Put, Key: here}, "put of key %[1]q: value of key %[1]q is an undefined CID", nil},
			{mst.Op{Action: mst.Update, Key: here}, "update of key %[1]q: value of key %[1]q is an undefined CID", nil},
			{mst.Op{Key: here, Value: value(1)}, "action(0) of key %q: no such action", nil},
			{mst.Op{Action: 5, Key: here, Value: value(1)}, "action(5) of key %q: no such action", nil},
		} {
			first := mst.Op{Action: mst.Put, Key: "first", Value: value(9)}
			_, err := tree.Apply(t.Context(), first, tc.op, first)
			opErr, found := errors.AsType[*mst.OpError](err)
			require.True(t, found)
			require.Equal(t, 1, opErr.Index)
			require.Equal(t, tc.op, opErr.Op)
			require.EqualError(t, err, "mst: op 1, "+fmt.Sprintf(tc.want, tc.op.Key))
			if tc.err != nil {
				require.ErrorIs(t, err, tc.err)
			}
			requireTree(t, m, tree)
		}
		for _, op := range []mst.Op{
			{Action: mst.Put, Key: here, Value: value(1)},
			{Action: mst.Update, Key: here, Value: value(1)},
		} {
			same, err := tree.Apply(t.Context(), op, op)
			require.NoError(t, err)
			require.Same(t, tree, same)
		}
		changed, err := tree.Apply(t.Context(), mst.Op{Action: mst.Update, Key: here, Value: value(3)})
		require.NoError(t, err)
		requireTree(t, with(m, here, value(3)), changed)
	}
}

func TestLongKeyInError(t *testing.T) {
	_, err := mst.New().Delete(t.Context(), strings.Repeat("k", 1000))
	require.EqualError(t, err, `mst: op 0, delete of key "`+strings.Repeat("k", 128)+`"…: no such key`)
	bad := &mst.NodeError{CID: leafValue, Offset: 7, Key: "a\n", Msg: "wrong"}
	require.EqualError(t, bad, "mst: node "+leafValue.String()+`: wrong at key "a\n"`)
	bad.Key = ""
	require.EqualError(t, bad, "mst: node "+leafValue.String()+`: wrong at offset 7`)
	bad.Offset = -1
	require.EqualError(t, bad, "mst: node "+leafValue.String()+`: wrong`)
}

// Nodes come before what is in them, from left to right.
func TestPreorder(t *testing.T) {
	ledger.Covers(t, "MST-018")
	tree := build(t, examples("3fp2j 3fr2j 3fs2j 3ft2j 4fc2j"))
	for _, tree := range []*mst.Tree{tree, lazy(t, tree)} {
		var got []string
		for s, err := range tree.Preorder(t.Context()) {
			require.NoError(t, err)
			if s.Node == nil {
				require.Equal(t, leafValue, s.CID)
				require.Equal(t, mst.Layer(s.Key), s.Layer)
				got = append(got, s.Key[len(s.Key)-5:])
				continue
			}
			require.Empty(t, s.Key)
			require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, s.Node), s.CID)
			got = append(got, fmt.Sprint(s.Layer))
		}
		require.Equal(t, []string{"1", "0", "3fp2j", "3fr2j", "3fs2j", "0", "3ft2j", "4fc2j"}, got)
	}
}

// Many goroutines read and change one snapshot.
func TestConcurrent(t *testing.T) {
	ledger.Covers(t, "MST-045")
	keys := slices.Concat(pool(10, 4), repoKeys(200))
	m := numbered(keys)
	whole := build(t, m)
	var wg sync.WaitGroup
	for _, tree := range []*mst.Tree{whole, lazy(t, whole)} {
		for i := range 8 {
			wg.Go(func() {
				for j := range 30 {
					key := keys[(i*31+j)%len(keys)]
					v, found, err := tree.Get(t.Context(), key)
					if err != nil || !found || v != m[key] {
						t.Errorf("get %q: %v, %v", key, found, err)
					}
					less, err := tree.Delete(t.Context(), key)
					if err != nil {
						t.Error(err)
						return
					}
					again, err := less.Put(t.Context(), key, v)
					if err != nil || again.Root() != whole.Root() {
						t.Errorf("put %q: %v", key, err)
					}
					if j%10 == 0 {
						if entries, err := collect(tree.Entries(t.Context())); err != nil || len(entries) != len(m) {
							t.Errorf("%d entries: %v", len(entries), err)
						}
						_ = tree.Draw(t.Context(), discard{})
					}
				}
			})
		}
	}
	wg.Wait()
	requireTree(t, m, whole)
}
