package serviceauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/serviceauth"
)

const (
	bare    = "did:web:video.example.com"
	service = bare + "#video"
	method  = "com.example.doIt"
)

var alice = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")

func newKey(t testing.TB, c crypto.Curve) *crypto.PrivateKey {
	key, err := crypto.GenerateKey(c)
	require.NoError(t, err)
	return key
}

func TestSign(t *testing.T) {
	ledger.Covers(t, "XRPC-074", "XRPC-075", "XRPC-076", "XRPC-078", "XRPC-079", "XRPC-102")
	for curve, alg := range map[crypto.Curve]string{crypto.K256: "ES256K", crypto.P256: "ES256"} {
		for id, kid := range map[string]string{"": "", "atproto": "", "atproto_label": "#atproto_label"} {
			key := newKey(t, curve)
			c := serviceauth.Claims{Issuer: alice, Audience: service, Method: syntax.MustParseNSID(method), KeyID: id}
			seen := map[string]bool{}
			for range 20 {
				text, err := serviceauth.Sign(t.Context(), key, c)
				require.NoError(t, err)
				token, err := jwt.Parse(text)
				require.NoError(t, err)
				require.Equal(t, jwt.Header{Alg: alg, Type: "JWT", KeyID: kid}, token.Header())
				v, err := token.Verify(t.Context(), key.PublicKey(), &jwt.Options{Audiences: []string{service}, Method: method, Issuer: alice.String()})
				require.NoError(t, err)
				for _, accepted := range [][]string{{"did:web:other.example.com#video", service}, {service, bare}} {
					_, err := token.Verify(t.Context(), key.PublicKey(), &jwt.Options{Audiences: accepted, Method: method})
					require.NoError(t, err)
				}
				for _, accepted := range [][]string{{bare}, {bare, service + "2"}} {
					_, err := token.Verify(t.Context(), key.PublicKey(), &jwt.Options{Audiences: accepted, Method: method})
					require.ErrorContains(t, err, "jwt: wrong audience", "a service is not its DID")
				}
				got := v.Claims()
				require.Equal(t, alice.String(), got.Issuer)
				require.Equal(t, []string{service}, got.Audience)
				require.Equal(t, time.Minute, got.Expires.Sub(got.IssuedAt))
				require.GreaterOrEqual(t, len(got.ID), 32, "128 bits in hexadecimal")
				require.False(t, seen[got.ID])
				seen[got.ID] = true
			}
		}
	}
}

func TestSignErrors(t *testing.T) {
	ledger.Covers(t, "XRPC-075")
	key := newKey(t, crypto.K256)
	good := serviceauth.Claims{Issuer: alice, Audience: service, Method: syntax.MustParseNSID(method)}
	for want, change := range map[string]func(*serviceauth.Claims){
		"needs an issuer":        func(c *serviceauth.Claims) { c.Issuer = syntax.DID{} },
		"and a method":           func(c *serviceauth.Claims) { c.Method = syntax.NSID{} },
		"serviceauth: audience:": func(c *serviceauth.Claims) { c.Audience = "https://video.example.com" },
		"invalid DID":            func(c *serviceauth.Claims) { c.Audience = "" },
	} {
		c := good
		change(&c)
		_, err := serviceauth.Sign(t.Context(), key, c)
		require.ErrorContains(t, err, want)
	}
	_, err := serviceauth.New(nil, good)
	require.Error(t, err)
	_, err = serviceauth.New(key, serviceauth.Claims{Issuer: alice, Audience: "x"})
	require.Error(t, err)
	_, err = serviceauth.FromServer(nil, "x", nil)
	require.Error(t, err)
	good.Audience = "did:web:video.example.com"
	_, err = serviceauth.Sign(t.Context(), key, good)
	require.NoError(t, err, "a DID alone, for old services")
}

// A tripper is a transport that is a function.
type tripper func(*http.Request) (int, string)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	status, body := f(r)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
	res := w.Result()
	res.Request = r
	return res, nil
}

