package safehttp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// noDNS is a resolver that fails the test if it is asked.
func noDNS(t testing.TB) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("the DNS was asked")
		return nil, errors.New("no DNS")
	}}
}

// TestRefusedURLs tries what is refused before anything is looked up.
func TestRefusedURLs(t *testing.T) {
	ledger.Covers(t, "OAUTH-129", "OAUTH-130", "OAUTH-131")
	for rawURL, reason := range map[string]string{
		"http://example.com/":                "not https",
		"HTTP://example.com/":                "not https",
		"ftp://example.com/":                 "not https",
		"file:///etc/passwd":                 "not https",
		"http://localhost:8080/":             "not https",
		"https://example.com:80/":            "port not allowed",
		"https://example.com:8443/":          "port not allowed",
		"https://example.com:0/":             "port not allowed",
		"https://example.com:65536/":         "port not allowed",
		"https://user@example.com/":          "user name in the URL",
		"https://user:secret@example.com/":   "user name in the URL",
		"https://93.184.216.34/":             "an address instead of a name",
		"https://[2606:4700:4700::1111]/":    "an address instead of a name",
		"https://127.0.0.1/":                 "loopback (RFC 1122)",
		"https://[::1]/":                     "loopback (RFC 4291)",
		"https://[::ffff:127.0.0.1]/":        "loopback (RFC 1122)",
		"https://[::ffff:a9fe:a9fe]/":        "link-local (RFC 3927)",
		"https://169.254.169.254/latest/":    "link-local (RFC 3927)",
		"https://[fe80::1%25eth0]/":          "scoped to a zone (RFC 4007)",
		"https://10.0.0.1/":                  "private use (RFC 1918)",
		"https://localhost/":                 "not a name of the public network",
		"https://LOCALHOST/":                 "not a name of the public network",
		"https://a.localhost/":               "not a name of the public network",
		"https://printer.local/":             "not a name of the public network",
		"https://metadata.google.internal/":  "not a name of the public network",
		"https://router/":                    "not a fully qualified name",
		"https://2130706433/":                "not a fully qualified name",
		"https://0x7f000001/":                "not a fully qualified name",
		"https://127.1/":                     "not a fully qualified name",
		"https://0177.0.0.1/":                "not a fully qualified name",
		"https://0x7f.0x0.0x0.0x1/":          "not a fully qualified name",
		"https://example.com./":              "not a fully qualified name",
		"https://localhost./":                "not a fully qualified name",
		"https://exa_mple.com/":              "not a fully qualified name",
		"https://l\u00f6calhost.com/":        "not a fully qualified name",
		"https://127\u30020\u30020\u30021/":  "not a fully qualified name",
		"https:///path":                      "not a fully qualified name",
		"https://" + strings.Repeat("a", 64): "not a fully qualified name",
	} {
		client := patient(t, safehttp.Options{Resolver: noDNS(t)})
		_, err := get(t, client, rawURL)
		blocked, ok := errors.AsType[*safehttp.BlockedError](err)
		if !ok { // net/http does not get so far
			require.ErrorContains(t, err, "no Host in request URL", rawURL)
			continue
		}
		require.Equal(t, reason, blocked.Reason, rawURL)
		require.False(t, blocked.Addr.IsValid())
		require.NotContains(t, err.Error(), "secret")
	}
}

// TestPorts asks for ports other than 443, which are never on loopback.
func TestPorts(t *testing.T) {
	ledger.Covers(t, "OAUTH-129")
	dns := dnstest.Names(t, nil)
	client := patient(t, safehttp.Options{Resolver: dns.Resolver(), AllowPort: func(port uint16) bool { return port == 80 || port >= 1024 }})
	for port, allowed := range map[string]bool{"": true, ":": true, ":443": true, ":1024": true, ":65535": true, ":80": false, ":0080": false, ":0443": false, ":01024": false, ":22": false, ":1023": false, ":65536": false, ":0": false} {
		_, err := get(t, client, "https://example.com"+port+"/")
		_, blocked := errors.AsType[*safehttp.BlockedError](err)
		require.Equal(t, allowed, !blocked, "%s: %v", port, err)
		if allowed {
			notFound, ok := errors.AsType[*net.DNSError](err)
			require.True(t, ok && notFound.IsNotFound, "%v", err)
		}
	}
}

