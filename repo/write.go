package repo

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/syntax"
)

// A Write is a change of one record, made by [Create], [Update] or [Delete].
type Write struct {
	action mst.Action
	path   syntax.RepoPath
	record []byte
	cid    dagcbor.CID
}

// Create returns the write that adds a record, in canonical DAG-CBOR, at a path
// where there is none. The Write keeps record, which is not to be changed.
func Create(path syntax.RepoPath, record []byte) Write {
	return Write{mst.Create, path, record, dagcbor.Sum(dagcbor.DAGCBOR, record)}
}

// Update returns the write that replaces the record at a path where there is
// one. The Write keeps record, which is not to be changed.
func Update(path syntax.RepoPath, record []byte) Write {
	return Write{mst.Update, path, record, dagcbor.Sum(dagcbor.DAGCBOR, record)}
}

// Delete returns the write that removes the record at a path where there is one.
func Delete(path syntax.RepoPath) Write {
	return Write{action: mst.Delete, path: path}
}

// Path returns the path of the record.
func (w Write) Path() syntax.RepoPath { return w.path }

// CID returns the CID of the new record, undefined for a Delete.
func (w Write) CID() dagcbor.CID { return w.cid }

// A WriteError reports the write for which [Repo.Apply] did nothing. It matches
// [mst.ErrExists] for a Create of a record that is there, and [mst.ErrNotFound]
// for an Update or Delete of one that is not.
type WriteError struct {
	Index int             // in the arguments of Apply
	Path  syntax.RepoPath // of the write
	err   error
}

func (e *WriteError) Error() string {
	return fmt.Sprintf("repo: write %d of %s: %s", e.Index, quote(e.Path.String()), e.err)
}

// Unwrap returns the reason.
func (e *WriteError) Unwrap() error { return e.err }

// check says what is wrong with the record that is to be written.
func (w Write) check() error {
	switch {
	case w.path.IsZero():
		return errors.New("no path")
	case w.path.Collection().Normalize() != w.path.Collection():
		return fmt.Errorf("collection is not in its normal form %s", w.path.Collection().Normalize())
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
