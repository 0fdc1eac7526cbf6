package safehttp_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
)

func newPlainServer(t *testing.T) (port uint16) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }))
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(s.Listener.Addr().String()).Port()
}

// redirector redirects as its query says: to=URL, or n=steps.
func redirector(w http.ResponseWriter, r *http.Request) {
	status := http.StatusFound
	if s := r.FormValue("status"); s != "" {
		status, _ = strconv.Atoi(s)
	}
	n, _ := strconv.Atoi(r.FormValue("n"))
	switch to := r.FormValue("to"); {
	case to != "":
		http.Redirect(w, r, to, status)
	case n > 0:
		http.Redirect(w, r, fmt.Sprintf("/?n=%d", n-1), status)
	default:
		fmt.Fprint(w, "arrived")
	}
}

func TestRedirectCount(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	leaktest.Check(t)
	both(t, func(t *testing.T, h2 bool) {
		s := newServer(t, h2, redirector)
		for _, limit := range []int{-1, 0, 1, 5, 12} {
			client := s.newPublic(t, safehttp.Options{MaxRedirects: limit})
			for _, n := range []int{0, 1, 2, 5, 6, 12, 13} {
				body, err := get(t, client, fmt.Sprintf("https://example.com/?n=%d", n))
				if n <= limit || n == 0 {
					require.NoError(t, err)
					require.Equal(t, "arrived", body)
					continue
				}
				refused, ok := errors.AsType[*safehttp.RedirectError](err)
				require.True(t, ok, "%v", err)
				step := max(limit, 0)
				require.Equal(t, fmt.Sprintf("https://example.com/?n=%d", n-step), refused.From)
				require.Equal(t, fmt.Sprintf("https://example.com/?n=%d", n-step-1), refused.To)
				if limit > 0 {
					require.Equal(t, fmt.Sprintf("more than %d redirects", limit), refused.Reason)
				} else {
					require.Equal(t, "redirects are not allowed", refused.Reason)
				}
			}
		}
	})
}

// TestRedirectTargets has a public server point to where its clients must not
// go.
func TestRedirectTargets(t *testing.T) {
	ledger.Covers(t, "OAUTH-129", "OAUTH-130")
	inside := newServer(t, false, func(http.ResponseWriter, *http.Request) {})
	insidePlain := newPlainServer(t)
	dns := dnstest.Names(t, map[string]dnstest.Answer{"rebound.example.com": {Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}})
	s := newServer(t, true, redirector)
	client := s.newPublic(t, safehttp.Options{MaxRedirects: 5, Resolver: dns.Resolver()})
	for to, want := range map[string]any{
		fmt.Sprintf("https://127.0.0.1:%d/", inside.port()): "port not allowed",
		"https://127.0.0.1/":                             "loopback (RFC 1122)",
		"https://169.254.169.254/latest/meta-data/":      "link-local (RFC 3927)",
		"https://10.0.0.1/":                              "private use (RFC 1918)",
		"https://[fc00::1]/":                             "unique local (RFC 4193)",
		"https://localhost/":                             "not a name of the public network",
		"https://rebound.example.com/":                   "loopback (RFC 1122)",
		"https://secret:word@example.com/":               "user name in the URL",
		"//localhost/":                                   "not a name of the public network",
		"https://example.com:8443/":                      "port not allowed",
		"http://example.com/":                            nil,
		fmt.Sprintf("http://localhost:%d/", insidePlain): nil,
		"ftp://example.com/":                             nil,
		"file:///etc/passwd":                             nil,
		"gopher://127.0.0.1:6379/_FLUSHALL":              nil,
	} {
		_, err := get(t, client, "https://example.com/?to="+strings.ReplaceAll(to, "%", "%25"))
		if want == nil {
			refused, ok := errors.AsType[*safehttp.RedirectError](err)
			require.True(t, ok, "%s: %v", to, err)
			require.Equal(t, "another scheme", refused.Reason)
			require.Equal(t, to, refused.To)
			continue
		}
		blocked, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%s: %v", to, err)
		require.Equal(t, want, blocked.Reason, to)
		require.NotContains(t, err.Error(), "word@")
	}
	require.Zero(t, inside.conns.Load())
}

// TestRedirectOfPost sees that a body does not go where it was not sent to.
func TestRedirectOfPost(t *testing.T) {
	posts := 0
	s := newServer(t, false, func(w http.ResponseWriter, r *http.Request) { posts++; redirector(w, r) })
	client := s.newPublic(t, safehttp.Options{})
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, err := client.Post(fmt.Sprintf("https://example.com/?to=/elsewhere&status=%d", status), "text/plain", strings.NewReader("body"))
		refused, ok := errors.AsType[*safehttp.RedirectError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "https://example.com/elsewhere", refused.To)
	}
	require.Equal(t, 5, posts)
}

// A rewriter is a RoundTripper that changes requests, as those do that trace or
// sign them.
type rewriter struct{ next http.RoundTripper }

func (rw rewriter) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Trace", "1")
	return rw.next.RoundTrip(req)
}

// TestWrapped has the transport in a client that follows redirects by itself,
// behind another RoundTripper.
func TestWrapped(t *testing.T) {
	s := newServer(t, false, redirector)
	for _, limit := range []int{0, 3} {
		transport := s.newPublic(t, safehttp.Options{MaxRedirects: limit}).Transport.(*safehttp.Transport)
		client := &http.Client{Transport: rewriter{transport}}
		_, err := get(t, client, fmt.Sprintf("https://example.com/?n=%d", limit))
		require.NoError(t, err)
		_, err = get(t, client, fmt.Sprintf("https://example.com/?n=%d", limit+1))
		_, ok := errors.AsType[*safehttp.RedirectError](err)
		require.True(t, ok, "%v", err)
		require.Zero(t, transport.Hosts())
	}
}

func TestRedirectErrorText(t *testing.T) {
	err := &safehttp.RedirectError{From: "https://a.example/" + strings.Repeat("x", 200), To: "http://b.example/", Reason: "another scheme"}
	require.EqualError(t, err, `safehttp: refused redirect from "https://a.example/`+strings.Repeat("x", 110)+`"... to "http://b.example/": another scheme`)
	require.EqualError(t, &safehttp.BlockedError{Host: "a", Reason: "b"}, `safehttp: refused host "a": b`)
	require.EqualError(t, &safehttp.StatusError{URL: "https://a/", Status: 404}, `safehttp: status 404 from "https://a/"`)
}
