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
		p := preorder{ranger: ranger{t: t}, yield: yield}
		root, err := t.top(ctx)
		if err == nil {
			_, err = p.walk(ctx, child{t.cid, root}, bounds{})
		}
		if err != nil {
			yield(Step{}, err)
		}
	}
}

// preorder is one iteration.
type preorder struct {
	ranger
	yield func(Step, error) bool
}

// walk yields the node of c and what is in it. It returns false when the
// iteration is to end. It recurses, but no deeper than there are layers.
func (p *preorder) walk(ctx context.Context, c child, in bounds) (bool, error) {
	if err := p.visit(ctx); err != nil {
		return false, err
	}
	n := c.node
	layer := int(n.layer)
	if !p.yield(Step{CID: c.cid, Node: n.raw, Layer: layer}, nil) {
		return false, nil
	}
	keys := n.keysFrom(0)
	for i := range len(n.slots) + 1 {
		if i > 0 {
			if err := p.entry(&p.t.l); err != nil {
				return false, err
			}
			if !p.yield(Step{CID: n.value(i - 1), Key: keys.now, Layer: layer}, nil) {
				return false, nil
			}
		}
		keys.next()
		if c := n.child(i); c.exists() {
			within := keys.around(in)
			var err error
			if c.node, err = p.enter(ctx, n, i, within); err != nil {
				return false, err
			}
			if more, err := p.walk(ctx, c, within); !more || err != nil {
				return false, err
			}
		}
	}
	return true, nil
}
