package oracle_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/internal/oracle"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/blob"
	"github.com/linnet-at/linnet/xrpc/serviceauth"
	"github.com/linnet-at/linnet/xrpc/session"
)

// A counter passes requests on and counts them by method. It can say that a
// token has expired, as the server does two hours later.
type counter struct {
	base    http.RoundTripper
	mu      sync.Mutex
	calls   map[string]int
	expired string
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.calls[path.Base(r.URL.Path)]++
	expired := c.expired != "" && r.Header.Get("Authorization") == c.expired
	c.mu.Unlock()
	if !expired {
		return c.base.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(`{"error":"ExpiredToken","message":"Token has expired"}`)),
	}, nil
}

func (c *counter) expire(s *session.Session) error {
	req, err := http.NewRequest(http.MethodGet, s.Host(), nil)
	if err == nil {
		err = s.Authorize(context.Background(), req)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = req.Header.Get("Authorization")
	return err
}

func (c *counter) count(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[method]
}

// A pdsClient is an account of ours on the server, by way of a client.
type pdsClient struct {
	network *oracle.Network
	counter *counter
	opts    *session.Options
	s       *session.Session
	c       *xrpc.Client
}

func newPDSClient(t *testing.T) *pdsClient {
	p := &pdsClient{network: oracle.Start(t)}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	p.counter = &counter{base: transport, calls: map[string]int{}}
	p.opts = &session.Options{Host: p.network.PDS, Client: xrpc.Options{Development: true, HTTPClient: &http.Client{Transport: p.counter}}}
	var err error
	p.opts.Store, err = session.NewFileStore(t.TempDir())
	require.NoError(t, err)
	p.s, err = session.CreateAccount(t.Context(), &session.Account{Handle: syntax.MustParseHandle("alice.test"), Email: "alice@example.com", Password: "password"}, p.opts)
	require.NoError(t, err)
	p.c = p.s.Client()
	return p
}

type note struct {
	Type string `json:"$type"`
	Text string `json:"text"`
}

type written struct{ URI, CID string }

func (p *pdsClient) procedure(t *testing.T, method string, in map[string]any) (written, error) {
	if in["repo"] == nil {
		in["repo"] = p.s.DID().String()
	}
	return xrpc.Procedure[written](t.Context(), p.c, "com.atproto.repo."+method, in)
}

const collection = "com.example.note"

// TestXRPC does with a client what programs do with a server.
func TestXRPC(t *testing.T) {
	ledger.Covers(t, "BLOB-001", "BLOB-004", "BLOB-017", "XRPC-033", "XRPC-035", "XRPC-049", "XRPC-056", "XRPC-057", "XRPC-063", "XRPC-071", "XRPC-072", "XRPC-096", "XRPC-102", "XRPC-117", "XRPC-118", "XRPC-119", "XRPC-120", "XRPC-121")
	p := newPDSClient(t)
	for _, part := range []struct {
		name string
		test func(*pdsClient, *testing.T)
	}{
		{"health", (*pdsClient).health}, {"login", (*pdsClient).login}, {"refresh", (*pdsClient).refresh},
		{"records", (*pdsClient).records}, {"pages", (*pdsClient).pages}, {"errors", (*pdsClient).errors},
		{"blobs", (*pdsClient).blobs}, {"service", (*pdsClient).service}, {"admin", (*pdsClient).admin},
		{"export", (*pdsClient).export}, {"outage", (*pdsClient).outage}, {"logout", (*pdsClient).logout},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(p, t) })
	}
}

func (p *pdsClient) health(t *testing.T) {
	version, err := xrpc.Health(t.Context(), p.c)
	require.NoError(t, err)
	require.NotEmpty(t, version)
}

func (p *pdsClient) login(t *testing.T) {
	o := *p.opts
	o.Store = nil
	for _, id := range []string{"alice.test", p.s.DID().String(), "alice@example.com"} {
		s, err := session.Login(t.Context(), id, "password", &o)
		require.NoError(t, err)
		require.Equal(t, p.s.DID(), s.DID())
		info, err := s.Check(t.Context())
		require.NoError(t, err)
		require.Equal(t, "alice@example.com", info.Email)
		require.True(t, info.Active)
	}
	_, err := session.Login(t.Context(), "alice.test", "wrong", &o)
	require.True(t, xrpc.Is(err, xrpc.AuthenticationRequired), "%v", err)

	type created struct{ Password string }
	app, err := xrpc.Procedure[created](t.Context(), p.c, "com.atproto.server.createAppPassword", map[string]any{"name": "bot"})
	require.NoError(t, err)
	require.True(t, session.IsAppPassword(app.Password))
	_, err = session.Login(t.Context(), "alice.test", app.Password, &o)
	require.NoError(t, err)

	resumed, err := session.Resume(t.Context(), p.s.DID(), p.opts)
	require.NoError(t, err)
	_, err = resumed.Check(t.Context())
	require.NoError(t, err)
}

