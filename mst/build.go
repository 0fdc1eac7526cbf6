package mst

import (
	"fmt"
	"iter"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
)

// Build returns the tree of entries, which must come in ascending order of
// their keys.
func Build(entries iter.Seq2[string, dagcbor.CID]) (*Tree, error) {
	var b treeBuilder
	last := ""
	for key, value := range entries {
		if err := checkNext(last, key, value); err != nil {
			return nil, err
		}
		last = key
		h := Layer(key)
		for len(b.open) <= h {
			b.open = append(b.open, node{layer: len(b.open)})
		}
		b.closeBelow(h)
		b.open[h].entries = append(b.open[h].entries, entry{key: key, value: value})
	}
	t := New()
	if top := len(b.open) - 1; top >= 0 {
		b.closeBelow(top)
		t.root.node = b.close(top)
	}
	return t, nil
}

// treeBuilder holds the nodes, one on each layer, of which the right end is not
// there yet. Those without anything in them are not open.
type treeBuilder struct {
	open   []node
	sealer sealer
}

// closeBelow hangs the open nodes on layers below h each into the one above it.
func (b *treeBuilder) closeBelow(h int) {
	for i := range h {
		if n, above := &b.open[i], &b.open[i+1]; len(n.entries) > 0 || n.left.exists() {
			sub := b.close(i)
			*above.slot(len(above.entries)) = child{sub.cid, sub}
		}
	}
}

// close returns the node on layer i, sealed, and begins another with its
// memory.
func (b *treeBuilder) close(i int) *node {
	n := &b.open[i]
	done := &node{layer: i, left: n.left, entries: slices.Clone(n.entries)}
	*n = node{layer: i, entries: n.entries[:0]}
	return b.sealer.seal(done)
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
