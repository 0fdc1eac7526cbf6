package xrpc

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// CallOptions are for one call, and go before those of the client. The zero
// CallOptions change nothing.
type CallOptions struct {
	// Header is sent with the call, such as Accept-Language. A name without
	// values takes a header out. Case does not matter in names.
	Header http.Header

	// Proxy is the service to which the account's server passes the call on,
	// with a token in the account's name. Zero means the client's. Fragments
	// of well-known services are constants such as [ServiceChat].
	//
	// https://atproto.com/specs/xrpc#service-proxying
	Proxy syntax.ServiceRef
	// NoProxy has the account's server answer by itself.
	NoProxy bool

	// Labelers are those whose labels are wanted, instead of the client's. Nil
	// means the client's, and an empty list that no labels are wanted.
	//
	// https://atproto.com/specs/label#labeler-http-headers
	Labelers []Labeler
	// NoLabelers leaves it to the service which labels there are.
	NoLabelers bool

	// Auth are the credentials instead of the client's. Nil means the client's.
	Auth Auth
	// NoAuth sends no credentials.
	NoAuth bool

	// Timeout and AttemptTimeout are those of [Options]. Zero means the
	// client's.
	Timeout, AttemptTimeout time.Duration
	// MaxOutput is that of [Options], and is a limit for streams as well. Zero
	// means the client's, and none for streams.
	MaxOutput int64
	// Retry is that of [Options]. Nil means the client's.
	Retry *Retry
	// Idempotent says that a procedure does no harm when it is done twice, so
	// that it is repeated as a query is, by the rules of Retry.
	Idempotent bool

	// AnyOrigin lets a query follow redirects to other origins, as servers of
	// blobs make to a CDN. Nothing goes there but Accept and User-Agent.
	AnyOrigin bool

	// Response is where the status and the header of the response are put, for
	// functions that return the output alone: with the rate limits, the
	// labelers, and more. It is set if there was a response of success. It must
	// not be shared by calls at the same time. Nil means nowhere.
	Response *Response
}

// With returns a Caller that makes the calls of c with the given options, such
// as to send some to another service:
//
//	chat := xrpc.With(client, xrpc.CallOptions{Proxy: service})
//
// It costs next to nothing, and what it is made of is shared. What a call says
// itself goes before o, and o before what c says.
func With(c Caller, o CallOptions) Caller {
	o.Header = canonicalHeader(o.Header)
	return &withCaller{c, o}
}

type withCaller struct {
	caller Caller
	opts   CallOptions
}

// Call implements [Caller].
func (w *withCaller) Call(ctx context.Context, call *Call) (Response, error) {
	c := *call
	c.Options = w.opts.with(&call.Options)
	return w.caller.Call(ctx, &c)
}

// with returns o with what p sets.
func (o CallOptions) with(p *CallOptions) CallOptions {
	switch {
	case o.Header == nil:
		o.Header = p.Header
	case len(p.Header) > 0:
		o.Header = maps.Clone(o.Header)
		maps.Copy(o.Header, canonicalHeader(p.Header))
	}
	if p.NoProxy || !p.Proxy.IsZero() {
		o.NoProxy, o.Proxy = p.NoProxy, p.Proxy
	}
	if p.NoLabelers || p.Labelers != nil {
		o.NoLabelers, o.Labelers = p.NoLabelers, p.Labelers
	}
	if p.NoAuth || p.Auth != nil {
		o.NoAuth, o.Auth = p.NoAuth, p.Auth
	}
	if p.Timeout != 0 {
		o.Timeout = p.Timeout
	}
	if p.AttemptTimeout != 0 {
		o.AttemptTimeout = p.AttemptTimeout
	}
	if p.MaxOutput != 0 {
		o.MaxOutput = p.MaxOutput
	}
	if p.Retry != nil {
		o.Retry = p.Retry
	}
	o.Idempotent = o.Idempotent || p.Idempotent
	o.AnyOrigin = o.AnyOrigin || p.AnyOrigin
	if p.Response != nil {
		o.Response = p.Response
	}
	return o
}
