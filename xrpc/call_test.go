package xrpc_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

func TestNewHost(t *testing.T) {
	ledger.Covers(t, "XRPC-001", "XRPC-007")
	for _, tt := range []struct {
		host, plain, dev string // errors; "" for none
	}{
		{host: "https://pds.example.com"},
		{host: "https://pds.example.com/"},
		{host: "https://PDS.example.com:8443"},
		{host: "https://[::1]:8443"},
		{host: "http://pds.example.com", plain: "is not https, which needs Options.Development"},
		{host: "http://localhost:2583", plain: "is not https, which needs Options.Development"},
		{host: "https://pds.example.com/foo", plain: "more than", dev: "more than"},
		{host: "https://pds.example.com/xrpc", plain: "more than", dev: "more than"},
		{host: "https://pds.example.com?a=1", plain: "more than", dev: "more than"},
		{host: "https://pds.example.com#a", plain: "more than", dev: "more than"},
		{host: "https://user:hunter2@pds.example.com", plain: "more than", dev: "more than"},
		{host: "pds.example.com", plain: "not the origin", dev: "not the origin"},
		{host: "ftp://pds.example.com", plain: "not the origin", dev: "not the origin"},
		{host: "https://", plain: "not the origin", dev: "not the origin"},
		{host: "", plain: "not the origin", dev: "not the origin"},
	} {
		for dev, want := range map[bool]string{false: tt.plain, true: tt.dev} {
			c, err := xrpc.New(tt.host, &xrpc.Options{Development: dev})
			if want != "" {
				require.ErrorContains(t, err, want, tt.host)
				require.NotContains(t, err.Error(), "hunter2")
				continue
			}
			require.NoError(t, err, tt.host)
			require.Equal(t, strings.ToLower(strings.TrimSuffix(tt.host, "/")), c.Host())
		}
	}
	_, err := xrpc.New("https://pds.example.com", &xrpc.Options{Labelers: []xrpc.Labeler{{Redact: true}}})
	require.EqualError(t, err, "xrpc: labeler 0 has no DID")
}

// TestPrivateHosts: the default transport reaches no private address, and no
// loopback unless in development.
func TestPrivateHosts(t *testing.T) {
	for _, host := range []string{"https://127.0.0.1", "https://localhost", "https://10.0.0.1", "https://[::1]"} {
		c, err := xrpc.New(host, nil)
		require.NoError(t, err)
		_, err = query(t, c, xrpc.CallOptions{})
		e, ok := errors.AsType[*xrpc.NetworkError](err)
		require.True(t, ok, "%v", err)
		require.False(t, e.Sent)
		require.False(t, e.Temporary())
		require.Equal(t, 1, e.Attempts, "what is refused is not tried again")
	}
}

func TestRequest(t *testing.T) {
	ledger.Covers(t, "XRPC-001", "XRPC-002", "XRPC-011", "XRPC-015", "XRPC-019", "XRPC-030", "XRPC-048", "XRPC-052")
	s := newServer(t, nil, answer(200, `{}`))

	params := xrpc.Values{"z": {"a b+c/ü:~"}, "a": {"1", "2"}, "empty": {""}, "none": {}, "zero": {"0"}, "false": {"false"}}
	_, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Params: params, Output: new(raw)})
	require.NoError(t, err)
	r := s.last(t)
	require.Equal(t, "GET", r.Method)
	require.Equal(t, "/xrpc/com.example.doIt?a=1&a=2&empty=&false=false&z=a%20b%2Bc%2F%C3%BC:~&zero=0", r.RequestURI)
	decoded, err := url.ParseQuery(r.URL.RawQuery)
	require.NoError(t, err)
	delete(params, "none")
	require.Equal(t, url.Values(params), decoded)
	require.Equal(t, "application/json", r.Header.Get("Accept"))
	require.Contains(t, r.Header.Get("User-Agent"), "linnet (+https://")
	require.Empty(t, r.Header.Get("Content-Type"))

	_, err = s.client.Call(t.Context(), &xrpc.Call{NSID: method, Kind: xrpc.KindProcedure, Input: text(`{"a":1}`), Params: xrpc.Values{"a": {"1"}}})
	require.NoError(t, err)
	r = s.last(t)
	require.Equal(t, "POST", r.Method)
	require.Equal(t, "/xrpc/com.example.doIt?a=1", r.RequestURI)
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	require.Equal(t, int64(7), r.ContentLength)
	require.Equal(t, `{"a":1}`, r.body)
	require.Empty(t, r.Header.Get("Accept"), "there is no output")
}

