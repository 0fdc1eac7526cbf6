package oracle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/internal/oracle"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/blob"
	"github.com/linnet-at/linnet/xrpc/session"
)

// newPDS starts a PDS that can be killed, on a directory of ours.
func newPDS(t *testing.T, o oracle.PDSOptions) (*oracle.PDS, *plctest.Directory, string) {
	t.Helper()
	dir := plctest.New(nil)
	srv := httptest.NewServer(dir)
	t.Cleanup(srv.Close)
	o.PLC = srv.URL
	return oracle.NewPDS(t, o), dir, srv.URL
}

// newUser makes an account on a PDS, and a client that counts.
func newUser(t *testing.T, url, name string) *pdsClient {
	t.Helper()
	p := &pdsClient{network: &oracle.Network{PDS: url}}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	p.counter = &counter{base: transport, calls: map[string]int{}}
	p.opts = &session.Options{Host: url, Client: xrpc.Options{Development: true, HTTPClient: &http.Client{Transport: p.counter}}}
	var err error
	p.opts.Store, err = session.NewFileStore(t.TempDir())
	require.NoError(t, err)
	handle, err := syntax.ParseHandle(name + ".test")
	require.NoError(t, err)
	p.s, err = session.CreateAccount(t.Context(), &session.Account{Handle: handle, Email: name + "@example.com", Password: "password"}, p.opts)
	require.NoError(t, err)
	p.c = p.s.Client()
	return p
}

// patient waits for a server that is away.
func patient(c xrpc.Caller) xrpc.Caller {
	return xrpc.With(c, xrpc.CallOptions{Timeout: -1, Retry: &xrpc.Retry{Max: 10_000, Backoff: 50 * time.Millisecond, MaxBackoff: 100 * time.Millisecond}})
}

func (p *pdsClient) get(ctx context.Context, c xrpc.Caller, rkey string) error {
	_, err := xrpc.Query[any](ctx, c, "com.atproto.repo.getRecord", xrpc.Values{"repo": {p.s.DID().String()}, "collection": {collection}, "rkey": {rkey}})
	return err
}

func (p *pdsClient) put(ctx context.Context, c xrpc.Caller, rkey string) error {
	_, err := xrpc.Procedure[written](ctx, c, "com.atproto.repo.createRecord", map[string]any{
		"repo": p.s.DID().String(), "collection": collection, "rkey": rkey, "record": map[string]any{"$type": collection, "text": rkey},
	})
	return err
}

// networkError requires that a call got no answer, and returns the error.
func networkError(t *testing.T, err error) *xrpc.NetworkError {
	t.Helper()
	e, ok := errors.AsType[*xrpc.NetworkError](err)
	require.True(t, ok, "%v", err)
	return e
}

// A trigger is a reader that does something in the middle.
type trigger struct {
	io.Reader
	at   int
	pull func()
}

func (r *trigger) Read(p []byte) (int, error) {
	if r.at <= 0 && r.pull != nil {
		r.pull()
		r.pull = nil
	}
	n, err := r.Reader.Read(p)
	r.at -= n
	return n, err
}

