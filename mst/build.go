package mst

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/linnet-at/linnet/dagcbor"
)

// Build returns the tree of entries, which must come in ascending order of
// their keys.
func Build(entries iter.Seq2[string, dagcbor.CID]) (*Tree, error) {
	ctx := context.Background() // nothing is loaded
	t := New()
	w := weaver{loom: t.shop.get(), t: t, low: noLayer, fanOut: math.MaxInt}
	defer t.shop.put(w.loom)
	last := ""
	for key, value := range entries {
		if err := checkNext(last, key, value); err != nil {
			return nil, err
		}
		last = key
		if err := w.entry(ctx, key, value, Layer(key)); err != nil {
			return nil, err
		}
	}
	root, err := w.finish(ctx)
	if err != nil {
		return nil, err
	}
	t.root, t.cid = root.node, root.cid
	return t, nil
}

// checkNext checks an entry that comes after the key last, "" if it is the
// first one.
func checkNext(last, key string, value dagcbor.CID) error {
	if err := checkEntry(key, value); err != nil {
		return err
	}
	if key <= last {
		return fmt.Errorf("mst: key %s is not greater than %s before it", quote(key), quote(last))
	}
	return nil
}
