package xrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
)

// A NetworkError is a call to which there is no answer, or no whole one.
type NetworkError struct {
	NSID string // the method that was called
	Host string // of the server, with the port if there is one

	// Sent reports whether the server may have received the request. If not,
	// it has certainly not acted on it.
	Sent bool

	// Attempts is how often the request was sent, or tried to be.
	Attempts int

	// Err is what went wrong. It matches [context.DeadlineExceeded] after a
	// time-out, and the error of the caller's context if that was done.
	Err error
}

// Error says what went wrong. The text may change between releases.
func (e *NetworkError) Error() string { return fmt.Sprintf("xrpc: %s: %s: %v", e.NSID, e.Host, e.Err) }

// Unwrap returns Err.
func (e *NetworkError) Unwrap() error { return e.Err }

// Timeout reports whether it took too long.
func (e *NetworkError) Timeout() bool { return errors.Is(e.Err, context.DeadlineExceeded) }

// Temporary reports whether asking again can help: not after what was refused
// here, such as a private address or a certificate, not if the host does not
// exist, and not if the caller has given up.
func (e *NetworkError) Temporary() bool { return temporary(e.Err) }

func temporary(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if _, ok := errors.AsType[*safehttp.BlockedError](err); ok {
		return false
	}
	if _, ok := errors.AsType[*LimitError](err); ok {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	dns, ok := errors.AsType[*net.DNSError](err)
	return !ok || !dns.IsNotFound || dns.IsTemporary
}

// unsent reports whether an error says that the request has certainly not left
// this machine.
func unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, ok := errors.AsType[*safehttp.BlockedError](err)
	return ok
}

// networkError returns the error for err, which a request or the body of a
// response gave. attempt is the context of the request.
func (x *exchange) networkError(ctx, attempt context.Context, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the URL has parameters in it
	}
	e := &NetworkError{NSID: x.call.NSID, Host: x.origin.Host, Sent: !unsent(err), Attempts: x.attempts, Err: err}
	if timeout, ok := errors.AsType[*timeoutError](context.Cause(attempt)); ok {
		e.Err = timeout
	}
	if ctx.Err() != nil {
		e.Err = ctx.Err()
	}
	return e
}

// A timeoutError says that a time of ours ran out.
type timeoutError struct {
	limit time.Duration
	whole bool // it was that for all of an answer
}

// Error implements error.
func (e *timeoutError) Error() string {
	if e.whole {
		return fmt.Sprintf("no complete answer after %v", e.limit)
	}
	return fmt.Sprintf("no progress for %v", e.limit)
}

// Is makes it match what the time-out of a context matches.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout implements [net.Error].
func (e *timeoutError) Timeout() bool { return true }

// Temporary implements [net.Error].
func (e *timeoutError) Temporary() bool { return true }

// An InvalidResponseError is an answer of success that is not what the method
// gives: of another media type, or not to be decoded.
type InvalidResponseError struct {
	NSID   string      // the method that was called
	Status int         // of HTTP, 2xx
	Header http.Header // of the response
	Body   []byte      // the beginning of the body, at most 4096 bytes
	Err    error       // what is wrong
}

// Error says what is wrong. The text may change between releases.
func (e *InvalidResponseError) Error() string {
	return fmt.Sprintf("xrpc: %s: invalid response: %v", e.NSID, e.Err)
}

// Unwrap returns Err.
func (e *InvalidResponseError) Unwrap() error { return e.Err }
