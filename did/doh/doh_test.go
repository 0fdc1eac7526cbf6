package doh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/doh"
	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/internal/ledger"
)

// serve starts a server that asks dns, and changes responses.
func serve(t *testing.T, dns *dnstest.Server, change func(w http.ResponseWriter, msg []byte) []byte) *net.Resolver {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/dns-query" || r.Header.Get("Accept") != doh.MediaType || r.Header.Get("Content-Type") != doh.MediaType || query[0] != 0 || query[1] != 0 {
			t.Errorf("%v %s %s %v %x", err, r.Method, r.URL, r.Header, query)
		}
		w.Header().Set("Content-Type", doh.MediaType+"; charset=x")
		msg := dns.Reply(query)
		if change != nil {
			msg = change(w, msg)
		}
		w.Write(msg)
	}))
	t.Cleanup(s.Close)
	r, err := doh.New(s.URL+"/dns-query", s.Client())
	require.NoError(t, err)
	return r
}

func zone() map[string]dnstest.Answer {
	large := dnstest.Answer{}
	for i := range 200 {
		large.TXT = append(large.TXT, []string{strings.Repeat("x", 250), fmt.Sprint(i)})
	}
	return map[string]dnstest.Answer{
		"text.example.com":  {TXT: [][]string{{"a", "b"}, {"c"}}},
		"large.example.com": large,
		"host.example.com":  {Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}},
		"fail.example.com":  {Code: dnstest.ServerFailure},
		"empty.example.com": {},
	}
}

func TestLookup(t *testing.T) {
	ledger.Covers(t, "DID-056")
	leaktest.Check(t)
	r := serve(t, dnstest.Names(t, zone()), nil)
	values, err := r.LookupTXT(t.Context(), "text.example.com.")
	require.NoError(t, err)
	slices.Sort(values)
	require.Equal(t, []string{"ab", "c"}, values)
	values, err = r.LookupTXT(t.Context(), "large.example.com.")
	require.NoError(t, err)
	require.Len(t, values, 200)
	addrs, err := r.LookupNetIP(t.Context(), "ip", "host.example.com.")
	require.NoError(t, err)
	require.Len(t, addrs, 2)
	for name, notFound := range map[string]bool{"none.example.com.": true, "empty.example.com.": true, "fail.example.com.": false} {
		_, err = r.LookupTXT(t.Context(), name)
		e, ok := errors.AsType[*net.DNSError](err)
		require.True(t, ok)
		require.Equal(t, notFound, e.IsNotFound, "%v", err)
	}
}

// TestBadServers answer with something else. None of it means not found.
func TestBadServers(t *testing.T) {
	for name, change := range map[string]func(w http.ResponseWriter, msg []byte) []byte{
		"doh: status 503 from": func(w http.ResponseWriter, msg []byte) []byte { w.WriteHeader(503); return msg },
		`doh: content type "text/h`: func(w http.ResponseWriter, msg []byte) []byte {
			w.Header().Set("Content-Type", "text/html")
			return msg
		},
		"doh: reply is to another q": func(_ http.ResponseWriter, msg []byte) []byte { msg[0] ^= 1; return msg },
		"doh: reply is to another":   func(http.ResponseWriter, []byte) []byte { return nil },
		"cannot unmarshal":           func(_ http.ResponseWriter, msg []byte) []byte { return msg[:11] },
		"invalid DNS response":       func(_ http.ResponseWriter, msg []byte) []byte { msg[13] ^= 1; return msg },
		"exceeds the limit of 65535": func(http.ResponseWriter, []byte) []byte { return make([]byte, 65_536) },
	} {
		r := serve(t, dnstest.Names(t, zone()), change)
		_, err := r.LookupTXT(t.Context(), "text.example.com.")
		e, ok := errors.AsType[*net.DNSError](err)
		require.True(t, ok, "%v", err)
		require.Contains(t, e.Err, name)
		require.False(t, e.IsNotFound)
	}
}

// TestContext ends the wait for a server.
func TestContext(t *testing.T) {
	leaktest.Check(t)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // so that the server sees the client go
		<-r.Context().Done()
	}))
	defer s.Close()
	r, err := doh.New(s.URL, s.Client())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = r.LookupTXT(ctx, "text.example.com.")
	require.Error(t, err)
	require.Error(t, ctx.Err())
}

func TestNew(t *testing.T) {
	for _, s := range []string{"", "dns.example.com", "dns://dns.example.com", "https://", "https://a b"} {
		_, err := doh.New(s, nil)
		require.EqualError(t, err, fmt.Sprintf("doh: server %q is not a URL", s))
	}
	r, err := doh.New("https://10.0.0.1/dns-query", nil) // the default client does not reach into our network
	require.NoError(t, err)
	_, err = r.LookupTXT(t.Context(), "text.example.com.")
	require.ErrorContains(t, err, `refused host "10.0.0.1": private use`)
}

// TestConn is a connection as package net sees it.
func TestConn(t *testing.T) {
	r := serve(t, dnstest.Names(t, zone()), nil)
	c, err := r.Dial(t.Context(), "udp", "ignored")
	require.NoError(t, err)
	require.Equal(t, "https", c.RemoteAddr().Network())
	require.NotEmpty(t, c.LocalAddr().String())
	require.NoError(t, c.SetDeadline(time.Now()))
	query := "\x00\x12\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x01"
	io.WriteString(c, query[:5])
	io.WriteString(c, query[5:])
	_, err = c.Read(make([]byte, 1))
	require.EqualError(t, err, "doh: query is not one message")

	c, err = r.Dial(t.Context(), "tcp", "ignored")
	require.NoError(t, err)
	query = "\x00\x11" + query[2:]
	io.WriteString(c, query[:5])
	io.WriteString(c, query[5:])
	reply, err := io.ReadAll(c)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(reply, []byte{0, 17, 0x12, 0x34}), "%x", reply)
	require.NoError(t, c.Close())
}