func newClient(t testing.TB, host string, auth xrpc.Auth, f tripper) *xrpc.Client {
	c, err := xrpc.New(host, &xrpc.Options{Auth: auth, HTTPClient: &http.Client{Transport: f}, Retry: &xrpc.Retry{Max: -1}})
	require.NoError(t, err)
	return c
}

// TestNew: each request has a token of its own, for its method.
func TestNew(t *testing.T) {
	ledger.Covers(t, "XRPC-075", "XRPC-100")
	key := newKey(t, crypto.P256)
	auth, err := serviceauth.New(key, serviceauth.Claims{Issuer: alice, Audience: service})
	require.NoError(t, err)
	replay := new(jwt.MemoryReplayStore)
	c := newClient(t, "https://video.example.com", auth, func(r *http.Request) (int, string) {
		text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		require.True(t, ok)
		token, err := jwt.Parse(text)
		require.NoError(t, err)
		_, err = token.Verify(r.Context(), key.PublicKey(), &jwt.Options{Audiences: []string{service}, Method: path.Base(r.URL.Path), Replay: replay})
		require.NoError(t, err)
		return 200, `{}`
	})
	for _, m := range []string{method, method, "com.example.other"} {
		_, err := xrpc.Query[any](t.Context(), c, m, xrpc.Values{"a": {"1"}})
		require.NoError(t, err)
	}
	require.NotContains(t, fmt.Sprintf("%v %+v", auth, auth), key.ExportMultikey())
}

// A maker makes tokens.
type maker struct {
	n    int
	seen []url.Values
}

func (m *maker) client(t testing.TB) *xrpc.Client {
	return newClient(t, "https://pds.example.com", xrpc.BearerAuth("session"), func(r *http.Request) (int, string) {
		require.Equal(t, "Bearer session", r.Header.Get("Authorization"))
		require.Equal(t, "GET /xrpc/com.atproto.server.getServiceAuth", r.Method+" "+r.URL.Path)
		m.n++
		m.seen = append(m.seen, r.URL.Query())
		return 200, fmt.Sprintf(`{"token":"token-%d"}`, m.n)
	})
}

func TestFromServer(t *testing.T) {
	ledger.Covers(t, "XRPC-096", "XRPC-100")
	for _, tt := range []struct {
		name   string
		opts   *serviceauth.ServerOptions
		tokens []string // at the calls of method, at once, and then after 30, 60 and 90 seconds
	}{
		{"one for each call", nil, []string{"token-1", "token-2", "token-3", "token-4"}},
		{"kept", &serviceauth.ServerOptions{Reuse: true}, []string{"token-1", "token-1", "token-2", "token-2"}},
		{"kept longer", &serviceauth.ServerOptions{Reuse: true, Lifetime: 5 * time.Minute}, []string{"token-1", "token-1", "token-1", "token-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(maker)
				auth, err := serviceauth.FromServer(m.client(t), service, tt.opts)
				require.NoError(t, err)
				var got []string
				c := newClient(t, "https://video.example.com", auth, func(r *http.Request) (int, string) {
					got = append(got, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
					return 200, `{}`
				})
				for range 4 {
					_, err := xrpc.Query[any](t.Context(), c, method, nil)
					require.NoError(t, err)
					time.Sleep(30 * time.Second)
				}
				require.Equal(t, tt.tokens, got)
				require.Equal(t, service, m.seen[0].Get("aud"))
				require.Equal(t, method, m.seen[0].Get("lxm"))
				exp, err := strconv.ParseInt(m.seen[0].Get("exp"), 10, 64)
				require.NoError(t, err)
				life := time.Minute
				if tt.opts != nil && tt.opts.Lifetime > 0 {
					life = tt.opts.Lifetime
				}
				require.Equal(t, time.Now().Add(life-2*time.Minute).Unix(), exp)
				n := m.n
				_, err = xrpc.Query[any](t.Context(), c, "com.example.other", nil)
				require.NoError(t, err)
				require.Equal(t, n+1, m.n, "another method has another token")
				require.Equal(t, "com.example.other", m.seen[n].Get("lxm"))
				require.NotContains(t, fmt.Sprintf("%v %+v %#v", auth, auth, auth), "token-")
			})
		})
	}
}

