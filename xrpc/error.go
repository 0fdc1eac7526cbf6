package xrpc

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/safehttp"
)

// A LimitError reports what goes beyond a limit: a response, or the URL of a
// request. Limits of this package have names that begin with "xrpc: ".
type LimitError = dagcbor.LimitError

// Names of limits in a [LimitError].
const (
	limitOutput = "xrpc: response body"
	limitURL    = "xrpc: URL length"
	limitEmpty  = "xrpc: empty pages in a row"
)

var (
	errBadCredentials = errors.New("credentials that can't stand in a header")
	errTwoInputs      = errors.New("both an input and a body")
	errQueryInput     = errors.New("a query has no input")
	errTwoOutputs     = errors.New("both an output and a stream")
)

// An Error is a server's answer that a call failed.
//
// Servers, and what stands before them, answer in many ways: there always is a
// status and a name, and the name is the server's if the body had one.
//
// https://atproto.com/specs/xrpc#error-responses
type Error struct {
	NSID    string      // the method that was called
	Status  int         // of HTTP, such as 400; 2xx if only the body says that it failed
	Name    string      // such as [InvalidRequest]: ASCII without white space
	Message string      // for people; may be empty
	Header  http.Header // of the response
	Body    []byte      // the beginning of the body, at most 4096 bytes

	// Attempts is how often the request was sent.
	Attempts int
}

// Error describes the answer in one line. The text may change between releases.
func (e *Error) Error() string {
	text := fmt.Sprintf("xrpc: %s: %d %s", e.NSID, e.Status, e.Name)
	if e.Message != "" {
		text += ": " + quote(e.Message)
	}
	return text
}

// RateLimit returns what the server says of its limits; see [ParseRateLimit].
func (e *Error) RateLimit() (RateLimit, bool) { return ParseRateLimit(e.Header) }

// RetryAfter returns how long to wait from now on before asking again, as the
// server has it in the header Retry-After, in seconds or as a date, or else, if
// it has run out, in RateLimit-Reset. It is zero if there is no such wish, it
// is not valid or its time is past, and at most 24 hours.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func (e *Error) RetryAfter(now time.Time) time.Duration {
	if d := safehttp.RetryAfter(e.Header, now); d > 0 {
		return d
	}
	if l, ok := e.RateLimit(); ok && e.Status == http.StatusTooManyRequests && !l.Reset.IsZero() {
		return min(max(l.Reset.Sub(now), 0), 24*time.Hour)
	}
	return 0
}

// Temporary reports whether asking again later can help: whether the status is
// 408, 425, 429, 500, 502, 503, 504, or one of the like that proxies use.
//
// https://atproto.com/specs/xrpc#summary-of-http-status-codes
func (e *Error) Temporary() bool {
	switch e.Status {
	case 408, 425, 429, 500, 502, 503, 504, 522, 524:
		return true
	}
	return false
}

// Is reports whether err is or wraps an [*Error] that has one of the names.
//
//	if xrpc.Is(err, xrpc.RecordNotFound) { … }
func Is(err error, names ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(names, e.Name)
}

// maxQuoted is how much of a server's text an error quotes, in bytes.
const maxQuoted = 300

func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}
