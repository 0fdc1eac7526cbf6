package mst_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

// source returns the nodes as a source.
func source(nodes []mst.Node) mst.MapSource {
	m := mst.MapSource{}
	for _, b := range nodes {
		m[b.CID] = b.Bytes
	}
	return m
}

// cids returns the CIDs of the nodes, which must be what they name.
func cids(t testing.TB, nodes []mst.Node) []dagcbor.CID {
	t.Helper()
	var all []dagcbor.CID
	for _, b := range nodes {
		require.True(t, b.CID.Matches(b.Bytes))
		all = append(all, b.CID)
	}
	return all
}

// path returns the nodes on the way to key, found in a slow way.
func (n *refNode) path(key string) []dagcbor.CID {
	way := []dagcbor.CID{n.encode(mst.MapSource{})}
	for i, item := range n.items {
		before := i == 0 || n.items[i-1].key < key
		after := i == len(n.items)-1 || n.items[i+1].key > key
		if item.tree != nil && before && after {
			return append(way, item.tree.path(key)...)
		}
	}
	return way
}

// The nodes on the way to a key prove its value or its absence, and nothing
// less does.
func TestProof(t *testing.T) {
	ledger.Covers(t, "REP-036", "REP-037", "MST-030", "MST-039")
	m := numbered(pool(6, 4))
	ref := refBuild(m)
	for _, tree := range []*mst.Tree{build(t, m), lazy(t, build(t, m))} {
		keys := slices.Collect(maps.Keys(m))
		for key := range m {
			keys = append(keys, key+"x", key[:len(key)-1])
		}
		for _, key := range append(keys, "a", "\x00", "\xff", strings.Repeat("\xff", mst.MaxKeyLen)) {
			proof, err := tree.Proof(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, ref.path(key), cids(t, proof))
			src := source(proof)
			value, included, err := mst.VerifyProof(t.Context(), src, tree.Root(), key, nil)
			require.NoError(t, err)
			want, found := m[key]
			require.Equal(t, found, included)
			require.Equal(t, want, value)
			for c := range maps.Clone(src) {
				less := maps.Clone(src)
				delete(less, c)
				_, included, err = mst.VerifyProof(t.Context(), less, tree.Root(), key, nil)
				require.Equal(t, &mst.MissingBlockError{CID: c}, err)
				require.False(t, included)
			}
		}
	}
}

func TestProofOfEmptyTree(t *testing.T) {
	ledger.Covers(t, "REP-037", "MST-008")
	proof, err := mst.New().Proof(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, emptyRoot, proof[0].CID.String())
	require.NoError(t, mst.VerifyExclusion(t.Context(), source(proof), mst.New().Root(), "k", nil))
}

