package mst

import (
	"context"
	"slices"
	"strings"
)

// CoveringProof returns the nodes that others need to undo changes of the given
// keys, t being the tree after the changes: those on the ways to each key and to
// its neighbours on either side, each once, in the order of [Tree.Preorder]. A
// commit's message carries them, so that [Invert] can take its ops back without
// the rest of the tree. In
//
//	layer 2            ┌────── k ──────┐
//	layer 1         ┌─ c ─┐            m ─┐
//	layer 0         a     d               x
//
// where k was created, they are the root, the node of c, and those of d and m,
// which are k's neighbours. Without k the nodes of c and m are one, with d below;
// whatever a and x have beside them stays as it is. Of a key that was deleted the
// proof is the way to its place, since its neighbours lie there.
//
// All nodes that the changes have made are among them. Without keys there are no
// nodes. Each node that is not in memory is fetched once; if the tree's source
// does not have it the error is a [*MissingBlockError]. A key that no tree can have
// is a [*KeyError].
func (t *Tree) CoveringProof(ctx context.Context, keys ...string) ([]Node, error) {
	places, err := placesOf(keys)
	if err != nil {
		return nil, err
	}
	if len(places) == 0 && t.valid() {
		return nil, nil
	}
	root, err := t.top(ctx)
	if err != nil {
		return nil, err
	}
	// Nearly always a way through all layers for each key is more than enough.
	nodes := make([]Node, 0, int(root.layer)+1+len(keys))
	return t.cover(ctx, nodes, child{t.cid, root}, gap{}, places)
}

// cover appends the node of c, whose keys lie in in, and those below it on the
// ways to the places. It recurses, but no deeper than there are layers.
func (t *Tree) cover(ctx context.Context, nodes []Node, c child, in gap, places []beside) ([]Node, error) {
	n := c.node
	nodes = append(nodes, Node{c.cid, n.raw, int(n.layer)})
	for len(places) > 0 {
		i, count := n.next(places)
		if sub := n.child(i); sub.exists() {
			var err error
			within := n.gap(i, in)
			if sub.node, err = t.below(ctx, n, i, within); err != nil {
				return nil, err
			}
			if nodes, err = t.cover(ctx, nodes, sub, within, places[:count]); err != nil {
				return nil, err
			}
		}
		places = places[count:]
	}
	return nodes, nil
}

// beside is the place right beside a key: whatever is next to the key is next to
// it. If the tree does not have the key, the places on its sides are the same one.
type beside struct {
	key   string
	above bool
}

// placesOf returns the places on either side of each key, in ascending order.
func placesOf(keys []string) ([]beside, error) {
	places := make([]beside, 0, 2*len(keys))
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		places = append(places, beside{key, false}, beside{key, true})
	}
	slices.SortFunc(places, beside.compare)
	return slices.Compact(places), nil
}

func (p beside) compare(q beside) int {
	switch c := strings.Compare(p.key, q.key); {
	case c != 0 || p.above == q.above:
		return c
	case q.above:
		return -1
	}
	return 1
}

// slot returns the entry of n before which p lies, and their number if p lies
// behind the last.
func (n *node) slot(p *beside) int {
	i, found := n.search(p.key, new(matched))
	if found && p.above {
		i++
	}
	return i
}

// next returns the entry of n before which the first of the places lies, and how
// many of them lie there. They are in ascending order.
func (n *node) next(places []beside) (i, count int) {
	i = n.slot(&places[0])
	for lo, hi := 1, len(places); ; {
		if lo == hi {
			return i, lo
		}
		if mid := (lo + hi) / 2; n.slot(&places[mid]) == i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
}