// TestKilledServer kills the process of the server in the middle of requests,
// and starts it again.
func TestKilledServer(t *testing.T) {
	ledger.Covers(t, "XRPC-043")
	pds, _, _ := newPDS(t, oracle.PDSOptions{})
	p := newUser(t, pds.URL, "alice")
	require.NoError(t, p.put(t.Context(), p.c, "before"))
	ref := p.file(t, bytes.Repeat([]byte("linnet"), 5<<20/6))
	logins := p.counter.count("com.atproto.server.createSession")

	t.Run("upload again", func(t *testing.T) {
		// Half of it has arrived: it is sent again from its beginning, since the
		// same content is the same blob.
		source := bytes.NewReader(bytes.Repeat([]byte("again"), 4<<20/5))
		killed := make(chan struct{})
		content := struct {
			io.Reader
			io.Seeker
		}{&trigger{source, 2 << 20, func() { pds.Kill(); close(killed) }}, source}
		done := make(chan error, 1)
		var ref data.Blob
		go func() {
			var err error
			ref, err = blob.Upload(t.Context(), patient(p.c), "application/x-noise", content, nil)
			done <- err
		}()
		<-killed
		pds.Start(t)
		require.NoError(t, <-done)
		p.refer(t, ref)
		_, err := blob.Get(t.Context(), p.c, p.s.DID(), ref.Ref, nil)
		require.NoError(t, err)
	})
	t.Run("upload", func(t *testing.T) {
		// What can be read only once must not be sent again.
		content := &trigger{bytes.NewReader(make([]byte, 4<<20)), 2 << 20, pds.Kill}
		_, err := blob.Upload(t.Context(), patient(p.c), "application/x-noise", content, nil)
		e := networkError(t, err)
		require.True(t, e.Sent)
		require.Equal(t, 1, e.Attempts)
	})
	t.Run("down", func(t *testing.T) {
		plain := xrpc.With(p.c, xrpc.CallOptions{Retry: &xrpc.Retry{Max: -1}})
		e := networkError(t, p.put(t.Context(), plain, "down"))
		require.False(t, e.Sent, "%v", e)
		require.True(t, e.Temporary())
		again := make(chan error, 1)
		go func() { again <- p.put(t.Context(), patient(p.c), "down") }()
		pds.Start(t)
		require.NoError(t, <-again, "what was not sent is sent when the server is back")
		require.NoError(t, p.get(t.Context(), p.c, "before"))
		require.NoError(t, p.get(t.Context(), p.c, "down"))
	})
	t.Run("download", func(t *testing.T) {
		// A small window keeps most of the blob in the server's process.
		transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err == nil {
				err = c.(*net.TCPConn).SetReadBuffer(32 << 10)
			}
			return c, err
		}}
		defer transport.CloseIdleConnections()
		c, err := xrpc.New(pds.URL, &xrpc.Options{Development: true, HTTPClient: &http.Client{Transport: transport}})
		require.NoError(t, err)
		body, err := blob.Download(t.Context(), c, p.s.DID(), ref.Ref, nil)
		require.NoError(t, err)
		defer body.Close()
		n, err := io.Copy(io.Discard, &trigger{body, 64 << 10, pds.Kill})
		require.True(t, networkError(t, err).Sent)
		require.Less(t, n, ref.Size)
		pds.Start(t)
		_, err = blob.Get(t.Context(), p.c, p.s.DID(), ref.Ref, nil)
		require.NoError(t, err)
	})
	t.Run("load", func(t *testing.T) { p.load(t, pds) })
	require.Equal(t, logins, p.counter.count("com.atproto.server.createSession"), "the session outlives the server")
	require.NoError(t, p.s.Err())
	require.NoError(t, p.s.Renew(t.Context()))
	_, err := p.s.Check(t.Context())
	require.NoError(t, err)
}

// load kills the server while many write and read, and has all of them go on.
// What the server has confirmed must be there.
func (p *pdsClient) load(t *testing.T, pds *oracle.PDS) {
	const workers, each = 16, 12
	var wg sync.WaitGroup
	var begun, cut atomic.Int64
	faults := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				begun.Add(1)
				if faults[w] = p.write(t.Context(), fmt.Sprintf("w%d-%d", w, i), &cut); faults[w] != nil {
					return
				}
			}
		})
	}
	for begun.Load() < 3*workers {
		time.Sleep(time.Millisecond)
	}
	pds.Kill()
	pds.Start(t)
	wg.Wait()
	require.NoError(t, errors.Join(faults...))
	require.Positive(t, cut.Load(), "the server died when nobody was looking")
	for w := range workers {
		for i := range each {
			require.NoError(t, p.get(t.Context(), p.c, fmt.Sprintf("w%d-%d", w, i)))
		}
	}
}

// write writes a record as a program does that must not lose one: after an
// error of the network, it looks whether the record is there.
func (p *pdsClient) write(ctx context.Context, rkey string, cut *atomic.Int64) error {
	for {
		err := p.put(ctx, p.c, rkey)
		e, ok := errors.AsType[*xrpc.NetworkError](err)
		if !ok {
			return err
		}
		cut.Add(1)
		if !e.Sent {
			continue
		}
		if err := p.get(ctx, patient(p.c), rkey); !xrpc.Is(err, xrpc.RecordNotFound) {
			return err
		}
	}
}

// file uploads content and writes a record that refers to it.
func (p *pdsClient) file(t *testing.T, content []byte) data.Blob {
	t.Helper()
	ref, err := blob.Upload(t.Context(), p.c, "application/x-noise", bytes.NewReader(content), nil)
	require.NoError(t, err)
	p.refer(t, ref)
	return ref
}

// refer writes a record that refers to a blob.
func (p *pdsClient) refer(t *testing.T, ref data.Blob) {
	t.Helper()
	_, err := p.procedure(t, "createRecord", map[string]any{"collection": "com.example.file", "record": map[string]any{"$type": "com.example.file", "file": ref}})
	require.NoError(t, err)
}
