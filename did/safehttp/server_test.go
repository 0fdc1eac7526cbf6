package safehttp_test

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/safehttp"
)

// ample is a time-out that no test reaches.
const ample = 5 * time.Minute

// publicName is a name in the certificates of test servers.
const publicName = "example.com"

// A server is a TLS server on loopback that counts connections.
type server struct {
	*httptest.Server
	conns atomic.Int64
}

func newServer(t testing.TB, h2 bool, handler http.HandlerFunc) *server {
	s := &server{Server: httptest.NewUnstartedServer(handler)}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.EnableHTTP2 = h2
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *server) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func (s *server) port() uint16 {
	return netip.MustParseAddrPort(s.Listener.Addr().String()).Port()
}

// newClient returns a client that trusts the server, and its transport.
func (s *server) newClient(t testing.TB, o safehttp.Options) (*http.Client, *safehttp.Transport) {
	o.RootCAs = s.roots()
	client := patient(t, o)
	return client, client.Transport.(*safehttp.Transport)
}

// patient returns a client that has all the time in the world unless o says
// otherwise, so that no test depends on the speed of the machine, and that asks
// no DNS unless o has one.
func patient(t testing.TB, o safehttp.Options) *http.Client {
	o.Timeout, o.HeaderTimeout = cmp.Or(o.Timeout, ample), cmp.Or(o.HeaderTimeout, ample)
	if o.Resolver == nil {
		o.Resolver = noDNS(t)
	}
	client := safehttp.New(&o)
	client.Transport.(*safehttp.Transport).SetConnectTimeout(ample)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// newPublic returns a client for which the server is https://example.com. So it
// can be strict: nothing else on loopback can be reached.
func (s *server) newPublic(t testing.TB, o safehttp.Options) *http.Client {
	client, transport := s.newClient(t, o)
	transport.Route(publicName+":443", s.Listener.Addr().String())
	return client
}

// hang waits until the client has gone, and gives no answer: one that is sent
// then can still arrive, and be taken.
func hang(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// get fetches with the limits of the client alone.
func get(t testing.TB, client *http.Client, rawURL string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	require.NoError(t, err)
	res, err := client.Do(req)
	if err != nil {
		_, ok := err.(*url.Error)
		require.True(t, ok)
		return "", err
	}
	body, err := safehttp.ReadBody(res, -1)
	return string(body), err
}

// both runs a test over HTTP/1.1 and HTTP/2.
func both(t *testing.T, test func(t *testing.T, h2 bool)) {
	t.Run("http1", func(t *testing.T) { test(t, false) })
	t.Run("http2", func(t *testing.T) { test(t, true) })
}
