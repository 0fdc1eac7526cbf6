package mst_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// refCover returns the nodes on the ways to the keys and their neighbours, in
// the order of the tree.
func refCover(t *testing.T, tree *mst.Tree, m map[string]dagcbor.CID, keys []string) []dagcbor.CID {
	t.Helper()
	ref, inOrder, want := refBuild(m), slices.Sorted(maps.Keys(m)), map[dagcbor.CID]bool{}
	for _, key := range keys {
		ways := []string{key}
		i, found := slices.BinarySearch(inOrder, key)
		if i > 0 {
			ways = append(ways, inOrder[i-1])
		}
		if found {
			i++
		}
		if i < len(inOrder) {
			ways = append(ways, inOrder[i])
		}
		for _, way := range ways {
			for _, c := range ref.path(way) {
				want[c] = true
			}
		}
	}
	var all []dagcbor.CID
	for s, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		if s.Node != nil && want[s.CID] {
			all = append(all, s.CID)
		}
	}
	return all
}

// Keys that are as close together as keys can be.
func closeKeys() []string {
	long := strings.Repeat("a", mst.MaxKeyLen)
	return []string{
		"\x00", "\x00\x00", "\x01", "a", "a\x00", "a\x00\x00", "a\x01", "`\xff", "`" + strings.Repeat("\xff", mst.MaxKeyLen-1),
		long, long[1:], long[1:] + "b", "a" + strings.Repeat("\x00", mst.MaxKeyLen-1), "\xff", strings.Repeat("\xff", mst.MaxKeyLen),
		"b", "b\xff", "c", "d", "e", "f", "g", on(1, "a"), on(1, "b"), on(2, "b"), on(3, "c"), "a/" + on(2, "x"),
	}
}

// touching returns a key on layer 0 between two on higher layers, so that no
// other key fits between them.
func touching() []string {
	for i := 0; ; i++ {
		rest := "t/" + strconv.Itoa(i)
		below, key, above := rest+"a"+strings.Repeat("\xff", mst.MaxKeyLen-len(rest)-1), rest+"b", rest+"b\x00"
		if refLayer(below) > 0 && refLayer(key) == 0 && refLayer(above) > 0 {
			return []string{below, key, above}
		}
	}
}

func TestCoveringProofTouching(t *testing.T) {
	ledger.Covers(t, "MST-043")
	keys := touching()
	m := numbered(keys)
	tree := build(t, m)
	for _, key := range keys {
		proof, err := tree.CoveringProof(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, refCover(t, tree, m, []string{key}), cids(t, proof))
	}
}

func TestCoveringProofRandom(t *testing.T) {
	ledger.Covers(t, "MST-043")
	trials := 150
	for name, keys := range map[string][]string{"close": append(closeKeys(), touching()...), "steep": pool(2, 6), "small": pool(4, 4), "real": repoKeys(150)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(5, uint64(len(keys))))
			for range trials {
				rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
				c := randomCommit(rng, keys, 1+rng.IntN(4))
				before, after := build(t, c.before), build(t, c.after)
				touched := opKeys(c.ops)
				for _, tree := range []*mst.Tree{after, lazy(t, after)} {
					proof, err := tree.CoveringProof(t.Context(), append(touched, touched...)...)
					require.NoError(t, err)
					require.Equal(t, refCover(t, after, c.after, touched), cids(t, proof))
					// All that is new is there.
					have, old := source(proof), blocks(t, before)
					for node := range blocks(t, after) {
						if _, found := old[node]; !found && len(touched) > 0 {
							require.Contains(t, have, node)
						}
					}
				}
			}
		})
	}
}

func TestCoveringProofVectors(t *testing.T) {
	ledger.Covers(t, "MST-043", "MST-044", "SNC-061", "REP-033")
	type vector struct {
		Comment, LeafValue                string
		Keys, Adds, Dels, BlocksInProof   []string
		RootBeforeCommit, RootAfterCommit string
	}
	for _, v := range fixtures.JSON[[]vector](t, fixtures.Interop(t, "firehose/commit-proof-fixtures.json")) {
		leaf, err := dagcbor.ParseCID(v.LeafValue)
		require.NoError(t, err)
		m := map[string]dagcbor.CID{}
		for _, k := range v.Keys {
			m[k] = leaf
		}
		var ops []mst.CommitOp
		for _, k := range v.Adds {
			m[k] = leaf
			ops = append(ops, mst.CommitOp{Action: mst.Create, Key: k, Value: leaf})
		}
		for _, k := range v.Dels {
			delete(m, k)
			ops = append(ops, mst.CommitOp{Action: mst.Delete, Key: k, Prev: leaf})
		}
		tree := build(t, m)
		require.Equal(t, v.RootAfterCommit, tree.Root().String())
		proof, err := tree.CoveringProof(t.Context(), opKeys(ops)...)
		require.NoError(t, err)
		var names []string
		for _, c := range cids(t, proof) {
			names = append(names, c.String())
		}
		require.ElementsMatch(t, v.BlocksInProof, names, v.Comment)
		for range 2 {
			slices.Reverse(ops)
			before, err := mst.Invert(t.Context(), source(proof), tree.Root(), ops, nil)
			require.NoError(t, err, v.Comment)
			require.Equal(t, v.RootBeforeCommit, before.String(), v.Comment)
		}
	}
}

func TestCoveringProofMissing(t *testing.T) {
	ledger.Covers(t, "MST-030")
	none, err := build(t, numbered(pool(2, 2))).CoveringProof(t.Context())
	require.NoError(t, err)
	require.Empty(t, none)
	m := numbered(pool(3, 4))
	tree := build(t, m)
	for key := range m {
		proof, err := tree.CoveringProof(t.Context(), key)
		require.NoError(t, err)
		for _, b := range proof[1:] {
			src := blocks(t, tree)
			delete(src, b.CID)
			part, err := mst.Load(t.Context(), src, tree.Root(), nil)
			require.NoError(t, err)
			_, err = part.CoveringProof(t.Context(), key)
			missing, found := errors.AsType[*mst.MissingBlockError](err)
			require.True(t, found)
			require.Equal(t, b.CID, missing.CID)
		}
	}
}
