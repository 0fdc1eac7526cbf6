package xrpc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// healthMethod is the only method whose name is not an NSID.
const healthMethod = "_health"

// querySize is the memory, in bytes, that most queries fit in.
const querySize = 256

// An exchange is one call on its way, with all attempts.
type exchange struct {
	client *Client
	call   *Call
	opts   CallOptions // with what the client says

	origin *url.URL
	auth   Auth
	query  string
	input  []byte // in JSON; nil for none

	deadline time.Time // zero for none
	attempts int
	renewed  bool // credentials were renewed for it
	final    bool // another attempt would be no better, whatever the error is
	received int64
}

// run makes the call: attempts, and waits between them.
func (x *exchange) run(ctx context.Context) (Response, error) {
	if err := x.prepare(); err != nil {
		return Response{}, err
	}
	for {
		res, again, err := x.attempt(ctx)
		if err == nil {
			if x.opts.Response != nil {
				*x.opts.Response = res
			}
			return res, nil
		}
		if again {
			continue
		}
		if !x.pause(ctx, err) {
			return Response{}, err
		}
	}
}

// pause waits before the next attempt, and reports whether there should be one.
func (x *exchange) pause(ctx context.Context, err error) bool {
	r := x.opts.Retry
	if x.final || x.attempts > r.Max || ctx.Err() != nil || !r.repeats(x.call, err) {
		return false
	}
	d, ok := r.wait(x.attempts, err)
	if !ok || !x.deadline.IsZero() && time.Until(x.deadline) <= d {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	return sleep(ctx, d)
}

// prepare checks the call and makes of it what all attempts share.
func (x *exchange) prepare() error {
	if err := x.call.check(); err != nil {
		return fmt.Errorf("xrpc: %s: %w", x.call.NSID, err)
	}
	if x.call.NSID != healthMethod {
		if _, err := syntax.ParseNSID(x.call.NSID); err != nil {
			return fmt.Errorf("xrpc: method: %w", err)
		}
	}
	if err := cmp.Or(checkHeader(x.call.Options.Header), checkLabelers(x.call.Options.Labelers)); err != nil {
		return err
	}
	if accept := x.call.Accept; !validHeaderValue(accept) {
		return fmt.Errorf("xrpc: %s: accepts the invalid media type %s", x.call.NSID, quote(accept))
	}
	x.setOptions()
	if err := x.setOrigin(); err != nil {
		return err
	}
	if x.call.Params != nil {
		x.query = string(x.call.Params.AppendQuery(make([]byte, 0, querySize)))
	}
	if n := len(x.origin.Scheme) + len("://") + len(x.origin.Host) + len("/xrpc/?") + len(x.call.NSID) + len(x.query); n > maxURL {
		return x.named(&LimitError{Name: limitURL, Limit: maxURL, Got: int64(n), Offset: -1})
	}
	if x.call.Input == nil {
		return nil
	}
	var err error
	if x.input, err = x.call.Input.AppendJSON(nil); err != nil {
		return fmt.Errorf("xrpc: %s: input: %w", x.call.NSID, err)
	}
	return nil
}

// setOptions takes the client's options where the call has none.
func (x *exchange) setOptions() {
	x.opts = x.call.Options
	x.opts.Header = canonicalHeader(x.opts.Header)
	o := x.client.opts
	x.opts.Timeout = cmp.Or(x.opts.Timeout, o.Timeout)
	x.opts.AttemptTimeout = cmp.Or(x.opts.AttemptTimeout, o.AttemptTimeout)
	if x.opts.Retry = o.Retry; x.call.Options.Retry != nil {
		x.opts.Retry = x.call.Options.Retry.withDefaults()
	}
	if !x.call.Stream {
		x.opts.MaxOutput = cmp.Or(x.opts.MaxOutput, o.MaxOutput)
	}
	if x.opts.Timeout > 0 && !x.call.Stream && x.call.Body == nil {
		x.deadline = time.Now().Add(x.opts.Timeout)
	}
	switch {
	case x.opts.NoAuth:
	case x.opts.Auth != nil:
		x.auth = x.opts.Auth
	default:
		x.auth = o.Auth
	}
}

// setOrigin sets where the call goes to.
func (x *exchange) setOrigin() error {
	x.origin = x.client.origin
	h, ok := x.auth.(HostAuth)
	if !ok {
		return nil
	}
	host := h.Host()
	if host == "" || host == x.client.host {
		return nil
	}
	var err error
	x.origin, err = parseOrigin(host, x.client.opts.Development)
	return err
}

// attempt sends the request once. again says that it should be sent anew at
// once, with credentials that were renewed.
func (x *exchange) attempt(ctx context.Context) (_ Response, again bool, err error) {
	if err := ctx.Err(); err != nil {
		return Response{}, false, fmt.Errorf("xrpc: %s: %w", x.call.NSID, err)
	}
	x.attempts++
	actx, dog := watch(ctx, x.opts.AttemptTimeout)
	req, body, err := x.request(actx, dog)
	if err != nil {
		x.final = true
		dog.stop()
		return Response{}, false, err
	}
	if x.auth != nil {
		if err := x.auth.Authorize(actx, req); err != nil {
			dog.stop()
			return Response{}, false, x.authFailed(err)
		}
	}
	done := x.observeAttempt(actx, req)
	if body != nil {
		// The transport may wait for a source that hangs before it closes it.
		defer context.AfterFunc(actx, body.abandon)()
	}
	x.arm(dog)
	res, reason, cause := x.send(req)
	if cause != nil {
		if err = x.sourceError(ctx, body); err == nil {
			err = x.networkError(ctx, actx, cause)
		}
		done(nil, err)
		dog.stop()
		return Response{}, false, x.settle(ctx, body, err)
	}
	success := res.StatusCode >= 200 && res.StatusCode <= 299
	if body != nil {
		body.mute(success)
	}
	if !success {
		e := x.refusal(res, reason)
		done(res, e)
		dog.stop()
		return x.refused(ctx, req, res, body, e)
	}
	done(res, nil)
	r, err := x.accepted(ctx, actx, req, res, dog, body)
	return r, false, err
}

// arm starts the time of an attempt, which ends no later than that of the call.
func (x *exchange) arm(dog *watchdog) {
	if x.call.Body == nil && !x.call.Stream {
		dog.expectAll()
	}
	if x.call.Body != nil || x.call.Stream || x.deadline.IsZero() {
		dog.arm()
		return
	}
	if left := time.Until(x.deadline); dog.limit < 0 || left < dog.limit {
		dog.armFor(max(left, 0), x.opts.Timeout)
		return
	}
	dog.arm()
}

// settle ends the reading of a body after err, so that it can be read again if
// the call is to be repeated. It returns err, or why that can't be done.
func (x *exchange) settle(ctx context.Context, body *sender, err error) error {
	if body == nil {
		return err
	}
	body.abandon()
	if x.final || !x.opts.Retry.repeats(x.call, err) {
		return err
	}
	if ctx.Err() == nil && body.settle(ctx) != nil {
		return x.networkError(ctx, ctx, ctx.Err())
	}
	return err
}

// authFailed returns the error for err of the Auth, which is no answer to this
// call, even if it is an [*Error] of another.
func (x *exchange) authFailed(err error) error {
	x.final = true
	return fmt.Errorf("xrpc: %s: %w", x.call.NSID, err)
}

// sourceError returns the error for a source of the body that has failed, which
// is the caller's and not the network's, and nil for one that has not, or when
// the caller has given up.
func (x *exchange) sourceError(ctx context.Context, body *sender) error {
	if body == nil || ctx.Err() != nil {
		return nil
	}
	err := body.failed()
	if err == nil {
		return nil
	}
	x.final = true
	return fmt.Errorf("xrpc: %s: body: %w", x.call.NSID, err)
}

// named returns an error about a limit that says which method was called.
func (x *exchange) named(err *LimitError) error {
	return fmt.Errorf("%w: %s", err, x.call.NSID)
}

// request makes the request of an attempt, without credentials.
func (x *exchange) request(ctx context.Context, dog *watchdog) (*http.Request, *sender, error) {
	method := http.MethodGet
	if x.call.Kind == KindProcedure {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, "", nil)
	if err != nil {
		return nil, nil, fmt.Errorf("xrpc: %s: %w", x.call.NSID, err)
	}
	req.URL.Scheme, req.URL.Host, req.Host = x.origin.Scheme, x.origin.Host, x.origin.Host
	req.URL.Path, req.URL.RawQuery = "/xrpc/"+x.call.NSID, x.query
	req.Header = x.header()
	switch {
	case x.call.Body != nil:
		body, err := x.setBody(req, dog)
		return req, body, err
	case x.input != nil:
		input := x.input
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(input)), nil }
		req.Body, _ = req.GetBody() // it does not fail
		req.ContentLength = int64(len(input))
	}
	return req, nil, nil
}

