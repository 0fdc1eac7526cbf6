package mst

import (
	"context"
	"slices"
)

// Prefetch returns the same tree with the nodes of [Tree.CoveringProof] in
// memory. What is done with these keys afterwards, and with trees that are made
// of it by changing them, fetches and checks no node twice. A tree that has all
// of them in memory is returned as it is.
func (t *Tree) Prefetch(ctx context.Context, keys ...string) (*Tree, error) {
	places, err := placesOf(keys)
	if err != nil {
		return nil, err
	}
	if len(places) == 0 && t.valid() {
		return t, nil
	}
	root, err := t.top(ctx)
	if err != nil {
		return nil, err
	}
	held, err := t.hold(ctx, root, gap{}, places)
	switch {
	case err != nil:
		return nil, err
	case held == t.root:
		return t, nil
	}
	made := *t
	made.root = held
	return &made, nil
}

// hold returns n, whose keys lie in in, with the nodes on the ways to the places
// in memory, which are in ascending order. Nodes that somebody else may have are
// copied, not changed. It recurses, but no deeper than there are layers.
func (t *Tree) hold(ctx context.Context, n *node, in gap, places []beside) (*node, error) {
	own := false
	for len(places) > 0 {
		i, count := n.next(places)
		within := n.gap(i, in)
		sub, err := t.below(ctx, n, i, within)
		if err != nil {
			return nil, err
		}
		if sub != nil {
			if sub, err = t.hold(ctx, sub, within, places[:count]); err != nil {
				return nil, err
			}
		}
		if sub != n.kid(i) {
			if !own {
				n, own = n.copied(), true
			}
			n.setKid(i, sub)
		}
		places = places[count:]
	}
	return n, nil
}

func (n *node) copied() *node {
	c := *n
	c.slots = slices.Clone(n.slots)
	return &c
}

// setKid holds the subtree before entry i in memory.
func (n *node) setKid(i int, sub *node) {
	if i == 0 {
		n.left = sub
		return
	}
	n.slots[i-1].right = sub
}
