package mst_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// A note stands in its node, whatever else is there, and cannot leave it.
func TestNotes(t *testing.T) {
	tree := pictured(t)
	keyless, err := mst.New().Apply(t.Context(),
		mst.Op{Action: mst.Put, Key: on(0, "a"), Value: leafValue}, mst.Op{Action: mst.Put, Key: on(2, "b"), Value: leafValue},
		mst.Op{Action: mst.Put, Key: on(0, "c"), Value: leafValue})
	require.NoError(t, err)
	note := func(c dagcbor.CID, layer int) string {
		return "</text> on\n" + strconv.Itoa(layer) + " " + c.String()[50:]
	}
	closed := func(_ dagcbor.CID, layer int) mst.Mark {
		if layer == 0 {
			return mst.Closed
		}
		return mst.Marked
	}
	for _, d := range []mst.Drawing{{Tree: tree}, {Tree: keyless}, {Tree: mst.New()}, {Tree: tree, Node: closed}, {Tree: keyless, Node: closed}} {
		plain := imageOf(t, mst.Picture{d})
		d.Note = note
		im := imageOf(t, mst.Picture{d})
		im.check(t)
		require.Len(t, im.boxes, len(plain.boxes))
		notes := 0
		for _, x := range im.texts {
			if !strings.HasPrefix(x.Text, "</text> on�") {
				continue
			}
			notes++
			require.True(t, slices.ContainsFunc(im.boxes, func(b element) bool {
				return b.X1 <= x.X1 && x.X2 <= b.X2 && b.Y1 <= x.Y1 && x.Y2 <= b.Y2
			}), x.Text)
		}
		require.Equal(t, len(im.boxes), notes)
		d.Note = func(dagcbor.CID, int) string { return "" }
		require.Equal(t, plain, imageOf(t, mst.Picture{d}))
	}
	numbers := func(_ dagcbor.CID, layer int) string { return []string{"zero", "", "two\n"}[layer] }
	requireText(t, `
layer 2 * (two�)
├─ layer 1 *
│  └─ layer 0 … (zero)
├─ b/37
└─ layer 1 *
   └─ layer 0 … (zero)
`, mst.Picture{{Tree: keyless, Node: closed, Note: numbers}})
}

// orderPictures shows in which order nodes come: to who reads them, and from who
// makes them.
func orderPictures(t *testing.T) map[string]mst.Picture {
	return map[string]mst.Picture{"walk": walkPicture(t), "builder": builderPicture(t), "cover": coverPicture(t)}
}

// numbers returns notes with the places of nodes in order, 1 for the first.
func numbers(order []dagcbor.CID) func(dagcbor.CID, int) string {
	return func(c dagcbor.CID, _ int) string {
		if i := slices.Index(order, c); i >= 0 {
			return strconv.Itoa(i + 1)
		}
		return ""
	}
}

// recorder returns a source of the tree's nodes and the list of those that were
// asked for.
func recorder(t *testing.T, tree *mst.Tree) (mst.Source, *[]dagcbor.CID) {
	t.Helper()
	all, order := blocks(t, tree), new([]dagcbor.CID)
	return mst.SourceFunc(func(ctx context.Context, c dagcbor.CID) ([]byte, error) {
		*order = append(*order, c)
		return all.Block(ctx, c)
	}), order
}

