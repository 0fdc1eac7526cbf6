package mst

import (
	"context"

	"github.com/linnet-at/linnet/dagcbor"
)

// rebuild makes the tree before a commit from what it had, in ascending order:
// entries, and whole subtrees of the tree after.
type rebuild struct {
	layers []growing // by layer
	low    int       // the lowest layer on which something is; none if there is nothing

	// trailing says that there is a closed subtree at the right end of
	// layers[low], with nothing behind it yet. lo and hi are the keys between
	// which it lay in the tree after; empty ones are no bounds.
	trailing bool
	lo, hi   []byte
}

// growing is a node of which the right end is not there yet.
type growing struct {
	n       int         // entries
	entries []byte      // their encoding, behind room for the head of the node
	right   bool        // there is a subtree at the right end
	key     []byte      // of the last entry
	left    dagcbor.CID // the leftmost subtree

	// Entries come from the node that was opened as the fromth, all that it has
	// from its beginning or from where something else was up to entry next.
	from uint64
	next int
}

const none = -1

// reset makes ready for another tree.
func (o *rebuild) reset() {
	for i := range o.layers {
		g := &o.layers[i]
		g.clear()
		if cap(g.entries) > maxKept/16 {
			g.entries = nil
		}
	}
	o.trailing, o.lo, o.hi = false, o.lo[:0], o.hi[:0]
}

func (g *growing) clear() {
	g.n, g.entries, g.right, g.left, g.from = 0, g.entries[:0], false, dagcbor.CID{}, 0
}

// layer returns the node on layer h.
func (o *rebuild) layer(h int) *growing {
	for len(o.layers) <= h {
		o.layers = append(o.layers, growing{})
	}
	return &o.layers[h]
}

// begin makes room for the head of the node, if nothing is in it.
func (g *growing) begin() {
	if g.n == 0 {
		g.entries = append(g.entries[:0], noHead...)
	}
}

// noHead is room for the head of a node.
const noHead = "\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// add appends an entry.
func (g *growing) add(key []byte, value *dagcbor.CID) {
	g.begin()
	g.entries = appendEntry(g.entries, g.prefix(key), key, value)
	g.ended(key, 1)
}

// prefix returns how much of key is in the last key.
func (g *growing) prefix(key []byte) int {
	if g.n == 0 {
		return 0
	}
	return commonPrefix(g.key, key)
}

// ended notes that n entries were appended, the last of which has this key.
func (g *growing) ended(key []byte, n int) {
	g.key, g.right, g.from = append(g.key[:0], key...), false, 0
	g.n += n
}

// setRight puts a subtree at the right end, where none is.
func (g *growing) setRight(c dagcbor.CID) {
	if g.right = true; g.n == 0 {
		g.left = c
		return
	}
	g.entries = insertTree(g.entries, c)
}

// rightEnd returns the subtree at the right end.
func (g *growing) rightEnd() dagcbor.CID {
	if g.n == 0 {
		return g.left
	}
	return dagcbor.CIDFromDigest(dagcbor.DAGCBOR, [32]byte(g.entries[len(g.entries)-nullTail-32:]))
}

// dropRight takes the subtree at the right end off.
func (g *growing) dropRight() {
	if g.right = false; g.n == 0 {
		g.left = dagcbor.CID{}
		return
	}
	g.entries = removeTree(g.entries)
}

// attach adds the closed subtree c, which is on the given layer and lies between
// lo and hi. There must be nothing on that layer or below it.
func (o *rebuild) attach(c dagcbor.CID, layer int, lo, hi []byte) {
	o.layer(layer + 1).setRight(c)
	o.low, o.trailing = layer+1, true
	o.lo, o.hi = append(o.lo[:0], lo...), append(o.hi[:0], hi...)
}

// closeBelow closes the nodes on layers below h, each into the one above it. A
// layer in between on which nothing is gets a node without keys.
func (o *rebuild) closeBelow(h int) {
	o.layer(h)
	for o.low != none && o.low < h {
		c := o.close(o.low)
		o.low++
		o.layers[o.low].setRight(c)
	}
	o.low, o.trailing = h, false
}

// close completes the node on layer i and returns its CID.
func (o *rebuild) close(i int) dagcbor.CID {
	g := &o.layers[i]
	g.begin()
	g.entries = appendNodeTail(g.entries, g.left)
	var room [maxHead]byte
	head := appendNodeHead(room[:0], g.n)
	node := g.entries[len(noHead)-len(head):]
	copy(node, head)
	c := dagcbor.Sum(dagcbor.DAGCBOR, node)
	g.clear()
	return c
}

