package mst

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Tree is an immutable snapshot of a Merkle Search Tree. Methods that change
// something return a new Tree, which shares all nodes that are the same with
// the old one; when they fail there is only the old one. Snapshots are cheap to
// make and to keep.
//
// A Tree is safe for concurrent use. Reading never changes it: nodes that are
// not in memory are fetched from its source each time, and checked.
type Tree struct {
	root child // always defined; the empty tree has a node
	src  Source
	l    limits
}

// node is a node in memory. Until it is sealed it belongs to the one call that
// makes it; from then on it is not changed.
type node struct {
	cid     dagcbor.CID // undefined until the node is sealed
	raw     []byte      // its encoding, from then on
	layer   int
	left    child
	entries []entry
}

func (n *node) sealed() bool { return n.raw != nil }

type entry struct {
	key   string
	value dagcbor.CID
	right child // the subtree between this key and the next
}

// child is a link to a node: to none if both are zero, to one in memory, or to
// one that is known by its CID only.
type child struct {
	cid  dagcbor.CID // undefined while the node is not sealed
	node *node
}

func (c child) exists() bool { return c.node != nil || c.cid.Defined() }

// New returns the empty tree. Changes of it are held to the default limits; how
// many keys it may have is not limited.
func New() *Tree {
	return &Tree{root: child{node: emptyNode()}, l: (&Options{MaxEntries: -1}).limits()}
}

func emptyNode() *node { return new(sealer).seal(&node{}) }

// Load returns the tree in src whose root node is root. It fetches the root and
// checks it; other nodes are fetched and checked when something needs them.
// That nothing is wrong in a part that nobody looked at is known only when a
// [Walker] or [Tree.Entries] has been through all of it. A nil o means the
// default limits.
func Load(ctx context.Context, src Source, root dagcbor.CID, o *Options) (*Tree, error) {
	t := &Tree{src: src, l: o.limits()}
	n, err := t.load(ctx, root, -1, bounds{})
	if err != nil {
		return nil, err
	}
	t.root = child{root, n}
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
func (t *Tree) Root() dagcbor.CID { return t.root.node.cid }

// Get returns the value of key and whether the tree has it.
func (t *Tree) Get(ctx context.Context, key string) (dagcbor.CID, bool, error) {
	n, in := t.root.node, bounds{}
	for {
		i, found := n.find(key)
		if found {
			return n.entries[i].value, true, nil
		}
		c := *n.slot(i)
		if !c.exists() {
			return dagcbor.CID{}, false, nil
		}
		in = n.bounds(i, in)
		var err error
		if n, err = t.resolve(ctx, c, n.layer-1, in); err != nil {
			return dagcbor.CID{}, false, err
		}
	}
}

// find returns the position of key in n, or where it would be: the number of
// smaller keys.
func (n *node) find(key string) (i int, found bool) {
	lo, hi := 0, len(n.entries)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		switch c := strings.Compare(n.entries[mid].key, key); {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// slot returns the place of the subtree before entry i.
func (n *node) slot(i int) *child {
	if i == 0 {
		return &n.left
	}
	return &n.entries[i-1].right
}

// bounds returns the interval of the subtree before entry i of n, where n's own
// is in.
func (n *node) bounds(i int, in bounds) bounds {
	if i > 0 {
		in.lo = n.entries[i-1].key
	}
	if i < len(n.entries) {
		in.hi = n.entries[i].key
	}
	return in
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
	b, err := fetch(ctx, t.src, c, &t.l)
	if err != nil {
		return nil, err
	}
	var v level
	if err := v.open(c, b, layer, in, &t.l); err != nil {
		return nil, err
	}
	n := &node{cid: c, raw: b, layer: v.layer, left: child{cid: v.cidAt(v.left)}}
	n.entries = make([]entry, len(v.entries))
	for i := range n.entries {
		e := v.entry(i)
		n.entries[i] = entry{e.Key, e.Value, child{cid: v.cidAt(v.slot(i + 1))}}
	}
	return n, nil
}
