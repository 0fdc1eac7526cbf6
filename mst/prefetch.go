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
	if err != nil || len(places) == 0 {
		return t, err
	}
	root, err := t.top(ctx)
	if err != nil {
		return nil, err
	}
	held, err := t.hold(ctx, root, gap{}, places)
	if err != nil || held == t.root {
		return t, err
	}
	made := *t
	made.root = held
	return &made, nil
}

// hold returns n, whose keys lie in in, with the nodes on the ways to the places
// in memory, which are in ascending order. Nodes that somebody else may have are
// copied, not changed. It recurses, but no deeper than there are layers.
func (t *Tree) hold(ctx context.Context, n *node, in gap, places []string) (*node, error) {
	own := false
	for len(places) > 0 {
		i, found := n.search(places[0], new(matched))
		if found {
			places = places[1:]
			continue
		}
		count := n.placesBefore(i, places)
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

// placesBefore returns how many of the places lie before entry i.
func (n *node) placesBefore(i int, places []string) int {
	if i == len(n.slots) {
		return len(places)
	}
	count, _ := slices.BinarySearch(places, n.key(i))
	return count
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
