package mst

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// An Action is what an [Op] does.
type Action uint8

// The actions of an Op. Create, Update and Delete are those of
// com.atproto.sync.subscribeRepos#repoOp.
const (
	Put    Action = iota + 1 // set the value, whether the key is there or not
	Create                   // set the value of a key that is not there
	Update                   // set the value of a key that is there
	Delete                   // remove a key that is there
)

// String returns the action's name, such as "create".
func (a Action) String() string {
	switch a {
	case Put:
		return "put"
	case Create:
		return "create"
	case Update:
		return "update"
	case Delete:
		return "delete"
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// An Op is a change of one key.
type Op struct {
	Action Action
	Key    string
	Value  dagcbor.CID // undefined for Delete
}

// Put returns the tree with key set to value.
func (t *Tree) Put(ctx context.Context, key string, value dagcbor.CID) (*Tree, error) {
	return t.Apply(ctx, Op{Put, key, value})
}

// Delete returns the tree without key. The error matches [ErrNotFound] if the
// tree does not have it.
func (t *Tree) Delete(ctx context.Context, key string) (*Tree, error) {
	return t.Apply(ctx, Op{Action: Delete, Key: key})
}

// Apply returns the tree after all of ops, one after the other. If one fails
// there is no new tree: the error is an [*OpError], which matches [ErrNotFound]
// for an Update or Delete of a key that is not there, and [ErrExists] for a
// Create of one that is. Applying many changes at once hashes each new node
// once.
func (t *Tree) Apply(ctx context.Context, ops ...Op) (*Tree, error) {
	byKey := func(a, b Op) int { return strings.Compare(a.Key, b.Key) }
	inOrder := ops
	if !slices.IsSortedFunc(ops, byKey) {
		// Changes of different keys don't depend on each other, and neighbours
		// find the nodes on their way in the processor's caches.
		inOrder = slices.Clone(ops)
		slices.SortStableFunc(inOrder, byKey)
	}
	root, err := t.applyAll(ctx, inOrder)
	if err != nil && &inOrder[0] != &ops[0] {
		root, err = t.applyAll(ctx, ops) // for the first change that fails
	}
	switch {
	case err != nil:
		return nil, err
	case root == t.root.node:
		return t, nil
	}
	return &Tree{root: child{node: new(sealer).seal(root)}, src: t.src, l: t.l}, nil
}

// applyAll makes the changes one after the other.
func (t *Tree) applyAll(ctx context.Context, ops []Op) (*node, error) {
	root := t.root.node
	for i, op := range ops {
		n, err := t.apply(ctx, root, op)
		if err != nil {
			return nil, &OpError{i, op, err}
		}
		root = n
	}
	return root, nil
}

// An OpError reports the change that [Tree.Apply] could not make.
type OpError struct {
	Index int // in the arguments of Apply
	Op    Op
	err   error
}

func (e *OpError) Error() string {
	why := strings.TrimPrefix(e.err.Error(), "mst: ")
	return fmt.Sprintf("mst: op %d, %s of key %s: %s", e.Index, e.Op.Action, quote(e.Op.Key), why)
}

// Unwrap returns the reason.
func (e *OpError) Unwrap() error { return e.err }

func (t *Tree) apply(ctx context.Context, root *node, op Op) (*node, error) {
	switch op.Action {
	case Delete:
		return t.remove(ctx, root, op.Key)
	case Put, Create, Update:
	default:
		return nil, errAction
	}
	if err := checkEntry(op.Key, op.Value); err != nil {
		return nil, err
	}
	layer := Layer(op.Key)
	if layer > t.l.layer {
		return nil, limitError("layer of key", int64(t.l.layer), int64(layer))
	}
	if layer > root.layer || len(root.entries) == 0 {
		if op.Action == Update {
			return nil, ErrNotFound
		}
		return t.raise(ctx, root, entry{key: op.Key, value: op.Value}, layer)
	}
	return t.put(ctx, root, bounds{}, op, layer)
}

var errAction = errors.New("mst: no such action")

// raise makes a new root for a key that lies above the old one, or in the empty
// tree.
func (t *Tree) raise(ctx context.Context, root *node, e entry, layer int) (*node, error) {
	top := &node{layer: layer}
	if len(root.entries) > 0 {
		left, right, err := t.split(ctx, child{root.cid, root}, root.layer, bounds{}, e.key)
		if err != nil {
			return nil, err
		}
		top.left, e.right = wrap(left, root.layer, layer), wrap(right, root.layer, layer)
	}
	top.entries = []entry{e}
	return top, nil
}

// wrap puts nodes without keys above c, which lies on layer from, so that it
// can hang below a node on layer to.
func wrap(c child, from, to int) child {
	if !c.exists() {
		return c
	}
	for h := from + 1; h < to; h++ {
		c = child{node: &node{layer: h, left: c}}
	}
	return c
}

// put makes op in n, whose layer is op's or above it.
func (t *Tree) put(ctx context.Context, n *node, in bounds, op Op, layer int) (*node, error) {
	i, found := n.find(op.Key)
	switch {
	case found && op.Action == Create:
		return nil, ErrExists
	case found && n.entries[i].value == op.Value:
		return n, nil
	case found:
		n = n.own(0)
		n.entries[i].value = op.Value
		return n, nil
	}
	c, within := *n.slot(i), n.bounds(i, in)
	if layer < n.layer {
		sub, err := t.putBelow(ctx, c, n.layer-1, within, op, layer)
		switch {
		case err != nil:
			return nil, err
		case sub == c.node, sub.sealed(): // changed in place, or not at all
			return n, nil
		}
		n = n.own(0)
		*n.slot(i) = child{node: sub}
		return n, nil
	}
	if op.Action == Update {
		return nil, ErrNotFound
	}
	if err := t.l.checkFanOut(len(n.entries) + 1); err != nil {
		return nil, err
	}
	left, right, err := t.split(ctx, c, n.layer-1, within, op.Key)
	if err != nil {
		return nil, err
	}
	n = n.own(1)
	n.entries = slices.Insert(n.entries, i, entry{op.Key, op.Value, right})
	*n.slot(i) = left
	return n, nil
}

// putBelow makes op in the subtree c on the given layer, which need not exist.
func (t *Tree) putBelow(ctx context.Context, c child, layer int, in bounds, op Op, keyLayer int) (*node, error) {
	if c.exists() {
		n, err := t.resolve(ctx, c, layer, in)
		if err != nil {
			return nil, err
		}
		return t.put(ctx, n, in, op, keyLayer)
	}
	if op.Action == Update {
		return nil, ErrNotFound
	}
	leaf := &node{layer: keyLayer, entries: []entry{{key: op.Key, value: op.Value}}}
	return wrap(child{node: leaf}, keyLayer, layer+1).node, nil
}

// checkFanOut keeps changes from making a node that nobody would read.
func (l *limits) checkFanOut(entries int) error {
	if entries > l.nodeEntries {
		return limitError("entries in node", int64(l.nodeEntries), int64(entries))
	}
	return nil
}

// own returns n if nobody else has it, because it is not sealed, and else a
// copy that can be changed, with room for more entries. Subtrees stay shared.
func (n *node) own(more int) *node {
	if !n.sealed() {
		return n
	}
	m := &node{layer: n.layer, left: n.left, entries: make([]entry, len(n.entries), len(n.entries)+more)}
	copy(m.entries, n.entries)
	return m
}

// split cuts the subtree c, on the given layer, into what is smaller than key
// and what is greater. Either may come out as nothing.
func (t *Tree) split(ctx context.Context, c child, layer int, in bounds, key string) (left, right child, err error) {
	if !c.exists() {
		return child{}, child{}, nil
	}
	n, err := t.resolve(ctx, c, layer, in)
	if err != nil {
		return child{}, child{}, err
	}
	i, _ := n.find(key)
	innerLeft, innerRight, err := t.split(ctx, *n.slot(i), layer-1, n.bounds(i, in), key)
	if err != nil {
		return child{}, child{}, err
	}
	// A cut at an edge leaves the node as it is.
	switch {
	case i == 0 && !innerLeft.exists():
		return child{}, c, nil
	case i == len(n.entries) && !innerRight.exists():
		return c, child{}, nil
	}
	a := &node{layer: layer, left: n.left, entries: slices.Clone(n.entries[:i])}
	*a.slot(i) = innerLeft
	b := &node{layer: layer, left: innerRight, entries: slices.Clone(n.entries[i:])}
	return child{node: a}, child{node: b}, nil
}
