package repo

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/syntax"
)

// A Record is a record of a repository whose tree was checked: it is in the
// repository under this path, and its bytes have the hash that the tree names.
// Only verification makes one.
//
// A Record may be kept, unless [Options.ReuseMemory] is set; it stays valid after
// the iteration that yielded it, and keeps the memory of the export it came
// from. It is safe for concurrent use.
type Record struct {
	path  string
	cid   dagcbor.CID
	block []byte
}

// Path returns the record's key in the tree as it is. It is a path such as
// "app.bsky.feed.post/3jzfcijpj2z2a" if the writer followed the rules, which
// [Record.RepoPath] tells.
func (r Record) Path() string { return r.path }

// RepoPath returns the path in parsed form. The error is a [*RecordError] if the
// writer chose a key that is not one.
func (r Record) RepoPath() (syntax.RepoPath, error) {
	p, err := syntax.ParseRepoPath(r.path)
	if err != nil {
		return syntax.RepoPath{}, &RecordError{r.path, r.cid, err}
	}
	return p, nil
}

// CID returns the CID of the record.
func (r Record) CID() dagcbor.CID { return r.cid }

// Bytes returns the record in DAG-CBOR, or nil if [Options.SkipRecords] was set.
// The slice is not to be changed. With [Options.ReuseMemory] it is valid only
// until the next step of the loop.
func (r Record) Bytes() []byte { return r.block }

// Clone returns the record with memory of its own.
func (r Record) Clone() Record {
	return Record{strings.Clone(r.path), r.cid, bytes.Clone(r.block)}
}

// Unmarshal decodes the record into the Go value that v points to, as
// [dagcbor.Unmarshal] does. Package data has untyped values and JSON.
func (r Record) Unmarshal(v any) error {
	if err := dagcbor.Unmarshal(r.block, v); err != nil {
		return &RecordError{r.path, r.cid, err}
	}
	return nil
}

// Validate checks what can be checked of a record without its schema: that its
// path is one, that it is named by a CID with codec dag-cbor, has at most
// [MaxRecordRead] bytes, is canonical DAG-CBOR and valid data, and is a map
// whose $type is its collection. The error is a [*RecordError].
func (r Record) Validate() error {
	path, err := r.RepoPath()
	switch {
	case err != nil:
		return err
	case r.cid.Codec() != dagcbor.DAGCBOR:
		return &RecordError{r.path, r.cid, errors.New("repo: CID of a record with codec " + r.cid.Codec().String())}
	case r.block == nil:
		return nil
	}
	v, err := data.NewView(r.block, &data.Options{MaxCBOR: MaxRecordRead, Record: true})
	if err == nil {
		err = checkType(v, path.Collection())
	}
	if err != nil {
		return &RecordError{r.path, r.cid, err}
	}
	return nil
}

// checkType compares the $type of a valid record with the collection in which
// it is, but for upper case in the authority of either.
func checkType(v data.View, collection syntax.NSID) error {
	value, _ := v.Get("$type")
	text, _ := value.AliasText()
	if string(text) == collection.String() {
		return nil
	}
	typ, err := syntax.ParseNSID(string(text))
	if err != nil || typ.Normalize() != collection.Normalize() {
		return fmt.Errorf("record has $type %q, not that of its collection, %q", text, collection)
	}
	return nil
}

// A RecordError reports a record that is not what it should be, although it is
// in the repository.
type RecordError struct {
	Path string
	CID  dagcbor.CID
	err  error
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("repo: record %s (%s): %s", quote(e.Path), e.CID, reason(e.err))
}

// reason is the text of an error, which a zero value may lack.
func reason(err error) string {
	if err == nil {
		return "(no reason)"
	}
	return err.Error()
}

// Unwrap returns the reason: an error of package syntax, data or dagcbor.
func (e *RecordError) Unwrap() error { return e.err }

// A MissingRecordError reports a record that is in the tree and whose block is
// not in the CAR file, or not in the store. It matches [mst.ErrNotFound], as
// [mst.MissingBlockError] does for a node.
type MissingRecordError struct {
	Path string
	CID  dagcbor.CID
}

func (e *MissingRecordError) Error() string {
	return fmt.Sprintf("repo: record %s (%s) is missing", quote(e.Path), e.CID)
}

// Unwrap returns [mst.ErrNotFound].
func (e *MissingRecordError) Unwrap() error { return mst.ErrNotFound }

// quote prints a path of somebody else's, not all of it if it is long.
func quote(path string) string {
	if len(path) > 128 {
		return fmt.Sprintf("%q…", path[:128])
	}
	return fmt.Sprintf("%q", path)
}
