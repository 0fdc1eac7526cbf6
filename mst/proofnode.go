package mst

import (
	"bytes"
	"context"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
)

// span is where a key stands in an opener's arena. An empty one is no bound:
// keys aren't empty.
type span struct{ start, end int }

func (s span) none() bool { return s.start == s.end }

// An opener opens and checks nodes in memory that it keeps.
type opener struct {
	src    Source
	l      limits
	budget budget

	// The nodes that are open, from the root down, and their keys, one behind
	// the other. What is behind open[:depth] is there to be used again.
	open  []*opened
	depth int
	arena []byte
}

// maxKept is how much memory of one kind is kept from one use to the next.
const maxKept = 1 << 20

// reset lets go of everything that belongs to others, and of memory that only a
// strange tree needs.
func (v *opener) reset() {
	for _, n := range v.open[:v.depth] {
		n.b = nil
	}
	v.src, v.budget, v.depth, v.arena = nil, budget{}, 0, v.arena[:0]
	if cap(v.arena) > maxKept {
		v.arena, v.open = nil, nil
	}
}

func (v *opener) bytes(s span) []byte { return v.arena[s.start:s.end] }

// opened is a node that has been opened and checked.
type opened struct {
	rawNode
	cid    dagcbor.CID
	layer  int
	lo, hi span   // between which its keys lie
	keys   []span // of the entries
	start  int    // of the arena's part that is this node's
}

// slot returns where the CID of the subtree before entry i is; 0 if there is
// none.
func (n *opened) slot(i int) uint32 {
	if i == 0 {
		return n.left
	}
	return n.entries[i-1].tree
}

func (n *opened) value(i int) dagcbor.CID { return n.cidAt(n.entries[i].value) }

// tail returns where the encoding of entry i goes on behind its key and prefix.
func (n *opened) tail(i int) uint32 {
	e := &n.entries[i]
	tree := uint32(1)
	if e.tree != 0 {
		tree = linkLen
	}
	return e.value - uint32(cidStart+len(valueKey)+len(treeKey)) - tree
}

// bounds returns between which keys the subtree before entry i lies.
func (n *opened) bounds(i int) (lo, hi span) {
	lo, hi = n.lo, n.hi
	if i > 0 {
		lo = n.keys[i-1]
	}
	if i < len(n.keys) {
		hi = n.keys[i]
	}
	return lo, hi
}

// push opens the node c and checks it, as level.open does, without allocating.
// layer is -1 for the root of a tree.
func (v *opener) push(ctx context.Context, c dagcbor.CID, layer int, lo, hi span) (*opened, error) {
	b, err := fetch(ctx, v.src, c, &v.l)
	if err != nil {
		return nil, err
	}
	if err := v.budget.node(&v.l); err != nil {
		return nil, err
	}
	return v.pushBytes(c, b, layer, lo, hi)
}

// pushBytes opens the node c, whose bytes are b.
func (v *opener) pushBytes(c dagcbor.CID, b []byte, layer int, lo, hi span) (*opened, error) {
	if v.depth == len(v.open) {
		v.open = append(v.open, new(opened))
	}
	n := v.open[v.depth]
	v.depth++
	n.cid, n.layer, n.lo, n.hi, n.start = c, layer, lo, hi, len(v.arena)
	if err := n.parse(c, b, &v.l); err != nil {
		return nil, err
	}
	if err := v.checkKeys(n); err != nil {
		return nil, err
	}
	return n, n.checkShape(&v.l)
}

// search returns the position of key in n, or where it would be: the number of
// smaller keys.
func (v *opener) search(n *opened, key string) (i int, found bool) {
	return slices.BinarySearchFunc(n.keys, key, func(s span, key string) int {
		return compareKeys(v.bytes(s), key)
	})
}

// keep copies a key to the end of the arena.
func (v *opener) keep(key []byte) span {
	start := len(v.arena)
	v.arena = append(v.arena, key...)
	return span{start, len(v.arena)}
}

// pop closes the node that was opened last.
func (v *opener) pop() {
	v.depth--
	n := v.open[v.depth]
	n.b = nil
	v.arena = v.arena[:n.start]
}

// checkKeys expands the keys of n into the arena. It checks that they ascend,
// are compressed as far as they can be, lie between the node's bounds and on its
// layer, which it sets if n is a root.
func (v *opener) checkKeys(n *opened) error {
	if need := len(v.arena) + n.keyLen; need > cap(v.arena) {
		grown := make([]byte, len(v.arena), max(need, 2*len(v.arena)))
		copy(grown, v.arena)
		v.arena = grown
	}
	n.keys = n.keys[:0]
	prev := n.lo
	for i := range n.entries {
		e := &n.entries[i]
		key := v.expand(n, prev, e)
		k := v.bytes(key)
		if i == 0 && bytes.Compare(k, v.bytes(prev)) <= 0 {
			return n.keyError(k, outOfOrder)
		}
		if msg := orderFault(v.bytes(prev), k, int(e.prefix)); i > 0 && msg != "" {
			return &NodeError{CID: n.cid, Offset: int(e.keyOff), Msg: msg}
		}
		h := layerOf(k)
		if n.layer < 0 {
			n.layer = h
		}
		if h != n.layer {
			return n.keyError(k, "key lies on another layer than its node")
		}
		n.keys = append(n.keys, key)
		prev = key
	}
	if last := v.bytes(prev); len(n.keys) > 0 && !n.hi.none() && bytes.Compare(last, v.bytes(n.hi)) >= 0 {
		return n.keyError(last, outOfOrder)
	}
	return nil
}

func (n *opened) keyError(key []byte, msg string) error {
	return &NodeError{CID: n.cid, Offset: -1, Key: string(key), Msg: msg}
}

// expand appends the key of e to the arena. prev is the key before it.
func (v *opener) expand(n *opened, prev span, e *rawEntry) span {
	start := len(v.arena)
	v.arena = append(v.arena, v.arena[prev.start:prev.start+int(e.prefix)]...)
	v.arena = append(v.arena, n.b[e.keyOff:e.keyOff+e.keyLen]...)
	return span{start, len(v.arena)}
}

// orderFault says what is wrong with key, which shares prefix bytes with prev,
// the key before it in the node.
func orderFault(prev, key []byte, prefix int) string {
	switch {
	case len(key) == prefix || len(prev) > prefix && key[prefix] < prev[prefix]:
		return "keys are out of order"
	case len(prev) > prefix && key[prefix] == prev[prefix]:
		return "p is shorter than the common prefix"
	}
	return ""
}

// checkShape checks that the links of n agree with its keys and layer.
func (n *opened) checkShape(l *limits) error {
	msg := ""
	switch root := n.layer < 0; {
	case root && n.left == 0: // the empty tree
		n.layer = 0
	case root:
		msg = "root has no keys, but a subtree"
	case len(n.keys) == 0 && n.left == 0:
		msg = "node is empty"
	case n.layer > l.layer:
		return limitError("layer of node "+n.cid.String(), int64(l.layer), int64(n.layer))
	case n.layer == 0 && (n.left != 0 || slices.ContainsFunc(n.entries, rawEntry.hasTree)):
		msg = "node on layer 0 has a subtree"
	}
	if msg == "" {
		return nil
	}
	return &NodeError{CID: n.cid, Offset: -1, Msg: msg}
}

func (e rawEntry) hasTree() bool { return e.tree != 0 }
