package mst

import (
	"context"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
)

// A weaver makes the nodes of a tree from its content, given from left to right:
// single entries, stretches of the nodes of an older tree, and whole subtrees of
// it, which go in by their links and are opened only if something has to go into
// them.
//
// The nodes on its right edge are open, at most one on each layer. Their entries
// stand one node behind the other in one buffer, encoded, the highest node
// first, since only the lowest can grow.
//
//	layer 2   ── k ──┐
//	layer 1          └── n ── p ──┐      buf  head k │ head n p │ head q
//	layer 0                       └── q
type weaver struct {
	*loom
	t      *Tree
	low    int // the lowest open layer, or noLayer
	fanOut int // how many entries a node may have
	made   *Tree
}

// loom is the memory in which weavers work, one after the other.
type loom struct {
	buf      []byte
	slots    []slot
	layers   []openNode
	key, old []byte
	op       [1]Op
	near     []Op // for applier
	nearEnds byte // the ends of their keys, which have to be read
	hash     layerer
}

// A loomShop keeps looms for the trees that come of one.
type loomShop struct{ pool sync.Pool }

func (s *loomShop) get() *loom {
	if l, _ := s.pool.Get().(*loom); l != nil {
		return l
	}
	return &loom{buf: make([]byte, 0, 8<<10), slots: make([]slot, 0, 64), layers: make([]openNode, 0, 16)}
}

// put gives l back, without anything in it that would keep nodes in memory.
func (s *loomShop) put(l *loom) {
	if cap(l.slots) > 1<<10 {
		return
	}
	clear(l.slots[:cap(l.slots)])
	clear(l.layers[:cap(l.layers)])
	l.op = [1]Op{}
	clear(l.near)
	l.near = l.near[:0]
	l.buf, l.slots, l.layers = l.buf[:0], l.slots[:0], l.layers[:0]
	s.pool.Put(l)
}

const noLayer = 1 << 30

// openNode is a node to which more can be added on the right.
type openNode struct {
	open    bool
	right   bool // there is a subtree behind the last entry, or on the left if there is none
	n       int
	start   int // of the entries in buf
	slot    int // of the first entry in slots
	left    child
	rightIn bounds // where the keys of the subtree on the right have to lie, if it is not in memory
	last    keyRef
	skip    int // of a node from which entries come, or -1
}

// maxHead is how many bytes the head of a node may have.
const maxHead = len(nodeHead) + 5

func (w *weaver) open(h int) {
	for len(w.layers) <= h {
		w.layers = append(w.layers, openNode{})
	}
	var room [maxHead]byte
	w.buf = append(w.buf, room[:]...)
	o := &w.layers[h]
	*o = openNode{open: true, start: len(w.buf), slot: len(w.slots), skip: -1}
	w.low = h
}

// entry adds an entry that lies on layer h.
func (w *weaver) entry(ctx context.Context, key string, value dagcbor.CID, h int) error {
	if err := w.makeWay(ctx, h, key); err != nil {
		return err
	}
	o := &w.layers[h]
	prefix := 0
	if o.n > 0 {
		prefix = commonWithLast(w, o, key)
	}
	off := len(w.buf) + len(entryHead) + int(numberLen(uint16(len(key)-prefix)))
	w.buf = appendEntry(w.buf, prefix, key, &value)
	w.slots = append(w.slots, slot{off: uint32(off), prefix: uint16(prefix), suffix: uint16(len(key) - prefix)})
	o.n++
	o.last, o.right = keyRef{s: key}, false
	return nil
}

// makeWay makes layer h the lowest open one, for something that begins with
// key; "" if that is not at hand.
func (w *weaver) makeWay(ctx context.Context, h int, key string) error {
	for w.low != noLayer && w.low > h && w.layers[w.low].right {
		if err := w.reopen(ctx); err != nil {
			return err
		}
	}
	if w.low < h {
		if err := w.closeBelow(h, key); err != nil {
			return err
		}
	}
	if w.low != h {
		w.open(h)
	}
	return nil
}

// closeBelow closes the open nodes below layer h, each into the one above it.
func (w *weaver) closeBelow(h int, next string) error {
	for w.low < h {
		i := w.low
		c, err := w.close(i, next, false)
		if err != nil {
			return err
		}
		if len(w.layers) <= i+1 || !w.layers[i+1].open {
			w.open(i + 1)
		}
		w.low = i + 1
		w.attach(c, bounds{})
	}
	return nil
}