// setBody gives the body of a call to a request.
func (x *exchange) setBody(req *http.Request, dog *watchdog) (*sender, error) {
	body, err := newSender(x.call.Body, dog)
	if err != nil {
		if !errors.Is(err, ErrBodyConsumed) {
			err = fmt.Errorf("xrpc: %s: body: %w", x.call.NSID, err)
		}
		return nil, err
	}
	req.ContentLength = body.size
	req.Body = body
	if body.size == 0 {
		req.Body = http.NoBody
	}
	return body, nil
}

// header returns the header of a request, without credentials. Its values are
// shared.
func (x *exchange) header() http.Header {
	c, o := x.client, &x.opts
	h := make(http.Header, 8)
	h[userAgent] = c.userAgent
	switch accept := x.call.accept(); accept {
	case "":
	case typeJSON:
		h["Accept"] = c.json
	default:
		h["Accept"] = []string{accept}
	}
	switch {
	case x.call.Body != nil:
		h["Content-Type"] = []string{x.call.Body.mediaType}
	case x.input != nil:
		h["Content-Type"] = c.json
	}
	setHeader(h, c.opts.Header)
	switch {
	case o.NoProxy:
	case !o.Proxy.IsZero():
		h[proxyHeader] = []string{o.Proxy.String()}
	case c.proxy != nil && !ownMethod(x.call.NSID):
		h[proxyHeader] = c.proxy
	}
	switch {
	case o.NoLabelers:
	case o.Labelers != nil:
		h[acceptLabelers] = []string{formatLabelers(o.Labelers)}
	case c.labelers != nil:
		h[acceptLabelers] = c.labelers
	}
	setHeader(h, o.Header)
	return h
}

// observeAttempt calls the hook, and returns what to call at the end.
func (x *exchange) observeAttempt(ctx context.Context, req *http.Request) func(*http.Response, error) {
	hook := x.client.opts.Hooks.Attempt
	if hook == nil {
		return func(*http.Response, error) {}
	}
	end := hook(ctx, x.attempts, req)
	return func(res *http.Response, err error) {
		if end == nil {
			return
		}
		o := Outcome{Err: err, Attempts: x.attempts}
		if res != nil {
			o.Status, o.Header = res.StatusCode, res.Header
		}
		end(o)
	}
}
