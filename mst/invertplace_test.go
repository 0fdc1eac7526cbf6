package mst_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// A tree that is the one before, as a whole, below a new key: it is opened on the
// side of that key and nowhere else, and has to be where it is.
func TestInvertBelowNewRoot(t *testing.T) {
	ledger.Covers(t, "SNC-061", "MST-024")
	for layer := range 4 {
		before := map[string]dagcbor.CID{}
		for i, name := range []string{"e", "g", "i"} { // g is on top
			below := max(0, layer-1)
			if i == 1 {
				below = layer
			}
			before[on(below, name)] = value(i)
		}
		old := build(t, before)
		for name, right := range map[string]bool{"a": false, "m": true} {
			key := on(layer+1, name)
			ops := []mst.CommitOp{{Action: mst.Create, Key: key, Value: value(9)}}
			after := build(t, with(before, key, value(9)))
			src := blocks(t, after)
			edge := onEdge(t, refBuild(before), right)
			for c := range src {
				if c != after.Root() && !slices.Contains(edge, c) {
					delete(src, c)
				}
			}
			got, err := mst.Invert(t.Context(), src, after.Root(), ops, nil)
			require.NoError(t, err)
			require.Equal(t, old.Root(), got)
			for _, c := range edge {
				block := src[c]
				delete(src, c)
				_, err := mst.Invert(t.Context(), src, after.Root(), ops, nil)
				require.Equal(t, &mst.MissingBlockError{CID: c}, err)
				src[c] = block
			}
			// The same on the wrong side hides all that was there before.
			wrong := &refNode{}
			if right {
				wrong.items = []refItem{{key: key, value: value(9)}, {tree: refBuild(before)}}
			} else {
				wrong.items = []refItem{{tree: refBuild(before)}, {key: key, value: value(9)}}
			}
			all := mst.MapSource{}
			root := wrong.encode(all)
			_, err = mst.Invert(t.Context(), all, root, ops, nil)
			require.ErrorContains(t, err, "keys are out of order between nodes")
		}
	}
}

// onEdge returns the nodes on an edge of the tree.
func onEdge(t *testing.T, n *refNode, right bool) (list []dagcbor.CID) {
	t.Helper()
	for n != nil {
		list = append(list, n.encode(mst.MapSource{}))
		at := 0
		if right {
			at = len(n.items) - 1
		}
		n = n.items[at].tree
	}
	return list
}

// Whoever inverts a commit to the tree that he knows has seen all that changed,
// whatever tree was made up for the commit: it is a right one, with the keys
// before and those of the ops and no others.
func TestInvertHidesNothing(t *testing.T) {
	ledger.Covers(t, "SNC-061", "MST-024", "MST-025")
	rng := rand.New(rand.NewPCG(7, 1))
	keys := pool(4, 3)
	slices.Sort(keys)
	inverted, right := 0, 0
	for range 20_000 {
		before, after := map[string]dagcbor.CID{}, map[string]dagcbor.CID{}
		var ops []mst.CommitOp
		for i, k := range keys {
			switch rng.IntN(6) {
			case 0, 1, 2:
				before[k], after[k] = value(i), value(i)
			case 3:
				if len(ops) < 2 {
					ops = append(ops, mst.CommitOp{Action: mst.Create, Key: k, Value: value(i)})
					after[k] = value(i)
				}
			}
		}
		root := refBuild(before)
		for _, op := range ops {
			root = misplace(rng, root, refItem{key: op.Key, value: op.Value})
		}
		src := mst.MapSource{}
		c := root.encode(src)
		got, err := mst.Invert(t.Context(), src, c, ops, nil)
		if err != nil || got != refRoot(before) {
			continue
		}
		inverted++
		tree, err := mst.Load(t.Context(), src, c, nil)
		require.NoError(t, err)
		entries, err := collect(tree.Entries(t.Context()))
		require.NoError(t, err)
		require.Len(t, entries, len(after))
		for _, e := range entries {
			require.Equal(t, after[e.Key], e.Value)
		}
		if c == refRoot(after) && len(ops) > 0 {
			right++
		}
	}
	require.Greater(t, inverted, 500)
	require.Greater(t, right, 50)
}

// misplace puts an entry anywhere into a tree, or above it.
func misplace(rng *rand.Rand, root *refNode, item refItem) *refNode {
	if rng.IntN(4) == 0 {
		items := []refItem{{tree: root}, item}
		if len(root.items) == 0 {
			items = items[1:]
		}
		if rng.IntN(2) == 0 {
			slices.Reverse(items)
		}
		return &refNode{items: items}
	}
	n := root
	for {
		i := rng.IntN(len(n.items) + 1)
		if i < len(n.items) && n.items[i].tree != nil && rng.IntN(3) > 0 {
			n = n.items[i].tree
			continue
		}
		n.items = slices.Insert(n.items, i, item)
		return root
	}
}