func TestVerifyInclusionExclusion(t *testing.T) {
	ledger.Covers(t, "REP-036", "REP-037")
	ctx := t.Context()
	tree := build(t, map[string]dagcbor.CID{"a": value(1), "b": value(2)})
	src, root := blocks(t, tree), tree.Root()
	require.NoError(t, mst.VerifyInclusion(ctx, src, root, "a", value(1), nil))
	require.NoError(t, mst.VerifyExclusion(ctx, src, root, "c", nil))
	for _, tc := range []struct {
		err  error
		want mst.ProofError
		text string
	}{
		{mst.VerifyInclusion(ctx, src, root, "a", value(2), nil), mst.ProofError{Key: "a", Want: value(2), Got: value(1)},
			`mst: proof shows key "a" with value ` + value(1).String() + ", not with value " + value(2).String()},
		{mst.VerifyInclusion(ctx, src, root, "c", value(2), nil), mst.ProofError{Key: "c", Want: value(2)},
			`mst: proof shows key "c" absent, not with value ` + value(2).String()},
		{mst.VerifyExclusion(ctx, src, root, "b", nil), mst.ProofError{Key: "b", Got: value(2)},
			`mst: proof shows key "b" with value ` + value(2).String() + ", not absent"},
	} {
		require.Equal(t, &tc.want, tc.err)
		require.EqualError(t, tc.err, tc.text)
	}
	missing := &mst.MissingBlockError{CID: root}
	require.Equal(t, missing, mst.VerifyExclusion(ctx, nil, root, "c", nil))
	require.Equal(t, missing, mst.VerifyInclusion(ctx, mst.MapSource{}, root, "a", value(1), nil))
	require.EqualError(t, mst.VerifyInclusion(ctx, src, root, "a", none, nil), `mst: value of key "a" is an undefined CID`)
	for _, key := range []string{"", strings.Repeat("k", mst.MaxKeyLen+1)} {
		want := &mst.KeyError{Key: key}
		require.Equal(t, want, mst.VerifyInclusion(ctx, src, root, key, value(1), nil))
		require.Equal(t, want, mst.VerifyExclusion(ctx, src, root, key, nil))
		_, _, err := mst.VerifyProof(ctx, src, root, key, nil)
		require.Equal(t, want, err)
		_, err = tree.Proof(ctx, key)
		require.Equal(t, want, err)
		_, err = tree.CoveringProof(ctx, "a", key)
		require.Equal(t, want, err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	require.Equal(t, context.Canceled, mst.VerifyExclusion(canceled, src, root, "c", nil))
}

// brokenPath is a tree with a wrong node on the way to a key.
type brokenPath struct {
	name      string
	root, bad dagcbor.CID
	key       string // a search for which goes through the node bad
	msg       string // of the error
}

func brokenPaths(f forest) []brokenPath {
	const (
		order = "keys are out of order between nodes"
		layer = "key lies on another layer than its node"
	)
	b0, c0, z0, c1, m1, m2 := on(0, "b"), on(0, "c"), on(0, "z"), on(1, "c"), on(1, "m"), on(2, "m")
	var paths []brokenPath
	add := func(name, key, msg string, bad, root dagcbor.CID) {
		paths = append(paths, brokenPath{name, root, bad, key, msg})
	}
	beyond, high, empty := f.leaf(b0, z0), f.leaf(c1), f.add(none)
	add("beyond the key above", c0, order, beyond, f.add(beyond, leaves{key: m1}))
	add("before the key above", on(0, "x"), order, beyond, f.add(none, leaves{m1, beyond}))
	add("key too high for its node", c0, layer, high, f.add(high, leaves{key: m1}))
	again := f.leaf(m1)
	add("key of the node above again, before it", c0, order, again, f.add(again, leaves{key: m1}))
	add("key of the node above again, behind it", on(0, "x"), order, again, f.add(none, leaves{m1, again}))
	skips := f.leaf(b0)
	add("a layer is left out", c0, layer, skips, f.add(skips, leaves{key: m2}))
	twoLayers := f.leaf(b0, c1)
	add("two layers in one node", on(0, "d"), layer, twoLayers, twoLayers)
	add("empty node", c0, "node is empty", empty, f.add(empty, leaves{key: m1}))
	pointer := f.add(f.leaf(b0))
	add("root without keys", c0, "root has no keys, but a subtree", pointer, pointer)
	deep := f.add(f.leaf("a"), leaves{key: c0})
	add("subtree on layer 0", on(0, "d"), "node on layer 0 has a subtree", deep, deep)
	f.MapSource[value(1)] = []byte(oneEntry)
	add("not what its CID says", c0, "block does not match its CID", value(1), f.add(value(1), leaves{key: m1}))
	inNode := func(entries ...rawEntry) dagcbor.CID {
		b := encodeNode(none, entries...)
		c := dagcbor.Sum(dagcbor.DAGCBOR, b)
		f.MapSource[c] = b
		return c
	}
	swapped := inNode(rawEntry{0, z0, leafValue, none}, rawEntry{0, b0, leafValue, none})
	add("keys out of order in a node", c0, "keys are out of order", swapped, swapped)
	same := inNode(rawEntry{0, b0, leafValue, none}, rawEntry{int64(len(b0)), "", leafValue, none})
	add("a key twice", c0, "keys are out of order", same, same)
	loose := inNode(rawEntry{0, on(0, "p/a"), leafValue, none}, rawEntry{0, on(0, "p/b"), leafValue, none})
	add("prefix shorter than it can be", c0, "p is shorter than the common prefix", loose, loose)
	twice := f.leaf(b0)
	add("shared node", on(0, "x"), order, twice, f.add(twice, leaves{m1, twice}))
	return paths
}

// No key can hide behind a node that is wrong: such a node proves nothing.
func TestProofOfBrokenTree(t *testing.T) {
	ledger.Covers(t, "REP-038", "MST-024", "MST-025", "MST-031")
	f := newForest()
	for _, p := range brokenPaths(f) {
		_, included, err := mst.VerifyProof(t.Context(), f, p.root, p.key, nil)
		_, _, trusting := mst.VerifyProof(t.Context(), f, p.root, p.key, &mst.Options{TrustLayers: true})
		require.Equal(t, err, trusting, "layers are computed all the same")
		bad, found := errors.AsType[*mst.NodeError](err)
		require.True(t, found, "%s: %v", p.name, err)
		require.False(t, included)
		require.Equal(t, []any{p.bad, p.msg}, []any{bad.CID, bad.Msg}, p.name)
		require.Equal(t, err, mst.VerifyExclusion(t.Context(), f, p.root, p.key, nil))
		require.Equal(t, err, mst.VerifyInclusion(t.Context(), f, p.root, p.key, leafValue, nil))
	}
	raw := dagcbor.CIDFromDigest(dagcbor.Raw, none.Digest())
	require.ErrorContains(t, mst.VerifyExclusion(t.Context(), f, raw, "k", nil), "CID is not that of a node")
	wide := f.leaf(slices.Sorted(maps.Keys(numbered(pool(20, 0))))...)
	_, limited := errors.AsType[*mst.LimitError](mst.VerifyExclusion(t.Context(), f, wide, "k", &mst.Options{MaxNodeEntries: 19}))
	require.True(t, limited)
	require.NoError(t, mst.VerifyExclusion(t.Context(), f, wide, "k", &mst.Options{MaxNodeEntries: 20}))
}

// The proofs that a server sent are complete.
func TestCapturedProofs(t *testing.T) {
	ledger.Covers(t, "REP-036", "REP-037")
	deleted := ""
	for _, m := range commitMessages(t) {
		for _, op := range m.ops {
			if op.Action == mst.Delete && strings.HasPrefix(op.Key, "app.bsky.feed.post/") && m.Repo == aliceDID {
				deleted = op.Key
			}
		}
	}
	require.NotEmpty(t, deleted)
	for name, key := range map[string]string{"alice.profile": "app.bsky.actor.profile/self", "alice.deleted-post": deleted} {
		file := fixtures.PDS(t, name+".proof.car")
		src, root := capture(t, name+".proof.car")
		value, included, err := mst.VerifyProof(t.Context(), src, root, key, nil)
		require.NoError(t, err)
		require.Equal(t, key != deleted, included)
		x, err := car.NewIndex(file, nil)
		require.NoError(t, err)
		_, found := x.Get(value)
		require.Equal(t, included, found)
	}
}

const aliceDID = "did:plc:lwh56wbba5rd7lh6ciebin6b"
