package did_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

const (
	webDID = "did:web:alice.example.com"
	webDoc = `{"id":"did:web:alice.example.com","alsoKnownAs":["at://alice.example.com"]}`
)

// TestPLCRequest asks a directory as it should be asked.
func TestPLCRequest(t *testing.T) {
	ledger.Covers(t, "DID-002", "DID-012")
	require.Equal(t, "https://plc.directory", did.DefaultPLC)
	doc := fixtures.PDS(t, "alice.did.json")
	want, err := did.ParseDocument(doc, nil)
	require.NoError(t, err)
	for _, contentType := range []string{"application/did+ld+json; charset=utf-8", "application/json", "text/html", ""} {
		var req *http.Request
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			req = r
			w.Header().Set("Content-Type", contentType)
			w.Write(doc)
		}))
		for _, path := range []string{"", "/", "/mirror", "/mirror/"} {
			o := &did.Options{PLC: server.URL + path, Development: true}
			r, err := did.NewPLC(o)
			require.NoError(t, err)
			d, err := r.ResolveDID(t.Context(), want.ID)
			require.NoError(t, err)
			require.Equal(t, want.ID, d.ID)
			require.Equal(t, want.VerificationMethods, d.VerificationMethods)
			_, err = d.PDS() // on loopback, as all of it
			require.NoError(t, err)
			require.Equal(t, http.MethodGet, req.Method)
			require.Equal(t, strings.TrimSuffix(path, "/")+"/"+want.ID.String(), req.URL.Path)
			require.Equal(t, "application/did+ld+json,application/json", req.Header.Get("Accept"))
			require.Contains(t, req.UserAgent(), "linnet")
		}
		server.Close()
	}
	client, asked := answering(http.StatusOK, string(doc))
	m, err := did.NewResolver(&did.Options{Client: client})
	require.NoError(t, err)
	_, err = m.ResolveDID(t.Context(), want.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"https://plc.directory/" + want.ID.String()}, *asked)
}

// TestDocumentStatus is what the statuses of a directory and of a host mean.
func TestDocumentStatus(t *testing.T) {
	ledger.Covers(t, "DID-003", "DID-008", "DID-046")
	const (
		registered = `{"message":"DID not registered: did:plc:x"}`
		available  = `{"message":"DID not available: did:plc:x"}`
	)
	for _, tc := range []struct {
		status    int
		body      string
		plc, web  did.Reason
		temporary bool
	}{
		{404, registered, did.ReasonNotFound, did.ReasonNotFound, false},
		{404, available, did.ReasonDeactivated, did.ReasonNotFound, false},
		{404, strings.Repeat("<p>", 500_000), did.ReasonNotFound, did.ReasonNotFound, false},
		{410, available, did.ReasonDeactivated, did.ReasonStatus, false},
		{410, "", did.ReasonDeactivated, did.ReasonStatus, false},
		{304, "", did.ReasonStatus, did.ReasonStatus, false},
		{400, "", did.ReasonStatus, did.ReasonStatus, false},
		{403, "", did.ReasonStatus, did.ReasonStatus, false},
		{429, "", did.ReasonStatus, did.ReasonStatus, true},
		{500, available, did.ReasonStatus, did.ReasonStatus, true},
		{503, "", did.ReasonStatus, did.ReasonStatus, true},
	} {
		client, _ := answering(tc.status, tc.body)
		m, err := did.NewResolver(&did.Options{Client: client})
		require.NoError(t, err)
		for id, want := range map[string]did.Reason{alice: tc.plc, webDID: tc.web} {
			_, err = m.ResolveDID(t.Context(), parseDID(t, id))
			e := resolveError(t, err)
			require.Equal(t, want, e.Arms[0].Reason, "%s: %v", id, err)
			require.Equal(t, parseDID(t, id).Method(), e.Arms[0].Arm)
			require.Equal(t, tc.status, e.Arms[0].Status)
			require.Equal(t, tc.temporary, e.Temporary())
			notFound := want == did.ReasonNotFound || want == did.ReasonDeactivated
			require.Equal(t, notFound, errors.Is(err, did.ErrDIDNotFound))
			require.Equal(t, !notFound, errors.Is(err, did.ErrDIDResolutionFailed))
			require.Equal(t, want == did.ReasonDeactivated, errors.Is(err, did.ErrDIDDeactivated))
		}
	}
}

