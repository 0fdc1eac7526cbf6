package mst

import (
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// level is a node from a source, with its keys expanded and everything checked
// that can be checked without its neighbours.
type level struct {
	rawNode
	cid   dagcbor.CID
	layer int              // of the keys
	in    bounds           // where they have to lie
	keys  string           // all keys, one behind the other
	ends  []uint32         // where each ends
	pos   int              // of a Walker: how many entries it has been past, or -1 before the left subtree
	arena *strings.Builder // where keys go, between those of other nodes; nil for memory of their own
}

// arenaSize is how much memory an arena takes at once.
const arenaSize = 2 << 10

// bounds is the open interval in which the keys of a subtree have to lie. An
// empty string is no bound: keys aren't empty.
type bounds struct{ lo, hi string }

// open takes the node c apart and checks it. layer is -1 for the root of a
// tree. It reuses v's memory, but for the keys, which others may hold.
func (v *level) open(c dagcbor.CID, b []byte, layer int, in bounds, l *limits) error {
	v.cid, v.layer, v.in, v.pos = c, layer, in, -1
	if err := v.parse(c, b, l); err != nil {
		return err
	}
	if err := v.expandKeys(); err != nil {
		return err
	}
	if err := v.checkBounds(); err != nil {
		return err
	}
	return v.checkLayers(l)
}

// expandKeys sets keys and ends and checks that the keys ascend and that they
// are compressed as far as they can be.
func (v *level) expandKeys() error {
	var own strings.Builder
	sb, room := v.arena, max(arenaSize, v.keyLen)
	if sb == nil {
		sb, room = &own, v.keyLen
	}
	if sb.Cap()-sb.Len() < v.keyLen {
		sb.Reset()
		sb.Grow(room)
	}
	first := sb.Len()
	v.ends = slices.Grow(v.ends[:0], len(v.entries))
	prev := ""
	for i := range v.entries {
		e := &v.entries[i]
		suffix, tail := v.b[e.keyOff:e.keyOff+e.keyLen], prev[e.prefix:]
		switch {
		case i == 0:
		case len(suffix) == 0 || len(tail) > 0 && suffix[0] < tail[0]:
			return &NodeError{CID: v.cid, Offset: int(e.keyOff), Msg: "keys are out of order"}
		case len(tail) > 0 && suffix[0] == tail[0]:
			return &NodeError{CID: v.cid, Offset: int(e.keyOff), Msg: "p is shorter than the common prefix"}
		}
		start := sb.Len()
		sb.WriteString(prev[:e.prefix])
		sb.Write(suffix)
		prev = sb.String()[start:]
		v.ends = append(v.ends, uint32(sb.Len()-first))
	}
	v.keys = sb.String()[first:]
	return nil
}

// checkBounds checks that the keys, which ascend, lie in the interval that the
// nodes above leave. That a node comes twice in a tree is seen here: so no
// tree, however its nodes are shared, has more of them than keys allow.
func (v *level) checkBounds() error {
	last := len(v.entries) - 1
	switch {
	case last < 0:
	case v.in.lo != "" && v.key(0) <= v.in.lo:
		return &NodeError{CID: v.cid, Offset: -1, Key: v.key(0), Msg: outOfOrder}
	case v.in.hi != "" && v.key(last) >= v.in.hi:
		return &NodeError{CID: v.cid, Offset: -1, Key: v.key(last), Msg: outOfOrder}
	}
	return nil
}

const outOfOrder = "keys are out of order between nodes"

// checkLayers sets the layer of a root and checks that keys and links agree
// with the node's layer.
func (v *level) checkLayers(l *limits) error {
	root := v.layer < 0
	if len(v.entries) == 0 {
		switch {
		case root && v.left == 0: // the empty tree
			v.layer = 0
			return nil
		case root:
			return &NodeError{CID: v.cid, Offset: -1, Msg: "root has no keys, but a subtree"}
		case v.left == 0:
			return &NodeError{CID: v.cid, Offset: -1, Msg: "node is empty"}
		}
	}
	for i := range v.entries {
		if l.trustLayers && (i > 0 || v.layer >= 0) {
			break
		}
		key := v.key(i)
		h := Layer(key)
		if v.layer < 0 {
			v.layer = h
		}
		if h != v.layer {
			return &NodeError{CID: v.cid, Offset: -1, Key: key, Msg: "key lies on another layer than its node"}
		}
	}
	if v.layer > l.layer {
		return limitError("layer of node "+v.cid.String(), int64(l.layer), int64(v.layer))
	}
	if v.layer == 0 && v.hasChild() {
		return &NodeError{CID: v.cid, Offset: -1, Msg: "node on layer 0 has a subtree"}
	}
	return nil
}

func (v *level) hasChild() bool {
	for i := range len(v.entries) + 1 {
		if v.slot(i) != 0 {
			return true
		}
	}
	return false
}

// slot returns where the CID of the subtree before entry i is; 0 if there is
// none.
func (v *level) slot(i int) uint32 {
	if i == 0 {
		return v.left
	}
	return v.entries[i-1].tree
}

// bounds returns the interval of the subtree before entry i.
func (v *level) bounds(i int) bounds {
	in := v.in
	if i > 0 {
		in.lo = v.key(i - 1)
	}
	if i < len(v.entries) {
		in.hi = v.key(i)
	}
	return in
}

func (v *level) key(i int) string {
	start := uint32(0)
	if i > 0 {
		start = v.ends[i-1]
	}
	return v.keys[start:v.ends[i]]
}

func (v *level) entry(i int) Entry {
	return Entry{v.key(i), v.cidAt(v.entries[i].value)}
}