func TestAppendParam(t *testing.T) {
	ledger.Covers(t, "XRPC-011", "XRPC-015")
	var q []byte
	q = xrpc.AppendParam(q, "s", "")
	q = xrpc.AppendIntParam(q, "n", -9007199254740991)
	q = xrpc.AppendIntParam(q, "zero", 0)
	q = xrpc.AppendBoolParam(q, "yes", true)
	q = xrpc.AppendBoolParam(q, "no", false)
	for _, uri := range []string{"at://did:plc:abc/app.bsky.feed.post/3k", "did:web:x%3A1"} {
		q = xrpc.AppendParam(q, "uris", uri)
	}
	require.Equal(t, "s=&n=-9007199254740991&zero=0&yes=true&no=false&uris=at:%2F%2Fdid:plc:abc%2Fapp.bsky.feed.post%2F3k&uris=did:web:x%253A1", string(q))
}

// TestArrays: arrays of 0, 1 and 100 items.
func TestArrays(t *testing.T) {
	ledger.Covers(t, "XRPC-011")
	s := newServer(t, nil, answer(200, `{}`))
	for _, n := range []int{0, 1, 100} {
		uris := make([]string, n)
		for i := range uris {
			uris[i] = fmt.Sprint("at://x/", i)
		}
		_, err := xrpc.Query[any](t.Context(), s.client, method, xrpc.Values{"uris": uris})
		require.NoError(t, err)
		require.Equal(t, n, len(s.last(t).URL.Query()["uris"]))
		if n > 0 {
			require.Equal(t, uris, s.last(t).URL.Query()["uris"])
		}
	}
}

// TestNoInput reads the request as it is on the wire.
func TestNoInput(t *testing.T) {
	ledger.Covers(t, "XRPC-024")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	lines := make(chan []string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var got []string
		for sc := bufio.NewScanner(conn); sc.Scan() && sc.Text() != ""; {
			got = append(got, sc.Text())
		}
		lines <- got
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}()
	c := newClient(t, "http://"+l.Addr().String(), nil)
	_, err = xrpc.Procedure[struct{}](t.Context(), c, method, nil)
	require.NoError(t, err)
	got := <-lines
	require.Equal(t, "POST /xrpc/com.example.doIt HTTP/1.1", got[0])
	require.Contains(t, got, "Content-Length: 0")
	require.NotContains(t, strings.Join(got, "\n"), "Content-Type")
}

func TestBadCalls(t *testing.T) {
	ledger.Covers(t, "XRPC-009")
	s := newServer(t, nil, answer(200, `{}`))
	long := strings.Repeat("x", 20_000)
	for _, tt := range []struct {
		call xrpc.Call
		want string
	}{
		{xrpc.Call{NSID: "nonsense"}, `xrpc: method: syntax: invalid NSID "nonsense"`},
		{xrpc.Call{NSID: ""}, "xrpc: method:"},
		{xrpc.Call{NSID: "com.example.doIt/../other"}, "xrpc: method:"},
		{xrpc.Call{NSID: method, Input: text("{}")}, "xrpc: com.example.doIt: a query has no input"},
		{xrpc.Call{NSID: method, Body: xrpc.NewBody("", strings.NewReader("x"), -1)}, "a query has no input"},
		{xrpc.Call{NSID: method, Kind: xrpc.KindProcedure, Input: text("{}"), Body: xrpc.NewBody("", nil, -1)}, "both an input and a body"},
		{xrpc.Call{NSID: method, Output: new(raw), Stream: true}, "both an output and a stream"},
		{xrpc.Call{NSID: method, Params: xrpc.Values{"q": {long}}}, "xrpc: URL length"},
		{xrpc.Call{NSID: method, Options: xrpc.CallOptions{Header: http.Header{"X": {"a\r\nb"}}}}, "xrpc: invalid value of the header X"},
		{xrpc.Call{NSID: method, Options: xrpc.CallOptions{Header: http.Header{"X y": {"a"}}}}, `xrpc: invalid name of a header "X y"`},
		{xrpc.Call{NSID: method, Options: xrpc.CallOptions{Labelers: []xrpc.Labeler{{DID: syntax.MustParseDID("did:web:a.b")}, {}}}}, "xrpc: labeler 1 has no DID"},
	} {
		_, err := s.client.Call(t.Context(), &tt.call)
		require.ErrorContains(t, err, tt.want)
	}
	require.Empty(t, s.requests(), "nothing was sent")

	_, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Params: xrpc.Values{"q": {long}}})
	limit, ok := errors.AsType[*xrpc.LimitError](err)
	require.True(t, ok)
	require.Equal(t, int64(8192), limit.Limit)

	base := len(s.URL) + len("/xrpc/") + len(method) + len("?q=")
	for n, fits := range map[int]bool{8192 - base: true, 8192 - base + 1: false} {
		_, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Params: xrpc.Values{"q": {long[:n]}}})
		require.Equal(t, fits, err == nil, "%v", err)
	}
}

