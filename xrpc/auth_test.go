package xrpc_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

func TestAdminAuth(t *testing.T) {
	ledger.Covers(t, "XRPC-071", "XRPC-072")
	s := newServer(t, &xrpc.Options{Auth: xrpc.AdminAuth("secret-token")}, answer(200, `{}`))
	for _, m := range []string{"com.atproto.admin.getAccountInfo", "com.atproto.server.createInviteCode", "com.atproto.server.createInviteCodes"} {
		_, err := s.client.Call(t.Context(), &xrpc.Call{NSID: m})
		require.NoError(t, err)
		require.Equal(t, "Basic YWRtaW46c2VjcmV0LXRva2Vu", s.last(t).Header.Get("Authorization"))
	}
	_, err := query(t, s.client, xrpc.CallOptions{Auth: xrpc.AdminAuth("pass:wörd")})
	require.NoError(t, err)
	require.Equal(t, "Basic "+base64.StdEncoding.EncodeToString([]byte("admin:pass:wörd")), s.last(t).Header.Get("Authorization"))
}

func TestRenewal(t *testing.T) {
	ledger.Covers(t, "XRPC-062", "XRPC-063")
	for _, status := range []int{400, 401} {
		for _, always := range []bool{false, true} {
			s := newServer(t, &xrpc.Options{Auth: &renewing{}, Retry: noRetry}, func(w http.ResponseWriter, r *http.Request) {
				if always || r.Header.Get("Authorization") == "Bearer token0" {
					answer(status, `{"error":"ExpiredToken"}`)(w, r)
					return
				}
				answer(200, `{}`)(w, r)
			})
			_, err := xrpc.Procedure[any](t.Context(), s.client, method, map[string]any{"a": "b"})
			require.Equal(t, always, err != nil)
			require.Equal(t, always, xrpc.Is(err, xrpc.ExpiredToken))
			require.Len(t, s.requests(), 2, "once, and no more")
			for _, r := range s.requests() {
				require.Equal(t, `{"a":"b"}`, r.body, "the whole body, both times")
			}
		}
	}
}

type failingAuth struct{ renewing }

func (*failingAuth) HandleResponse(context.Context, *http.Request, *http.Response, *xrpc.Error) (bool, error) {
	return false, errLost
}

var errLost = errors.New("session lost")

func TestAuthErrors(t *testing.T) {
	s := newServer(t, nil, answer(400, `{"error":"ExpiredToken"}`))
	_, err := query(t, s.client, xrpc.CallOptions{Auth: authFunc(func(*http.Request) error { return errLost })})
	require.ErrorIs(t, err, errLost)
	require.Empty(t, s.requests())
	_, err = query(t, s.client, xrpc.CallOptions{Auth: &failingAuth{}})
	require.ErrorIs(t, err, errLost)
	require.Len(t, s.requests(), 1)
}

type hostAuth struct{ host string }

func (h hostAuth) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer x")
	return nil
}
func (h hostAuth) Host() string { return h.host }

