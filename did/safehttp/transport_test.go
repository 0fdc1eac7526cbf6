package safehttp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
)

// TestDefaults has limits where none are named.
func TestDefaults(t *testing.T) {
	ledger.Covers(t, "OAUTH-130", "OAUTH-131")
	for _, o := range []*safehttp.Options{nil, {}, {MaxHeader: -1}} {
		require.Equal(t, safehttp.Options{
			Timeout: 10 * time.Second, HeaderTimeout: 5 * time.Second, MaxHeader: 65_536, MaxBody: 512_000, MaxPerHost: 16, UserAgent: safehttp.DefaultUserAgent,
		}, safehttp.NewTransport(o).Options())
	}
}

func TestUserAgent(t *testing.T) {
	s := newServer(t, false, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.UserAgent()) })
	for name, want := range map[string]string{"": safehttp.DefaultUserAgent, "bot/1": "bot/1"} {
		client := s.newPublic(t, safehttp.Options{UserAgent: name})
		body, err := get(t, client, "https://example.com/")
		require.NoError(t, err)
		require.Equal(t, want, body)

		req, err := http.NewRequest(http.MethodGet, "https://example.com/", nil)
		require.NoError(t, err)
		req.Header.Set("User-Agent", "mine")
		res, err := client.Do(req)
		require.NoError(t, err)
		own, err := safehttp.ReadBody(res, -1)
		require.NoError(t, err)
		require.Equal(t, "mine", string(own))

		req = &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: publicName}}
		res, err = client.Transport.RoundTrip(req)
		require.NoError(t, err)
		res.Body.Close()
		require.Nil(t, req.Header) // as it was
	}
}

func TestNoCookies(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	s := newServer(t, false, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(w, len(r.Cookies()))
	})
	client := s.newPublic(t, safehttp.Options{})
	for range 2 {
		body, err := get(t, client, "https://example.com/")
		require.NoError(t, err)
		require.Equal(t, "0", body)
	}
}

// newProxy returns a proxy that leads every tunnel to one address, and the
// requests that it got.
func newProxy(t *testing.T, to string) (*httptest.Server, *atomic.Int64) {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Method != http.MethodConnect {
			return
		}
		inner, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		outer, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		io.WriteString(outer, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(inner, rw); inner.Close() }() // what was read already, too
		io.Copy(outer, inner)
		outer.Close()
	}))
	t.Cleanup(s.Close)
	return s, &asked
}

// TestProxy uses no proxy but the one that is named.
func TestProxy(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	s := newServer(t, false, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	proxy, asked := newProxy(t, s.Listener.Addr().String())
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	plain := s.newPublic(t, safehttp.Options{})
	body, err := get(t, plain, "https://example.com/")
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	require.Zero(t, asked.Load())
	require.False(t, plain.Transport.(*safehttp.Transport).HasProxy()) // net/http reads the environment once in a process

	named, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	client, _ := s.newClient(t, safehttp.Options{Proxy: named, Resolver: noDNS(t)})
	body, err = get(t, client, "https://example.com/")
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	require.EqualValues(t, 1, asked.Load())

	for _, rawURL := range []string{"http://example.com/", "https://localhost/", "https://10.0.0.1/", "https://example.com:8443/"} {
		_, err = get(t, client, rawURL)
		_, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%v", err)
	}
	require.EqualValues(t, 1, asked.Load())
}

// TestMaxPerHost counts the requests that a server has at a time.
func TestMaxPerHost(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	leaktest.Check(t)
	both(t, func(t *testing.T, h2 bool) {
		const limit, callers = 3, 12
		var now, most atomic.Int64
		full := make(chan struct{}) // closed when as many requests as may be are there
		var once sync.Once
		s := newServer(t, h2, func(_ http.ResponseWriter, _ *http.Request) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if n == limit {
				once.Do(func() { close(full) })
			}
			<-full
			time.Sleep(10 * time.Millisecond) // for others to come, if they may
		})
		client := s.newPublic(t, safehttp.Options{MaxPerHost: limit, Timeout: ample, HeaderTimeout: ample})
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				_, err := safehttp.Get(t.Context(), client, []string{"https://example.com/", "https://EXAMPLE.com:443/"}[i%2], nil)
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, limit, most.Load())
		require.LessOrEqual(t, s.conns.Load(), int64(callers))
		require.Zero(t, client.Transport.(*safehttp.Transport).Hosts())
	})
}

