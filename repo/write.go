package repo

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/syntax"
)

// A Write is a change of one record, made by [Create], [Update], [Put] or
// [Delete].
type Write struct {
	action mst.Action
	path   syntax.RepoPath
	record []byte
	cid    dagcbor.CID

	swap bool // whether the record before has to be prev
	prev dagcbor.CID
}

// Create returns the write that adds a record, in canonical DAG-CBOR, at a path
// where there is none. The collection has to be in its normal form
// ([syntax.NSID.Normalize]), so that nobody takes it for two. The Write keeps
// record, which is not to be changed.
func Create(path syntax.RepoPath, record []byte) Write {
	return Write{action: mst.Create, path: path, record: record, cid: dagcbor.Sum(dagcbor.DAGCBOR, record)}
}

// Update returns the write that replaces the record at a path where there is
// one. The Write keeps record, which is not to be changed.
func Update(path syntax.RepoPath, record []byte) Write {
	return Write{action: mst.Update, path: path, record: record, cid: dagcbor.Sum(dagcbor.DAGCBOR, record)}
}

// Put returns the write that sets the record at a path, whether there is one or
// not, as com.atproto.repo.putRecord does. The [Op] of it says whether that was
// a creation or an update. Where there is none it is held to what [Create] is.
// The Write keeps record, which is not to be changed.
func Put(path syntax.RepoPath, record []byte) Write {
	return Write{action: mst.Put, path: path, record: record, cid: dagcbor.Sum(dagcbor.DAGCBOR, record)}
}

// Delete returns the write that removes the record at a path where there is one.
func Delete(path syntax.RepoPath) Write {
	return Write{action: mst.Delete, path: path}
}

// IfPrev returns the write with a condition: the record that is at its path
// before must have the CID prev, or there must be none if prev is undefined. It
// is the swapRecord of com.atproto.repo.putRecord and deleteRecord. Where the
// condition does not hold, Apply fails with a [*SwapError] in its
// [*WriteError].
func (w Write) IfPrev(prev dagcbor.CID) Write {
	w.swap, w.prev = true, prev
	return w
}

// Path returns the path of the record.
func (w Write) Path() syntax.RepoPath { return w.path }

// CID returns the CID of the new record, undefined for a Delete.
func (w Write) CID() dagcbor.CID { return w.cid }

// A WriteError reports the write for which [Repo.Apply] did nothing. It matches
// [mst.ErrExists] for a Create of a record that is there, [mst.ErrNoKey] for
// an Update or Delete of one that is not, and [ErrSwap] for a condition of
// [Write.IfPrev] that does not hold.
type WriteError struct {
	Index int             // in the arguments of Apply
	Path  syntax.RepoPath // of the write
	err   error
}

func (e *WriteError) Error() string {
	return fmt.Sprintf("repo: write %d of %s: %s", e.Index, quote(e.Path.String()), reason(e.err))
}

// Unwrap returns the reason.
func (e *WriteError) Unwrap() error { return e.err }

// check says what is wrong with the record that is to be written.
func (w Write) check() error {
	switch {
	case w.path.IsZero():
		return errors.New("no path")
	case w.action == mst.Create && !w.normal():
		return w.notNormal()
	case w.action == mst.Delete:
		return nil
	case len(w.record) > MaxRecordWrite:
		return &LimitError{Name: "repo: size of record", Limit: MaxRecordWrite, Got: int64(len(w.record)), Offset: -1}
	}
	if err := data.Validate(w.record, &data.Options{Record: true, NoEmptyKeys: true}); err != nil {
		return err
	}
	typ, err := data.Type(w.record)
	if err != nil {
		return err
	}
	if want := w.path.Collection().String(); typ != want {
		return fmt.Errorf("record has $type %q, not that of its collection, %q", typ, want)
	}
	return nil
}

// normal reports whether the collection has the form that new records are held
// to: one that is there already may have another.
func (w Write) normal() bool {
	c := w.path.Collection()
	return c.Normalize() == c
}

func (w Write) notNormal() error {
	return fmt.Errorf("collection is not in its normal form %s", w.path.Collection().Normalize())
}

// op says what the write does where the record have was before, which is
// undefined if there was none.
func (w Write) op(have dagcbor.CID) (Op, error) {
	op := Op{w.action, w.path, w.cid, have}
	if w.swap && w.prev != have {
		return Op{}, &SwapError{Want: w.prev, Have: have}
	}
	switch {
	case w.action == mst.Create && have.Defined():
		return Op{}, mst.ErrExists
	case (w.action == mst.Update || w.action == mst.Delete) && !have.Defined():
		return Op{}, mst.ErrNoKey
	case w.action == mst.Put && have.Defined():
		op.Action = mst.Update
	case w.action == mst.Put && !w.normal():
		return Op{}, w.notNormal()
	case w.action == mst.Put:
		op.Action = mst.Create
	}
	return op, nil
}