// TestDocumentBodies are answers with a status of 200 that are no answers.
func TestDocumentBodies(t *testing.T) {
	ledger.Covers(t, "DID-010", "DID-011", "DID-012")
	pad := func(size int) string {
		const head, tail = `{"id":"did:web:alice.example.com","x":"`, `"}`
		return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
	}
	for body, want := range map[string]did.Reason{
		webDoc:                                         "",
		"\n" + webDoc + "\r\n ":                        "",
		pad(did.DefaultMaxDocumentSize):                "",
		pad(did.DefaultMaxDocumentSize + 1):            did.ReasonTooLarge,
		strings.Repeat(" ", 1<<20):                     did.ReasonTooLarge,
		"<!DOCTYPE html>" + strings.Repeat("x", 1<<20): did.ReasonHTML,
		"  <html></html>":                              did.ReasonHTML,
		"":                                             did.ReasonInvalid,
		"null":                                         did.ReasonInvalid,
		"[" + webDoc + "]":                             did.ReasonInvalid,
		`"did:web:alice.example.com"`:                  did.ReasonInvalid,
		webDoc + webDoc:                                did.ReasonInvalid,
		`{"id":"did:web:bob.example.com"}`:             did.ReasonInvalid,
		`{"id":"did:web:ALICE.example.com"}`:           did.ReasonInvalid,
		`{"id":"did:web:alice.example.com/"}`:          did.ReasonInvalid,
		`{"ID":"did:web:alice.example.com"}`:           did.ReasonInvalid,
	} {
		client, asked := answering(http.StatusOK, body)
		d, err := did.NewWeb(&did.Options{Client: client}).ResolveDID(t.Context(), parseDID(t, webDID))
		require.Equal(t, []string{"https://alice.example.com/.well-known/did.json"}, *asked)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, webDID, d.ID.String())
			continue
		}
		require.Nil(t, d)
		e := arm(t, err)
		require.Equal(t, want, e.Reason, "%.100q: %v", body, err)
		require.False(t, e.Temporary)
		require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
		require.Equal(t, strings.HasPrefix(body, `{"id":`) && want == did.ReasonInvalid && !strings.HasSuffix(body, `/"}`) && body != webDoc+webDoc, errors.Is(err, did.ErrIDMismatch), "%v", err)
	}
	client, _ := answering(http.StatusOK, pad(200))
	for size, ok := range map[int]bool{199: false, 200: true, -1: true} {
		_, err := did.NewWeb(&did.Options{Client: client, MaxDocumentSize: size}).ResolveDID(t.Context(), parseDID(t, webDID))
		require.Equal(t, ok, err == nil, "%v", err)
	}
}

// TestDocumentRedirects are refused, though the client would follow them.
func TestDocumentRedirects(t *testing.T) {
	ledger.Covers(t, "DID-009")
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/moved" {
				http.Redirect(w, r, "/moved", status)
				return
			}
			fmt.Fprint(w, webDoc)
		})
		o := s.options(t)
		o.PLC = "https://plc.example.com"
		m, err := did.NewResolver(o)
		require.NoError(t, err)
		for _, id := range []string{webDID, alice} {
			_, err = m.ResolveDID(t.Context(), parseDID(t, id))
			require.Equal(t, did.ReasonRefused, arm(t, err).Reason)
			_, ok := errors.AsType[*safehttp.RedirectError](err)
			require.True(t, ok, "%v", err)
		}
	}
}

