package mst

import (
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
	open   []*opened
	depth  int
	opened uint64 // how many were opened so far
	arena  []byte
	roll   keyRoll
}

// maxKept is how much memory of one kind is kept from one use to the next.
const maxKept = 1 << 20

// use makes v read nodes of src. Layers are never trusted: what is opened here is
// to prove something.
func (v *opener) use(src Source, o *Options) {
	v.src, v.l = src, o.limits()
	v.l.trustLayers = false
}

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
	lo, hi span   // between which its keys lie
	keys   []span // of the entries
	start  int    // of the arena's part that is this node's
	number uint64 // how many nodes had been opened when this one was, itself included
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

// begin returns where the encoding of entry i begins.
func (n *opened) begin(i int) uint32 {
	e := &n.entries[i]
	return e.keyOff - uint32(len(entryHead)+int(numberLen(uint16(e.keyLen))))
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

// push opens the node c and checks it, as Walker.open does, without allocating.
// layer is -1 for the root of a tree.
func (v *opener) push(ctx context.Context, c dagcbor.CID, layer int, lo, hi span) (*opened, error) {
	b, err := fetch(ctx, v.src, &c, &v.l)
	if err != nil {
		return nil, err
	}
	if err := v.budget.node(&v.l); err != nil {
		return nil, err
	}
	if v.depth == len(v.open) {
		v.open = append(v.open, new(opened))
	}
	n := v.open[v.depth]
	v.depth++
	v.opened++
	n.number = v.opened
	n.cid, n.layer, n.lo, n.hi, n.start = c, layer, lo, hi, len(v.arena)
	if err := n.take(b, &v.l); err != nil {
		return nil, err
	}
	if err := v.expandKeys(n); err != nil {
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

// expandKeys expands the keys of n into the arena and checks them, as
// keyRoll.next does.
func (v *opener) expandKeys(n *opened) error {
	if need := len(v.arena) + n.keyLen; need > cap(v.arena) {
		grown := make([]byte, len(v.arena), max(need, 2*len(v.arena)))
		copy(grown, v.arena)
		v.arena = grown
	}
	n.keys = n.keys[:0]
	for i := range n.entries {
		key, err := v.roll.inNode(&n.rawNode, i)
		switch {
		case err != nil:
			return err
		case i == 0 && string(key) <= string(v.bytes(n.lo)),
			i+1 == len(n.entries) && !n.hi.none() && string(key) >= string(v.bytes(n.hi)):
			return n.failKey(key, outOfOrder)
		}
		if err := v.roll.onLayer(&n.rawNode, key, &v.l); err != nil {
			return err
		}
		n.keys = append(n.keys, v.keep(key))
	}
	return nil
}
