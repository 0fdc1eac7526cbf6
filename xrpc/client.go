package xrpc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
)

// A Client calls the methods of one server. It may be used concurrently, and is
// to be shared: it has a pool of connections. Make one with [New].
type Client struct {
	origin *url.URL
	host   string   // origin as text
	opts   *Options // behind a pointer, so that printing what holds the client does not show it

	// What goes into headers as it is, so that each call need not make it.
	userAgent []string
	json      []string // the media type
	labelers  []string // nil for no header
	proxy     []string // nil for no header

	buffers sync.Pool // of *[]byte, for responses
}

var _ Caller = (*Client)(nil)

// New returns a client of the server with the given origin, such as
// "https://pds.example.com"; nil options mean the defaults. It does not connect.
//
// The host must be a scheme, which is https, a host and maybe a port: methods
// are at its root. Options.Auth may know better where the account is; see
// [HostAuth].
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
func New(host string, o *Options) (*Client, error) {
	c := &Client{opts: o.withDefaults()}
	var err error
	if c.origin, err = parseOrigin(host, c.opts.Development); err != nil {
		return nil, err
	}
	if err := checkHeader(c.opts.Header); err != nil {
		return nil, err
	}
	c.host = c.origin.String()
	c.opts.Header = canonicalHeader(c.opts.Header.Clone())
	c.userAgent, c.json = []string{c.opts.UserAgent}, []string{typeJSON}
	if err := checkHeader(http.Header{userAgent: c.userAgent}); err != nil {
		return nil, err
	}
	if err := checkLabelers(c.opts.Labelers); err != nil {
		return nil, err
	}
	if c.opts.Labelers != nil {
		c.labelers = []string{formatLabelers(c.opts.Labelers)}
	}
	if !c.opts.Proxy.IsZero() {
		c.proxy = []string{c.opts.Proxy.String()}
	}
	return c, nil
}

// Host returns the origin of the server, without a slash at the end.
func (c *Client) Host() string { return c.host }

// CloseIdleConnections closes connections that no request uses.
func (c *Client) CloseIdleConnections() { c.opts.HTTPClient.CloseIdleConnections() }

// Call implements [Caller].
//
// The error is an [*Error] if the server says that the call failed, a
// [*NetworkError] if there is no answer, an [*InvalidResponseError] if the
// answer is not what the method gives, a [*LimitError] if it is too large or
// the parameters are too long, that of the Auth, or that of the source of a
// [Body]. Nothing was sent if it is another.
func (c *Client) Call(ctx context.Context, call *Call) (Response, error) {
	x := &exchange{client: c, call: call}
	if c.opts.Hooks.Call != nil {
		return x.observed(ctx)
	}
	return x.run(ctx)
}

// Format keeps what is in the options out of logs.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "xrpc client of %s", c.host) }
