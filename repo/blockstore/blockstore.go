// Package blockstore keeps the blocks of one repository: its commit, the nodes
// of its tree and its records (https://atproto.com/specs/repository).
//
// [Store] is the interface, of three methods, which a server or tool implements
// on the database that it has; package blockstoretest holds the conformance
// test for whoever does. [Memory] is a store in memory. Package filestore keeps
// the blocks in a log file that survives being killed at any moment; the module
// stores/pebble puts them into a key-value database.
//
// # One store, one repository
//
// A store knows one head, the commit that is current, and moves from one head
// to the next by a [Batch]: what is new, what goes, and which head it follows.
// A batch happens as a whole or not at all, and a batch that follows another
// head than the present one is a [*ConflictError], so that two writers cannot
// lose each other's work. The blocks of accounts do not mix: what one account
// deletes is gone, whoever else had the same record.
//
// # References
//
// The same block may be in one repository several times: a record at two paths
// has one CID, and a record may even be, byte for byte, a node of the tree. So
// a store counts. Each Put adds a reference and each Drop takes one away, and a
// block goes when none is left:
//
//	Put a  Put b      a:1 b:1
//	Put a             a:2 b:1    the same record at another path
//	Drop a Drop b     a:1        b is gone, a is not
//
// Whoever writes puts a block once for each place that it comes to, and drops
// it once for each place that it leaves; a part of the tree that stays is in
// neither list.
//
// # Readers
//
// Readers may work while a batch is committed. Each call sees the store from
// before the batch or from after it. A reader that walks the tree of a head
// that is no longer current may find blocks of it gone, which package mst
// reports as a [mst.MissingBlockError]: ask for [Store.Head] and begin again if
// that has changed, or copy out what must stay.
package blockstore

import (
	"context"
	"errors"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// A Store keeps the blocks of one repository, as the package describes. Its
// methods may be called by several goroutines at once.
type Store interface {
	// Block returns the block that c names, or an error that matches
	// [ErrNotFound]. The slice is not changed afterwards by either side,
	// and stays valid when the block is dropped. A Store is a [mst.Source].
	Block(ctx context.Context, c dagcbor.CID) ([]byte, error)

	// Head returns the CID of the current commit, and the undefined CID
	// before the first one.
	Head(ctx context.Context) (dagcbor.CID, error)

	// Commit does all of b, or returns an error and has done nothing of it;
	// what it has done lasts. It keeps neither b nor its slices.
	//
	// The error is a [*ConflictError] if b does not follow the present head,
	// a [*BatchError] if b is wrong in itself or drops what is not there,
	// that of ctx if this ended before anything was done, and otherwise
	// that of the storage below. Only after an error of the storage is it
	// left open, until the store is opened again, whether b was done.
	Commit(ctx context.Context, b *Batch) error
}

var _ mst.Source = Store(nil)

// ErrNotFound says that a store does not have a block. It is that of package mst.
var ErrNotFound = mst.ErrNotFound

// ErrConflict says that a batch does not follow the present head.
var ErrConflict = errors.New("blockstore: head has changed")

// A ConflictError reports a batch that does not follow the present head: in
// most cases somebody else has committed in between. It matches [ErrConflict].
type ConflictError struct {
	Want dagcbor.CID // the head that the batch was made for, [Batch].Prev
	Have dagcbor.CID // the present head
}

func (e *ConflictError) Error() string {
	return "blockstore: head is " + name(e.Have) + " and not " + name(e.Want)
}

// Unwrap returns [ErrConflict].
func (e *ConflictError) Unwrap() error { return ErrConflict }

func name(c dagcbor.CID) string {
	if !c.Defined() {
		return "undefined"
	}
	return c.String()
}

// A Lister is a [Store] that can list what it has: to compare it with the tree
// of its head, or to copy it. It is not asked of a store.
type Lister interface {
	Store
	// Refs returns all blocks, each once, in any order. If there is an
	// error it comes last, with a zero Ref.
	Refs(ctx context.Context) iter.Seq2[Ref, error]
}

// A Ref is a block of a store and how often it is referenced.
type Ref struct {
	CID  dagcbor.CID
	Size int // bytes
	Refs int // at least 1
}