// TestUnresolvableWeb are DIDs for which nobody is asked.
func TestUnresolvableWeb(t *testing.T) {
	ledger.Covers(t, "DID-005", "DID-006", "DID-007")
	for id, want := range map[string]error{
		"did:web:example.com:u:alice":         syntax.ErrMethodIdentifier,
		"did:web:example.com:..":              syntax.ErrMethodIdentifier,
		"did:web:..":                          syntax.ErrMethodIdentifier,
		"did:web:example.com..evil.com":       syntax.ErrMethodIdentifier,
		"did:web:example.com%2Fevil":          syntax.ErrMethodIdentifier,
		"did:web:example.com%2F..%2Fevil":     syntax.ErrMethodIdentifier,
		"did:web:example.com%23":              nil,
		"did:web:example%2Ecom":               syntax.ErrMethodIdentifier,
		"did:web:user%40example.com":          syntax.ErrMethodIdentifier,
		"did:web:example.com%3A8080":          syntax.ErrMethodIdentifier,
		"did:web:example.com%3a443":           syntax.ErrMethodIdentifier,
		"did:web:127.0.0.1":                   syntax.ErrMethodIdentifier,
		"did:web:127.0.0.1%3A8080":            syntax.ErrMethodIdentifier,
		"did:web:169.254.169.254":             syntax.ErrMethodIdentifier,
		"did:web:2130706433":                  syntax.ErrMethodIdentifier,
		"did:web:%5B%3A%3A1%5D":               syntax.ErrMethodIdentifier,
		"did:web:router":                      syntax.ErrMethodIdentifier,
		"did:web:a.local":                     syntax.ErrReservedTLD,
		"did:web:a.localhost":                 syntax.ErrReservedTLD,
		"did:web:metadata.google.internal":    syntax.ErrReservedTLD,
		"did:web:a.test":                      syntax.ErrReservedTLD,
		"did:web:localhost":                   syntax.ErrReservedTLD,
		"did:web:localhost%3A8080":            syntax.ErrReservedTLD,
		"did:plc:short":                       syntax.ErrMethodIdentifier,
		"did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ":    syntax.ErrMethodIdentifier,
		"did:plc:ewvi7nxzyoun6zhxrhs64oiz:..": syntax.ErrMethodIdentifier,
	} {
		m, err := did.NewResolver(nobody(t))
		require.NoError(t, err)
		_, err = m.ResolveDID(t.Context(), parseDID(t, id))
		if want == nil {
			want = syntax.ErrMethodIdentifier
		}
		require.ErrorIs(t, err, want, id)
		require.NotErrorIs(t, err, did.ErrDIDNotFound)
	}
	o := nobody(t)
	o.Development = true
	for _, id := range []string{"did:web:localhost%3A0", "did:web:localhost%3A", "did:web:localhost%3A65536", "did:web:localhost%3A080", "did:web:localhost%3a80", "did:web:127.0.0.1%3A80", "did:web:example.com%3A8080", "did:web:localhost:path", "did:web:a.local"} {
		if parsed, err := syntax.ParseDID(id); err == nil {
			_, err = did.NewWeb(o).ResolveDID(t.Context(), parsed)
			require.True(t, errors.Is(err, syntax.ErrMethodIdentifier) || errors.Is(err, syntax.ErrReservedTLD), "%s: %v", id, err)
		}
	}
}

// TestWebLocalhost resolves a did:web on this machine, over http.
func TestWebLocalhost(t *testing.T) {
	ledger.Covers(t, "DID-007")
	leaktest.Check(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id":"did:web:%s"}`, strings.Replace(r.Host, ":", "%3A", 1))
	}))
	defer server.Close()
	port := netip.MustParseAddrPort(server.Listener.Addr().String()).Port()
	id := parseDID(t, fmt.Sprintf("did:web:localhost%%3A%d", port))
	client := safehttp.New(&safehttp.Options{AllowLoopback: true})
	defer client.CloseIdleConnections()
	for _, c := range []*http.Client{nil, client} {
		d, err := did.NewWeb(&did.Options{Development: true, Client: c}).ResolveDID(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, id, d.ID)
	}
	_, err := did.NewWeb(nil).ResolveDID(t.Context(), id)
	require.ErrorIs(t, err, syntax.ErrReservedTLD)
	local, asked := answering(http.StatusOK, `{"id":"did:web:localhost"}`)
	_, err = did.NewWeb(&did.Options{Development: true, Client: local}).ResolveDID(t.Context(), parseDID(t, "did:web:localhost"))
	require.NoError(t, err)
	require.Equal(t, []string{"http://localhost/.well-known/did.json"}, *asked)
	server.CloseClientConnections()
}

