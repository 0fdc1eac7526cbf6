package plc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
)

// Errors to branch on. A [*StatusError] matches those that its status stands
// for.
var (
	// ErrNotFound means that the directory has no such DID.
	ErrNotFound = errors.New("plc: DID is not registered")

	// ErrDeactivated means that the last operation of the DID is a tombstone.
	ErrDeactivated = errors.New("plc: DID is deactivated")

	// ErrInvalidOperation means that the directory refuses the operation. Asking
	// again does not help.
	ErrInvalidOperation = errors.New("plc: directory refuses the operation")

	// ErrConflict means that another operation came first: look at the state of
	// the DID again, and build on that.
	ErrConflict = errors.New("plc: another operation came first")

	// ErrRateLimited means that there were too many operations of one DID (10 in
	// an hour, 30 in a day or 100 in a week, those that undo others not counted),
	// or requests of one client.
	ErrRateLimited = errors.New("plc: too many operations or requests")

	// ErrFutureCursor means that the directory's stream is not as far as the
	// cursor: it is a cursor of another directory.
	ErrFutureCursor = errors.New("plc: cursor is ahead of the directory")

	// ErrOutdatedCursor means that the cursor is too old for the directory's
	// stream. [Client.Export] goes back to the beginning.
	ErrOutdatedCursor = errors.New("plc: cursor is too old for the stream")

	// ErrConsumerTooSlow means that the directory ended the stream because what
	// it sent was not read fast enough.
	ErrConsumerTooSlow = errors.New("plc: stream was not read fast enough")

	// ErrDocumentMismatch is in the error of [Client.ResolveVerified] if the
	// directory's document is not what the operations state.
	ErrDocumentMismatch = errors.New("plc: document differs from the operations")
)

// maxRetryAfter is the longest wait that a directory can ask for: what is
// longer is a mistake, or malice.
const maxRetryAfter = time.Hour

// A StatusError is an answer of a directory other than success.
//
// https://web.plc.directory/api/redoc
type StatusError struct {
	Status     int           // HTTP status
	Message    string        // what the directory says, at most 300 bytes; empty if it says nothing that is for people
	Path       string        // what was asked for
	RetryAfter time.Duration // how long to wait before asking again, as the directory says, at most an hour; 0 if it does not say
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("plc: directory answers %d %s to %s", e.Status, http.StatusText(e.Status), e.Path)
	if e.Message != "" {
		s += ": " + fmt.Sprintf("%q", e.Message)
	}
	return s
}

// Is reports whether target is the error that the status stands for. A DID that
// is deactivated is 410 or, with a message that says so, 404; too many
// operations are 429 or, with such a message, 400.
func (e *StatusError) Is(target error) bool {
	switch e.Status {
	case http.StatusNotFound:
		if strings.Contains(e.Message, "not available") {
			return target == ErrDeactivated
		}
		return target == ErrNotFound
	case http.StatusGone:
		return target == ErrDeactivated
	case http.StatusBadRequest:
		if strings.Contains(e.Message, "operations within last") {
			return target == ErrRateLimited
		}
		return target == ErrInvalidOperation
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusTooManyRequests:
		return target == ErrRateLimited
	}
	return false
}

// Temporary reports whether asking again later can help.
func (e *StatusError) Temporary() bool {
	return e.Status >= 500 && e.Status != http.StatusNotImplemented || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Is(ErrRateLimited)
}

// newStatusError reads the answer's body, of which it wants no more than the
// beginning.
func newStatusError(res *http.Response, path string, now time.Time) *StatusError {
	e := &StatusError{Status: res.StatusCode, Path: path, RetryAfter: retryAfter(res.Header, now)}
	const limit = 4096
	body, _ := io.ReadAll(io.LimitReader(res.Body, limit)) // the status is error enough
	var answer struct{ Message, Error string }
	if json.Unmarshal(body, &answer) == nil {
		e.Message = answer.Message
		if e.Message == "" {
			e.Message = answer.Error
		}
		e.Message = e.Message[:min(len(e.Message), 300)]
	}
	return e
}

// retryAfter returns how long to wait by the header Retry-After, or else by
// RateLimit-Reset, which has seconds or, by an older custom, a Unix time.
func retryAfter(h http.Header, now time.Time) time.Duration {
	wait := safehttp.RetryAfter(h, now)
	if n, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64); err == nil && wait == 0 {
		if n > now.Unix()/2 {
			n -= now.Unix()
		}
		wait = time.Duration(min(max(n, 0), int64(maxRetryAfter/time.Second))) * time.Second
	}
	return min(wait, maxRetryAfter)
}
