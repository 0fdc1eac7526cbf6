package mst

import (
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
)

// level is a node that a Walker has open. Everything about it has been checked
// that can be checked without its neighbours.
type level struct {
	rawNode
	in    bounds        // where the keys have to lie
	out   []Entry       // the entries
	sub   []dagcbor.CID // the subtrees before each entry and behind the last; what there is not is left as it was
	ahead [][]byte      // some of the subtrees, of which next of them have been opened
	next  int
	pos   int // how many entries the Walker has been past, or -1 before the left subtree
}

// bounds is the open interval in which the keys of a subtree have to lie. An
// empty string is no bound: keys aren't empty.
type bounds struct{ lo, hi string }

// open takes the node v.cid, whose bytes are b, apart and checks it. It reuses v's
// memory, but not that of the keys, which others may hold. Of b nothing is needed
// afterwards.
//
// Entries and links are made here and not when they are needed, which is some
// time later: they are copied then, and what was written a moment ago in other
// pieces than those in which it is read takes a processor several times as long.
func (w *Walker) open(v *level, b []byte) error {
	layer := v.layer
	if w.quick(v, b) {
		v.b = nil
		return v.checkShape(&w.l)
	}
	v.layer = layer
	if err := v.take(b, &w.l); err != nil {
		return err
	}
	w.makeRoom(v, len(v.entries))
	for i := range v.entries {
		key, err := w.roll.next(&v.rawNode, i, &v.in, &w.l)
		if err != nil {
			return err
		}
		w.set(v, i, key)
	}
	if v.left != 0 {
		v.sub[0] = v.cidAt(v.left)
	}
	v.b = nil
	return v.checkShape(&w.l)
}

// quick does what open does in one pass for a node with which nothing is wrong
// and that has no large numbers, as nearly all are. Otherwise it returns false,
// and all is to be done again; it has set v.layer, then, and nothing that is not
// set again.
func (w *Walker) quick(v *level, b []byte) bool {
	v.b = b
	p := nodeParser{b: b}
	count, err := v.head(&p, &w.l)
	if err != nil || count > len(b)/minEntryLen {
		return false
	}
	w.makeRoom(v, count)
	v.entries, v.trees = slices.Grow(v.entries[:0], count)[:count], false
	known := w.l.trustLayers && v.layer >= 0
	w.roll.n = 0
	for i := range v.entries {
		e := &v.entries[i]
		if p.off = quickEntry(b, p.off, w.roll.n, e); p.off == 0 || !w.roll.expand(b, e) {
			return false
		}
		key := w.roll.key[:w.roll.n]
		if i == 0 && string(key) <= v.in.lo || !known && w.roll.onLayer(&v.rawNode, key, &w.l) != nil {
			return false
		}
		w.set(v, i, key)
	}
	if count > 0 && v.in.hi != "" && v.out[count-1].Key >= v.in.hi {
		return false
	}
	if v.readLeft(&p); p.bad != "" {
		return false
	}
	if v.left != 0 {
		v.sub[0] = v.cidAt(v.left)
	}
	return true
}

// arenaSize is how much memory for keys is allocated at once.
const arenaSize = 2 << 10

// set sets entry i of v, whose key is key, and the subtree behind it.
func (w *Walker) set(v *level, i int, key []byte) {
	if w.arena.Cap()-w.arena.Len() < len(key) {
		w.arena.Reset()
		w.arena.Grow(max(arenaSize, len(key)))
	}
	start := w.arena.Len()
	w.arena.Write(key)
	e, out := &v.entries[i], &v.out[i]
	out.Key = w.arena.String()[start:]
	cid := v.b[e.value:]
	out.Value = dagcbor.CIDFromDigest(dagcbor.Codec(cid[1]), [32]byte(cid[cidLen-32:]))
	if e.tree != 0 {
		v.trees = true
		v.sub[i+1] = v.cidAt(e.tree)
	}
}

// makeRoom sees to it that there is memory for n entries of v.
func (w *Walker) makeRoom(v *level, n int) {
	if n+1 > cap(v.sub) {
		room := max(n, 8)
		v.out, v.sub = make([]Entry, room), make([]dagcbor.CID, room+1)
	}
	v.out, v.sub = v.out[:n], v.sub[:n+1]
}

// bounds returns the interval of the subtree before entry i.
func (v *level) bounds(i int) bounds {
	in := v.in
	if i > 0 {
		in.lo = v.out[i-1].Key
	}
	if i < len(v.out) {
		in.hi = v.out[i].Key
	}
	return in
}
