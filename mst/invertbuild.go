package mst

import (
	"context"
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
)

// rebuild makes the tree before a commit from what it had, in ascending order:
// entries, and whole subtrees of the tree after.
type rebuild struct {
	layers []growing // by layer
	low    int       // the lowest layer on which something is; none if there is nothing
	buf    []byte    // of the node that is being closed

	// trailing says that there is a closed subtree at the right end of
	// layers[low], with nothing behind it yet. lo and hi are the keys between
	// which it lay in the tree after; empty ones are no bounds.
	trailing bool
	lo, hi   []byte
}

// growing is a node of which the right end is not there yet.
type growing struct {
	n       int         // entries
	entries []byte      // their encoding, but of the last one only k and p
	key     []byte      // of the last entry
	value   dagcbor.CID // of the last entry
	left    dagcbor.CID // the leftmost subtree
	tree    dagcbor.CID // the subtree behind the last entry
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
	if cap(o.buf) > maxKept/16 {
		o.buf = nil
	}
}

func (g *growing) clear() {
	g.n, g.entries, g.left, g.tree = 0, g.entries[:0], dagcbor.CID{}, dagcbor.CID{}
}

// layer returns the node on layer h.
func (o *rebuild) layer(h int) *growing {
	for len(o.layers) <= h {
		o.layers = append(o.layers, growing{})
	}
	return &o.layers[h]
}

// add appends an entry.
func (g *growing) add(key []byte, value dagcbor.CID) {
	prefix := 0
	if g.n > 0 {
		g.endEntry()
		prefix = commonPrefix(g.key, key)
	}
	g.entries = append(g.entries, entryHead...)
	g.entries = appendNumber(g.entries, 2<<5, len(key)-prefix)
	g.entries = append(g.entries, key[prefix:]...)
	g.entries = append(g.entries, prefixKey...)
	g.entries = appendNumber(g.entries, 0, prefix)
	g.key, g.value, g.tree = append(g.key[:0], key...), value, dagcbor.CID{}
	g.n++
}

// endEntry encodes the rest of the last entry, now that what follows it is
// known.
func (g *growing) endEntry() {
	g.entries = append(g.entries, treeKey...)
	g.entries = appendLinkOrNull(g.entries, g.tree)
	g.entries = append(g.entries, valueKey...)
	g.entries = dagcbor.AppendLink(g.entries, g.value)
}

// end returns the place of the subtree at the right end.
func (g *growing) end() *dagcbor.CID {
	if g.n > 0 {
		return &g.tree
	}
	return &g.left
}

// attach adds the closed subtree c, which is on the given layer and lies between
// lo and hi. There must be nothing on that layer or below it.
func (o *rebuild) attach(c dagcbor.CID, layer int, lo, hi []byte) {
	*o.layer(layer + 1).end() = c
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
		*o.layers[o.low].end() = c
	}
	o.low, o.trailing = h, false
}

// close completes the node on layer i and returns its CID.
func (o *rebuild) close(i int) dagcbor.CID {
	g := &o.layers[i]
	if g.n > 0 {
		g.endEntry()
	}
	o.buf = append(appendNodeHead(o.buf[:0], g.n), g.entries...)
	o.buf = appendNodeTail(o.buf, g.left)
	g.clear()
	return dagcbor.Sum(dagcbor.DAGCBOR, o.buf)
}

// add adds an entry to the old tree.
func (v *Inverter) add(ctx context.Context, layer int, key []byte, value dagcbor.CID) error {
	g, err := v.grow(ctx, layer, 1)
	if err != nil {
		return err
	}
	g.add(key, value)
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

// copyRun appends the entries [i, end) of n to g. But for the first one they are
// encoded as they were.
func (v *Inverter) copyRun(g *growing, n *opened, i, end int) {
	g.add(v.bytes(n.keys[i]), n.value(i))
	if last := end - 1; last > i {
		g.entries = append(g.entries, n.b[n.tail(i):n.tail(last)]...)
		g.key, g.value = append(g.key[:0], v.bytes(n.keys[last])...), n.value(last)
		g.n += last - i
	}
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
	closed := o.layers[o.low].end()
	mark := len(v.arena)
	n, err := v.push(ctx, *closed, o.low-1, v.keep(o.lo), v.keep(o.hi))
	if err != nil {
		return err
	}
	*closed = dagcbor.CID{}
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
// the highest node in it that has keys. A node on layer 0 has some, and one that
// the source does not have is taken to have some too.
func (v *Inverter) trim(ctx context.Context) (dagcbor.CID, error) {
	o := &v.old
	for {
		root := *o.layers[o.low].end()
		if o.low == 1 {
			return root, nil
		}
		err := v.reopen(ctx)
		missing, found := errors.AsType[*MissingBlockError](err)
		switch {
		case found && missing.CID == root:
			return root, nil
		case err != nil:
			return dagcbor.CID{}, err
		case o.layers[o.low].n > 0:
			return root, nil
		}
	}
}
