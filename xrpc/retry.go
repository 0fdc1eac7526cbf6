package xrpc

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
)

// Defaults of [Retry].
const (
	DefaultMaxRetries = 3
	DefaultBackoff    = 500 * time.Millisecond
	DefaultMaxBackoff = 30 * time.Second
	DefaultMaxWait    = time.Minute
)

// A Retry says which calls are made again after a failure, and when. The zero
// Retry has the defaults.
//
// A query is repeated if the network failed or [Error.Temporary] says so, and
// a procedure only if it was certainly not acted on: if no connection came
// about, or the answer is 429, or 503 with Retry-After; one that can be done
// twice without harm, as [CallOptions].Idempotent says, is repeated as a query
// is. An input that can't be had again is never repeated.
//
// https://atproto.com/specs/xrpc#usage-and-implementation-guidelines
type Retry struct {
	// Max is the number of attempts after the first. Zero means
	// [DefaultMaxRetries], and a negative number none.
	Max int

	// Backoff bounds the wait before the first repetition; the bound doubles
	// with each. The wait is a random part of it. Zero means [DefaultBackoff],
	// and a negative time no wait.
	Backoff time.Duration
	// MaxBackoff is the largest bound. Zero means [DefaultMaxBackoff].
	MaxBackoff time.Duration

	// MaxWait is the longest wait that a server can ask for. It is kept to if
	// it is not longer, and otherwise the call fails at once: see
	// [Error.RetryAfter]. Zero means [DefaultMaxWait], and a negative time that
	// no wait is kept to.
	MaxWait time.Duration

	// Procedures repeats procedures like queries. It is for clients whose
	// procedures do no harm when they are done twice; for single calls there
	// is [CallOptions].Idempotent.
	Procedures bool
}

// withDefaults returns a copy of r in which all fields are set.
func (r *Retry) withDefaults() *Retry {
	var c Retry
	if r != nil {
		c = *r
	}
	c.Max = cmp.Or(c.Max, DefaultMaxRetries)
	c.Backoff = cmp.Or(c.Backoff, DefaultBackoff)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, DefaultMaxBackoff)
	c.MaxWait = cmp.Or(c.MaxWait, DefaultMaxWait)
	return &c
}

// repeats reports whether a call may be made again after err.
func (r *Retry) repeats(call *Call, err error) bool {
	if call.Body != nil && !call.Body.Rewinds() {
		return false
	}
	harmless := call.Kind == KindQuery || r.Procedures || call.Options.Idempotent
	if e, ok := errors.AsType[*Error](err); ok {
		switch {
		case harmless:
			return e.Temporary()
		case e.Status == http.StatusServiceUnavailable:
			return safehttp.RetryAfter(e.Header, time.Now()) > 0
		}
		return e.Status == http.StatusTooManyRequests
	}
	e, ok := errors.AsType[*NetworkError](err)
	return ok && (harmless || !e.Sent) && e.Temporary()
}

// wait returns how long to wait after err, which was that of the given number
// of attempts, and whether that is short enough to be waited for.
func (r *Retry) wait(attempts int, err error) (time.Duration, bool) {
	d := r.backoff(attempts)
	if e, ok := errors.AsType[*Error](err); ok {
		if asked := e.RetryAfter(time.Now()); asked > 0 {
			return asked + d/8, asked <= r.MaxWait
		}
	}
	return d, true
}

// backoff returns a random wait below the bound.
func (r *Retry) backoff(attempts int) time.Duration {
	bound := r.Backoff
	for range attempts - 1 {
		if bound >= r.MaxBackoff/2 {
			bound = r.MaxBackoff
			break
		}
		bound *= 2
	}
	if bound = min(bound, r.MaxBackoff); bound <= 0 {
		return 0
	}
	return rand.N(bound)
}

// sleep waits, unless ctx is done first, and reports whether it did.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