// TestFixedMethod: tokens name another method than the one that is called.
func TestFixedMethod(t *testing.T) {
	ledger.Covers(t, "XRPC-096")
	const pds = "did:web:pds.example.com"
	upload := syntax.MustParseNSID("com.atproto.repo.uploadBlob")
	key := newKey(t, crypto.K256)
	signed, err := serviceauth.New(key, serviceauth.Claims{Issuer: alice, Audience: pds, Method: upload})
	require.NoError(t, err)
	m := new(maker)
	made, err := serviceauth.FromServer(m.client(t), pds, &serviceauth.ServerOptions{Method: upload, Reuse: true})
	require.NoError(t, err)
	for _, auth := range []xrpc.Auth{signed, made} {
		refuse := true
		c := newClient(t, "https://video.example.com", auth, func(r *http.Request) (int, string) {
			text := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			if auth == made {
				require.Regexp(t, "^token-[12]$", text)
				if text == "token-1" && !refuse {
					return 401, `{"error":"ExpiredToken"}`
				}
				refuse = false
				return 200, `{}`
			}
			token, err := jwt.Parse(text)
			require.NoError(t, err)
			require.Equal(t, upload.String(), token.Claims().Method)
			return 200, `{}`
		})
		for _, called := range []string{method, "com.example.other"} {
			_, err := xrpc.Query[any](t.Context(), c, called, nil)
			require.NoError(t, err)
		}
	}
	require.Len(t, m.seen, 2, "one token for all methods, and another one when it was refused")
	for _, q := range m.seen {
		require.Equal(t, upload.String(), q.Get("lxm"))
		require.Equal(t, pds, q.Get("aud"))
	}
}

// TestReuseRefused: a service that takes a token once is not shown it twice
// again.
func TestReuseRefused(t *testing.T) {
	m := new(maker)
	auth, err := serviceauth.FromServer(m.client(t), service, &serviceauth.ServerOptions{Reuse: true})
	require.NoError(t, err)
	used := map[string]bool{}
	requests := 0
	deny := false
	c := newClient(t, "https://video.example.com", auth, func(r *http.Request) (int, string) {
		requests++
		token := r.Header.Get("Authorization")
		if deny {
			return 401, `{"error":"UntrustedIss"}`
		}
		if used[token] {
			return 401, `{"error":"NonceNotUnique"}`
		}
		used[token] = true
		return 200, `{}`
	})
	for range 5 {
		_, err := xrpc.Query[any](t.Context(), c, method, nil)
		require.NoError(t, err)
	}
	require.Equal(t, 6, requests, "one was refused")
	deny, requests = true, 0
	_, err = xrpc.Query[any](t.Context(), c, method, nil)
	require.True(t, xrpc.Is(err, "UntrustedIss"))
	require.Equal(t, 1, requests, "a new token that is refused is not tried again")
}

func TestFromServerErrors(t *testing.T) {
	for _, tt := range []struct {
		status     int
		body, want string
	}{
		{400, `{"error":"BadExpiration"}`, "BadExpiration"},
		{200, `{"token":""}`, "no valid token"},
		{200, `{"token":"secret\ntoken"}`, "no valid token"},
		{200, `{"token":"secret","token":"x"}`, "invalid response"},
		{200, `{}`, "no valid token"},
		{200, `<html>`, "invalid response"},
	} {
		auth, err := serviceauth.FromServer(newClient(t, "https://pds.example.com", nil, func(*http.Request) (int, string) { return tt.status, tt.body }), service, nil)
		require.NoError(t, err)
		c := newClient(t, "https://video.example.com", auth, func(*http.Request) (int, string) { t.Error("sent"); return 200, `{}` })
		_, err = xrpc.Query[any](t.Context(), c, method, nil)
		require.ErrorContains(t, err, tt.want)
		if e, ok := errors.AsType[*xrpc.InvalidResponseError](err); ok {
			require.Empty(t, e.Body)
		}
		require.NotContains(t, err.Error(), "secret")
	}
}