// TestWeb resolves hosts that are there, and hosts that are not.
func TestWeb(t *testing.T) {
	ledger.Covers(t, "DID-004", "DID-008")
	leaktest.Check(t)
	addr := func(s string) dnstest.Answer { return dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr(s)}} }
	s := newSite(t, map[string]dnstest.Answer{
		"none.example.com":     {Code: dnstest.NameError},
		"empty.example.com":    {},
		"servfail.example.com": {Code: dnstest.ServerFailure},
		"refused.example.com":  {Code: dnstest.Refused},
		"meta.example.com":     addr("169.254.169.254"),
		"private.example.com":  addr("fc00::1"),
	}, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/.well-known/did.json", r.URL.Path)
		fmt.Fprintf(w, `{"id":"did:web:%s"}`, r.Host)
	})
	web := did.NewWeb(s.options(t))
	d, err := web.ResolveDID(t.Context(), parseDID(t, webDID))
	require.NoError(t, err)
	require.Equal(t, webDID, d.ID.String())
	for host, want := range map[string]did.Reason{
		"none.example.com": did.ReasonNotFound, "empty.example.com": did.ReasonNotFound, "servfail.example.com": did.ReasonNetwork,
		"refused.example.com": did.ReasonNetwork, "meta.example.com": did.ReasonRefused, "private.example.com": did.ReasonRefused,
	} {
		_, err := web.ResolveDID(t.Context(), parseDID(t, "did:web:"+host))
		e := arm(t, err)
		require.Equal(t, want, e.Reason, "%v", err)
		require.Equal(t, want == did.ReasonNetwork, e.Temporary, "%v", err)
		require.Equal(t, "https://"+host+"/.well-known/did.json", e.Asked)
		_, blocked := errors.AsType[*safehttp.BlockedError](err)
		require.Equal(t, want == did.ReasonRefused, blocked)
	}
}

// TestNetworkErrors are told apart, and none of them means not found.
func TestNetworkErrors(t *testing.T) {
	ledger.Covers(t, "DID-008")
	for _, tc := range []struct {
		err       error
		want      did.Reason
		temporary bool
	}{
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, did.ReasonNetwork, true},
		{&tls.CertificateVerificationError{Err: errors.New("expired")}, did.ReasonNetwork, false},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, did.ReasonNetwork, true},
		{&net.DNSError{Err: "odd", IsNotFound: true, IsTemporary: true}, did.ReasonNetwork, true},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, did.ReasonTimeout, true},
		{errNoSuchName, did.ReasonNotFound, false},
		{context.DeadlineExceeded, did.ReasonTimeout, true},
		{context.Canceled, did.ReasonCanceled, true},
		{&safehttp.BlockedError{Host: "a"}, did.ReasonRefused, false},
		{&safehttp.LimitError{}, did.ReasonTooLarge, false},
	} {
		m, err := did.NewResolver(&did.Options{Client: failing(tc.err)})
		require.NoError(t, err)
		for _, id := range []string{alice, webDID} {
			_, err = m.ResolveDID(t.Context(), parseDID(t, id))
			e := arm(t, err)
			require.Equal(t, tc.want, e.Reason, "%v", err)
			require.Equal(t, tc.temporary, e.Temporary, "%v", err)
			require.Equal(t, tc.want == did.ReasonNotFound, errors.Is(err, did.ErrDIDNotFound))
			require.ErrorIs(t, err, tc.err)
			_, ok := errors.AsType[*url.Error](err)
			require.False(t, ok)
		}
	}
}

// TestSlowDocument has a server that sends a byte now and then, and never ends.
func TestSlowDocument(t *testing.T) {
	ledger.Covers(t, "DID-010")
	leaktest.Check(t)
	s := newSite(t, nil, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
		panic(http.ErrAbortHandler) // an end could still arrive, and be taken
	})
	o := s.options(t)
	o.Timeout = 200 * time.Millisecond
	_, err := did.NewWeb(o).ResolveDID(t.Context(), parseDID(t, webDID))
	require.Equal(t, did.ReasonTimeout, arm(t, err).Reason)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, resolveError(t, err).Temporary())

	o.Timeout = ample
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = did.NewWeb(o).ResolveDID(ctx, parseDID(t, webDID))
	require.Equal(t, did.ReasonTimeout, arm(t, err).Reason)
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	_, err = did.NewWeb(o).ResolveDID(cancelled, parseDID(t, webDID))
	require.Equal(t, did.ReasonCanceled, arm(t, err).Reason)
	require.ErrorIs(t, err, context.Canceled)
}

// TestTimeout sees how long a question may take.
func TestTimeout(t *testing.T) {
	ledger.Covers(t, "DID-010")
	for timeout, want := range map[time.Duration]time.Duration{0: 5 * time.Second, -1: 0, time.Hour: time.Hour} {
		var left []time.Duration
		note := func(ctx context.Context) {
			deadline, ok := ctx.Deadline()
			require.Equal(t, want > 0, ok)
			left = append(left, time.Until(deadline))
		}
		client := &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
			note(req.Context())
			return nil, errNoSuchName
		})}
		o := &did.Options{Client: client, DNS: noting(note), Timeout: timeout, Sequential: true}
		_, err := did.NewWeb(o).ResolveDID(t.Context(), parseDID(t, webDID))
		require.ErrorIs(t, err, did.ErrDIDNotFound)
		_, err = did.NewHandleResolver(o).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		require.ErrorIs(t, err, did.ErrHandleNotFound)
		require.Len(t, left, 3)
		for _, d := range left {
			require.LessOrEqual(t, d, want)
		}
	}
}

