package mst

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// A CommitOp is what a commit did to one key, as
// com.atproto.sync.subscribeRepos#repoOp says it
// (https://atproto.com/specs/sync#commit).
type CommitOp struct {
	Action Action      // Create, Update or Delete
	Key    string      // the path
	Value  dagcbor.CID // after the commit, the op's cid; undefined for Delete
	Prev   dagcbor.CID // before the commit; undefined for Create
}

// A CommitOpError reports an op that contradicts the commit's tree, or that
// makes no sense in itself.
//
// The text returned by the Error method may change between releases.
type CommitOpError struct {
	Index int // of the op
	Op    CommitOp
	Msg   string // what is wrong
	// Found is the value that the tree of the commit has for the op's key. It
	// is undefined if the tree does not have the key, or was not looked at.
	Found dagcbor.CID
}

func (e *CommitOpError) Error() string {
	s := fmt.Sprintf("mst: op %d, %s of key %s: %s", e.Index, e.Op.Action, quote(e.Op.Key), e.Msg)
	if e.Found.Defined() {
		s += " " + e.Found.String()
	}
	return s
}

// Invert takes the ops of a commit back. root is the commit's tree, of which
// src needs to have no more than what the commit's message carries, the covering
// proof of the ops' keys (see [Tree.CoveringProof]). The result is the root of
// the tree before the commit, which must be the one that the message names as
// prevData (https://atproto.com/specs/sync#commit): then the ops are all that
// was changed, and nothing was left out. For the first commit of a repository it
// is the root of the empty tree.
//
//	after                ┌── k ──┐      create k        before      b ─ c ─ x ─ y
//	                   b ─ c   x ─ y   ──────────►
//
// The ops may come in any order, but each key once. Each is compared with the
// tree: the error is a [*CommitOpError] if the tree does not have the value of a
// Create or Update, or has a key that was deleted. A [*MissingBlockError] names
// a node that is needed and not there. Each node that is read is checked; the
// error is a [*NodeError] or [*LimitError] if it is not one of a valid tree.
// Without ops nothing is read and the result is root.
//
// What lies beside a key that was created is opened as far as it takes to see
// that it belongs there, even where the tree before has it as it is: no commit
// can hide keys behind a new one.
//
// To invert many commits use an [Inverter]. A nil o means the default limits.
func Invert(ctx context.Context, src Source, root dagcbor.CID, ops []CommitOp, o *Options) (dagcbor.CID, error) {
	var v Inverter
	return v.Invert(ctx, src, root, ops, o)
}

// An Inverter inverts one commit after the other, as [Invert] does, in memory
// that it keeps. It does not allocate unless a commit needs more than those
// before. The zero Inverter is ready for use.
//
// An Inverter must not be used by several goroutines at once.
type Inverter struct {
	opener
	ops  []CommitOp // of the commit
	todo []sortedOp // those that have not come up, in ascending order of keys
	room []sortedOp // memory of todo
	old  rebuild    // the tree before
}

// sortedOp is an op at its place in the order of keys.
type sortedOp struct {
	key   string
	index int // in ops
}

func (a sortedOp) compare(b sortedOp) int {
	if c := strings.Compare(a.key, b.key); c != 0 {
		return c
	}
	return a.index - b.index
}

// Invert is the function [Invert].
func (v *Inverter) Invert(ctx context.Context, src Source, root dagcbor.CID, ops []CommitOp, o *Options) (dagcbor.CID, error) {
	v.use(src, o)
	v.ops = ops
	defer v.reset()
	v.old.low = none
	if err := v.sortOps(); err != nil || len(ops) == 0 {
		return rootOf(root, err)
	}
	if err := v.walk(ctx, root, -1, span{}, span{}); err != nil {
		return dagcbor.CID{}, err
	}
	return v.finish(ctx)
}

func rootOf(root dagcbor.CID, err error) (dagcbor.CID, error) {
	if err != nil {
		return dagcbor.CID{}, err
	}
	return root, nil
}

