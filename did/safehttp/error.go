package safehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
)

// A LimitError reports a response that goes beyond a limit of size.
type LimitError = dagcbor.LimitError

// Names of limits in a [LimitError].
const (
	limitBody   = "safehttp: response body"
	limitHeader = "safehttp: response header"
)

// A BlockedError reports a request that was not made, because of its URL or
// because of the address to which its host led.
type BlockedError struct {
	Host   string     // the host of the URL, with the port if there is one
	Addr   netip.Addr // the address that was refused; invalid if none was looked up
	Reason string     // why it was refused, for people
}

// Error names the host and the address. The text may change between releases.
func (e *BlockedError) Error() string {
	if !e.Addr.IsValid() {
		return fmt.Sprintf("safehttp: refused host %s: %s", quote(e.Host), e.Reason)
	}
	return fmt.Sprintf("safehttp: refused host %s at address %s: %s", quote(e.Host), e.Addr, e.Reason)
}

// A RedirectError reports a redirect that was not followed.
type RedirectError struct {
	From   string // the URL that was asked for, without password
	To     string // the URL to which its server pointed, without password
	Reason string // why it was refused, for people
}

// Error names both URLs. The text may change between releases.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("safehttp: refused redirect from %s to %s: %s", quote(e.From), quote(e.To), e.Reason)
}

// redirectError checks a step from a URL to another, which is the given number
// of steps from the first, and returns nil if it may be followed.
func redirectError(from, to *url.URL, step, limit int) error {
	reason := ""
	switch {
	case limit <= 0:
		reason = "redirects are not allowed"
	case step > limit:
		reason = fmt.Sprintf("more than %d redirects", limit)
	case from.Scheme != to.Scheme:
		reason = "another scheme"
	default:
		return nil
	}
	return &RedirectError{From: from.Redacted(), To: to.Redacted(), Reason: reason}
}

// A timeoutError is a time-out that does not say by itself that it is one in
// the way of package context.
type timeoutError struct{ error }

func (e timeoutError) Timeout() bool        { return true }
func (e timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
func (e timeoutError) Unwrap() error        { return e.error }

// typedError returns err, an error of net/http, so that callers can see what
// it is: a [*LimitError] if the header of a response was too large, and what
// matches [context.DeadlineExceeded] if it is a time-out.
func (t *Transport) typedError(err error) error {
	text := err.Error()
	if strings.Contains(text, "server response headers exceeded") || strings.Contains(text, "response header list larger than") {
		return &LimitError{Name: limitHeader, Limit: t.opts.MaxHeader, Got: t.opts.MaxHeader + 1, Offset: -1}
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() && !errors.Is(err, context.DeadlineExceeded) {
		return timeoutError{err}
	}
	return err
}

// A StatusError reports a response to [Get] whose status is not 2xx.
type StatusError struct {
	URL    string      // that was asked, after redirects
	Status int         // such as 404
	Header http.Header // of the response
	Body   []byte      // the beginning of the body, at most 4096 bytes
}

// Error names the status and the URL. The text may change between releases.
func (e *StatusError) Error() string {
	return fmt.Sprintf("safehttp: status %d from %s", e.Status, quote(e.URL))
}

// Temporary reports whether asking again later can help, by the status: 408,
// 425, 429, and 5xx apart from 501 and 505.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-15
func (e *StatusError) Temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return e.Status >= 500
}

// RetryAfter returns how long to wait from now on before asking again, as the
// server has it in the header Retry-After, in seconds or as a date. It is zero
// if there is no such wish, and at most 24 hours.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func (e *StatusError) RetryAfter(now time.Time) time.Duration {
	return RetryAfter(e.Header, now)
}

// quote returns the beginning of s in quotes, for an error text.
func quote(s string) string {
	const limit = 128
	if len(s) > limit {
		return fmt.Sprintf("%q...", s[:limit])
	}
	return fmt.Sprintf("%q", s)
}