// TestUnlimited has no limits but those of the server.
func TestUnlimited(t *testing.T) {
	s := newServer(t, false, sized)
	client := s.newPublic(t, safehttp.Options{Timeout: -1, HeaderTimeout: -1, MaxBody: -1, MaxPerHost: -1})
	var open []*http.Response
	for range 2 * safehttp.DefaultMaxPerHost {
		res, err := client.Get("https://example.com/?n=10")
		require.NoError(t, err)
		open = append(open, res)
	}
	for _, res := range open {
		body, err := safehttp.ReadBody(res, -1)
		require.NoError(t, err)
		require.Len(t, body, 10)
	}
}

// TestGate waits for a body that is not closed, and gives up.
func TestGate(t *testing.T) {
	s := newServer(t, false, sized)
	client := s.newPublic(t, safehttp.Options{MaxPerHost: 1, Timeout: -1})
	transport := client.Transport.(*safehttp.Transport)
	first, err := client.Get("https://example.com/?n=10")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = safehttp.Get(ctx, client, "https://example.com/", nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 1, transport.Hosts())

	first.Body.Close()
	first.Body.Close() // counts once
	require.Zero(t, transport.Hosts())
	_, err = get(t, client, "https://example.com/?n=10")
	require.NoError(t, err)
	unclosed, err := client.Get("https://example.com/?n=10")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, unclosed.Body)
	require.NoError(t, err)
	require.Zero(t, transport.Hosts())
	head, err := client.Head("https://example.com/?n=10") // no body to close
	require.NoError(t, err)
	require.EqualValues(t, 10, head.ContentLength)
	require.Zero(t, transport.Hosts())
}

// TestUpgrade hands a connection over, which no limit applies to any more.
func TestUpgrade(t *testing.T) {
	s := newServer(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Upgrade", "echo")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.Copy(conn, rw)
	})
	client := s.newPublic(t, safehttp.Options{MaxBody: 2})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", nil)
	require.NoError(t, err)
	req.Header.Set("Upgrade", "echo")
	req.Header.Set("Connection", "Upgrade")
	res, err := client.Do(req)
	require.NoError(t, err)
	require.Zero(t, client.Transport.(*safehttp.Transport).Hosts())
	conn, ok := res.Body.(io.ReadWriteCloser)
	require.True(t, ok)
	defer conn.Close()
	for range 3 {
		_, err = io.WriteString(conn, "more than two bytes\n")
		require.NoError(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "more than two bytes\n", line)
	}
}

// TestCertificate sees that names are held against certificates.
func TestCertificate(t *testing.T) {
	s := newServer(t, false, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	s.Config.ErrorLog = quiet
	client, transport := s.newClient(t, safehttp.Options{})
	transport.Route("other.test:443", s.Listener.Addr().String())
	_, err := get(t, client, "https://other.test/")
	require.ErrorContains(t, err, "certificate is valid for")

	strict := patient(t, safehttp.Options{}) // which does not know the authority
	strict.Transport.(*safehttp.Transport).Route("example.com:443", s.Listener.Addr().String())
	_, err = get(t, strict, "https://example.com/")
	require.ErrorContains(t, err, "certificate")
}

// TestRequestBodies sees that bodies are closed when requests are refused.
func TestRequestBodies(t *testing.T) {
	for _, rawURL := range []string{"http://example.com/", "https://example.com/"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		body := &closer{Reader: strings.NewReader("body")}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, rawURL, body)
		require.NoError(t, err)
		_, err = safehttp.NewTransport(&safehttp.Options{Resolver: noDNS(t)}).RoundTrip(req)
		require.Error(t, err)
		require.True(t, body.closed)
	}
	_, err := safehttp.NewTransport(nil).RoundTrip(&http.Request{})
	require.EqualError(t, err, `safehttp: refused host "": no URL`)
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }
