package mst

import (
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Builder makes the nodes of a tree from its entries, given in ascending
// order of their keys. Each node goes to a sink as soon as it is complete,
// children before their parents; the Builder holds only those that are open,
// one on each layer.
//
// A Builder must not be used by several goroutines at once.
type Builder struct {
	sink   func(c dagcbor.CID, node []byte) error
	layers []openNode // by layer
	top    int        // the highest layer on which a node has been open
	last   string
	n      int64
	buf    []byte // of the node that is being closed
	err    error
}

// openNode is a node of which the right end is not there yet.
type openNode struct {
	open    bool
	n       int         // complete entries
	entries []byte      // their encoding
	left    dagcbor.CID // the leftmost subtree
	// The last entry waits until the subtree to its right is complete.
	waiting bool
	prefix  int
	key     string
	value   dagcbor.CID
	tree    dagcbor.CID // the subtree after the last entry, or nothing
}

// NewBuilder returns a Builder that gives the nodes to sink, which may be nil.
// The slice is valid only during the call. An error of sink ends the building
// and is returned by Add or Finish.
func NewBuilder(sink func(c dagcbor.CID, node []byte) error) *Builder {
	return &Builder{sink: sink}
}

// Add adds an entry. Its key must be greater than the one before it. After an
// error every further call returns the same.
func (b *Builder) Add(key string, value dagcbor.CID) error {
	if b.err == nil {
		b.err = b.add(key, value)
	}
	return b.err
}

func (b *Builder) add(key string, value dagcbor.CID) error {
	if err := checkNext(b.last, key, value); err != nil {
		return err
	}
	h := Layer(key)
	for len(b.layers) <= h {
		b.layers = append(b.layers, openNode{})
	}
	if err := b.closeBelow(h); err != nil {
		return err
	}
	b.layers[h].add(key, value)
	b.top = max(b.top, h)
	b.last = key
	b.n++
	return nil
}

func (o *openNode) add(key string, value dagcbor.CID) {
	o.open = true
	o.flush()
	o.prefix = 0
	if o.n > 0 {
		o.prefix = commonPrefix(o.key, key)
	}
	o.waiting, o.key, o.value = true, key, value
}

// flush encodes the entry that waits, now that what follows it is known.
func (o *openNode) flush() {
	if !o.waiting {
		return
	}
	o.entries = appendEntry(o.entries, o.prefix, o.key, o.tree, o.value)
	o.n++
	o.waiting, o.tree = false, dagcbor.CID{}
}

// attach makes c the subtree at the node's right end.
func (o *openNode) attach(c dagcbor.CID) {
	o.open = true
	if o.waiting {
		o.tree = c
	} else {
		o.left = c
	}
}

// closeBelow closes all open nodes on layers below h, each into the one above
// it. A layer in between on which nothing is open gets a node without keys.
func (b *Builder) closeBelow(h int) error {
	for i := 0; i < h && i <= b.top; i++ {
		if !b.layers[i].open {
			continue
		}
		c, err := b.close(i)
		if err != nil {
			return err
		}
		b.layers[i+1].attach(c)
		b.top = max(b.top, i+1)
	}
	return nil
}

// close completes the node on layer i.
func (b *Builder) close(i int) (dagcbor.CID, error) {
	o := &b.layers[i]
	o.flush()
	b.buf = appendNodeHead(b.buf[:0], o.n)
	b.buf = append(b.buf, o.entries...)
	b.buf = appendNodeTail(b.buf, o.left)
	*o = openNode{entries: o.entries[:0]}
	c := dagcbor.Sum(dagcbor.DAGCBOR, b.buf)
	if b.sink == nil {
		return c, nil
	}
	return c, b.sink(c, b.buf)
}

// Finish completes the open nodes and returns the CID of the root. A Builder
// without entries gives the empty tree.
func (b *Builder) Finish() (dagcbor.CID, error) {
	if b.err != nil {
		return dagcbor.CID{}, b.err
	}
	if b.n == 0 {
		b.layers = make([]openNode, 1)
	}
	if b.err = b.closeBelow(b.top); b.err != nil {
		return dagcbor.CID{}, b.err
	}
	root, err := b.close(b.top)
	if b.err = err; err != nil {
		return dagcbor.CID{}, err
	}
	b.err = errFinished
	return root, nil
}

var errFinished = errors.New("mst: the builder has finished")
