package serviceauth_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/serviceauth"
)

// reusing returns credentials that keep tokens, and who makes them.
func reusing(t testing.TB) (xrpc.ResponseAuth, *maker) {
	t.Helper()
	m := new(maker)
	auth, err := serviceauth.FromServer(m.client(t), service, &serviceauth.ServerOptions{Reuse: true})
	require.NoError(t, err)
	both, ok := auth.(xrpc.ResponseAuth)
	require.True(t, ok)
	return both, m
}

// authorized returns a request for a method, and what it has for credentials.
func authorized(t testing.TB, auth xrpc.Auth, method string) (*http.Request, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://video.example.com/xrpc/"+method, nil)
	require.NoError(t, err)
	require.NoError(t, auth.Authorize(t.Context(), req))
	return req, req.Header.Get("Authorization")
}

// TestReuseRefusedTwice: a token that is refused to two calls at a time is given
// up once. The second call takes the one that the first got in its place.
func TestReuseRefusedTwice(t *testing.T) {
	auth, m := reusing(t)
	refused := &xrpc.Error{Status: http.StatusUnauthorized, Name: xrpc.ExpiredToken}
	first, token := authorized(t, auth, method)
	second, same := authorized(t, auth, method)
	require.Equal(t, token, same)
	for _, req := range []*http.Request{first, second} {
		again, err := auth.HandleResponse(t.Context(), req, nil, refused)
		require.NoError(t, err)
		require.True(t, again)
		_, token = authorized(t, auth, method)
		require.Equal(t, "Bearer token-2", token)
	}
	require.Equal(t, 2, m.n)
}

// TestReuseUntil: a token is kept for three quarters of its life, as clocks differ
// and requests take their time.
func TestReuseUntil(t *testing.T) {
	ledger.Covers(t, "XRPC-100")
	synctest.Test(t, func(t *testing.T) {
		auth, _ := reusing(t)
		for i, wait := range []time.Duration{0, 45*time.Second - 1, 1} {
			time.Sleep(wait)
			_, token := authorized(t, auth, method)
			require.Equal(t, []string{"Bearer token-1", "Bearer token-1", "Bearer token-2"}[i], token)
		}
	})
}

// TestReuseMany: tokens are kept for so many methods, and no more.
func TestReuseMany(t *testing.T) {
	auth, m := reusing(t)
	const kept = 256
	for range 2 {
		for i := range kept {
			authorized(t, auth, fmt.Sprintf("com.example.m%d", i))
		}
	}
	require.Equal(t, kept, m.n)
	authorized(t, auth, "com.example.more")
	authorized(t, auth, "com.example.m0")
	require.Equal(t, kept+2, m.n)
}
