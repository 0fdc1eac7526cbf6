package mst

import (
	"context"
	"errors"
	"fmt"
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

func (op *Op) check() error {
	switch op.Action {
	case Delete:
		return checkKey(op.Key)
	case Put, Create, Update:
		return checkEntry(op.Key, op.Value)
	}
	return errAction
}

var errAction = errors.New("mst: no such action")

// Put returns the tree with key set to value.
func (t *Tree) Put(ctx context.Context, key string, value dagcbor.CID) (*Tree, error) {
	return t.applyOne(ctx, Op{Put, key, value})
}

// Delete returns the tree without key. The error matches [ErrNoKey] if the
// tree does not have it.
func (t *Tree) Delete(ctx context.Context, key string) (*Tree, error) {
	return t.applyOne(ctx, Op{Action: Delete, Key: key})
}

func (t *Tree) applyOne(ctx context.Context, op Op) (*Tree, error) {
	if !t.valid() {
		return nil, errZeroTree
	}
	l := t.shop.get()
	defer t.shop.put(l)
	l.op[0] = op
	return t.applyIn(ctx, l, l.op[:])
}

// Apply returns the tree after all of ops, one after the other. If one fails
// there is no new tree: the error is an [*OpError], which matches [ErrNoKey]
// for an Update or Delete of a key that is not there, and [ErrExists] for a
// Create of one that is. Many changes at once cost less than one by one: each
// new node is made and hashed once.
func (t *Tree) Apply(ctx context.Context, ops ...Op) (*Tree, error) {
	if !t.valid() {
		return nil, errZeroTree
	}
	l := t.shop.get()
	defer t.shop.put(l)
	return t.applyIn(ctx, l, ops)
}

func (t *Tree) applyIn(ctx context.Context, l *loom, ops []Op) (*Tree, error) {
	var invalid error
	for i := range ops {
		if err := ops[i].check(); err != nil {
			invalid = &OpError{i, ops[i], err}
			ops = ops[:i] // of these an earlier one may fail
			break
		}
	}
	if len(ops) == 0 {
		return t.orError(invalid)
	}
	w := applier{
		weaver: weaver{loom: l, t: t, low: noLayer, fanOut: t.l.nodeEntries},
		ops:    ops, order: sortOps(ops), failed: -1,
	}
	root, err := w.apply(ctx)
	switch {
	case w.failed >= 0 && (err == nil || w.failed < w.now):
		return nil, &OpError{w.failed, ops[w.failed], w.why}
	case err != nil:
		return nil, &OpError{w.now, ops[w.now], err}
	case invalid != nil, root.cid == t.cid:
		return t.orError(invalid)
	}
	made := w.made
	if made == nil {
		made = new(Tree)
	}
	*made = Tree{root: root.node, cid: root.cid, src: t.src, shop: t.shop, l: t.l}
	return made, nil
}

func (t *Tree) orError(err error) (*Tree, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// An OpError reports the change that [Tree.Apply] could not make.
type OpError struct {
	Index int // in the arguments of Apply
	Op    Op
	err   error
}

func (e *OpError) Error() string {
	why := " failed"
	if e.err != nil {
		why = ": " + strings.TrimPrefix(e.err.Error(), "mst: ")
	}
	return fmt.Sprintf("mst: op %d, %s of key %s%s", e.Index, e.Op.Action, quote(e.Op.Key), why)
}

// Unwrap returns the reason.
func (e *OpError) Unwrap() error { return e.err }

// applier weaves a tree with changes. It goes through the old tree along the
// ways to the changed keys and takes everything beside these as it is.
type applier struct {
	weaver
	ops      []Op
	order    []uint32 // of ops by key, those of one key in their order; nil if they are so already
	nearFrom int      // of the ops that are near
	now      int      // the op that is at work
	failed   int      // the first op that fails because of what is there or not, or -1
	why      error
}

// index returns the index of the ith op by key.
func (w *applier) index(i int) int {
	if w.order == nil {
		return i
	}
	return int(w.order[i])
}

func (w *applier) key(i int) string { return w.op(i).Key }

// op returns the ith op by key, for a moment.
func (w *applier) op(i int) *Op {
	if w.order == nil {
		return &w.ops[i]
	}
	if uint(i-w.nearFrom) >= uint(len(w.near)) {
		w.approach(i)
	}
	return &w.near[i-w.nearFrom]
}

// nearOps is how many ops are brought near at once.
const nearOps = 32

// approach brings the ops from the ith by key on near, with their keys. They may
// be anywhere in memory, and a processor waits for many of them as long as for
// one if it needs none of them to know the next.
func (w *applier) approach(i int) {
	if w.near == nil {
		w.near = make([]Op, 0, nearOps)
	}
	w.near, w.nearFrom = w.near[:0], i
	for _, index := range w.order[i:min(i+nearOps, len(w.order))] {
		w.near = append(w.near, w.ops[index])
	}
	for j := range w.near {
		w.nearEnds ^= w.near[j].Key[len(w.near[j].Key)-1]
	}
}

func (w *applier) apply(ctx context.Context) (child, error) {
	w.now = w.index(0)
	root, err := w.t.top(ctx)
	if err != nil {
		return child{}, err
	}
	if err := w.change(ctx, root, gap{}, 0, len(w.ops)); err != nil {
		return child{}, err
	}
	return w.finish(ctx)
}

// change weaves n, whose keys lie in in, with the changes from lo up to hi, whose
// keys lie there too. It recurses, but no deeper than there are layers.
func (w *applier) change(ctx context.Context, n *node, in gap, lo, hi int) error {
	pos := 0 // as feed has it: what is before is done
	for lo < hi {
		var m matched
		i, found := n.search(w.key(lo), &m)
		end := lo + 1
		if many := hi-lo > 16; many && !found && w.together(n, i, found, lo, hi-1) {
			end = hi // and so do those in between
		}
		for end < hi && w.together(n, i, found, lo, end) {
			end++
		}
		w.now = w.index(lo)
		upTo := 2 * i
		if found {
			upTo++
		}
		if err := w.feed(ctx, n, in, pos, upTo); err != nil {
			return err
		}
		pos = upTo + 1
		var err error
		if found {
			err = w.present(ctx, n, i, lo, end)
		} else {
			err = w.between(ctx, n, i, in, lo, end)
		}
		if err != nil {
			return err
		}
		lo = end
	}
	return w.feed(ctx, n, in, pos, 2*len(n.slots)+1)
}

// together reports whether change j is one of the same key as lo, if that was
// found, or else of a key that lies before entry i of n too.
func (w *applier) together(n *node, i int, found bool, lo, j int) bool {
	if found {
		return w.key(lo) == w.key(j)
	}
	var m matched
	k, there := n.search(w.ops[w.index(j)].Key, &m)
	return k == i && !there
}

// present makes the changes from lo up to hi, all of the key of entry i of n.
func (w *applier) present(ctx context.Context, n *node, i, lo, hi int) error {
	old := n.value(i)
	value, there := w.settle(old, true, lo, hi)
	if !there {
		return nil
	}
	if err := w.stretch(ctx, n, i, i+1); err != nil {
		return err
	}
	if value != old {
		w.replace(value)
	}
	return nil
}

// between makes the changes from lo up to hi, whose keys lie before entry i of n
// and behind the one before.
func (w *applier) between(ctx context.Context, n *node, i int, in gap, lo, hi int) error {
	within := n.gap(i, in)
	sub, err := w.t.below(ctx, n, i, within)
	switch {
	case err != nil:
		return err
	case sub != nil:
		return w.change(ctx, sub, within, lo, hi)
	}
	for end := lo; lo < hi; lo = end {
		key := w.key(lo)
		for end < hi && w.key(end) == key {
			end++
		}
		w.now = w.index(lo)
		if value, there := w.settle(dagcbor.CID{}, false, lo, end); there {
			layer := w.hash.layer(key)
			if layer > w.t.l.layer {
				return limitError("layer of key", int64(w.t.l.layer), int64(layer))
			}
			if err := w.entry(ctx, key, value, layer); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle returns what comes of a value after the changes from lo up to hi, all
// of one key.
func (w *applier) settle(value dagcbor.CID, there bool, lo, hi int) (dagcbor.CID, bool) {
	for i := lo; i < hi; i++ {
		op := w.op(i)
		switch {
		case op.Action == Create && there:
			w.fail(w.index(i), ErrExists)
			return value, there
		case op.Action >= Update && !there:
			w.fail(w.index(i), ErrNoKey)
			return value, there
		}
		value, there = op.Value, op.Action != Delete
	}
	return value, there
}

// fail notes that the op at index fails, for there may be an earlier one.
func (w *applier) fail(index int, err error) {
	if w.failed < 0 || index < w.failed {
		w.failed, w.why = index, err
	}
}