func TestProxyAndLabelers(t *testing.T) {
	ledger.Covers(t, "XRPC-052", "XRPC-105", "XRPC-106", "XRPC-107", "LABEL-040")
	appView, chat := syntax.MustParseServiceRef("did:web:api.example.com#bsky_appview"), syntax.MustParseServiceRef("did:web:chat.example.com#bsky_chat")
	mod := xrpc.Labeler{DID: syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), Redact: true}
	other := xrpc.Labeler{DID: syntax.MustParseDID("did:web:labels.example.com")}
	plain := newServer(t, nil, answer(200, `{}`))
	s := newServer(t, &xrpc.Options{
		Proxy: appView, Labelers: []xrpc.Labeler{mod, other}, Header: http.Header{"accept-language": {"cy"}, "X-All": {"1"}}, UserAgent: "bot/1.0 (me@example.com)",
		Auth: xrpc.BearerAuth("secret"),
	}, answer(200, `{}`))
	for _, tt := range []struct {
		name                     string
		nsid                     string
		opts                     xrpc.CallOptions
		proxy, labelers, lang, x []string
	}{
		{"defaults", method, xrpc.CallOptions{}, []string{appView.String()}, []string{mod.DID.String() + ";redact, " + other.DID.String()}, []string{"cy"}, []string{"1"}},
		{"own methods", "com.atproto.repo.getRecord", xrpc.CallOptions{}, nil, []string{mod.DID.String() + ";redact, " + other.DID.String()}, []string{"cy"}, []string{"1"}},
		{"own methods if told", "com.atproto.moderation.createReport", xrpc.CallOptions{Proxy: chat}, []string{chat.String()}, []string{mod.DID.String() + ";redact, " + other.DID.String()}, []string{"cy"}, []string{"1"}},
		{"others", method, xrpc.CallOptions{Proxy: chat, Labelers: []xrpc.Labeler{other}, Header: http.Header{"Accept-Language": {"en", "de"}}}, []string{chat.String()}, []string{other.DID.String()}, []string{"en", "de"}, []string{"1"}},
		{"no labels", method, xrpc.CallOptions{Labelers: []xrpc.Labeler{}}, []string{appView.String()}, []string{""}, []string{"cy"}, []string{"1"}},
		{"removed", method, xrpc.CallOptions{NoProxy: true, NoLabelers: true, Header: http.Header{"x-all": nil}}, nil, nil, []string{"cy"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.client.Call(t.Context(), &xrpc.Call{NSID: tt.nsid, Options: tt.opts, Params: xrpc.Values{"a": {"1"}}})
			require.NoError(t, err)
			h := s.last(t).Header
			require.Equal(t, tt.proxy, h["Atproto-Proxy"])
			require.Equal(t, tt.labelers, h["Atproto-Accept-Labelers"])
			require.Equal(t, tt.lang, h["Accept-Language"])
			require.Equal(t, tt.x, h["X-All"])
			require.Equal(t, "bot/1.0 (me@example.com)", h.Get("User-Agent"))
			require.Equal(t, "Bearer secret", h.Get("Authorization"), "the account's credentials")
			require.Equal(t, "/xrpc/"+tt.nsid+"?a=1", s.last(t).RequestURI, "proxying changes nothing of it")
		})
	}
	_, err := query(t, plain.client, xrpc.CallOptions{})
	require.NoError(t, err)
	require.NotContains(t, plain.last(t).Header, "Atproto-Accept-Labelers")
	require.NotContains(t, plain.last(t).Header, "Atproto-Proxy")
}

