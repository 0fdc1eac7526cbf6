package did_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// ample is a time-out that no test reaches.
const ample = 5 * time.Minute

// A transport is a function as an http.RoundTripper.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering returns a client whose every request has the same answer, and the
// URLs that it was asked for.
func answering(status int, body string) (*http.Client, *[]string) {
	asked := new([]string)
	return &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
		*asked = append(*asked, req.URL.String())
		return &http.Response{StatusCode: status, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: req}, nil
	})}, asked
}

// failing returns a client whose requests fail.
func failing(err error) *http.Client {
	return &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, err })}
}

// nobody fails the test if it is asked for anything.
func nobody(t testing.TB) *did.Options {
	return &did.Options{Client: failing(errors.New("asked")), DNS: texts(func(string) ([]string, error) {
		t.Error("the DNS was asked")
		return nil, errors.New("asked")
	}), Limiter: limiter(func(host string) error {
		t.Errorf("%s was asked", host)
		return errors.New("asked")
	})}
}

// A limiter is a function as a did.Limiter.
type limiter func(host string) error

func (f limiter) Wait(_ context.Context, host string) error { return f(host) }

// A texts is a function as a did.TXTResolver.
type texts func(name string) ([]string, error)

func (f texts) LookupTXT(_ context.Context, name string) ([]string, error) { return f(name) }

var errNoSuchName = &net.DNSError{Err: "no such host", IsNotFound: true}

// A site is a TLS server on loopback for example.com and all names below it.
type site struct {
	*httptest.Server
	dns *dnstest.Server
}

// newSite starts a server. Names that are in answers lead elsewhere or nowhere.
func newSite(t testing.TB, answers map[string]dnstest.Answer, handler http.HandlerFunc) *site {
	s := &site{Server: httptest.NewTLSServer(handler)}
	t.Cleanup(s.Close)
	s.dns = dnstest.New(t, func(name string, _ int) dnstest.Answer {
		if a, ok := answers[name]; ok {
			return a
		}
		if strings.HasSuffix(name, ".example.com") && !strings.HasPrefix(name, "_") {
			return dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
		}
		return dnstest.Answer{Code: dnstest.NameError}
	})
	return s
}

// options returns options with the hardened client, for which port 443 is that
// of the site.
func (s *site) options(t testing.TB) *did.Options {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	port := netip.MustParseAddrPort(s.Listener.Addr().String()).Port()
	safe := safehttp.NewTransport(&safehttp.Options{
		AllowLoopback: true, RootCAs: pool, Resolver: s.dns.Resolver(), MaxRedirects: 5, Timeout: ample, HeaderTimeout: ample,
		AllowPort: func(p uint16) bool { return p == port },
	})
	t.Cleanup(safe.CloseIdleConnections)
	client := &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		if req.Host == "" {
			req.Host = req.URL.Host
		}
		if req.URL.Port() == "" && strings.HasSuffix(req.URL.Host, ".example.com") {
			req.URL.Host += fmt.Sprintf(":%d", port)
		}
		return safe.RoundTrip(req)
	})}
	return &did.Options{Client: client, DNS: s.dns.Resolver(), Timeout: ample}
}

// resolveError returns the error of a resolution as what it must be.
func resolveError(t testing.TB, err error) *did.ResolveError {
	t.Helper()
	e, ok := errors.AsType[*did.ResolveError](err)
	require.True(t, ok, "%v", err)
	require.NotEmpty(t, e.Arms)
	require.Less(t, len(e.Error()), 2000)
	return e
}

// arm returns the only arm of an error.
func arm(t testing.TB, err error) *did.ArmError {
	t.Helper()
	e := resolveError(t, err)
	require.Len(t, e.Arms, 1)
	return e.Arms[0]
}

func parseDID(t testing.TB, s string) syntax.DID {
	t.Helper()
	id, err := syntax.ParseDID(s)
	require.NoError(t, err)
	return id
}

func parseHandle(t testing.TB, s string) syntax.Handle {
	t.Helper()
	h, err := syntax.ParseHandle(s)
	require.NoError(t, err)
	return h
}

