package car

import (
	"fmt"
	"io"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
)

// A LimitError reports a file that goes beyond a limit of [Options]. Its
// Offset is where in the file that shows: at the section that is too long, too
// many, or would end beyond the size of the file.
type LimitError = dagcbor.LimitError

func limitError(what string, limit, got, off int64) error {
	return &LimitError{Name: "car: " + what, Limit: limit, Got: got, Offset: off}
}

// An Error describes a file that is not a CAR file of version 1.
//
// The text returned by the Error method may change between releases.
type Error struct {
	Offset int64  // byte offset in the file at which the problem lies
	Msg    string // what is wrong there
	err    error
}

func (e *Error) Error() string {
	s := "car: " + e.Msg + " at offset " + strconv.FormatInt(e.Offset, 10)
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	return s
}

// Unwrap returns [io.ErrUnexpectedEOF] for a file that is cut off, the error
// of the underlying reader if that failed, and nil otherwise.
func (e *Error) Unwrap() error { return e.err }

// truncated reports a file that ends at off, in the middle of something.
func truncated(off int64, what string) error {
	return &Error{off, what + " is cut off", io.ErrUnexpectedEOF}
}

// A HashError reports a block whose bytes are not those that its CID names.
//
// The text returned by the Error method may change between releases.
type HashError struct {
	CID    dagcbor.CID // the name that the block has in the file
	Actual dagcbor.CID // the name that its bytes would have
	Offset int64       // byte offset in the file of the block's bytes
}

func (e *HashError) Error() string {
	return fmt.Sprintf("car: block %s at offset %d does not match its CID: its content is that of %s", e.CID, e.Offset, e.Actual)
}

// A DuplicateError reports a block that stands in the file several times,
// although [Options.RefuseDuplicates] is set.
type DuplicateError struct {
	CID    dagcbor.CID
	Offset int64 // byte offset in the file of its second section
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("car: block %s stands there a second time at offset %d", e.CID, e.Offset)
}
