package did

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/syntax"
)

// Outcomes of a resolution to branch on. Every [*ResolveError] matches one of
// the two for its kind of name, and those of a DID that was deactivated match
// both of the errors that say so.
var (
	// ErrDIDNotFound means that there is no such DID.
	ErrDIDNotFound = errors.New("did: DID not found")

	// ErrDIDDeactivated means that the DID existed, and was deactivated.
	ErrDIDDeactivated = errors.New("did: DID deactivated")

	// ErrDIDResolutionFailed means that it is not known whether there is such a
	// DID, or what its document is.
	ErrDIDResolutionFailed = errors.New("did: DID resolution failed")

	// ErrHandleNotFound means that the handle leads to no DID.
	ErrHandleNotFound = errors.New("did: handle not found")

	// ErrHandleResolutionFailed means that it is not known to which DID the
	// handle leads, if any, or that it leads to none that can be used.
	ErrHandleResolutionFailed = errors.New("did: handle resolution failed")
)

// A Reason is why there is no answer. It reads as part of an error text, which
// may change between releases: compare it with the constants only.
type Reason string

// The reasons why there is no answer.
const (
	ReasonNotFound    Reason = "not found"                 // no such name, record, document, or host
	ReasonDeactivated Reason = "deactivated"               // a DID that existed
	ReasonAmbiguous   Reason = "more than one DID"         // in TXT records
	ReasonUnsupported Reason = "a DID that can't be used"  // of another method, as [syntax.DID.CheckResolvable] says
	ReasonInvalid     Reason = "invalid answer"            // not a DID, or not the document of the DID
	ReasonHTML        Reason = "a web page"                // in place of a DID or document
	ReasonTooLarge    Reason = "answer too large"          // a [*safehttp.LimitError]
	ReasonStatus      Reason = "unexpected status"         // of HTTP
	ReasonRefused     Reason = "refused to ask"            // a [*safehttp.BlockedError] or [*safehttp.RedirectError]
	ReasonTimeout     Reason = "no answer in time"         // an error that matches [context.DeadlineExceeded], mostly
	ReasonCanceled    Reason = "canceled"                  // by the caller; matches [context.Canceled]
	ReasonLimited     Reason = "held back by rate limiter" // by the error of a [Limiter]
	ReasonNetwork     Reason = "network error"             // of DNS, TCP, TLS or HTTP
	ReasonOther       Reason = "failed"                    // of a resolver that is not of this package
)

// Names of arms in an [ArmError].
const (
	armPLC    = "plc"
	armWeb    = "web"
	armDNS    = "dns"
	armHTTPS  = "https"
	armXRPC   = "xrpc"
	armStatic = "static"
	armOther  = "other"
)

// An ArmError is why one way to an answer did not lead there.
type ArmError struct {
	Arm        string        // "plc", "web", "dns", "https", "xrpc", "static", or "other"
	Asked      string        // the URL, or the name in the DNS; empty if nobody was asked
	Reason     Reason        // why there is no answer
	Status     int           // of HTTP, if it was not 2xx
	RetryAfter time.Duration // the server's wish, if it has one
	Temporary  bool          // whether asking again soon can help
	Err        error         // what went wrong; may be nil
}

// Error describes what happened in one line. The text may change between
// releases.
func (e *ArmError) Error() string { return "did: " + e.text() }

func (e *ArmError) text() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s: %s", e.Arm, e.Reason)
	switch {
	case e.Reason == ReasonStatus:
		fmt.Fprintf(b, " %d", e.Status)
	case e.Status != 0:
		fmt.Fprintf(b, " (status %d)", e.Status)
	}
	if e.Asked != "" {
		const limit = 256 // bytes of a URL
		fmt.Fprintf(b, " at %s", quoteMax(e.Asked, limit))
	}
	s, ok := errors.AsType[*safehttp.StatusError](e.Err)
	switch {
	case ok && len(s.Body) > 0 && !isHTML(s.Body):
		fmt.Fprintf(b, ": %s", quote(string(s.Body)))
	case e.Err != nil && !ok:
		fmt.Fprintf(b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *ArmError) Unwrap() error { return e.Err }

// notFound reports whether the answer is known, and is that there is none.
func (e *ArmError) notFound() bool {
	return e.Reason == ReasonNotFound || e.Reason == ReasonDeactivated
}

// final reports whether no other arm may be heard: this one has an answer, only
// not one of use.
func (e *ArmError) final() bool {
	return e.Reason == ReasonAmbiguous || e.Reason == ReasonUnsupported
}

// A ResolveError reports that a DID or a handle did not resolve, with all that
// was tried. Branch on the outcome with [errors.Is] and [ErrDIDNotFound],
// [ErrDIDDeactivated], [ErrDIDResolutionFailed], [ErrHandleNotFound] and
// [ErrHandleResolutionFailed]; the causes in Arms match too, and can be read
// with [errors.AsType].
type ResolveError struct {
	DID    syntax.DID    // what was to be resolved, or
	Handle syntax.Handle // this
	Arms   []*ArmError   // each way that was tried, in the order of precedence
}

// Error describes what happened in one line, with all arms. The text may change
// between releases.
func (e *ResolveError) Error() string {
	texts := make([]string, len(e.Arms))
	for i, a := range e.Arms {
		texts[i] = a.text()
	}
	kind, name := "handle", e.Handle.String()
	if !e.DID.IsZero() {
		kind, name = "DID", e.DID.String()
	}
	return fmt.Sprintf("did: %s %s did not resolve: %s", kind, quote(name), strings.Join(texts, "; "))
}

// NotFound reports whether the answer is known, and is that there is none: all
// arms say so. Otherwise the resolution failed.
func (e *ResolveError) NotFound() bool {
	for _, a := range e.Arms {
		if !a.notFound() {
			return false
		}
	}
	return true
}

// Temporary reports whether asking again soon can help: whether it can with any
// of the arms. A name that was not found may well be there later; it is not
// temporary in this sense.
func (e *ResolveError) Temporary() bool {
	for _, a := range e.Arms {
		if a.Temporary {
			return true
		}
	}
	return false
}

// RetryAfter returns the longest time for which a server asked not to be asked
// again, or zero.
func (e *ResolveError) RetryAfter() time.Duration {
	var wait time.Duration
	for _, a := range e.Arms {
		wait = max(wait, a.RetryAfter)
	}
	return wait
}

// Is reports whether target is the outcome of e.
func (e *ResolveError) Is(target error) bool {
	isDID := !e.DID.IsZero()
	switch target {
	case ErrDIDNotFound:
		return isDID && e.NotFound()
	case ErrDIDResolutionFailed:
		return isDID && !e.NotFound()
	case ErrHandleNotFound:
		return !isDID && e.NotFound()
	case ErrHandleResolutionFailed:
		return !isDID && !e.NotFound()
	case ErrDIDDeactivated:
		return isDID && e.NotFound() && e.has(ReasonDeactivated)
	}
	return false
}

// Unwrap returns the arms.
func (e *ResolveError) Unwrap() []error {
	all := make([]error, len(e.Arms))
	for i, a := range e.Arms {
		all[i] = a
	}
	return all
}

func (e *ResolveError) has(r Reason) bool {
	for _, a := range e.Arms {
		if a.Reason == r {
			return true
		}
	}
	return false
}

// final reports whether no other arm may be heard.
func (e *ResolveError) final() bool {
	for _, a := range e.Arms {
		if a.final() {
			return true
		}
	}
	return false
}