// TestMux leaves DIDs to resolvers by their method.
func TestMux(t *testing.T) {
	ledger.Covers(t, "DID-001", "DID-046")
	m, err := did.NewResolver(nobody(t))
	require.NoError(t, err)
	for _, id := range []string{"did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc", "did:example:123", "did:plcc:a", "did:webvh:a:b"} {
		_, err := m.ResolveDID(t.Context(), parseDID(t, id))
		require.ErrorIs(t, err, syntax.ErrUnsupportedMethod)
		require.NotErrorIs(t, err, did.ErrDIDNotFound)
		require.NotErrorIs(t, err, did.ErrDIDResolutionFailed)
	}
	_, err = m.ResolveDID(t.Context(), parseDID(t, "did:key:abc"))
	require.EqualError(t, err, `did: "did:key:abc" can't be resolved: unsupported DID method`)
	for _, r := range []did.Resolver{m, m["plc"], m["web"]} {
		_, err = r.ResolveDID(t.Context(), syntax.DID{})
		_, ok := errors.AsType[*syntax.Error](err)
		require.True(t, ok, "%v", err)
	}
	_, err = m["plc"].ResolveDID(t.Context(), parseDID(t, "did:web:example.com"))
	require.ErrorIs(t, err, syntax.ErrUnsupportedMethod)
	_, err = m["web"].ResolveDID(t.Context(), parseDID(t, alice))
	require.ErrorIs(t, err, syntax.ErrUnsupportedMethod)

	want := &did.Document{}
	m["key"] = did.ResolverFunc(func(context.Context, syntax.DID) (*did.Document, error) { return want, nil })
	d, err := m.ResolveDID(t.Context(), parseDID(t, "did:key:abc"))
	require.NoError(t, err)
	require.Same(t, want, d)
}

func TestStatic(t *testing.T) {
	id := parseDID(t, alice)
	want := &did.Document{ID: id}
	r := did.Static{id: want}
	d, err := r.ResolveDID(t.Context(), id)
	require.NoError(t, err)
	require.Same(t, want, d)
	_, err = r.ResolveDID(t.Context(), parseDID(t, "did:web:example.com"))
	require.ErrorIs(t, err, did.ErrDIDNotFound)
	require.EqualError(t, err, `did: DID "did:web:example.com" did not resolve: static: not found`)

	handles := did.StaticHandles{parseHandle(t, "alice.example.com"): id}
	got, err := handles.ResolveHandle(t.Context(), parseHandle(t, "Alice.Example.com"))
	require.NoError(t, err)
	require.Equal(t, id, got)
	_, err = handles.ResolveHandle(t.Context(), parseHandle(t, "bob.example.com"))
	require.ErrorIs(t, err, did.ErrHandleNotFound)
}

// TestServerURLs are of the program's configuration.
func TestServerURLs(t *testing.T) {
	for _, s := range []string{"plc.directory", "ftp://plc.directory", "https://", "https://:443", "https://a b/", "https://user@plc.directory", "https://plc.directory?a=b", "https://plc.directory?", "https://plc.directory#", "/"} {
		_, err := did.NewPLC(&did.Options{PLC: s})
		require.ErrorContains(t, err, "did: PLC directory ", s)
		_, err = did.NewResolver(&did.Options{PLC: s})
		require.Error(t, err)
		_, err = did.NewXRPC(s, nil)
		require.ErrorContains(t, err, "did: server ", s)
	}
	_, err := did.NewXRPC("", nil)
	require.EqualError(t, err, `did: server "" is not the URL of a server`)
}

