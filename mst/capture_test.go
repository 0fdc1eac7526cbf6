package mst_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

// capture returns the blocks of a captured repository and the root of its tree.
func capture(t testing.TB, name string) (mst.Source, dagcbor.CID) {
	t.Helper()
	index, err := car.NewIndex(fixtures.PDS(t, name), nil)
	require.NoError(t, err)
	commit, found := index.Get(index.Roots()[0])
	require.True(t, found)
	r := dagcbor.NewReader(commit, nil)
	n, err := r.Map()
	require.NoError(t, err)
	for range n {
		key, err := r.Key()
		require.NoError(t, err)
		if string(key) != "data" {
			require.NoError(t, r.Skip())
			continue
		}
		root, err := r.CID()
		require.NoError(t, err)
		return mst.SourceFunc(func(_ context.Context, c dagcbor.CID) ([]byte, error) {
			b, found := index.Get(c)
			if !found {
				return nil, mst.ErrNotFound
			}
			return b, nil
		}), root
	}
	t.Fatal("commit without data")
	return nil, dagcbor.CID{}
}

// records returns what is in the captured repository.
func records(t testing.TB, name string) []mst.Entry {
	t.Helper()
	var entries []mst.Entry
	for _, pair := range fixtures.JSON[[][2]string](t, fixtures.PDS(t, name)) {
		c, err := dagcbor.ParseCID(pair[1])
		require.NoError(t, err)
		entries = append(entries, mst.Entry{Key: pair[0], Value: c})
	}
	return entries
}

// Trees that a server made are read, and made again.
func TestCaptures(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-006", "MST-014", "MST-015", "MST-021")
	for _, name := range []string{"alice", "carol", "dan", "bob"} {
		t.Run(name, func(t *testing.T) {
			src, root := capture(t, name+".car")
			want := records(t, name+".records.json")
			for _, o := range []*mst.Options{nil, {TrustHashes: true}} {
				w := mst.NewWalker(src, root, o)
				got, err := collect(w.Entries(t.Context()))
				require.NoError(t, err)
				require.Equal(t, want, got)
				require.EqualValues(t, len(want), w.Stats().Entries)
			}
			tree, err := mst.Load(t.Context(), src, root, nil)
			require.NoError(t, err)
			got, err := collect(tree.Entries(t.Context()))
			require.NoError(t, err)
			require.Equal(t, want, got)

			b := mst.NewBuilder(nil)
			for _, e := range want {
				require.NoError(t, b.Add(e.Key, e.Value))
			}
			again, err := b.Finish()
			require.NoError(t, err)
			require.Equal(t, root, again)
		})
	}
}

// Of a captured tree every key can be taken out and put back.
func TestCaptureChanges(t *testing.T) {
	ledger.Covers(t, "MST-035", "MST-037", "MST-045")
	src, root := capture(t, "carol.car")
	tree, err := mst.Load(t.Context(), src, root, nil)
	require.NoError(t, err)
	for _, e := range records(t, "carol.records.json") {
		without, err := tree.Delete(t.Context(), e.Key)
		require.NoError(t, err)
		_, found, err := without.Get(t.Context(), e.Key)
		require.NoError(t, err)
		require.False(t, found)
		again, err := without.Apply(t.Context(), mst.Op{Action: mst.Create, Key: e.Key, Value: e.Value})
		require.NoError(t, err)
		require.Equal(t, root, again.Root())
	}
}