// refresh lets tokens expire under load, in two processes that share a store.
func (p *pdsClient) refresh(t *testing.T) {
	const method = "com.atproto.server.refreshSession"
	other, err := session.Resume(t.Context(), p.s.DID(), p.opts)
	require.NoError(t, err)
	for round := range 3 {
		time.Sleep(1100 * time.Millisecond) // tokens of one second are equal
		before := p.counter.count(method)
		require.NoError(t, p.counter.expire(p.s))
		var wg sync.WaitGroup
		errs := make([]error, 32)
		for i := range 32 {
			s := []*session.Session{p.s, other}[i%2]
			wg.Go(func() { _, errs[i] = s.Check(t.Context()) })
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...), "round %d", round)
		require.Equal(t, before+1, p.counter.count(method))
	}
}

// records writes with all kinds of swaps.
func (p *pdsClient) records(t *testing.T) {
	value := func(text string) map[string]any { return map[string]any{"$type": collection, "text": text} }
	first, err := p.procedure(t, "createRecord", map[string]any{"collection": collection, "rkey": "one", "record": value("1")})
	require.NoError(t, err)
	require.Equal(t, "at://"+p.s.DID().String()+"/"+collection+"/one", first.URI)

	_, err = p.procedure(t, "putRecord", map[string]any{"collection": collection, "rkey": "one", "record": value("2"), "swapRecord": nil})
	require.True(t, xrpc.Is(err, xrpc.InvalidSwap), "%v", err)
	second, err := p.procedure(t, "putRecord", map[string]any{"collection": collection, "rkey": "one", "record": value("2"), "swapRecord": first.CID})
	require.NoError(t, err)
	_, err = p.procedure(t, "putRecord", map[string]any{"collection": collection, "rkey": "one", "record": value("3"), "swapRecord": first.CID})
	require.True(t, xrpc.Is(err, xrpc.InvalidSwap), "%v", err)
	_, err = p.procedure(t, "putRecord", map[string]any{"collection": collection, "rkey": "one", "record": value("3"), "swapCommit": second.CID})
	require.True(t, xrpc.Is(err, xrpc.InvalidSwap), "%v", err)
	_, err = p.procedure(t, "putRecord", map[string]any{"collection": collection, "rkey": "one", "record": value("4")})
	require.NoError(t, err)

	type record struct{ Value note }
	got, err := xrpc.Query[record](t.Context(), p.c, "com.atproto.repo.getRecord", xrpc.Values{"repo": {"alice.test"}, "collection": {collection}, "rkey": {"one"}})
	require.NoError(t, err)
	require.Equal(t, note{collection, "4"}, got.Value)

	for range 2 { // what is not there can be deleted
		_, err = p.procedure(t, "deleteRecord", map[string]any{"collection": collection, "rkey": "one"})
		require.NoError(t, err)
	}
	_, err = xrpc.Query[record](t.Context(), p.c, "com.atproto.repo.getRecord", xrpc.Values{"repo": {"alice.test"}, "collection": {collection}, "rkey": {"one"}})
	require.True(t, xrpc.Is(err, xrpc.RecordNotFound), "%v", err)
}

// pages writes 1,000 records, 200 at a time, and lists them.
func (p *pdsClient) pages(t *testing.T) {
	const all = 1000
	for from := 0; from < all; from += 200 {
		var writes []any
		for i := range 200 {
			writes = append(writes, map[string]any{
				"$type": "com.atproto.repo.applyWrites#create", "collection": collection, "rkey": fmt.Sprintf("n%04d", from+i),
				"value": map[string]any{"$type": collection, "text": fmt.Sprint(from + i)},
			})
		}
		_, err := p.procedure(t, "applyWrites", map[string]any{"writes": writes})
		require.NoError(t, err)
		if from == 0 {
			_, err = p.procedure(t, "applyWrites", map[string]any{"writes": append(writes, writes[0])})
			require.Error(t, err, "201 are too many")
		}
	}
	type record struct{ URI string }
	type page struct {
		Records []record
		Cursor  string
	}
	for _, limit := range []string{"100", "7"} {
		seen := map[string]bool{}
		pager := xrpc.NewPager(func(ctx context.Context, cursor string) ([]record, string, error) {
			params := xrpc.Values{"repo": {p.s.DID().String()}, "collection": {collection}, "limit": {limit}}
			if cursor != "" {
				params["cursor"] = []string{cursor}
			}
			o, err := xrpc.Query[page](ctx, p.c, "com.atproto.repo.listRecords", params)
			return o.Records, o.Cursor, err
		}, nil)
		for r, err := range pager.Items(t.Context()) {
			require.NoError(t, err)
			seen[r.URI] = true
		}
		require.Len(t, seen, all)
	}
}

