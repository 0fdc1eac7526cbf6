package xrpc

import (
	"bytes"
	"io"
	"net/http"
	"path"
)

// RoundTripper returns a transport for HTTP code of others, which adds the
// client's credentials to requests to its server, and renews them if that is
// what the answer asks for. Requests to other servers are passed on as they
// are. Nothing else of a [Client] applies: no time-outs, limits and retries.
//
//	h := &http.Client{Transport: client.RoundTripper()}
func (c *Client) RoundTripper() http.RoundTripper { return &transport{c} }

type transport struct{ client *Client }

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.client.opts.HTTPClient.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	x := &exchange{client: t.client, call: &Call{}}
	x.setOptions()
	if err := x.setOrigin(); err != nil {
		closeBody(req)
		return nil, err
	}
	if x.auth == nil || req.URL == nil || !sameOrigin(x.origin, req.URL) {
		return base.RoundTrip(req)
	}
	res, sent, err := t.send(base, x.auth, req)
	if err != nil {
		return res, err
	}
	auth, ok := x.auth.(ResponseAuth)
	if !ok {
		return res, nil
	}
	again, err := auth.HandleResponse(req.Context(), sent, res, peek(res, path.Base(req.URL.Path)))
	if err != nil {
		_ = res.Body.Close() // the error counts
		return nil, err
	}
	next, ok := rewound(req)
	if !again || !ok {
		return res, nil
	}
	_ = res.Body.Close() // the next answer counts
	res, _, err = t.send(base, x.auth, next)
	return res, err
}

// send sends a copy of req with credentials, and returns the copy as well.
func (t *transport) send(base http.RoundTripper, auth Auth, req *http.Request) (*http.Response, *http.Request, error) {
	out := req.Clone(req.Context())
	if out.Header == nil {
		out.Header = make(http.Header)
	}
	if err := auth.Authorize(req.Context(), out); err != nil {
		closeBody(req)
		return nil, nil, err
	}
	res, err := base.RoundTrip(out)
	return res, out, err
}

// rewound returns req with its body from the beginning, and whether that can be
// had.
func rewound(req *http.Request) (*http.Request, bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, false
	}
	next := req.Clone(req.Context())
	next.Body = body
	return next, true
}

// peek returns the error that a response is, or nil, and leaves the body to be
// read.
func peek(res *http.Response, nsid string) *Error {
	if res.StatusCode < 300 {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorBody)) // an error comes again when the rest is read
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), res.Body), res.Body}
	return newError(nsid, res, body)
}

// closeBody closes the body of a request that is not sent, as an
// [http.RoundTripper] must.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // it was not read
	}
}