// add adds an entry to the old tree.
func (v *Inverter) add(ctx context.Context, layer int, key []byte, value dagcbor.CID) error {
	g, err := v.grow(ctx, layer, 1)
	if err != nil {
		return err
	}
	g.add(key, &value)
	return nil
}

// addRun adds the entries [i, end) of n with the subtrees between them.
func (v *Inverter) addRun(ctx context.Context, n *opened, i, end int) error {
	g, err := v.grow(ctx, n.layer, end-i)
	if err != nil {
		return err
	}
	v.copyRun(g, n, i, end)
	return nil
}

// copyRun appends the entries [i, end) of n to g, as they are encoded, but for
// the key of the first one if something else comes before it than in n, and
// without the subtree behind the last one.
func (v *Inverter) copyRun(g *growing, n *opened, i, end int) {
	g.begin()
	at := n.begin(i)
	if same := g.n == 0 && i == 0 || g.from == n.number && g.next == i; !same {
		key := v.bytes(n.keys[i])
		prefix := g.prefix(key)
		g.entries = appendNumber(append(g.entries, entryHead...), 2<<5, len(key)-prefix)
		g.entries = append(append(g.entries, key[prefix:]...), prefixKey...)
		g.entries = appendNumber(g.entries, 0, prefix)
		at = n.tail(i)
	}
	last := &n.entries[end-1]
	g.entries = append(g.entries, n.b[at:last.value+cidLen]...)
	if last.tree != 0 {
		g.entries = removeTree(g.entries)
	}
	g.ended(v.bytes(n.keys[end-1]), end-i)
	g.from, g.next = n.number, end
}

// grow makes everything ready for so many more entries on the given layer.
func (v *Inverter) grow(ctx context.Context, layer, entries int) (*growing, error) {
	if _, err := v.makeRoom(ctx, layer); err != nil {
		return nil, err
	}
	v.old.closeBelow(layer)
	g := &v.old.layers[layer]
	if g.n+entries > v.l.nodeEntries {
		return nil, limitError("entries in node", int64(v.l.nodeEntries), int64(g.n+entries))
	}
	return g, nil
}

// makeRoom opens closed subtrees at the right end of the old tree that are to be
// joined with what comes next, an entry or subtree on the given layer. It returns
// whether a subtree can stay closed: whether there is nothing left of it, up to
// the next key that is above it, to which it would have to be joined.
func (v *Inverter) makeRoom(ctx context.Context, layer int) (free bool, err error) {
	o := &v.old
	for o.trailing && o.low > layer {
		if err := v.reopen(ctx); err != nil {
			return false, err
		}
	}
	return o.low == none || o.low > layer, nil
}

// reopen replaces the closed subtree at the right end of the old tree by what is
// in its root.
func (v *Inverter) reopen(ctx context.Context) error {
	o := &v.old
	mark := len(v.arena)
	n, err := v.push(ctx, o.layers[o.low].rightEnd(), o.low-1, v.keep(o.lo), v.keep(o.hi))
	if err != nil {
		return err
	}
	o.layers[o.low].dropRight()
	o.low--
	o.trailing = false
	g := &o.layers[o.low]
	g.left = n.cidAt(n.left)
	end := len(n.keys)
	if end > 0 {
		v.copyRun(g, n, 0, end)
	}
	if at := n.slot(end); at != 0 {
		lo, hi := n.bounds(end)
		o.attach(n.cidAt(at), o.low-1, v.bytes(lo), v.bytes(hi))
	}
	v.pop()
	v.arena = v.arena[:mark]
	return nil
}

// finish returns the root of the old tree.
func (v *Inverter) finish(ctx context.Context) (dagcbor.CID, error) {
	o, top := &v.old, none
	for i := range o.layers {
		if o.layers[i].n > 0 {
			top = i
		}
	}
	if top != none {
		o.closeBelow(top)
		return o.close(top), nil
	}
	if o.trailing {
		return v.trim(ctx)
	}
	o.layer(0)
	return o.close(0), nil // the empty tree
}

// trim returns the root of the old tree if it has nothing but a closed subtree:
// the highest node in it that has keys. A node on layer 0 has some.
func (v *Inverter) trim(ctx context.Context) (dagcbor.CID, error) {
	o := &v.old
	for {
		root := o.layers[o.low].rightEnd()
		if o.low == 1 {
			return root, nil
		}
		if err := v.reopen(ctx); err != nil {
			return dagcbor.CID{}, err
		}
		if o.layers[o.low].n > 0 {
			return root, nil
		}
	}
}
