package mst_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// forest is a source to which nodes are added, right or wrong.
type forest struct{ mst.MapSource }

func newForest() forest { return forest{mst.MapSource{}} }

// leaves is an entry with a subtree to its right.
type leaves struct {
	key   string
	right dagcbor.CID
}

// add adds a node with all its prefixes right.
func (f forest) add(left dagcbor.CID, entries ...leaves) dagcbor.CID {
	raw := make([]rawEntry, len(entries))
	prev := ""
	for i, e := range entries {
		p := mst.CommonPrefix(prev, e.key)
		raw[i] = rawEntry{int64(p), e.key[p:], leafValue, e.right}
		prev = e.key
	}
	b := encodeNode(left, raw...)
	c := dagcbor.Sum(dagcbor.DAGCBOR, b)
	f.MapSource[c] = b
	return c
}

func (f forest) leaf(keys ...string) dagcbor.CID {
	var entries []leaves
	for _, k := range keys {
		entries = append(entries, leaves{key: k})
	}
	return f.add(none, entries...)
}

var none dagcbor.CID

// requireRefused checks that every way to read the tree at root, or to use it
// at key, ends in the error want, after no more than the given entries.
func requireRefused(t *testing.T, src mst.Source, root dagcbor.CID, o *mst.Options, key string, want error) {
	t.Helper()
	ctx := t.Context()
	_, err := collect(mst.NewWalker(src, root, o).Entries(ctx))
	require.Equal(t, want, err)

	tree, err := mst.Load(ctx, src, root, o)
	if err != nil {
		require.Equal(t, want, err)
		return
	}
	_, err = collect(tree.Entries(ctx))
	require.Equal(t, want, err, "Entries")
	require.Equal(t, want, tree.Draw(ctx, discard{}), "Draw")
	_, err = collect(tree.RangeBack(ctx, "", ""))
	require.IsType(t, want, err, "RangeBack") // may be another node
	_, err = tree.Count(ctx)
	require.Equal(t, want, err, "Count")
	_, err = collectChanges(mst.Diff(ctx, mst.New(), tree))
	require.Equal(t, want, err, "Diff")
	_, _, err = mst.DiffNodes(ctx, tree, mst.New())
	require.Equal(t, want, err, "DiffNodes")
	for _, stepErr := range tree.Preorder(ctx) {
		err = stepErr
	}
	require.Equal(t, want, err, "Preorder")
	_, _, err = tree.Get(ctx, key)
	require.Equal(t, want, err, "Get")
	for _, op := range []mst.Op{
		{Action: mst.Put, Key: key, Value: leafValue},
		{Action: mst.Create, Key: key, Value: leafValue},
		{Action: mst.Update, Key: key, Value: leafValue},
		{Action: mst.Delete, Key: key},
	} {
		_, err := tree.Apply(ctx, op)
		opErr, found := errors.AsType[*mst.OpError](err)
		require.True(t, found, op.Action)
		require.Equal(t, want, opErr.Unwrap(), op.Action)
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// on returns a key that begins with name and lies on the given layer.
func on(layer int, name string) string { return keyOn(layer, name+"/") }

// One broken tree for each rule about how nodes go together.
func TestBrokenTrees(t *testing.T) {
	ledger.Covers(t, "MST-005", "MST-006", "MST-009", "MST-011", "MST-024", "MST-025", "MST-031", "CID-008")
	const (
		order  = "keys are out of order between nodes"
		layer  = "key lies on another layer than its node"
		atZero = "node on layer 0 has a subtree"
	)
	b0, c0, d0, e0, z0 := on(0, "b"), on(0, "c"), on(0, "d"), on(0, "e"), on(0, "z")
	c1, d1, m1, m2, m3 := on(1, "c"), on(1, "d"), on(1, "m"), on(2, "m"), on(3, "m")
	n1, n2 := on(1, "n"), on(2, "n")
	type broken struct {
		root, bad dagcbor.CID
		key, msg  string // of the error
		at        string // a key on the way to the broken node
	}
	for name, plant := range map[string]func(f forest) broken{
		"left subtree reaches beyond the key above": func(f forest) broken {
			bad := f.leaf(b0, z0)
			return broken{f.add(bad, leaves{key: m1}), bad, z0, order, c0}
		},
		"left subtree lies beyond the key above": func(f forest) broken {
			bad := f.leaf(z0)
			return broken{f.add(bad, leaves{key: m1}), bad, z0, order, c0}
		},
		"right subtree begins before the key above": func(f forest) broken {
			bad := f.leaf(b0, z0)
			return broken{f.add(none, leaves{m1, bad}), bad, b0, order, on(0, "x")}
		},
		"subtree between keys reaches beyond the next": func(f forest) broken {
			bad := f.leaf(e0, z0)
			return broken{f.add(none, leaves{c1, bad}, leaves{m1, none}), bad, z0, order, d0}
		},
		"subtree between keys begins before the last": func(f forest) broken {
			bad := f.leaf(b0, e0)
			return broken{f.add(none, leaves{c1, bad}, leaves{m1, none}), bad, b0, order, d0}
		},
		"key two layers above is passed, with keys between": func(f forest) broken {
			bad := f.leaf(e0, z0)
			return broken{f.add(f.add(none, leaves{d1, bad}), leaves{key: m2}), bad, z0, order, e0}
		},
		"key two layers above is passed, with none between": func(f forest) broken {
			bad := f.leaf(e0, z0)
			return broken{f.add(f.add(bad), leaves{key: m2}), bad, z0, order, e0}
		},
		"key two layers above is not reached": func(f forest) broken {
			bad := f.leaf(b0)
			return broken{f.add(none, leaves{m2, f.add(bad)}), bad, b0, order, z0}
		},
		"key of the node above again, on the left": func(f forest) broken {
			bad := f.add(none, leaves{key: c1}, leaves{key: m2})
			return broken{f.add(bad, leaves{key: m2}), bad, m2, order, b0}
		},
		"key of the node above again, on the right": func(f forest) broken {
			bad := f.add(none, leaves{key: m2}, leaves{key: n1})
			return broken{f.add(none, leaves{m2, bad}), bad, m2, order, z0}
		},
		"subtree comes twice": func(f forest) broken {
			twice := f.leaf(d0)
			return broken{f.add(none, leaves{c1, twice}, leaves{m1, twice}), twice, d0, order, z0}
		},
		"keys of two layers in the root": func(f forest) broken {
			root := f.leaf(b0, m1)
			return broken{root, root, m1, layer, b0}
		},
		"keys of two layers below": func(f forest) broken {
			bad := f.leaf(b0, c1)
			return broken{f.add(bad, leaves{key: m1}), bad, c1, layer, b0}
		},
		"layer left out": func(f forest) broken {
			bad := f.leaf(b0)
			return broken{f.add(bad, leaves{key: m2}), bad, b0, layer, c0}
		},
		"layer left out below a node without keys": func(f forest) broken {
			bad := f.leaf(b0)
			return broken{f.add(f.add(bad), leaves{key: m3}), bad, b0, layer, c0}
		},
		"child on its parent's layer": func(f forest) broken {
			bad := f.leaf(c1)
			return broken{f.add(bad, leaves{key: m1}), bad, c1, layer, b0}
		},
		"child above its parent": func(f forest) broken {
			bad := f.leaf(n2)
			return broken{f.add(none, leaves{m1, bad}), bad, n2, layer, z0}
		},
		"empty node on the left": func(f forest) broken {
			bad := f.leaf()
			return broken{f.add(bad, leaves{key: m1}), bad, "", "node is empty", b0}
		},
		"empty node on the right": func(f forest) broken {
			bad := f.leaf()
			return broken{f.add(none, leaves{m1, bad}), bad, "", "node is empty", z0}
		},
		"empty node below a node without keys": func(f forest) broken {
			bad := f.leaf()
			return broken{f.add(f.add(bad), leaves{key: m2}), bad, "", "node is empty", b0}
		},
		"root without keys": func(f forest) broken {
			root := f.add(f.leaf(b0))
			return broken{root, root, "", "root has no keys, but a subtree", b0}
		},
		"root without keys above the empty tree": func(f forest) broken {
			root := f.add(f.leaf())
			return broken{root, root, "", "root has no keys, but a subtree", b0}
		},
		"l on layer 0": func(f forest) broken {
			root := f.add(f.leaf(b0), leaves{key: c0})
			return broken{root, root, "", atZero, b0}
		},
		"t on layer 0": func(f forest) broken {
			bad := f.add(none, leaves{b0, f.leaf(c0)}, leaves{d0, none})
			return broken{f.add(bad, leaves{key: m1}), bad, "", atZero, b0}
		},
		"no keys and a subtree on layer 0": func(f forest) broken {
			bad := f.add(f.leaf(b0))
			return broken{f.add(bad, leaves{key: m1}), bad, "", atZero, b0}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForest()
			x := plant(f)
			want := &mst.NodeError{CID: x.bad, Offset: -1, Key: x.key, Msg: x.msg}
			requireRefused(t, f, x.root, nil, x.at, want)
			requireRefused(t, f, x.root, &mst.Options{TrustHashes: true, MaxNodeEntries: -1, MaxLayer: -1, MaxEntries: -1}, x.at, want)
			_, err := refVerify(f.MapSource, x.root, -1, "", "")
			require.Error(t, err)
		})
	}
}

// Where a key was taken out, the subtrees beside it are joined only if they
// lie where they should.
func TestBrokenNeighbours(t *testing.T) {
	ledger.Covers(t, "MST-031")
	b0, d0, g0, w0, y0, z0 := on(0, "b"), on(0, "d"), on(0, "g"), on(0, "w"), on(0, "y"), on(0, "z")
	c1, m2, x1 := on(1, "c"), on(2, "m"), on(1, "x")
	for name, plant := range map[string]func(f forest) (left, right, bad dagcbor.CID, key string){
		"left reaches beyond": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			left := f.add(none, leaves{key: c1}, leaves{key: x1})
			return left, f.add(none, leaves{key: on(1, "z")}), left, x1
		},
		"right begins before": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			right := f.add(none, leaves{key: c1}, leaves{key: x1})
			return f.add(none, leaves{key: on(1, "b")}), right, right, c1
		},
		"below left begins before": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			bad := f.leaf(b0, d0)
			return f.add(none, leaves{c1, bad}), f.add(f.leaf(w0), leaves{key: x1}), bad, b0
		},
		"below left reaches beyond": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			bad := f.leaf(d0, w0)
			return f.add(none, leaves{c1, bad}), f.add(f.leaf(w0), leaves{key: x1}), bad, w0
		},
		"below right begins before": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			bad := f.leaf(g0, w0)
			return f.add(none, leaves{c1, f.leaf(d0)}), f.add(bad, leaves{key: x1}), bad, g0
		},
		"below right reaches beyond": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			bad := f.leaf(w0, y0)
			return f.add(none, leaves{c1, f.leaf(d0)}), f.add(bad, leaves{key: x1}), bad, y0
		},
		"below keyless right begins before": func(f forest) (_, _, _ dagcbor.CID, _ string) {
			bad := f.leaf(g0, z0)
			return f.add(none, leaves{c1, f.leaf(d0)}), f.add(bad), bad, g0
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForest()
			left, right, bad, key := plant(f)
			root := f.add(left, leaves{m2, right})
			tree, err := mst.Load(t.Context(), f, root, nil)
			require.NoError(t, err)
			_, err = tree.Delete(t.Context(), m2)
			require.Equal(t, &mst.NodeError{CID: bad, Offset: -1, Key: key, Msg: "keys are out of order between nodes"}, errors.Unwrap(err))
		})
	}
}