// A noting is a did.TXTResolver that knows no names and shows its contexts.
type noting func(context.Context)

func (f noting) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	f(ctx)
	return nil, errNoSuchName
}

// TestEndlessDocument has a server that would send a GiB.
func TestEndlessDocument(t *testing.T) {
	ledger.Covers(t, "DID-010")
	var sent atomic.Int64
	s := newSite(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 1<<16); sent.Load() < 1<<30; {
			n, err := w.Write(chunk)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	_, err := did.NewWeb(s.options(t)).ResolveDID(t.Context(), parseDID(t, webDID))
	require.Equal(t, did.ReasonTooLarge, arm(t, err).Reason)
	limit, ok := errors.AsType[*safehttp.LimitError](err)
	require.True(t, ok)
	require.EqualValues(t, did.DefaultMaxDocumentSize, limit.Limit)
	require.Less(t, sent.Load(), int64(1<<30))
}

// TestLimiter is asked for each host before it is.
func TestLimiter(t *testing.T) {
	ledger.Covers(t, "DID-054")
	var hosts []string
	client, asked := answering(http.StatusOK, webDoc)
	o := &did.Options{PLC: "https://PLC.example.com:8443/", Client: client, Limiter: limiter(func(host string) error {
		hosts = append(hosts, host)
		return nil
	})}
	m, err := did.NewResolver(o)
	require.NoError(t, err)
	m.ResolveDID(t.Context(), parseDID(t, alice))
	m.ResolveDID(t.Context(), parseDID(t, webDID))
	did.NewHTTPS(o).ResolveHandle(t.Context(), parseHandle(t, "Bob.example.com"))
	require.Equal(t, []string{"plc.example.com:8443", "alice.example.com", "bob.example.com"}, hosts)
	require.Len(t, *asked, 3)

	full := errors.New("full")
	o.Limiter = limiter(func(string) error { return full })
	_, err = did.NewWeb(o).ResolveDID(t.Context(), parseDID(t, webDID))
	require.Equal(t, did.ReasonLimited, arm(t, err).Reason)
	require.True(t, arm(t, err).Temporary)
	require.ErrorIs(t, err, full)
	require.Len(t, *asked, 3)

	ctx, cancel := context.WithCancel(t.Context())
	o.Limiter = limiter(func(string) error { cancel(); return ctx.Err() })
	_, err = did.NewWeb(o).ResolveDID(ctx, parseDID(t, webDID))
	require.Equal(t, did.ReasonCanceled, arm(t, err).Reason)
}

// TestRetryAfter hands a server's wish on.
func TestRetryAfter(t *testing.T) {
	s := newSite(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := did.NewWeb(s.options(t)).ResolveDID(t.Context(), parseDID(t, webDID))
	require.Equal(t, 30*time.Second, resolveError(t, err).RetryAfter())
}

// TestHardenedByDefault sees that resolvers without a client have a hardened
// one.
func TestHardenedByDefault(t *testing.T) {
	ledger.Covers(t, "DID-035")
	dns := dnstest.New(t, func(name string, _ int) dnstest.Answer {
		if strings.HasPrefix(name, "_") {
			return dnstest.Answer{Code: dnstest.NameError}
		}
		return dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	})
	o := &did.Options{DNS: dns.Resolver(), PLC: "https://plc.example.com"}
	m, err := did.NewResolver(o)
	require.NoError(t, err)
	x, err := did.NewXRPC("https://pds.example.com", o)
	require.NoError(t, err)
	for _, r := range []did.Resolver{m, x} {
		for _, id := range []string{alice, webDID} {
			_, err = r.ResolveDID(t.Context(), parseDID(t, id))
			require.Equal(t, did.ReasonRefused, arm(t, err).Reason)
		}
	}
	for _, r := range []did.HandleResolver{did.NewHandleResolver(o), did.NewHTTPS(o), x} {
		_, err = r.ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		blocked, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%v", err)
		require.True(t, blocked.Addr.IsLoopback())
		require.ErrorIs(t, err, did.ErrHandleResolutionFailed)
	}
}
