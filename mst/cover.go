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
// nodes. If a node is not in memory nor in the tree's source the error is a
// [*MissingBlockError].
func (t *Tree) CoveringProof(ctx context.Context, keys ...string) ([]Node, error) {
	places, err := placesOf(keys)
	if err != nil {
		return nil, err
	}
	var track tracker
	for _, place := range places {
		if err := track.follow(ctx, t, place); err != nil {
			return nil, err
		}
	}
	return track.nodes, nil
}

// placesOf returns the keys and the places right beside them, in ascending order:
// whatever is next to a key, they are as well.
func placesOf(keys []string) ([]string, error) {
	places := make([]string, 0, 3*len(keys))
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		places = append(places, justBelow(key), key, key+"\x00")
	}
	slices.Sort(places)
	return slices.Compact(places), nil
}

// justBelow returns the greatest string that is smaller than key and no longer
// than a key can be.
func justBelow(key string) string {
	rest, last := key[:len(key)-1], key[len(key)-1]
	if last == 0 {
		return rest
	}
	return rest + string([]byte{last - 1}) + strings.Repeat("\xff", MaxKeyLen-len(key))
}