// No key is handed out that is not in its place, even where what shows it comes
// later.
func TestNothingOutOfPlace(t *testing.T) {
	ledger.Covers(t, "MST-024")
	f := newForest()
	root := f.add(f.leaf(on(0, "z")), leaves{key: on(1, "m")})
	entries, err := collect(mst.NewWalker(f, root, nil).Entries(t.Context()))
	require.Error(t, err)
	require.Empty(t, entries)
}

// A source that lies about hashes, and is trusted, can make nodes that contain
// themselves.
func TestCycles(t *testing.T) {
	ledger.Covers(t, "MST-024", "MST-026", "MST-032")
	const order, atZero = "keys are out of order between nodes", "node on layer 0 has a subtree"
	m3, g1, a0 := on(3, "m"), on(1, "g"), on(0, "a")
	x, y := value(1), value(2)
	node := func(left dagcbor.CID, keys ...leaves) []byte {
		f := newForest()
		return f.MapSource[f.add(left, keys...)]
	}
	for _, tc := range []struct {
		name string
		src  mst.MapSource
		want mst.NodeError
	}{
		{"root in itself, left", mst.MapSource{x: node(x, leaves{key: m3})}, mst.NodeError{CID: x, Offset: -1, Key: m3, Msg: order}},
		{"root in itself, right", mst.MapSource{x: node(none, leaves{m3, x})}, mst.NodeError{CID: x, Offset: -1, Key: m3, Msg: order}},
		{"keyless node in itself", mst.MapSource{x: node(y, leaves{key: m3}), y: node(y)}, mst.NodeError{CID: y, Offset: -1, Msg: atZero}},
		{"parent in child", mst.MapSource{x: node(y, leaves{key: m3}), y: node(x, leaves{key: on(2, "g")})}, mst.NodeError{CID: x, Offset: -1, Key: m3, Msg: order}},
		{"parent in keyless child", mst.MapSource{x: node(y, leaves{key: m3}), y: node(x)}, mst.NodeError{CID: x, Offset: -1, Key: m3, Msg: order}},
		{"keys in themselves", mst.MapSource{x: node(y, leaves{key: g1}), y: node(y, leaves{key: a0})}, mst.NodeError{CID: y, Offset: -1, Msg: atZero}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			at := on(0, "b")
			if tc.want.Key == m3 && tc.src[x][len(tc.src[x])-1] == 0xf6 {
				at = on(0, "z") // the way goes right
			}
			requireRefused(t, tc.src, x, &mst.Options{TrustHashes: true}, at, &tc.want)
			_, err := collect(mst.NewWalker(tc.src, x, nil).Entries(t.Context()))
			require.Equal(t, &mst.NodeError{CID: x, Offset: -1, Msg: "block does not match its CID"}, err)
		})
	}
}