// TestRefusedAddresses looks up names that lead to addresses which are not
// public. A server listens on loopback, and is not reached.
func TestRefusedAddresses(t *testing.T) {
	ledger.Covers(t, "OAUTH-129", "OAUTH-131")
	leaktest.Check(t)
	s := newServer(t, false, func(http.ResponseWriter, *http.Request) {})
	for _, list := range [][]string{
		{"127.0.0.1"}, {"169.254.169.254"}, {"::1"}, {"fc00::1"}, {"fd12:3456::1"}, {"fe80::1"}, {"::ffff:a00:1"}, {"0.0.0.0"}, {"::"},
		{"10.0.0.1", "127.0.0.1"}, {"192.168.1.1", "fd00::1"}, {"64:ff9b::7f00:1"}, {"2002:7f00:1::1"}, {"100.64.0.1"},
	} {
		var addrs, unmapped []netip.Addr
		for _, a := range list {
			addr := netip.MustParseAddr(a)
			addrs, unmapped = append(addrs, addr), append(unmapped, addr.Unmap())
		}
		dns := dnstest.Names(t, map[string]dnstest.Answer{publicName: {Addrs: addrs}})
		client, _ := s.newClient(t, safehttp.Options{Resolver: dns.Resolver(), AllowPort: func(p uint16) bool { return p == s.port() }})
		host := fmt.Sprintf("%s:%d", publicName, s.port())
		_, err := get(t, client, "https://"+host+"/")
		blocked, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%v: %v", list, err)
		require.Equal(t, host, blocked.Host)
		require.Contains(t, unmapped, blocked.Addr)
		require.Equal(t, safehttp.SpecialUse(blocked.Addr), blocked.Reason)
		require.ErrorContains(t, err, fmt.Sprintf("safehttp: refused host %q at address %s: ", host, blocked.Addr))
	}
	require.Zero(t, s.conns.Load())
}

// TestRebinding has a name that is public when somebody checks it, and
// loopback when it is connected to.
func TestRebinding(t *testing.T) {
	ledger.Covers(t, "OAUTH-129")
	s := newServer(t, false, func(http.ResponseWriter, *http.Request) {})
	var asked atomic.Int64
	dns := dnstest.New(t, func(_ string, typ int) dnstest.Answer {
		if typ == dnstest.A && asked.Add(1) == 1 {
			return dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr("93.184.216.34")}}
		}
		return dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	})
	checked, err := dns.Resolver().LookupNetIP(t.Context(), "ip4", publicName+".")
	require.NoError(t, err)
	require.Empty(t, safehttp.SpecialUse(checked[0]))

	client, _ := s.newClient(t, safehttp.Options{Resolver: dns.Resolver(), AllowPort: func(uint16) bool { return true }})
	for range 2 {
		_, err = get(t, client, fmt.Sprintf("https://%s:%d/", publicName, s.port()))
		blocked, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%v", err)
		require.True(t, blocked.Addr.IsLoopback())
	}
	require.Zero(t, s.conns.Load())
}

