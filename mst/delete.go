package mst

import (
	"context"
	"slices"
)

// remove returns the tree without key, its root trimmed.
func (t *Tree) remove(ctx context.Context, root *node, key string) (*node, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	n, err := t.removeFrom(ctx, root, bounds{}, key)
	if err != nil {
		return nil, err
	}
	// The root has a key, or the tree is empty.
	for len(n.entries) == 0 && n.left.exists() {
		if n, err = t.resolve(ctx, n.left, n.layer-1, bounds{}); err != nil {
			return nil, err
		}
	}
	if len(n.entries) == 0 {
		return emptyNode(), nil
	}
	return n, nil
}

func (t *Tree) removeFrom(ctx context.Context, n *node, in bounds, key string) (*node, error) {
	i, found := n.find(key)
	if found {
		within := bounds{n.bounds(i, in).lo, n.bounds(i+1, in).hi}
		joined, err := t.merge(ctx, *n.slot(i), *n.slot(i + 1), n.layer-1, within, key)
		if err != nil {
			return nil, err
		}
		n = n.own(0)
		n.entries = slices.Delete(n.entries, i, i+1)
		*n.slot(i) = joined
		return n, nil
	}
	c := *n.slot(i)
	if !c.exists() {
		return nil, ErrNotFound
	}
	within := n.bounds(i, in)
	sub, err := t.resolve(ctx, c, n.layer-1, within)
	if err != nil {
		return nil, err
	}
	if sub, err = t.removeFrom(ctx, sub, within, key); err != nil {
		return nil, err
	}
	n = n.own(0)
	*n.slot(i) = sub.orNothing()
	return n, nil
}

// orNothing returns the link to a new node, or to none if nothing is in it.
func (n *node) orNothing() child {
	if len(n.entries) == 0 && !n.left.exists() {
		return child{}
	}
	return child{node: n}
}

// merge joins two neighbouring subtrees on the same layer, between which key
// was.
func (t *Tree) merge(ctx context.Context, a, b child, layer int, in bounds, key string) (child, error) {
	switch {
	case !a.exists():
		return b, nil
	case !b.exists():
		return a, nil
	}
	left, err := t.resolve(ctx, a, layer, bounds{in.lo, key})
	if err != nil {
		return child{}, err
	}
	right, err := t.resolve(ctx, b, layer, bounds{key, in.hi})
	if err != nil {
		return child{}, err
	}
	within := in
	if len(left.entries) > 0 {
		within.lo = left.entries[len(left.entries)-1].key
	}
	if len(right.entries) > 0 {
		within.hi = right.entries[0].key
	}
	joined, err := t.merge(ctx, *left.slot(len(left.entries)), right.left, layer-1, within, key)
	if err != nil {
		return child{}, err
	}
	n := len(left.entries) + len(right.entries)
	if err := t.l.checkFanOut(n); err != nil {
		return child{}, err
	}
	m := &node{layer: layer, left: left.left, entries: make([]entry, 0, n)}
	m.entries = append(append(m.entries, left.entries...), right.entries...)
	*m.slot(len(left.entries)) = joined
	return child{node: m}, nil
}
