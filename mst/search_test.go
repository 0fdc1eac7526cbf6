package mst_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// Keys that hardly differ, that end in zeros and that are prefixes of each other
// are found, and what lies between them is not.
func TestSearch(t *testing.T) {
	ledger.Covers(t, "MST-039")
	rng := rand.New(rand.NewPCG(8, 9))
	const digits = "\x00\x00\x00a\xff"
	random := func() string {
		key := []byte("common/prefix/of/all/"[:rng.IntN(3)*7])
		for range 1 + rng.IntN(14) {
			key = append(key, digits[rng.IntN(len(digits))])
		}
		return string(key)
	}
	for range 60 {
		m := map[string]dagcbor.CID{}
		for i := range rng.IntN(300) {
			m[random()] = value(i)
		}
		tree := build(t, m)
		part := lazy(t, tree)
		changed := mst.New()
		for k, v := range m { // nodes made by changes have other tables
			var err error
			changed, err = changed.Put(t.Context(), k, v)
			require.NoError(t, err)
		}
		require.Equal(t, tree.Root(), changed.Root())
		all := entriesOf(m)
		for range 400 {
			key := random()
			if len(all) > 0 && rng.IntN(2) == 0 {
				key = all[rng.IntN(len(all))].Key
			}
			want, expected := m[key]
			at, _ := slices.BinarySearchFunc(all, key, func(e mst.Entry, key string) int { return strings.Compare(e.Key, key) })
			for _, tree := range []*mst.Tree{tree, part, changed} {
				got, found, err := tree.Get(t.Context(), key)
				require.NoError(t, err)
				require.Equal(t, expected, found, "%q", key)
				require.Equal(t, want, got)
				for e, err := range tree.Range(t.Context(), key, "") {
					require.NoError(t, err)
					require.Equal(t, all[at], e)
					break
				}
			}
		}
	}
}

// Of a node with many keys that share their first bytes, each is found.
func TestSearchInLargeNode(t *testing.T) {
	ledger.Covers(t, "MST-039")
	tree := build(t, bottomKeys(3000))
	for key := range bottomKeys(3000) {
		_, found, err := tree.Get(t.Context(), key)
		require.NoError(t, err)
		require.True(t, found)
		_, found, err = tree.Get(t.Context(), key+"\x00")
		require.NoError(t, err)
		require.False(t, found)
	}
}