func TestAllowLoopback(t *testing.T) {
	ledger.Covers(t, "OAUTH-131")
	s := newServer(t, true, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	dns := dnstest.Names(t, map[string]dnstest.Answer{
		publicName:      {Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
		"a.example.com": {Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}},
	})
	o := safehttp.Options{AllowLoopback: true, Resolver: dns.Resolver(), AllowPort: func(p uint16) bool { return p == s.port() }}
	client, _ := s.newClient(t, o)
	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", publicName} {
		body, err := get(t, client, fmt.Sprintf("https://%s:%d/", host, s.port()))
		require.NoError(t, err)
		require.Equal(t, "hello", body)
	}
	for rawURL, reason := range map[string]string{
		fmt.Sprintf("http://%s:%d/", publicName, s.port()):        "not https",
		fmt.Sprintf("https://a.example.com:%d/", s.port()):        "private use (RFC 1918)",
		fmt.Sprintf("https://10.0.0.1:%d/", s.port()):             "private use (RFC 1918)",
		fmt.Sprintf("https://%s:%d/", publicName, s.port()^1):     "port not allowed",
		fmt.Sprintf("https://user@localhost:%d/", s.port()):       "user name in the URL",
		fmt.Sprintf("https://0.0.0.0:%d/", s.port()):              "this network (RFC 791)",
		fmt.Sprintf("https://[fe80::1%%25lo]:%d/", s.port()):      "scoped to a zone (RFC 4007)",
		fmt.Sprintf("http://[::ffff:10.0.0.1]:%d/", s.port()):     "not https",
		fmt.Sprintf("https://localhost.example:%d/", s.port()):    "not a name of the public network",
		fmt.Sprintf("https://127.0.0.1.nip.io:%d/", s.port()^1):   "port not allowed",
		fmt.Sprintf("https://[2001:db8::7f00:1]:%d/", s.port()):   "documentation (RFC 3849)",
		fmt.Sprintf("https://[64:ff9b::7f00:1]:%d/", s.port()):    "NAT64 (RFC 6052)",
		fmt.Sprintf("https://printer.local:%d/private", s.port()): "not a name of the public network",
	} {
		_, err := get(t, client, rawURL)
		blocked, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%s: %v", rawURL, err)
		require.Equal(t, reason, blocked.Reason, rawURL)
	}
}

// TestLocalNames reaches this machine by its name, without the DNS, over http.
func TestLocalNames(t *testing.T) {
	s := newPlainServer(t)
	client := patient(t, safehttp.Options{AllowLoopback: true, Resolver: noDNS(t)})
	for _, host := range []string{"localhost", "LocalHost", "pds.localhost", "127.0.0.1"} {
		body, err := get(t, client, fmt.Sprintf("http://%s:%d/", host, s))
		require.NoError(t, err)
		require.Equal(t, host, strings.TrimSuffix(body, fmt.Sprintf(":%d", s)))
	}
}

// TestNAT64 admits public addresses only in the well-known prefix.
func TestNAT64(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing is to be connected to
	for host, want := range map[string]string{
		"[64:ff9b::8.8.8.8]":   "an address instead of a name",
		"[64:ff9b::10.0.0.1]":  "private use (RFC 1918)",
		"[64:ff9b::127.0.0.1]": "loopback (RFC 1122)",
		"[64:ff9b:1::8.8.8.8]": "local NAT64 (RFC 8215)",
	} {
		for _, ipHosts := range []bool{false, true} {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/", nil)
			require.NoError(t, err)
			_, err = safehttp.NewTransport(&safehttp.Options{AllowNAT64: true, AllowIPHosts: ipHosts}).RoundTrip(req)
			if blocked, ok := errors.AsType[*safehttp.BlockedError](err); ok {
				require.Equal(t, want, blocked.Reason)
			} else {
				require.True(t, ipHosts && want == "an address instead of a name")
				require.ErrorIs(t, err, context.Canceled)
			}
		}
	}
}

// TestSearchDomains sees that names are looked up as they are.
func TestSearchDomains(t *testing.T) {
	dns := dnstest.Names(t, nil)
	_, err := get(t, patient(t, safehttp.Options{Resolver: dns.Resolver()}), "https://example.com/")
	notFound, ok := errors.AsType[*net.DNSError](err)
	require.True(t, ok && notFound.IsNotFound)
	for _, name := range dns.Queries() {
		require.Equal(t, publicName, name)
	}
}