func TestHostAuth(t *testing.T) {
	var got string
	c := fakeClient(t, xrpc.Options{}, func(r *http.Request) (*http.Response, error) {
		got = r.URL.Host
		return respond(r, 200, `{}`), nil
	})
	for host, want := range map[string]string{"": "pds.example.com", "https://pds.example.com": "pds.example.com", "https://other.example.com:444": "other.example.com:444"} {
		_, err := query(t, c, xrpc.CallOptions{Auth: hostAuth{host}})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, host := range []string{"http://other.example.com", "https://other.example.com/path", "nonsense"} {
		_, err := query(t, c, xrpc.CallOptions{Auth: hostAuth{host}})
		require.ErrorContains(t, err, "xrpc: host")
	}
}

func TestRoundTripper(t *testing.T) {
	other := newServer(t, nil, answer(200, `other`))
	auth := &renewing{}
	s := newServer(t, &xrpc.Options{Auth: auth}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") == "":
			answer(401, `{"error":"AuthMissing"}`)(w, r)
		case r.Header.Get("Authorization") == "Bearer token0":
			answer(400, `{"error":"ExpiredToken","message":"the old one"}`)(w, r)
		default:
			answer(200, "fine")(w, r)
		}
	})
	h := &http.Client{Transport: s.client.RoundTripper()}
	get := func(req *http.Request) string {
		before := req.Header.Clone()
		res, err := h.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, before, req.Header, "the request is not changed")
		return string(body)
	}
	request := func(url string, body io.Reader) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), "POST", url, body)
		require.NoError(t, err)
		return req
	}
	require.JSONEq(t, `{"error":"ExpiredToken","message":"the old one"}`, get(request(s.URL+"/xrpc/"+method, once{strings.NewReader("content")})), "a body that can't be had again")
	auth.n = 0
	require.Equal(t, "fine", get(request(s.URL+"/xrpc/"+method, strings.NewReader("content"))))
	require.Equal(t, "content", s.last(t).body)
	require.Equal(t, "Bearer token1", s.last(t).Header.Get("Authorization"))
	require.Len(t, s.requests(), 3)
	require.Equal(t, "fine", get(request(s.URL+"/anything", nil)))

	require.Equal(t, "other", get(request(other.URL+"/xrpc/"+method, nil)))
	require.NotContains(t, other.last(t).Header, "Authorization", "no credentials for others")
}

func TestHooks(t *testing.T) {
	type key struct{}
	var log []string
	note := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	hooks := xrpc.Hooks{
		Call: func(ctx context.Context, call *xrpc.Call) (context.Context, func(xrpc.Outcome)) {
			note("call %s", call.NSID)
			return context.WithValue(ctx, key{}, "span"), func(o xrpc.Outcome) {
				note("called %d %v %d %d", o.Status, o.Err, o.Attempts, o.Received)
			}
		},
		Attempt: func(ctx context.Context, n int, req *http.Request) func(xrpc.Outcome) {
			note("attempt %d %v", n, ctx.Value(key{}))
			req.Header.Set("Traceparent", "00-1")
			return func(o xrpc.Outcome) { note("attempted %d %v", o.Status, o.Err) }
		},
	}
	attempts := 0
	c := fakeClient(t, xrpc.Options{Hooks: hooks, Retry: &xrpc.Retry{Backoff: -1}}, func(r *http.Request) (*http.Response, error) {
		require.Equal(t, "00-1", r.Header.Get("Traceparent"))
		switch attempts++; attempts {
		case 1:
			return nil, errReset
		case 2:
			return respond(r, 503, ""), nil
		}
		return respond(r, 200, `{"a":1}`), nil
	})
	_, err := query(t, c, xrpc.CallOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{
		"call com.example.doIt",
		"attempt 1 span", "attempted 0 xrpc: com.example.doIt: pds.example.com: read: connection reset by peer",
		"attempt 2 span", "attempted 503 xrpc: com.example.doIt: 503 NotEnoughResources",
		"attempt 3 span", "attempted 200 <nil>",
		"called 200 <nil> 3 7",
	}, log)

	log, attempts = nil, 5
	res, err := c.Call(t.Context(), &xrpc.Call{NSID: method, Stream: true})
	require.NoError(t, err)
	require.Equal(t, []string{"call com.example.doIt", "attempt 1 span", "attempted 200 <nil>"}, log)
	_, err = io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, []string{"called 200 <nil> 1 7"}, log[3:])

	log, attempts = nil, 1
	_, err = c.Call(t.Context(), &xrpc.Call{NSID: method, Kind: xrpc.KindProcedure})
	require.Error(t, err)
	require.Equal(t, "called 503 xrpc: com.example.doIt: 503 NotEnoughResources 1 0", log[3])

	quiet := xrpc.Hooks{
		Call:    func(ctx context.Context, _ *xrpc.Call) (context.Context, func(xrpc.Outcome)) { return ctx, nil },
		Attempt: func(context.Context, int, *http.Request) func(xrpc.Outcome) { return nil },
	}
	c = fakeClient(t, xrpc.Options{Hooks: quiet}, func(r *http.Request) (*http.Response, error) { return respond(r, 200, `{}`), nil })
	_, err = query(t, c, xrpc.CallOptions{})
	require.NoError(t, err)
}
