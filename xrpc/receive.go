package xrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	// maxDrained is how much of an output that nobody wants is read, in bytes,
	// so that the connection can be used again.
	maxDrained = 65_536
	// maxPooled is the largest buffer, in bytes, that is kept for the next
	// response.
	maxPooled = 1 << 20
	// believed is how many bytes of a promised length get memory at once.
	believed = 65_536
)

// refusal reads the error that a response is.
func (x *exchange) refusal(res *http.Response, reason string) *Error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorBody)) // what there is of it counts
	_ = res.Body.Close()                                          // the rest does not matter
	e := newError(x.call.NSID, res, body)
	e.Attempts = x.attempts
	if reason != "" {
		e.Name, e.Message = UnexpectedRedirect, reason
	}
	return e
}

// refused lets the Auth see an error, and reports whether to try again at once.
func (x *exchange) refused(ctx context.Context, req *http.Request, res *http.Response, body *sender, e *Error) (_ Response, again bool, err error) {
	if body != nil {
		body.abandon()
	}
	auth, ok := x.auth.(ResponseAuth)
	if ok {
		again, err = auth.HandleResponse(ctx, req, res, e)
	}
	if err != nil {
		return Response{}, false, x.authFailed(err)
	}
	if !again || x.renewed || x.call.Body != nil && !x.call.Body.Rewinds() {
		return Response{}, false, x.settle(ctx, body, e)
	}
	x.renewed = true
	if body != nil && body.settle(ctx) != nil {
		return Response{}, false, e
	}
	return Response{}, true, e
}

// accepted reads the output of a response of success.
func (x *exchange) accepted(ctx, actx context.Context, req *http.Request, res *http.Response, dog *watchdog, body *sender) (Response, error) {
	r := Response{Status: res.StatusCode, Header: res.Header, Size: res.ContentLength}
	out := &streamBody{
		body: res.Body, dog: dog, sender: body, limit: max(x.opts.MaxOutput, 0), size: res.ContentLength,
		fail: func(err error) error { return x.networkError(ctx, actx, err) }, over: x.named,
	}
	if err := x.fits(ctx, req, res); err != nil {
		_ = out.Close() // the error counts
		return Response{}, err
	}
	if x.call.Stream {
		dog.disarm()
		r.Body = out
		return r, nil
	}
	defer out.Close()
	dog.expectAll()
	if err := x.buffered(res, out.fail); err != nil {
		return Response{}, err
	}
	return r, nil
}

// fits lets the Auth see a response of success, and checks its media type.
func (x *exchange) fits(ctx context.Context, req *http.Request, res *http.Response) error {
	if auth, ok := x.auth.(ResponseAuth); ok {
		if _, err := auth.HandleResponse(ctx, req, res, nil); err != nil {
			return x.authFailed(err)
		}
	}
	accept := x.call.accept()
	if accept != "" && !matchMediaType(accept, res.Header.Get("Content-Type")) {
		return x.mistyped(res, accept)
	}
	return nil
}

// mistyped returns the error for a response of another media type.
func (x *exchange) mistyped(res *http.Response, accept string) error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, keptBody)) // what there is of it counts
	return x.invalid(res, body, fmt.Errorf("media type %s instead of %s", quote(res.Header.Get("Content-Type")), accept))
}

func (x *exchange) invalid(res *http.Response, body []byte, err error) error {
	return &InvalidResponseError{NSID: x.call.NSID, Status: res.StatusCode, Header: res.Header, Body: beginning(body), Err: err}
}

// buffered reads an output to its end and decodes it.
func (x *exchange) buffered(res *http.Response, fail func(error) error) error {
	if x.call.Output == nil {
		_, _ = io.CopyN(io.Discard, res.Body, maxDrained) // it is not wanted
		return nil
	}
	buf, _ := x.client.buffers.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer func() {
		if cap(*buf) <= maxPooled {
			x.client.buffers.Put(buf)
		}
	}()
	var err error
	*buf, err = readAll((*buf)[:0], res, x.opts.MaxOutput)
	x.received = int64(len(*buf))
	if err != nil {
		if limit, ok := errors.AsType[*LimitError](err); ok {
			return x.named(limit)
		}
		return fail(err)
	}
	return x.decode(res, *buf)
}

// decode decodes an output, which may be an error that came with the status of
// success.
func (x *exchange) decode(res *http.Response, body []byte) error {
	if looksLikeError(body) {
		if _, strict := parseErrorBody(body); strict {
			e := newError(x.call.NSID, res, body)
			e.Attempts = x.attempts
			return e
		}
	}
	if err := x.call.Output.UnmarshalJSON(body); err != nil {
		return x.invalid(res, body, err)
	}
	return nil
}

// readAll appends the body of res, which may have limit bytes. A negative limit
// is none.
func readAll(dst []byte, res *http.Response, limit int64) ([]byte, error) {
	over := func() error {
		return &LimitError{Name: limitOutput, Limit: limit, Got: max(limit+1, res.ContentLength), Offset: -1}
	}
	if limit >= 0 && res.ContentLength > limit {
		return dst, over()
	}
	if n := min(max(res.ContentLength, 0), believed); int64(cap(dst)) <= n {
		dst = make([]byte, 0, n+bytes.MinRead)
	}
	for {
		if cap(dst)-len(dst) < bytes.MinRead {
			dst = append(dst, make([]byte, max(bytes.MinRead, cap(dst)))...)[:len(dst)]
		}
		n, err := res.Body.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if limit >= 0 && int64(len(dst)) > limit {
			return dst, over()
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// statusOf returns the status and the header of the response that an error is
// about, if there was one.
func statusOf(err error) (int, http.Header) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status, e.Header
	}
	if e, ok := errors.AsType[*InvalidResponseError](err); ok {
		return e.Status, e.Header
	}
	return 0, nil
}