// close completes the node on layer h, the lowest one, before something that
// begins with next.
func (w *weaver) close(h int, next string, root bool) (child, error) {
	o := &w.layers[h]
	if o.n > w.fanOut {
		return child{}, limitError("entries in node", int64(w.fanOut), int64(o.n))
	}
	w.buf = appendNodeTail(w.buf, o.left.cid)
	var room [maxHead]byte
	head := appendNodeHead(room[:0], o.n)
	at := o.start - len(head)
	copy(w.buf[at:], head)
	raw := w.buf[at:]
	n := w.room(o.n, len(raw), root)
	n.layer, n.left = uint8(h), o.left.node
	copy(n.raw, raw)
	copy(n.slots, w.slots[o.slot:])
	for i := range n.slots {
		n.slots[i].off -= uint32(at)
	}
	n.setAbbrs(w.skip(h, n, next))
	w.buf, w.slots = w.buf[:o.start-maxHead], w.slots[:o.slot]
	o.open = false
	return child{dagcbor.Sum(dagcbor.DAGCBOR, n.raw), n}, nil
}

// room returns memory for a node. That of a root comes with its tree, if it is
// not unusually large: they live equally long.
func (w *weaver) room(entries, size int, root bool) *node {
	if !root || entries > 6 || size > 800 {
		return newNode(entries, size)
	}
	b := new(struct {
		node
		t Tree
		s [6]slot
		r [800]byte
	})
	w.made = &b.t
	return b.with(b.s[:entries], b.r[:size])
}

// skip returns how many bytes the keys around node n on layer h have in common.
func (w *weaver) skip(h int, n *node, next string) int {
	if skip := w.layers[h].skip; skip >= 0 || len(n.slots) == 0 {
		return max(0, skip)
	}
	for i := h + 1; i < len(w.layers) && next != ""; i++ {
		if o := &w.layers[i]; o.open && o.n > 0 {
			if o.last.n == nil {
				return commonPrefix(o.last.s, next)
			}
			break
		}
	}
	return max(0, int(n.slots[0].suffix)-8)
}

// attach hangs c to the right end of the lowest open node.
func (w *weaver) attach(c child, in bounds) {
	o := &w.layers[w.low]
	if o.n == 0 {
		o.left = c
	} else {
		w.buf = insertTree(w.buf, c.cid)
		w.slots[len(w.slots)-1].right = c.node
	}
	o.right, o.rightIn = true, in
}

// reopen takes the subtree off the right end of the lowest open node and opens
// it in its place.
func (w *weaver) reopen(ctx context.Context) error {
	h := w.low - 1
	o := &w.layers[w.low]
	in, c := o.rightIn, o.left
	if o.n == 0 {
		o.left = child{}
	} else {
		last := &w.slots[len(w.slots)-1]
		at := len(w.buf) - nullTail - 32
		c = child{dagcbor.CIDFromDigest(dagcbor.DAGCBOR, [32]byte(w.buf[at:])), last.right}
		last.right = nil
		w.buf = removeTree(w.buf)
	}
	o.right, o.rightIn = false, bounds{}
	n, err := w.t.resolve(ctx, c, h, in)
	if err != nil {
		return err
	}
	return w.feed(ctx, n, gap{keyRef{s: in.lo}, keyRef{s: in.hi}}, 0, 2*len(n.slots)+1)
}

// subtree adds c, whose root lies on layer h. in is where its keys have to lie,
// if it is not in memory.
func (w *weaver) subtree(ctx context.Context, c child, h int, in bounds) error {
	for w.low != noLayer && w.low > h && w.layers[w.low].right {
		if err := w.reopen(ctx); err != nil {
			return err
		}
	}
	if w.low > h {
		if w.low != h+1 {
			w.open(h + 1)
		}
		w.attach(c, in)
		return nil
	}
	n, err := w.t.resolve(ctx, c, h, in)
	if err != nil {
		return err
	}
	return w.feed(ctx, n, gap{keyRef{s: in.lo}, keyRef{s: in.hi}}, 0, 2*len(n.slots)+1)
}