func (p *pdsClient) errors(t *testing.T) {
	for _, tt := range []struct {
		method string
		status int
		name   string
	}{
		{"com.atproto.repo.getRecord", 400, xrpc.InvalidRequest},
		{"com.atproto.sync.getRepo", 400, xrpc.InvalidRequest},
	} {
		_, err := xrpc.Query[any](t.Context(), p.c, tt.method, nil)
		e, ok := errors.AsType[*xrpc.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, tt.status, e.Status, "%v", err)
		require.Equal(t, tt.name, e.Name)
	}
	_, err := xrpc.Query[any](t.Context(), p.c, "com.example.unknown", nil)
	require.True(t, xrpc.Is(err, xrpc.UpstreamFailure), "%v: the PDS has passed it on to nobody", err)
	_, err = xrpc.Query[any](t.Context(), xrpc.With(p.c, xrpc.CallOptions{Auth: xrpc.BearerAuth("nonsense")}), "com.atproto.server.getSession", nil)
	require.True(t, xrpc.Is(err, xrpc.InvalidToken, xrpc.AuthenticationRequired), "%v", err)
	_, err = xrpc.Query[any](t.Context(), xrpc.With(p.c, xrpc.CallOptions{NoAuth: true}), "com.atproto.server.getSession", nil)
	e, ok := errors.AsType[*xrpc.Error](err)
	require.True(t, ok)
	require.Equal(t, 401, e.Status)
}

// blobs uploads up to the size limit and beyond.
func (p *pdsClient) blobs(t *testing.T) {
	const limit = 5 << 20
	for _, size := range []int{0, 1, 100_000, limit, limit + 1} {
		for _, stream := range []bool{false, true} {
			content := make([]byte, size)
			_, _ = rand.Read(content)
			var r io.Reader = bytes.NewReader(content)
			if stream {
				r = io.MultiReader(r)
			}
			ref, err := blob.Upload(t.Context(), p.c, "application/x-noise", r, nil)
			if size > limit {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, ref.Check(content))
			if size > 0 || !stream {
				_, err = blob.Get(t.Context(), p.c, p.s.DID(), ref.Ref, nil)
				require.Error(t, err, "nothing refers to it yet")
			}
			_, err = p.procedure(t, "createRecord", map[string]any{"collection": "com.example.file", "record": map[string]any{"$type": "com.example.file", "file": ref}})
			require.NoError(t, err)
			got, err := blob.Get(t.Context(), p.c, p.s.DID(), ref.Ref, nil)
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, got))
		}
	}
}

// document fetches the account's DID document.
func (p *pdsClient) document(t *testing.T) []byte {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.network.PLC+"/"+p.s.DID().String(), nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return b
}

