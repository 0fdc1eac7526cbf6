package mst

import (
	"context"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Step is what [Tree.Preorder] comes by: a node, or an entry.
type Step struct {
	CID   dagcbor.CID // of the node, or of the entry's record
	Node  []byte      // the node's bytes, not to be changed; nil for an entry
	Layer int         // the layer of the node or of the entry's node
	Key   string      // the entry's key; "" for a node
}

// Preorder returns the nodes and entries in the order in which their blocks
// stand in a CAR file that can be read as a stream: each node before what is in
// it, its subtrees and entries from left to right
// (https://atproto.com/specs/repository#streamable-car-block-ordering). A pair
// with an error is the last one; its Step is zero.
func (t *Tree) Preorder(ctx context.Context) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		p := preorder{t: t, yield: yield}
		p.walk(ctx, t.root.node, bounds{})
	}
}

// preorder is one iteration. Its methods return false when it is to end.
type preorder struct {
	t       *Tree
	yield   func(Step, error) bool
	entries int64 // so far
}

func (p *preorder) fail(err error) bool {
	p.yield(Step{}, err)
	return false
}

// walk recurses, but no deeper than there are layers.
func (p *preorder) walk(ctx context.Context, n *node, in bounds) bool {
	if err := ctx.Err(); err != nil {
		return p.fail(err)
	}
	if !p.yield(Step{CID: n.cid, Node: n.raw, Layer: n.layer}, nil) {
		return false
	}
	for i := range len(n.entries) + 1 {
		if i > 0 && !p.entry(n, i-1) {
			return false
		}
		c := *n.slot(i)
		if !c.exists() {
			continue
		}
		within := n.bounds(i, in)
		sub, err := p.t.resolve(ctx, c, n.layer-1, within)
		if err != nil {
			return p.fail(err)
		}
		if !p.walk(ctx, sub, within) {
			return false
		}
	}
	return true
}

func (p *preorder) entry(n *node, i int) bool {
	if p.entries++; p.entries > p.t.l.entries {
		return p.fail(tooManyEntries(&p.t.l))
	}
	e := &n.entries[i]
	return p.yield(Step{CID: e.value, Key: e.key, Layer: n.layer}, nil)
}