// A few nodes that share their subtrees would expand to millions of visits.
func TestSharedNodes(t *testing.T) {
	ledger.Covers(t, "MST-026")
	f := newForest()
	shared := f.leaf(on(0, "k"))
	const top = 7
	bottom := shared
	for layer := 1; layer <= top; layer++ {
		var entries []leaves
		for i := range 10 {
			if layer > 5 && i > 1 {
				break // keys this high are not cheap
			}
			entries = append(entries, leaves{on(layer, fmt.Sprintf("%c%d", 'k'+layer, i)), shared})
		}
		shared = f.add(shared, entries...)
	}
	fetched := 0
	src := mst.SourceFunc(func(ctx context.Context, c dagcbor.CID) ([]byte, error) {
		fetched++
		return f.Block(ctx, c)
	})
	want := &mst.NodeError{CID: bottom, Offset: -1, Key: on(0, "k"), Msg: "keys are out of order between nodes"}
	w := mst.NewWalker(src, shared, nil)
	_, err := collect(w.Entries(t.Context()))
	require.Equal(t, want, err)
	require.Equal(t, top+2, fetched)
	require.EqualValues(t, top+2, w.Stats().Nodes)

	tree, err := mst.Load(t.Context(), src, shared, nil)
	require.NoError(t, err)
	fetched = 0
	_, err = collect(tree.Entries(t.Context()))
	require.Equal(t, want, err)
	require.Equal(t, top+1, fetched)
	for name, walk := range map[string]func() error{
		"Count":     func() error { _, err := tree.Count(t.Context()); return err },
		"RangeBack": func() error { _, err := collect(tree.RangeBack(t.Context(), "", "")); return err },
		"Draw":      func() error { return tree.Draw(t.Context(), discard{}) },
		"Diff":      func() error { _, err := collectChanges(mst.Diff(t.Context(), mst.New(), tree)); return err },
		"DiffNodes": func() error { _, _, err := mst.DiffNodes(t.Context(), tree, mst.New()); return err },
	} {
		fetched = 0
		require.ErrorContains(t, walk(), "keys are out of order between nodes", name)
		require.LessOrEqual(t, fetched, 4*top, name)
	}
	for _, key := range []string{"", "a", on(0, "zz"), on(1, "p")} {
		fetched = 0
		_, err := tree.Delete(t.Context(), key)
		require.Error(t, err)
		_, _ = tree.Put(t.Context(), key, leafValue)
		require.LessOrEqual(t, fetched, 4*top)
	}
	// Taking the root's key out joins a subtree with itself.
	fetched = 0
	_, err = tree.Delete(t.Context(), on(top, fmt.Sprintf("%c0", 'k'+top)))
	require.ErrorContains(t, err, "keys are out of order between nodes")
	require.LessOrEqual(t, fetched, 2)
}