// TestResolveErrorText is all of an error in one line.
func TestResolveErrorText(t *testing.T) {
	h := parseHandle(t, "alice.example.com")
	e := &did.ResolveError{Handle: h, Arms: []*did.ArmError{
		{Arm: "dns", Asked: "_atproto.alice.example.com", Reason: did.ReasonNotFound, Err: errNoSuchName},
		{Arm: "https", Asked: "https://alice.example.com/.well-known/atproto-did", Reason: did.ReasonStatus, Status: 503, RetryAfter: time.Second, Temporary: true},
	}}
	require.EqualError(t, e, `did: handle "alice.example.com" did not resolve: dns: not found at "_atproto.alice.example.com": lookup : no such host; `+
		`https: unexpected status 503 at "https://alice.example.com/.well-known/atproto-did"`)
	require.EqualError(t, e.Arms[0], `did: dns: not found at "_atproto.alice.example.com": lookup : no such host`)
	for body, want := range map[string]string{`{"error":"x"}`: `: "{\"error\":\"x\"}"`, "<html>": "", "": ""} {
		a := &did.ArmError{Arm: "plc", Asked: "https://a/", Reason: did.ReasonNotFound, Status: 404, Err: &safehttp.StatusError{Status: 404, Body: []byte(body)}}
		require.EqualError(t, a, `did: plc: not found (status 404) at "https://a/"`+want)
	}
	require.True(t, e.Temporary())
	require.False(t, e.NotFound())
	require.Equal(t, time.Second, e.RetryAfter())
	require.ErrorIs(t, e, errNoSuchName)
}

// TestOutcomes matches errors with what they mean.
func TestOutcomes(t *testing.T) {
	ledger.Covers(t, "DID-046")
	outcomes := []error{did.ErrDIDNotFound, did.ErrDIDDeactivated, did.ErrDIDResolutionFailed, did.ErrHandleNotFound, did.ErrHandleResolutionFailed}
	for _, tc := range []struct {
		reasons     []did.Reason
		did, handle []error
	}{
		{[]did.Reason{did.ReasonNotFound}, outcomes[:1], outcomes[3:4]},
		{[]did.Reason{did.ReasonNotFound, did.ReasonNotFound}, outcomes[:1], outcomes[3:4]},
		{[]did.Reason{did.ReasonDeactivated}, outcomes[:2], outcomes[3:4]},
		{[]did.Reason{did.ReasonNotFound, did.ReasonTimeout}, outcomes[2:3], outcomes[4:5]},
		{[]did.Reason{did.ReasonInvalid, did.ReasonNotFound}, outcomes[2:3], outcomes[4:5]},
		{[]did.Reason{did.ReasonDeactivated, did.ReasonStatus}, outcomes[2:3], outcomes[4:5]},
		{[]did.Reason{did.ReasonAmbiguous}, outcomes[2:3], outcomes[4:5]},
	} {
		var arms []*did.ArmError
		for _, r := range tc.reasons {
			arms = append(arms, &did.ArmError{Reason: r})
		}
		for i, want := range [][]error{tc.did, tc.handle} {
			e := &did.ResolveError{Arms: arms}
			if i == 0 {
				e.DID = parseDID(t, alice)
			} else {
				e.Handle = parseHandle(t, "a.com")
			}
			var got []error
			for _, o := range outcomes {
				if errors.Is(e, o) {
					got = append(got, o)
				}
			}
			require.Equal(t, want, got, "%v", e)
		}
	}
}

// TestServerPort sees that the default client admits the port of a server that
// the program names, and none else.
func TestServerPort(t *testing.T) {
	dns := dnstest.Names(t, nil)
	for _, tc := range []struct {
		timeout time.Duration
		size    int
	}{{0, 0}, {-1, -1}} {
		o := &did.Options{PLC: "https://plc.example.com:8443", DNS: dns.Resolver(), Timeout: tc.timeout, MaxDocumentSize: tc.size}
		plc, err := did.NewPLC(o)
		require.NoError(t, err)
		x, err := did.NewXRPC("https://pds.example.com:8443", o)
		require.NoError(t, err)
		for _, r := range []did.Resolver{plc, x} {
			_, err = r.ResolveDID(t.Context(), parseDID(t, alice))
			require.Equal(t, did.ReasonNotFound, arm(t, err).Reason, "%v", err) // it was looked up
		}
		o.PLC = "https://plc.example.com:80"
		plc, err = did.NewPLC(o)
		require.NoError(t, err)
		_, err = plc.ResolveDID(t.Context(), parseDID(t, alice))
		require.Equal(t, did.ReasonRefused, arm(t, err).Reason)
	}
}
