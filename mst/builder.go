package mst

import (
	"errors"
	"runtime"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Builder makes the nodes of a tree from its entries, given in ascending
// order of their keys. Each node goes to a sink as soon as it is complete,
// children before their parents; the Builder holds only those that are open,
// one on each layer.
//
// Where there is a second core, it computes the layers of a few thousand keys
// ahead of the nodes. Nodes then come out later than the keys that complete them
// are added, but in the same order.
//
// A Builder must not be used by several goroutines at once.
type Builder struct {
	sink   func(c dagcbor.CID, node []byte) error
	layers []bareNode // by layer
	last   string
	n      int64
	buf    []byte // the entries of the open nodes, the highest node first
	low    int    // the lowest open layer
	err    error
	ahead  bool // layers are computed ahead
	hash   layerer
	queued *keyBatch
	hashed *keyBatch // whose layers are being computed, or nil
}

// keyBatch is a number of entries that wait for their layers.
type keyBatch struct {
	keys   []string
	values []dagcbor.CID
	layers [batchSize]uint8
	hash   layerer
	done   chan struct{} // closed when layers is there
}

const batchSize = 2048

// compute starts to compute the layers. It doesn't depend on anyone who waits.
func (q *keyBatch) compute() {
	q.done = make(chan struct{})
	go func() {
		for i, key := range q.keys {
			q.layers[i] = uint8(q.hash.layer(key))
		}
		close(q.done)
	}()
}

// bareNode is a node of which the right end is not there yet.
type bareNode struct {
	open  bool
	n     int    // entries
	start int    // of their encoding in the buffer
	last  string // the last key
	left  dagcbor.CID
}

// NewBuilder returns a Builder that gives the nodes to sink, which may be nil.
// The slice is valid only during the call, in which the Builder must not be used.
// An error of sink ends the building and is returned by Add or Finish.
func NewBuilder(sink func(c dagcbor.CID, node []byte) error) *Builder {
	return &Builder{sink: sink}
}

// Add adds an entry. Its key must be greater than the one before it. After an
// error every further call returns the same.
func (b *Builder) Add(key string, value dagcbor.CID) error {
	if b.err == nil {
		b.err = b.add(key, &value)
	}
	return b.err
}

func (b *Builder) add(key string, value *dagcbor.CID) error {
	if err := checkNext(b.last, key, value); err != nil {
		return err
	}
	if b.n == 0 {
		b.low, b.ahead, b.queued = noLayer, runtime.GOMAXPROCS(0) > 1, new(keyBatch)
	}
	b.last = key
	b.n++
	if b.ahead {
		return b.queue(key, value)
	}
	return b.put(key, value, b.hash.layer(key))
}

// queue adds an entry to those that wait for their layers.
func (b *Builder) queue(key string, value *dagcbor.CID) error {
	q := b.queued
	q.keys, q.values = append(q.keys, key), append(q.values, *value)
	if len(q.keys) < batchSize {
		return nil
	}
	q.compute()
	last := b.hashed
	b.hashed = q
	if last == nil {
		b.queued = new(keyBatch)
		return nil
	}
	err := b.putAll(last)
	clear(last.keys)
	last.keys, last.values = last.keys[:0], last.values[:0]
	b.queued = last
	return err
}

// putAll puts the entries of q, whose layers are being computed, in the tree.
func (b *Builder) putAll(q *keyBatch) error {
	<-q.done
	for i, key := range q.keys {
		if err := b.put(key, &q.values[i], int(q.layers[i])); err != nil {
			return err
		}
	}
	return nil
}

// flush puts all that waits in the tree.
func (b *Builder) flush() error {
	if b.hashed != nil {
		if err := b.putAll(b.hashed); err != nil {
			return err
		}
	}
	if b.queued != nil {
		for i, key := range b.queued.keys {
			if err := b.put(key, &b.queued.values[i], b.hash.layer(key)); err != nil {
				return err
			}
		}
	}
	b.hashed, b.queued = nil, nil
	return nil
}

// put puts an entry that lies on layer h in the tree.
func (b *Builder) put(key string, value *dagcbor.CID, h int) error {
	if err := b.closeBelow(h); err != nil {
		return err
	}
	o := b.at(h)
	prefix := 0
	if o.n > 0 {
		prefix = commonPrefix(o.last, key)
	}
	b.buf = appendEntry(b.buf, prefix, key, value)
	o.n++
	o.last = key
	return nil
}

// at returns the open node on layer h, below which none is open.
func (b *Builder) at(h int) *bareNode {
	for len(b.layers) <= h {
		b.layers = append(b.layers, bareNode{})
	}
	o := &b.layers[h]
	if !o.open {
		var room [maxHead]byte
		b.buf = append(b.buf, room[:]...)
		*o = bareNode{open: true, start: len(b.buf)}
	}
	b.low = h
	return o
}

// closeBelow closes all open nodes on layers below h, each into the one above
// it. A layer in between on which nothing is open gets a node without keys.
func (b *Builder) closeBelow(h int) error {
	for b.low < h {
		c, err := b.close()
		if err != nil {
			return err
		}
		if o := b.at(b.low + 1); o.n > 0 {
			b.buf = insertTree(b.buf, c)
		} else {
			o.left = c
		}
	}
	return nil
}

// close completes the lowest open node.
func (b *Builder) close() (dagcbor.CID, error) {
	o := &b.layers[b.low]
	b.buf = appendNodeTail(b.buf, o.left)
	var room [maxHead]byte
	head := appendNodeHead(room[:0], o.n)
	node := b.buf[o.start-len(head):]
	copy(node, head)
	c := dagcbor.Sum(dagcbor.DAGCBOR, node)
	b.buf = b.buf[:o.start-maxHead]
	o.open = false
	if b.sink == nil {
		return c, nil
	}
	b.err = errInSink
	err := b.sink(c, node)
	b.err = nil
	return c, err
}

// errInSink is what a sink gets that uses the Builder, whose nodes are half made
// then.
var errInSink = errors.New("mst: the sink of a builder calls it")

// Finish completes the open nodes and returns the CID of the root. A Builder
// without entries gives the empty tree.
func (b *Builder) Finish() (dagcbor.CID, error) {
	if b.err != nil {
		return dagcbor.CID{}, b.err
	}
	if b.err = b.flush(); b.err != nil {
		return dagcbor.CID{}, b.err
	}
	if b.n == 0 {
		b.at(0)
	}
	top := b.low
	for h := range b.layers {
		if b.layers[h].open {
			top = h
		}
	}
	if b.err = b.closeBelow(top); b.err != nil {
		return dagcbor.CID{}, b.err
	}
	root, err := b.close()
	if b.err = err; err != nil {
		return dagcbor.CID{}, err
	}
	b.err = errFinished
	return root, nil
}

var errFinished = errors.New("mst: the builder has finished")
