package mst_test

import (
	"context"
	"encoding/binary"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// keyOn returns a key that begins with prefix and lies on the given layer.
func keyOn(layer int, prefix string) string {
	for i := 0; ; i++ {
		if key := prefix + strconv.Itoa(i); refLayer(key) == layer {
			return key
		}
	}
}

// pool returns keys on all layers up to the given one, as many on each.
func pool(perLayer, top int) []string {
	var keys []string
	for i := range perLayer {
		for layer := range top + 1 {
			keys = append(keys, keyOn(layer, "app.example.pool/"+strconv.Itoa(i)+"-"+strconv.Itoa(layer)+"-"))
		}
	}
	return keys
}

// repoKeys returns n ascending keys such as repositories have.
func repoKeys(n int) []string {
	const digits = "234567abcdefghijklmnopqrstuvwxyz"
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	keys := make([]string, n)
	v := uint64(1_700_000_000_000_000) << 10
	for i := range keys {
		v += rng.Uint64N(1 << 40)
		var tid [13]byte
		for j := range tid {
			tid[j] = digits[v>>(5*(12-j))&31]
		}
		keys[i] = "app.bsky.feed.post/" + string(tid[:])
	}
	return keys
}

// value returns a CID that stands for record number i.
func value(i int) dagcbor.CID {
	var digest [32]byte
	binary.BigEndian.PutUint64(digest[:], uint64(i)*0x9e3779b97f4a7c15)
	return dagcbor.CIDFromDigest(dagcbor.DAGCBOR, digest)
}

// numbered gives the keys the values 0, 1, 2…
func numbered(keys []string) map[string]dagcbor.CID {
	m := make(map[string]dagcbor.CID, len(keys))
	for i, k := range keys {
		m[k] = value(i)
	}
	return m
}

func sorted(m map[string]dagcbor.CID) iter.Seq2[string, dagcbor.CID] {
	return func(yield func(string, dagcbor.CID) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

func entriesOf(m map[string]dagcbor.CID) []mst.Entry {
	var entries []mst.Entry
	for k, v := range sorted(m) {
		entries = append(entries, mst.Entry{Key: k, Value: v})
	}
	return entries
}

func build(t testing.TB, m map[string]dagcbor.CID) *mst.Tree {
	t.Helper()
	tree, err := mst.Build(sorted(m))
	require.NoError(t, err)
	return tree
}

// collect returns the entries up to an error, and the error.
func collect(seq iter.Seq2[mst.Entry, error]) (entries []mst.Entry, err error) {
	for e, err := range seq {
		if err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// blocks returns the nodes of the tree.
func blocks(t testing.TB, tree *mst.Tree) mst.MapSource {
	t.Helper()
	m := mst.MapSource{}
	for s, err := range tree.Preorder(context.Background()) {
		require.NoError(t, err)
		if s.Node != nil {
			m[s.CID] = s.Node
		}
	}
	return m
}

// lazy returns the tree with nothing but its root in memory.
func lazy(t testing.TB, tree *mst.Tree) *mst.Tree {
	t.Helper()
	loaded, err := mst.Load(context.Background(), blocks(t, tree), tree.Root(), nil)
	require.NoError(t, err)
	return loaded
}

// requireTree checks that tree is that of m in all ways.
func requireTree(t testing.TB, m map[string]dagcbor.CID, tree *mst.Tree) {
	t.Helper()
	want := mst.MapSource{}
	require.Equal(t, refBuild(m).encode(want), tree.Root())
	require.Equal(t, want, blocks(t, tree))
	got, err := collect(tree.Entries(context.Background()))
	require.NoError(t, err)
	require.Equal(t, entriesOf(m), got)
}