// walkPicture shows a Walker in the middle of a tree, and the order of all nodes.
func walkPicture(t *testing.T) mst.Picture {
	tree, at := pictured(t), on(0, "f")
	src, order := recorder(t, tree)
	for e, err := range mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()) {
		require.NoError(t, err)
		if e.Key == at {
			break
		}
	}
	way, err := tree.Proof(t.Context(), at)
	require.NoError(t, err)
	seen, held := slices.Clone(*order), cids(t, way)
	part := mst.MapSource{}
	for _, c := range seen {
		part[c] = blocks(t, tree)[c]
	}
	walk := partial(t, part, tree.Root(), "a walk that is at "+at+", and the nodes that it holds", at)
	walk.Node = func(c dagcbor.CID, _ int) mst.Mark {
		if slices.Contains(held, c) {
			return mst.Marked
		}
		return mst.Plain
	}
	walk.Note = numbers(seen)

	var nodes []dagcbor.CID
	for s, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		if s.Node != nil {
			nodes = append(nodes, s.CID)
		}
	}
	require.Equal(t, nodes[:len(seen)], seen)
	*order = nil
	lazy, err := mst.Load(t.Context(), src, tree.Root(), nil)
	require.NoError(t, err)
	n, err := lazy.Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(9), n)
	require.Equal(t, nodes, *order)
	return mst.Picture{walk, {Tree: tree, Caption: "preorder and count", Note: numbers(nodes)}}
}

// builderPicture shows the nodes that a Builder has closed, and those that it
// holds, after some of the keys.
func builderPicture(t *testing.T) mst.Picture {
	tree := pictured(t)
	var order []dagcbor.CID
	b := mst.NewBuilder(func(c dagcbor.CID, _ []byte) error {
		order = append(order, c)
		return nil
	})
	m := map[string]dagcbor.CID{}
	var p mst.Picture
	for e, err := range tree.Entries(t.Context()) {
		require.NoError(t, err)
		require.NoError(t, b.Add(e.Key, e.Value))
		m[e.Key] = e.Value
		if e.Key == on(0, "f") || e.Key == on(2, "g") || e.Key == on(1, "j") {
			p = append(p, mst.Drawing{Tree: build(t, m), Caption: "after " + e.Key})
		}
	}
	root, err := b.Finish()
	require.NoError(t, err)
	require.Equal(t, tree.Root(), root)
	p = append(p, mst.Drawing{Tree: tree, Caption: "finished"})
	for i := range p {
		var open []dagcbor.CID // those on the way to the end
		if i < len(p)-1 {
			way, err := p[i].Tree.Proof(t.Context(), "\xff")
			require.NoError(t, err)
			open = cids(t, way)
		}
		closed := blocks(t, p[i].Tree)
		for _, c := range open {
			delete(closed, c)
		}
		// The others have gone to the sink, and nothing else has.
		gone := order[:len(closed)]
		require.ElementsMatch(t, gone, slices.Collect(maps.Keys(closed)))
		p[i].Note = numbers(gone)
		p[i].Node = func(c dagcbor.CID, _ int) mst.Mark {
			if slices.Contains(open, c) {
				return mst.Marked
			}
			return mst.Plain
		}
	}
	return p
}

// coverPicture shows why each node is in a covering proof.
func coverPicture(t *testing.T) mst.Picture {
	tree := pictured(t)
	less, err := tree.Delete(t.Context(), on(0, "h"))
	require.NoError(t, err)
	return mst.Picture{
		coverDrawing(t, tree, on(1, "d"), "covering proof of "+on(1, "d"), on(0, "c"), on(0, "e")),
		coverDrawing(t, less, on(0, "h"), "covering proof of "+on(0, "h")+", which was deleted", on(2, "g"), on(1, "j")),
	}
}

func coverDrawing(t *testing.T, tree *mst.Tree, key, caption, before, behind string) mst.Drawing {
	t.Helper()
	proof, err := tree.CoveringProof(t.Context(), key)
	require.NoError(t, err)
	why, names := map[dagcbor.CID]string{}, []string{"way", "before", "behind"}
	for i, key := range []string{key, before, behind} {
		way, err := tree.Proof(t.Context(), key)
		require.NoError(t, err)
		for _, c := range cids(t, way) {
			if why[c] == "" {
				why[c] = names[i]
			}
		}
	}
	require.Len(t, why, len(proof))
	for _, c := range cids(t, proof) {
		require.NotEmpty(t, why[c])
	}
	d := partial(t, source(proof), tree.Root(), caption, key)
	d.Note = func(c dagcbor.CID, _ int) string { return why[c] }
	return d
}
