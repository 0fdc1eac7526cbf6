package xrpc

import (
	"context"
	"net/http"
)

// Hooks see calls begin and end, for metrics, traces and logs. They are called
// on the goroutine of the call, except that the end of a stream is told on that
// of its reader, and must be safe for concurrent use. Nil hooks are left out.
type Hooks struct {
	// Call is called when a call begins. The context that it returns is used
	// for the call, and the function that it returns is called when it has
	// ended; that may be nil. A call with a stream ends with the stream.
	Call func(ctx context.Context, call *Call) (context.Context, func(Outcome))

	// Attempt is called before a request is sent, after the headers are set:
	// it may add some, such as traceparent. n counts from 1. The function that
	// it returns is called when the header of the response, or of those to
	// which it redirects, or an error has come; it may be nil.
	//
	// The request has credentials in its header: do not log it whole.
	Attempt func(ctx context.Context, n int, req *http.Request) func(Outcome)
}

// An Outcome is how a call or an attempt ended.
type Outcome struct {
	Status   int         // of HTTP; 0 if there was no response
	Header   http.Header // of the response; nil if there was none
	Err      error       // nil for success
	Attempts int         // so far
	Received int64       // bytes of the output, after decompression; zero for attempts
}

// observed is run with a hook around it.
func (x *exchange) observed(ctx context.Context) (Response, error) {
	ctx, end := x.client.opts.Hooks.Call(ctx, x.call)
	if end == nil {
		return x.run(ctx)
	}
	res, err := x.run(ctx)
	o := Outcome{Status: res.Status, Header: res.Header, Err: err, Attempts: x.attempts, Received: x.received}
	if err != nil {
		o.Status, o.Header = statusOf(err)
	}
	if b, ok := res.Body.(*streamBody); ok {
		b.onEnd = func(received int64, err error) {
			o.Received, o.Err = received, err
			end(o)
		}
		return res, err
	}
	end(o)
	return res, err
}