// feed adds what is in n from position from up to, but not with, to. The
// positions are those between and of the entries: 2i is the subtree before entry
// i, 2i+1 the entry itself.
func (w *weaver) feed(ctx context.Context, n *node, in gap, from, to int) error {
	for from < to {
		i := from / 2
		if from%2 == 1 {
			if err := w.stretch(ctx, n, i, to/2); err != nil {
				return err
			}
			from = to / 2 * 2
			continue
		}
		if c := n.child(i); c.exists() {
			within := bounds{}
			if c.node == nil {
				within = n.gap(i, in).bounds()
			}
			if err := w.subtree(ctx, c, int(n.layer)-1, within); err != nil {
				return err
			}
		}
		from++
	}
	return nil
}

// stretch adds the entries of n from i up to j and the subtrees between them.
func (w *weaver) stretch(ctx context.Context, n *node, i, j int) error {
	if err := w.makeWay(ctx, int(n.layer), ""); err != nil {
		return err
	}
	o := &w.layers[n.layer]
	from, rest := n.start(i), n.slots[i:j]
	if o.n > 0 && (o.last.n != n || o.last.i != i-1) || o.n == 0 && rest[0].prefix > 0 {
		from, rest = w.firstOf(o, n, i), rest[1:]
	}
	delta := uint32(len(w.buf)) - from // may wrap around
	w.buf = append(w.buf, n.raw[from:n.end(j-1)]...)
	for _, s := range rest {
		s.off += delta
		w.slots = append(w.slots, s)
	}
	if n.raw[n.slots[j-1].treeAt()] != null {
		w.buf = removeTree(w.buf)
		w.slots[len(w.slots)-1].right = nil
	}
	o.n += j - i
	o.last, o.right, o.skip = keyRef{n: n, i: j - 1}, false, int(n.skip)
	return nil
}

// firstOf writes the key of entry i of n, which has another neighbour now, and
// returns where the rest of the entry is.
func (w *weaver) firstOf(o *openNode, n *node, i int) (rest uint32) {
	w.key = n.appendKey(w.key[:0], i)
	key, prefix := w.key, 0
	if o.n > 0 {
		prefix = commonWithLast(w, o, key)
	}
	w.buf = appendNumber(append(w.buf, entryHead...), 2<<5, len(key)-prefix)
	s := n.slots[i]
	rest = s.treeAt() - uint32(len(treeKey))
	s.off, s.prefix, s.suffix = uint32(len(w.buf)), uint16(prefix), uint16(len(key)-prefix)
	w.slots = append(w.slots, s)
	w.buf = append(w.buf, key[prefix:]...)
	w.buf = appendNumber(append(w.buf, prefixKey...), 0, prefix)
	return rest
}

// commonWithLast returns how many bytes key has in common with the last key of o.
func commonWithLast[K string | []byte](w *weaver, o *openNode, key K) int {
	if o.last.n == nil {
		return commonPrefix(o.last.s, key)
	}
	w.old = o.last.n.appendKey(w.old[:0], o.last.i)
	return commonPrefix(w.old, key)
}

// replace gives the last entry another value.
func (w *weaver) replace(value dagcbor.CID) {
	digest := value.Digest()
	link := w.buf[len(w.buf)-linkLen:]
	link[codecAt] = byte(value.Codec())
	copy(link[linkLen-len(digest):], digest[:])
}

// finish completes all nodes and returns the root, which has a key unless the
// tree is empty.
func (w *weaver) finish(ctx context.Context) (child, error) {
	top := -1 // the highest layer with a key
	for h := range w.layers {
		if o := &w.layers[h]; o.open && o.n > 0 {
			top = h
		}
	}
	if w.low == noLayer {
		return emptyRoot(), nil
	}
	if w.low < top {
		if err := w.closeBelow(top, ""); err != nil {
			return child{}, err
		}
	}
	if w.low == top {
		return w.close(top, "", true)
	}
	return w.t.trim(ctx, w.layers[w.low].left, w.low-1, w.layers[w.low].rightIn)
}

// trim returns the highest node with a key on the way down from c on layer h,
// where all above have none. A node that is missing is taken for one with keys.
func (t *Tree) trim(ctx context.Context, c child, h int, in bounds) (child, error) {
	for {
		n, err := t.resolve(ctx, c, h, in)
		if isMissing(err) {
			return c, nil
		}
		if err != nil || !n.keyless() {
			return child{c.cid, n}, err
		}
		c, h = n.child(0), h-1
	}
}
