package mst

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Tree is an immutable snapshot of a Merkle Search Tree. Methods that change
// something return a new Tree, which shares all nodes that are the same with
// the old one; when they fail there is only the old one. Snapshots are cheap to
// make and to keep.
//
// A Tree is safe for concurrent use. Reading never changes it: nodes that are
// not in memory are fetched from its source each time, and checked.
//
// The zero Tree and a nil one are none, not even an empty one: everything that
// needs a tree returns an error, and Root the undefined CID.
type Tree struct {
	root *node // nil if the source did not have it when a change made it the root
	cid  dagcbor.CID
	src  Source
	shop *loomShop // shared by the trees that come of this one
	l    limits
}

// New returns the empty tree. Changes of it are held to the default limits; how
// many keys it may have is not limited.
func New() *Tree {
	empty := emptyRoot()
	return &Tree{root: empty.node, cid: empty.cid, shop: new(loomShop), l: (&Options{MaxEntries: -1, MaxNodes: -1}).limits()}
}

func emptyRoot() child {
	n := newNode(0, 0)
	n.raw = appendNodeTail(appendNodeHead(nil, 0), dagcbor.CID{})
	return child{dagcbor.Sum(dagcbor.DAGCBOR, n.raw), n}
}

// Load returns the tree in src whose root node is root. It fetches the root and
// checks it; other nodes are fetched and checked when something needs them.
// That nothing is wrong in a part that nobody looked at is known only when a
// [Walker] or [Tree.Entries] has been through all of it. A nil o means the
// default limits.
func Load(ctx context.Context, src Source, root dagcbor.CID, o *Options) (*Tree, error) {
	t := &Tree{cid: root, src: src, shop: new(loomShop), l: o.limits()}
	n, err := t.load(ctx, root, -1, bounds{})
	if err != nil {
		return nil, err
	}
	t.root = n
	return t, nil
}

func checkEntry(key string, value dagcbor.CID) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if !value.Defined() {
		return fmt.Errorf("mst: value of key %s is an undefined CID", quote(key))
	}
	return nil
}

// Root returns the CID of the root node, which stands for the whole tree.
func (t *Tree) Root() dagcbor.CID {
	if t == nil {
		return dagcbor.CID{}
	}
	return t.cid
}

// valid reports whether somebody has made t. Whoever calls top need not ask.
func (t *Tree) valid() bool { return t != nil && t.shop != nil }

var errZeroTree = errors.New("mst: neither nil nor the zero Tree is a tree, use New or Load")

// top returns the root node.
func (t *Tree) top(ctx context.Context) (*node, error) {
	if !t.valid() {
		return nil, errZeroTree
	}
	if t.root != nil {
		return t.root, nil
	}
	return t.load(ctx, t.cid, -1, bounds{})
}

// Get returns the value of key and whether the tree has it. A key that is empty
// or longer than [MaxKeyLen] is in no tree, which is no error here: nothing is
// fetched for it.
func (t *Tree) Get(ctx context.Context, key string) (dagcbor.CID, bool, error) {
	if !t.valid() {
		return dagcbor.CID{}, false, errZeroTree
	}
	var m matched
	for n := t.root; n != nil; {
		i, found := n.search(key, &m)
		if found {
			return n.value(i), true, nil
		}
		sub := n.kid(i)
		if sub == nil && !n.hasChild(i) {
			return dagcbor.CID{}, false, nil
		}
		n = sub
	}
	if checkKey(key) != nil {
		return dagcbor.CID{}, false, nil
	}
	// Not all of the way is in memory.
	return t.descend(ctx, key, func(dagcbor.CID, []byte, int) error { return nil })
}

// below returns the subtree of n before entry i, whose keys have to lie in
// within, or nil if there is none.
func (t *Tree) below(ctx context.Context, n *node, i int, within gap) (*node, error) {
	if sub := n.kid(i); sub != nil {
		return sub, nil
	}
	c := n.child(i)
	if !c.exists() {
		return nil, nil
	}
	return t.load(ctx, c.cid, int(n.layer)-1, within.bounds())
}

// descend calls visit for each node from the root down to the one that has key
// or its place, and returns the value of key and whether the tree has it. raw is
// the node's encoding. An error of visit comes back as it is.
func (t *Tree) descend(ctx context.Context, key string, visit func(c dagcbor.CID, raw []byte, layer int) error) (value dagcbor.CID, found bool, err error) {
	n, err := t.top(ctx)
	if err != nil {
		return dagcbor.CID{}, false, err
	}
	c, in := t.cid, gap{}
	var m matched
	for {
		if err := visit(c, n.raw, int(n.layer)); err != nil {
			return dagcbor.CID{}, false, err
		}
		i, found := n.search(key, &m)
		if found {
			return n.value(i), true, nil
		}
		link := n.child(i)
		if !link.exists() {
			return dagcbor.CID{}, false, nil
		}
		c, in = link.cid, n.gap(i, in)
		if n, err = t.below(ctx, n, i, in); err != nil {
			return dagcbor.CID{}, false, err
		}
	}
}

// resolve returns the node of c, from memory or from the source.
func (t *Tree) resolve(ctx context.Context, c child, layer int, in bounds) (*node, error) {
	if c.node != nil {
		return c.node, nil
	}
	return t.load(ctx, c.cid, layer, in)
}

// load fetches a node and checks it. layer is -1 for the root of the tree.
func (t *Tree) load(ctx context.Context, c dagcbor.CID, layer int, in bounds) (*node, error) {
	b, err := fetch(ctx, t.src, &c, &t.l)
	if err != nil {
		return nil, err
	}
	v := rawNode{cid: c, layer: layer}
	if err := v.take(b, &t.l); err != nil {
		return nil, err
	}
	var roll keyRoll
	for i := range v.entries {
		if _, err := roll.next(&v, i, &in, &t.l); err != nil {
			return nil, err
		}
	}
	if err := v.checkShape(&t.l); err != nil {
		return nil, err
	}
	n := newNode(len(v.entries), 0)
	n.raw, n.layer = b, uint8(v.layer)
	for i := range v.entries {
		e := &v.entries[i]
		n.slots[i] = slot{off: e.keyOff, prefix: uint16(e.prefix), suffix: uint16(e.keyLen)}
	}
	n.setAbbrs(commonPrefix(in.lo, in.hi))
	return n, nil
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*MissingBlockError](err)
	return missing
}