// reset makes ready for another commit.
func (v *Inverter) reset() {
	clear(v.room)
	if cap(v.room) > maxKept/16 {
		v.room = nil
	}
	v.ops, v.todo = nil, nil
	v.opener.reset()
	v.old.reset()
}

// sortOps checks the ops in themselves and sets todo.
func (v *Inverter) sortOps() error {
	v.room = v.room[:0]
	ascending, last := true, ""
	for i := range v.ops {
		if err := v.checkOp(i); err != nil {
			return err
		}
		key := v.ops[i].Key
		ascending = ascending && last < key
		v.room, last = append(v.room, sortedOp{key, i}), key
	}
	v.todo = v.room
	if ascending {
		return nil
	}
	slices.SortFunc(v.room, sortedOp.compare)
	for i := 1; i < len(v.room); i++ {
		if v.room[i].key == v.room[i-1].key {
			return v.opError(v.room[i].index, "an op before it has the same key", dagcbor.CID{})
		}
	}
	return nil
}

func (v *Inverter) opError(i int, msg string, found dagcbor.CID) error {
	return &CommitOpError{Index: i, Op: v.ops[i], Msg: msg, Found: found}
}

// checkOp checks what can be seen in op i alone.
func (v *Inverter) checkOp(i int) error {
	op, msg := &v.ops[i], ""
	value, prev := op.Action != Delete, op.Action != Create
	switch {
	case op.Action != Create && op.Action != Update && op.Action != Delete:
		msg = "no action of a commit"
	case len(op.Key) == 0 || len(op.Key) > MaxKeyLen:
		msg = fmt.Sprintf("key has %d bytes, not 1 to %d", len(op.Key), MaxKeyLen)
	case value && !op.Value.Defined():
		msg = "no value"
	case !value && op.Value.Defined():
		msg = "a value where none can be"
	case prev && !op.Prev.Defined():
		msg = "no previous value"
	case !prev && op.Prev.Defined():
		msg = "a previous value where none can be"
	}
	if msg == "" {
		return nil
	}
	return v.opError(i, msg, dagcbor.CID{})
}

// walk adds what is in the subtree c to the old tree, except for what the ops
// take back. It opens the subtree and, below it, those that cannot stay as they
// are. It recurses, but no deeper than there are layers.
func (v *Inverter) walk(ctx context.Context, c dagcbor.CID, layer int, lo, hi span) error {
	n, err := v.push(ctx, c, layer, lo, hi)
	if err != nil {
		return err
	}
	for i := 0; ; {
		if err := v.slot(ctx, n, i); err != nil {
			return err
		}
		if i == len(n.keys) {
			break
		}
		if end := v.untouched(n, i); end > i {
			err, i = v.addRun(ctx, n, i, end), end
		} else {
			err, i = v.entry(ctx, n, i), i+1
		}
		if err != nil {
			return err
		}
	}
	v.pop()
	return nil
}

// slot adds what is before entry i of n: a subtree, or deleted keys.
func (v *Inverter) slot(ctx context.Context, n *opened, i int) error {
	lo, hi := n.bounds(i)
	at, touched := n.slot(i), v.opsBefore(hi)
	switch {
	case at == 0 && !touched:
		return nil
	case at == 0:
		return v.restore(ctx, hi)
	case touched:
		return v.walk(ctx, n.cidAt(at), n.layer-1, lo, hi)
	}
	return v.subtree(ctx, n.cidAt(at), n.layer-1, lo, hi)
}

// untouched returns up to which entry of n, from i on, no op is for an entry or
// anything between them.
func (v *Inverter) untouched(n *opened, i int) int {
	if len(v.todo) == 0 {
		return len(n.keys)
	}
	for i < len(n.keys) && string(v.bytes(n.keys[i])) < v.todo[0].key {
		i++
	}
	return i
}

