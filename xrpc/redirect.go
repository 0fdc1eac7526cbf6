package xrpc

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxRedirects is how many redirects one attempt follows.
const maxRedirects = 5

// send sends req and follows redirects by the rules: only those of queries, and
// only to the same origin, unless the call allows others. To another origin go
// none but harmless headers, and after it none either.
//
// A redirect that is not followed is returned as the response that it is, with
// the reason.
func (x *exchange) send(req *http.Request) (*http.Response, string, error) {
	for step := 0; ; step++ {
		res, err := x.client.opts.HTTPClient.Do(req)
		if err != nil || res.StatusCode < 300 || res.StatusCode > 399 {
			return res, "", err
		}
		to, reason := x.follow(req, res, step)
		if reason != "" {
			return res, reason, nil
		}
		_, _ = io.CopyN(io.Discard, res.Body, 4096) // so that the connection can be used again
		_ = res.Body.Close()
		next, err := http.NewRequestWithContext(req.Context(), http.MethodGet, "", nil)
		if err != nil {
			return nil, "", err
		}
		next.URL, next.Host, next.Header = to, "", req.Header
		if !sameOrigin(req.URL, to) {
			next.Header = bareHeader(req.Header)
		}
		req = next
	}
}

// follow returns where a redirect leads to, or why it is not followed.
func (x *exchange) follow(req *http.Request, res *http.Response, step int) (to *url.URL, reason string) {
	switch res.StatusCode {
	case 301, 302, 303, 307, 308:
	default:
		return nil, "not a redirect that can be followed"
	}
	to, err := req.URL.Parse(res.Header.Get("Location"))
	switch {
	case res.Header.Get("Location") == "" || err != nil:
		return nil, "no valid Location"
	case req.Method != http.MethodGet:
		return nil, "procedures are not redirected"
	case step >= maxRedirects:
		return nil, fmt.Sprintf("more than %d redirects", maxRedirects)
	case sameOrigin(req.URL, to):
	case !x.opts.AnyOrigin:
		return nil, "to another origin: " + originOf(to)
	case to.Scheme != "https" && (to.Scheme != "http" || !x.client.opts.Development):
		return nil, "to another scheme: " + originOf(to)
	}
	to.User, to.Fragment = nil, ""
	return to, ""
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// bareHeader returns what may be sent to another origin.
func bareHeader(h http.Header) http.Header {
	b := make(http.Header, 2)
	for _, name := range []string{"Accept", userAgent} {
		if v, ok := h[name]; ok {
			b[name] = v
		}
	}
	return b
}
