package filestore

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
)

// ErrClosed says that the store was closed.
var ErrClosed = errors.New("filestore: store is closed")

// ErrLocked says that another process, or another [Store] of this one, has the
// directory open.
var ErrLocked = errors.New("filestore: store is open elsewhere")

// ErrFailed says that the store takes no more batches, since a write has
// failed. It still can be read, at the head before the batch that failed. Close
// it, remove the cause, and open it again: whether that batch was done shows
// then, in the head.
var ErrFailed = errors.New("filestore: no more writes after one has failed")

// A CorruptError reports a log that does not hold what was written to it.
//
// The text returned by the Error method may change between releases.
type CorruptError struct {
	File   string // name of the log, in the store's directory
	Offset int64  // where in it the batch or block begins that is damaged
	Msg    string // what is wrong
}

func (e *CorruptError) Error() string {
	return "filestore: " + e.Msg + " in " + e.File + " at offset " + strconv.FormatInt(e.Offset, 10)
}

func limitError(what string, limit, got int64) error {
	return &dagcbor.LimitError{Name: "filestore: " + what, Limit: limit, Got: got, Offset: -1}
}

// fail makes err, which came from what, the reason why there are no more
// writes. The caller has turn.
func (s *Store) fail(what string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = fmt.Errorf("%w: %s: %w", ErrFailed, what, err)
	return s.failed
}
