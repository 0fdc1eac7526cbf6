package data

import (
	"errors"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/jsontext"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// An Error describes a value that breaks a rule of the data model, or text
// that is not strict JSON.
//
// The text returned by the Error method may change between releases.
type Error struct {
	Offset int    // byte offset in the CBOR or JSON that was read; -1 in a tree
	Path   string // place in a tree, as a JSON pointer (RFC 6901); "" at its root and in CBOR and JSON
	Msg    string // what is wrong there
}

func (e *Error) Error() string {
	s := "data: " + e.Msg
	switch {
	case e.Offset >= 0:
		s += " at offset " + strconv.Itoa(e.Offset)
	case e.Path != "":
		s += " at " + strconv.Quote(e.Path)
	}
	return s
}

// maxPath bounds the path of an error, whose keys are the input's.
const maxPath = 200

// under returns err, which arose in a tree below the element or key name, with
// its path extended by name.
func under(err error, name string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || len(e.Path) > maxPath {
		return err
	}
	e.Path = string(jsontext.AppendPointer(nil, name[:min(len(name), maxPath)])) + e.Path
	return e
}

// limitError reports that got exceeds the limit on what, at an offset.
func limitError(what string, limit, got, offset int) error {
	return &dagcbor.LimitError{
		Name: "data: " + what, Limit: int64(limit), Got: int64(got), Offset: int64(offset),
	}
}

// jsonError turns an error of the JSON scanner into one of this package.
func jsonError(err error) error {
	if e, ok := errors.AsType[*strictjson.Error](err); ok {
		return &Error{Offset: e.Offset, Msg: e.Msg}
	}
	return err
}

var errNoValue = errors.New("data: zero View, which holds no value")
