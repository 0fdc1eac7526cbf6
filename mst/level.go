package mst

import (
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
	if err := v.take(b, &w.l); err != nil {
		return err
	}
	w.makeRoom(v)
	start := w.arena.Len()
	for i := range v.entries {
		key, err := w.roll.next(&v.rawNode, i, &v.in, &w.l)
		if err != nil {
			return err
		}
		w.arena.Write(key)
	}
	keys := w.arena.String()[start:]
	for i := range v.entries {
		e, out := &v.entries[i], &v.out[i]
		size := e.prefix + e.keyLen
		out.Key, keys = keys[:size], keys[size:]
		cid := b[e.value:]
		out.Value = dagcbor.CIDFromDigest(dagcbor.Codec(cid[1]), [32]byte(cid[cidLen-32:]))
	}
	if v.left != 0 || v.trees {
		v.setSubs()
	}
	v.b = nil
	return v.checkShape(&w.l)
}

// setSubs sets the subtrees that there are.
func (v *level) setSubs() {
	for i := range v.sub {
		if at := v.slot(i); at != 0 {
			cid := v.b[at:]
			v.sub[i] = dagcbor.CIDFromDigest(dagcbor.DAGCBOR, [32]byte(cid[cidLen-32:]))
		}
	}
}

// arenaSize is how much memory for keys is allocated at once.
const arenaSize = 2 << 10

// makeRoom sees to it that there is memory for what v holds.
func (w *Walker) makeRoom(v *level) {
	if w.arena.Cap()-w.arena.Len() < v.keyLen {
		w.arena.Reset()
		w.arena.Grow(max(arenaSize, v.keyLen))
	}
	n := len(v.entries)
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
