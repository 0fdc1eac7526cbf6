package safehttp

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// How connections are kept.
const (
	idleTimeout  = time.Minute
	maxIdleConns = 100
	pingAfter    = 15 * time.Second // of silence on a connection of HTTP/2 in use
)

// A Transport is an [http.RoundTripper] that holds to the rules of [Options].
// It may be used concurrently. The zero Transport is not valid: use
// [NewTransport].
type Transport struct {
	opts    Options
	base    *http.Transport
	gate    gate
	connect time.Duration // for a TCP connection, with the lookup of the name
}

// NewTransport returns a transport that holds to the rules of o; nil means the
// defaults.
//
// The rules hold in whatever client it is put, and when it is wrapped, as long
// as requests keep their Response field, by which redirects are recognised, as
// [http.Request.Clone] does. A Timeout of the client comes on top.
func NewTransport(o *Options) *Transport {
	t := &Transport{opts: o.withDefaults(), connect: connectTimeout}
	t.gate = gate{limit: t.opts.MaxPerHost, hosts: make(map[string]*queue)}
	t.base = &http.Transport{
		DialContext:            t.dial,
		TLSClientConfig:        &tls.Config{RootCAs: t.opts.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  max(t.opts.HeaderTimeout, 0),
		MaxResponseHeaderBytes: t.opts.MaxHeader,
		MaxIdleConns:           maxIdleConns,
		MaxIdleConnsPerHost:    t.opts.MaxPerHost,
		IdleConnTimeout:        idleTimeout,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  t.http2(),
	}
	if t.opts.MaxPerHost < 0 {
		t.base.MaxIdleConnsPerHost = maxIdleConns
	}
	if t.opts.Proxy != nil {
		t.base.Proxy = http.ProxyURL(t.opts.Proxy)
		t.base.DialContext = (&net.Dialer{Timeout: connectTimeout, Resolver: t.opts.Resolver}).DialContext
	}
	return t
}

// http2 returns the settings for HTTP/2. What a server may send ahead, and
// keep in our memory, is not much more than the limit of a body.
func (t *Transport) http2() *http.HTTP2Config {
	const (
		smallest = 64 << 10
		largest  = 4<<20 - 1
	)
	c := &http.HTTP2Config{SendPingTimeout: pingAfter}
	if n := t.opts.MaxBody; n >= 0 {
		c.MaxReceiveBufferPerStream = int(min(max(n, smallest), largest))
	}
	return c
}

// RoundTrip implements [http.RoundTripper]. The error is a [*BlockedError] or a
// [*RedirectError] if the request is against the rules; a [*LimitError] if the
// header of the response is too large; one that matches
// [context.DeadlineExceeded] after a time-out; or another one of the network.
// Reading the body gives a [*LimitError] if it is too large.
//
// A response with status 101 is handed on as it is, without limits: it is the
// caller's connection.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	ctx, cancel := t.withDeadline(req)
	leave, err := t.gate.enter(ctx, hostPort(req.URL))
	if err != nil {
		cancel()
		closeBody(req)
		return nil, err
	}
	end := func() { cancel(); leave() }
	res, err := t.base.RoundTrip(t.prepare(ctx, req))
	if err != nil {
		end()
		return nil, t.typedError(err)
	}
	if res.StatusCode == http.StatusSwitchingProtocols || res.Body == http.NoBody {
		end()
		return res, nil
	}
	res.Body = newBody(res, t.opts.MaxBody, end)
	return res, nil
}

// CloseIdleConnections closes connections that no request uses.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// check checks the URL of req, and that it may be gone to if it is a redirect.
func (t *Transport) check(req *http.Request) error {
	if req.URL == nil {
		return &BlockedError{Reason: "no URL"}
	}
	if from := previous(req); from != nil {
		step := 1
		for r := previous(from); r != nil && step <= t.opts.MaxRedirects; r = previous(r) {
			step++
		}
		if err := redirectError(from.URL, req.URL, step, t.opts.MaxRedirects); err != nil {
			return err
		}
	}
	return t.checkURL(req.URL)
}

// previous returns the request whose response was a redirect to req, or nil.
func previous(req *http.Request) *http.Request {
	if req.Response == nil {
		return nil
	}
	return req.Response.Request
}

// withDeadline returns the context for req. After a redirect, the time is that
// which the first request has left.
func (t *Transport) withDeadline(req *http.Request) (context.Context, context.CancelFunc) {
	if t.opts.Timeout < 0 {
		return context.WithCancel(req.Context())
	}
	deadline := time.Now().Add(t.opts.Timeout)
	if from := previous(req); from != nil {
		if d, ok := from.Context().Deadline(); ok {
			deadline = d
		}
	}
	return context.WithDeadline(req.Context(), deadline)
}

// prepare returns a copy of req to send.
func (t *Transport) prepare(ctx context.Context, req *http.Request) *http.Request {
	out := req.WithContext(ctx)
	if _, ok := req.Header["User-Agent"]; ok {
		return out
	}
	out.Header = req.Header.Clone()
	if out.Header == nil {
		out.Header = make(http.Header)
	}
	out.Header.Set("User-Agent", t.opts.UserAgent)
	return out
}

// closeBody closes the body of a request that is not sent, as an
// [http.RoundTripper] must.
func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