// TestDialName sees that names are looked up without search domains, and that
// this machine is not looked up at all.
func TestDialName(t *testing.T) {
	for host, want := range map[string]string{
		publicName: publicName + ".", "a.b.test": "a.b.test.", "localhost": "localhost", "LOCALHOST": "localhost", "a.localhost": "localhost", "127.0.0.1": "127.0.0.1", "::1": "::1",
	} {
		require.Equal(t, want, safehttp.DialName(host))
	}
}

// TestLocalAddress sees that localhost leads nowhere else.
func TestLocalAddress(t *testing.T) {
	transport := safehttp.NewTransport(&safehttp.Options{AllowLoopback: true})
	for _, host := range []string{"localhost", "a.localhost", "127.0.0.1", "::1"} {
		require.NoError(t, transport.CheckAddr(host, "127.0.0.1:80"))
		require.NoError(t, transport.CheckAddr(host, "[::1]:80"))
		for _, addr := range []string{"93.184.216.34:80", "[2606:4700:4700::1111]:80"} {
			blocked, ok := errors.AsType[*safehttp.BlockedError](transport.CheckAddr(host, addr))
			require.True(t, ok)
			require.Equal(t, "not loopback, as the host is", blocked.Reason)
		}
	}
	require.NoError(t, transport.CheckAddr(publicName, "93.184.216.34:443"))
	require.Error(t, transport.CheckAddr(publicName, "93.184.216.34"))
}

// TestNotFound tells a name that has no address from one of which that is not
// known, though a resolver that asks for both kinds may say otherwise.
func TestNotFound(t *testing.T) {
	for _, tc := range []struct {
		a, aaaa  int
		notFound bool
	}{
		{dnstest.NameError, dnstest.NameError, true},
		{dnstest.NoError, dnstest.NoError, true},
		{dnstest.NoError, dnstest.ServerFailure, false},
		{dnstest.ServerFailure, dnstest.NoError, false},
		{dnstest.Refused, dnstest.NoError, false},
		{dnstest.NoError, dnstest.Refused, false},
		{dnstest.ServerFailure, dnstest.ServerFailure, false},
	} {
		dns := dnstest.New(t, func(_ string, typ int) dnstest.Answer {
			if typ == dnstest.A {
				return dnstest.Answer{Code: tc.a}
			}
			return dnstest.Answer{Code: tc.aaaa}
		})
		_, err := get(t, patient(t, safehttp.Options{Resolver: dns.Resolver()}), "https://example.com/")
		e, ok := errors.AsType[*net.DNSError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, tc.notFound, e.IsNotFound, "%+v: %v", tc, err)
	}
}

// FuzzURL sees what is dialled for a URL: only port 443 of names.
func FuzzURL(f *testing.F) {
	for _, s := range []string{
		"https://example.com/", "https://EXAMPLE.com:443", "https://a.b@c.d/", "https://127.0.0.1", "https://[::1]:443/", "https://127.1/",
		"https://example.com:", "https://a.localhost", "https://exämple.com", "https://a\u3002b", "https://a.b:80", "https://a.b:00443", "http://a.b:443", "https://a.b%2ec.d/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil {
			return
		}
		var dns atomic.Int32
		r := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			dns.Add(1)
			return nil, errors.New("no DNS")
		}}
		req := (&http.Request{Method: http.MethodGet, URL: u}).WithContext(t.Context())
		_, err = safehttp.NewTransport(&safehttp.Options{Resolver: r, Timeout: ample}).RoundTrip(req)
		require.Error(t, err)
		if _, blocked := errors.AsType[*safehttp.BlockedError](err); blocked {
			require.Zero(t, dns.Load())
			require.Less(t, len(err.Error()), 1500)
			return
		}
		h, err := syntax.ParseHandle(u.Hostname())
		require.NoError(t, err)
		require.False(t, h.HasReservedTLD())
		require.Equal(t, "https", u.Scheme)
		require.Contains(t, []string{"", "443"}, u.Port())
	})
}