// opsBefore says whether there are ops left for keys smaller than hi.
func (v *Inverter) opsBefore(hi span) bool {
	return len(v.todo) > 0 && (hi.none() || v.todo[0].key < string(v.bytes(hi)))
}

// subtree adds the subtree c, in which no op's key lies. If nothing can touch it
// it stays closed.
func (v *Inverter) subtree(ctx context.Context, c dagcbor.CID, layer int, lo, hi span) error {
	free, err := v.makeRoom(ctx, layer)
	if err != nil {
		return err
	}
	if !free {
		return v.walk(ctx, c, layer, lo, hi)
	}
	if err := v.checkPlace(ctx, c, layer, lo, hi); err != nil {
		return err
	}
	v.old.attach(c, layer, v.bytes(lo), v.bytes(hi))
	return nil
}

// checkPlace checks of a subtree that stays closed that it lies where it is, if
// that is beside a key that the commit has created. Beside others it was before
// the commit too, and the tree before is right: but that it was left of a key
// that is greater than all says nothing of a new one.
func (v *Inverter) checkPlace(ctx context.Context, c dagcbor.CID, layer int, lo, hi span) error {
	// Ops come up in the order of keys, and none is for a key in the subtree.
	past := len(v.room) - len(v.todo)
	if past > 0 && v.created(past-1, lo) {
		if err := v.openEdge(ctx, c, layer, lo, hi, false); err != nil {
			return err
		}
	}
	if len(v.todo) > 0 && v.created(past, hi) {
		return v.openEdge(ctx, c, layer, lo, hi, true)
	}
	return nil
}

// created reports whether the op at place i in the order of keys created the key
// s, which may be none.
func (v *Inverter) created(i int, s span) bool {
	op := &v.room[i]
	return !s.none() && string(v.bytes(s)) == op.key && v.ops[op.index].Action == Create
}

// openEdge opens the nodes on the left or right edge of the subtree c, and with
// that checks that its first or last key lies between lo and hi.
func (v *Inverter) openEdge(ctx context.Context, c dagcbor.CID, layer int, lo, hi span, right bool) error {
	n, err := v.push(ctx, c, layer, lo, hi)
	if err != nil {
		return err
	}
	i := 0
	if right {
		i = len(n.keys)
	}
	if at := n.slot(i); at != 0 {
		lo, hi := n.bounds(i)
		if err := v.openEdge(ctx, n.cidAt(at), n.layer-1, lo, hi, right); err != nil {
			return err
		}
	}
	v.pop()
	return nil
}

// entry adds entry i of n, which the next op is for, as it was before.
func (v *Inverter) entry(ctx context.Context, n *opened, i int) error {
	value, index := n.value(i), v.todo[0].index
	v.todo = v.todo[1:]
	switch op := &v.ops[index]; {
	case op.Action == Delete:
		return v.opError(index, "the tree has the key, with value", value)
	case op.Value != value:
		return v.opError(index, "the tree has the value", value)
	case op.Action == Create:
		return nil
	default:
		return v.add(ctx, n.layer, v.bytes(n.keys[i]), op.Prev)
	}
}

// restore adds the deleted keys smaller than hi, for which there is no subtree
// in which they could be.
func (v *Inverter) restore(ctx context.Context, hi span) error {
	for v.opsBefore(hi) {
		index := v.todo[0].index
		op := &v.ops[index]
		if op.Action != Delete {
			return v.opError(index, "the tree does not have the key", dagcbor.CID{})
		}
		v.todo = v.todo[1:]
		layer := v.roll.hash.layer(op.Key)
		if layer > v.l.layer {
			return limitError("layer of key", int64(v.l.layer), int64(layer))
		}
		start := len(v.arena)
		v.arena = append(v.arena, op.Key...)
		err := v.add(ctx, layer, v.arena[start:], op.Prev)
		if v.arena = v.arena[:start]; err != nil {
			return err
		}
	}
	return nil
}