func TestServiceNames(t *testing.T) {
	ledger.Covers(t, "XRPC-107", "XRPC-108")
	id := syntax.MustParseDID("did:web:example.com")
	for fragment, want := range map[string]string{
		xrpc.ServicePDS: "#atproto_pds", xrpc.ServiceLabeler: "#atproto_labeler", xrpc.ServiceAppView: "#bsky_appview",
		xrpc.ServiceChat: "#bsky_chat", xrpc.ServiceFeed: "#bsky_fg", xrpc.ServiceNotification: "#bsky_notif",
	} {
		ref, err := syntax.NewServiceRef(id, fragment)
		require.NoError(t, err)
		require.Equal(t, id.String()+want, ref.String())
	}
	for _, bad := range []string{"did:web:example.com", "did:web:example.com#", "#x", "did:web:example.com#a#b", "did:web:example.com#a b"} {
		_, err := syntax.ParseServiceRef(bad)
		require.Error(t, err, bad)
	}
}

// TestWith: options of calls go before those of With, and these before those of
// an inner With.
func TestWith(t *testing.T) {
	s := newServer(t, &xrpc.Options{Auth: xrpc.BearerAuth("client")}, answer(200, `{"ok":true}`, "Ratelimit-Limit: 7"))
	ref := syntax.MustParseServiceRef("did:web:chat.example.com#bsky_chat")
	var res xrpc.Response
	inner := xrpc.With(s.client, xrpc.CallOptions{Proxy: ref, Header: http.Header{"A": {"inner"}, "B": {"inner"}}, Auth: xrpc.BearerAuth("inner"), Response: &res})
	outer := xrpc.With(inner, xrpc.CallOptions{Header: http.Header{"b": {"outer"}, "C": {"outer"}}})
	_, err := query(t, outer, xrpc.CallOptions{Header: http.Header{"C": {"call"}}})
	require.NoError(t, err)
	h := s.last(t).Header
	require.Equal(t, []string{"inner", "outer", "call"}, []string{h.Get("A"), h.Get("B"), h.Get("C")})
	require.Equal(t, ref.String(), h.Get("Atproto-Proxy"))
	require.Equal(t, "Bearer inner", h.Get("Authorization"))
	limit, ok := res.RateLimit()
	require.True(t, ok)
	require.Equal(t, int64(7), limit.Limit)

	_, err = query(t, outer, xrpc.CallOptions{NoAuth: true, NoProxy: true})
	require.NoError(t, err)
	require.NotContains(t, s.last(t).Header, "Authorization")
	require.NotContains(t, s.last(t).Header, "Atproto-Proxy")

	_, err = query(t, s.client, xrpc.CallOptions{})
	require.NoError(t, err)
	require.Equal(t, "Bearer client", s.last(t).Header.Get("Authorization"), "the client is as it was")
	require.NotContains(t, s.last(t).Header, "A")
}

func TestContextDone(t *testing.T) {
	s := newServer(t, nil, answer(200, `{}`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := xrpc.Query[any](ctx, s.client, method, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, s.requests())
}

func TestHealth(t *testing.T) {
	s := newServer(t, &xrpc.Options{Auth: xrpc.BearerAuth("secret")}, answer(200, `{"version":"1.2.3"}`))
	v, err := xrpc.Health(t.Context(), s.client)
	require.NoError(t, err)
	require.Equal(t, "1.2.3", v)
	require.Equal(t, "/xrpc/_health", s.last(t).RequestURI)
	require.NotContains(t, s.last(t).Header, "Authorization")
}

// TestNoUserAgent: what is taken out is not put in again on the way.
func TestNoUserAgent(t *testing.T) {
	for name, client := range map[string]*http.Client{"default": nil, "plain": http.DefaultClient} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, &xrpc.Options{HTTPClient: client}, answer(200, `{}`))
			for _, header := range []http.Header{{"User-Agent": nil}, {"user-agent": {}}} {
				_, err := query(t, s.client, xrpc.CallOptions{Header: header})
				require.NoError(t, err)
				require.NotContains(t, s.last(t).Header, "User-Agent")
			}
			_, err := query(t, s.client, xrpc.CallOptions{Header: http.Header{"User-Agent": {"mine"}}})
			require.NoError(t, err)
			require.Equal(t, "mine", s.last(t).Header.Get("User-Agent"))
		})
	}
}
