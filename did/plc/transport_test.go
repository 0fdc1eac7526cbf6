package plc_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/did/safehttp"
)

// TestDefaultTransport does not reach what is not on the public network, unless
// that is allowed.
func TestDefaultTransport(t *testing.T) {
	for _, url := range []string{"https://10.0.0.1", "https://169.254.169.254", "https://[fd00::1]", "https://internal", "https://plc.example.com:80"} {
		c, err := plc.NewClient(&plc.ClientOptions{URL: url})
		require.NoError(t, err)
		_, err = c.Health(t.Context())
		_, ok := errors.AsType[*safehttp.BlockedError](err)
		require.True(t, ok, "%s: %v", url, err)
	}

	// A mirror in a private network is asked for plainly.
	srv := httptest.NewServer(plctest.New(nil))
	defer srv.Close()
	dialed := ""
	http1 := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialed = addr
		var d net.Dialer
		return d.DialContext(ctx, network, srv.Listener.Addr().String())
	}, DisableKeepAlives: true}}
	c, err := plc.NewClient(&plc.ClientOptions{URL: "http://10.0.0.1:2582", AllowHTTP: true, HTTPClient: http1})
	require.NoError(t, err)
	_, err = c.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, "10.0.0.1:2582", dialed)
}

// TestStreamByDefault receives the stream of a directory on this machine with the
// client's own HTTP client, beyond the limits that it has for requests.
func TestStreamByDefault(t *testing.T) {
	leaktest.Check(t)
	dir := plctest.New(nil)
	srv := httptest.NewServer(dir)
	defer srv.Close()
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
	require.NoError(t, err)
	const n = 300
	for i := range n {
		op, _ := typical(t, i)
		id, err := op.DID()
		require.NoError(t, err)
		require.NoError(t, dir.Submit(id, op))
	}
	got := 0
	for e, err := range c.Stream(t.Context(), 0, nil) {
		require.NoError(t, err)
		if got++; e.Seq == n {
			break
		}
	}
	require.Equal(t, n, got)
	got = 0
	for _, err := range c.Export(t.Context(), 0, nil) {
		require.NoError(t, err)
		got++
	}
	require.Equal(t, n, got)
}
