package mst

import (
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"

	"github.com/linnet-at/linnet/dagcbor"
)

// Build returns the tree of entries, which must come in ascending order of
// their keys. Where there is a second core, parts of a large tree are made side
// by side; the loop over entries stays in the goroutine of the caller. A nil
// entries is one without any.
func Build(entries iter.Seq2[string, dagcbor.CID]) (*Tree, error) {
	t := New()
	if entries == nil {
		return t, nil
	}
	w := t.newWeaver()
	defer t.shop.put(w.loom)
	a := assembly{w: w, piece: new(piece), most: runtime.GOMAXPROCS(0)}
	last := ""
	for key, value := range entries {
		if err := checkNext(last, key, &value); err != nil {
			return nil, err
		}
		last = key
		if err := a.add(key, value); err != nil {
			return nil, err
		}
	}
	root, err := a.finish()
	if err != nil {
		return nil, err
	}
	t.root, t.cid = root.node, root.cid
	return t, nil
}

// newWeaver returns a weaver of t, of which nodes may have any number of entries.
func (t *Tree) newWeaver() *weaver {
	return &weaver{loom: t.shop.get(), t: t, low: noLayer, fanOut: math.MaxInt}
}

// checkNext checks an entry that comes after the key last, "" if it is the
// first one.
func checkNext(last, key string, value *dagcbor.CID) error {
	if len(key) == 0 || len(key) > MaxKeyLen || !value.Defined() {
		return checkEntry(key, *value)
	}
	if key <= last {
		return fmt.Errorf("mst: key %s is not greater than %s before it", quote(key), quote(last))
	}
	return nil
}

// A piece is a part of the entries of a tree and the tree that they make on their
// own. All of that but its left and right edge is part of the whole one.
type piece struct {
	keys   []string
	values []dagcbor.CID
	hash   layerer
	root   child
	err    error
	done   chan struct{} // closed when there is a root or an error
}

// pieceSize is how many entries are worth a goroutine: about a millisecond's work,
// of which the edges, made twice, are a hundredth.
const pieceSize = 4096

// weave adds the entries to w.
func (p *piece) weave(w *weaver) error {
	for i, key := range p.keys {
		if err := w.entry(context.Background(), key, p.values[i], p.hash.layer(key)); err != nil {
			return err
		}
	}
	return nil
}

// build makes root, as a tree that shares memory with t. It waits for nobody.
func (p *piece) build(t *Tree) {
	defer close(p.done)
	w := t.newWeaver()
	defer t.shop.put(w.loom)
	if p.err = p.weave(w); p.err == nil {
		p.root, p.err = w.finish(context.Background())
	}
}

func (p *piece) reset() {
	clear(p.keys)
	p.keys, p.values, p.root = p.keys[:0], p.values[:0], child{}
}

// An assembly makes a tree of pieces that are built side by side.
type assembly struct {
	w     *weaver  // of the whole tree
	piece *piece   // to which entries are added
	line  []*piece // those that are being built, from left to right
	most  int      // how many may be
}

// add adds an entry.
func (a *assembly) add(key string, value dagcbor.CID) error {
	p := a.piece
	p.keys, p.values = append(p.keys, key), append(p.values, value)
	if len(p.keys) < pieceSize {
		return nil
	}
	if a.most == 1 {
		defer p.reset()
		return p.weave(a.w)
	}
	p.done = make(chan struct{})
	go p.build(a.w.t)
	a.line = append(a.line, p)
	if len(a.line) < a.most {
		a.piece = new(piece)
		return nil
	}
	return a.join()
}

// join adds what is first in line to the whole tree. Its memory is that of the
// piece to come.
func (a *assembly) join() error {
	p := a.line[0]
	a.line = append(a.line[:0], a.line[1:]...)
	<-p.done
	if p.err != nil {
		return p.err
	}
	n := p.root.node
	p.reset()
	a.piece = p
	return a.w.feed(context.Background(), n, gap{}, 0, 2*len(n.slots)+1)
}

// finish returns the root of the whole tree.
func (a *assembly) finish() (child, error) {
	rest := a.piece
	for len(a.line) > 0 {
		if err := a.join(); err != nil {
			return child{}, err
		}
	}
	if err := rest.weave(a.w); err != nil {
		return child{}, err
	}
	return a.w.finish(context.Background())
}