// service asks for tokens with both forms of audience.
func (p *pdsClient) service(t *testing.T) {
	doc, err := did.ParseDocument(p.document(t), nil)
	require.NoError(t, err)
	key, err := doc.SigningKey()
	require.NoError(t, err)
	for _, audience := range []string{"did:web:video.example.com", "did:web:video.example.com#video"} {
		auth, err := serviceauth.FromServer(p.c, audience, nil)
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://video.example.com/xrpc/com.example.doIt", nil)
		require.NoError(t, err)
		require.NoError(t, auth.Authorize(t.Context(), req))
		token, err := jwt.Parse(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
		require.NoError(t, err)
		_, err = token.Verify(t.Context(), key, &jwt.Options{Audiences: []string{"did:web:other.example.com", audience}, Method: "com.example.doIt", Issuer: p.s.DID().String()})
		require.NoError(t, err)
		_, err = token.Verify(t.Context(), key, &jwt.Options{Audiences: []string{audience + "2"}, Method: "com.example.doIt"})
		require.ErrorContains(t, err, "jwt: wrong audience")
	}
	_, err = xrpc.Query[any](t.Context(), p.c, "com.atproto.server.getServiceAuth", xrpc.Values{"aud": {"did:web:video.example.com"}, "exp": {"1"}})
	require.True(t, xrpc.Is(err, xrpc.BadExpiration), "%v", err)
}

func (p *pdsClient) admin(t *testing.T) {
	c, err := xrpc.New(p.network.PDS, &xrpc.Options{Development: true, Auth: xrpc.AdminAuth(p.network.Admin)})
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	info, err := xrpc.Query[map[string]any](t.Context(), c, "com.atproto.admin.getAccountInfo", xrpc.Values{"did": {p.s.DID().String()}})
	require.NoError(t, err)
	require.Equal(t, "alice.test", info["handle"])
	type invite struct{ Code string }
	code, err := xrpc.Procedure[invite](t.Context(), c, "com.atproto.server.createInviteCode", map[string]any{"useCount": 1})
	require.NoError(t, err)
	require.NotEmpty(t, code.Code)
}

// export verifies the repository as it comes.
func (p *pdsClient) export(t *testing.T) {
	doc, err := did.ParseDocument(p.document(t), nil)
	require.NoError(t, err)
	key, err := doc.SigningKey()
	require.NoError(t, err)
	res, err := p.c.Call(t.Context(), &xrpc.Call{
		NSID: "com.atproto.sync.getRepo", Params: xrpc.Values{"did": {p.s.DID().String()}}, Accept: "application/vnd.ipld.car", Stream: true,
	})
	require.NoError(t, err)
	defer res.Body.Close()
	s, err := repo.ReadStream(t.Context(), res.Body, &repo.Options{Key: key, DID: p.s.DID(), CheckRecords: true})
	require.NoError(t, err)
	n := 0
	for _, err := range s.Records(t.Context()) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1000+8, n) // and the files
}

// outage cuts connections in the middle of requests, refuses new ones for a
// while, and lets all be well again.
func (p *pdsClient) outage(t *testing.T) {
	u, err := url.Parse(p.network.PDS)
	require.NoError(t, err)
	g := newGate(t, u.Host)
	c, err := xrpc.New("http://"+g.addr, &xrpc.Options{Development: true, Retry: &xrpc.Retry{Max: -1}})
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	list := func(c xrpc.Caller) error {
		_, err := xrpc.Query[any](t.Context(), c, "com.atproto.repo.listRecords", xrpc.Values{"repo": {p.s.DID().String()}, "collection": {collection}, "limit": {"100"}})
		return err
	}
	require.NoError(t, list(c))

	g.cutAfter.Store(5000)
	res, err := c.Call(t.Context(), &xrpc.Call{NSID: "com.atproto.sync.getRepo", Params: xrpc.Values{"did": {p.s.DID().String()}}, Stream: true})
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	e, ok := errors.AsType[*xrpc.NetworkError](err)
	require.True(t, ok, "%v", err)
	require.True(t, e.Sent)
	g.cutAfter.Store(300)
	require.Error(t, list(c))

	g.down.Store(true)
	c.CloseIdleConnections()
	require.Error(t, list(c))
	patient := xrpc.With(c, xrpc.CallOptions{Retry: &xrpc.Retry{Max: 50, Backoff: 100 * time.Millisecond, MaxBackoff: 200 * time.Millisecond}})
	time.AfterFunc(time.Second, func() {
		g.cutAfter.Store(0)
		g.down.Store(false)
	})
	require.NoError(t, list(patient), "it goes on")
	require.NoError(t, list(c))
}

// A gate passes connections on, as long as it is told to.
type gate struct {
	addr     string
	down     atomic.Bool
	cutAfter atomic.Int64 // bytes of answers; 0 for never
}

func newGate(t *testing.T, to string) *gate {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	g := &gate{addr: l.Addr().String()}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			if g.down.Load() {
				in.Close()
				continue
			}
			go g.pass(in, to)
		}
	}()
	return g
}

func (g *gate) pass(in net.Conn, to string) {
	defer in.Close()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(out, in)
		out.Close()
	}()
	buf := make([]byte, 1000)
	for total := int64(0); ; {
		n, err := out.Read(buf)
		if err != nil {
			return
		}
		if total += int64(n); g.cutAfter.Load() > 0 && total > g.cutAfter.Load() {
			return
		}
		if _, err := in.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *pdsClient) logout(t *testing.T) {
	other, err := session.Resume(t.Context(), p.s.DID(), p.opts)
	require.NoError(t, err)
	require.NoError(t, p.s.Logout(t.Context()))
	_, err = p.s.Check(t.Context())
	require.ErrorIs(t, err, session.ErrLost)
	require.NoError(t, p.counter.expire(other))
	_, err = other.Check(t.Context())
	require.ErrorIs(t, err, session.ErrLost)
	_, err = session.Resume(t.Context(), p.s.DID(), p.opts)
	require.ErrorIs(t, err, session.ErrNoSession)
}
