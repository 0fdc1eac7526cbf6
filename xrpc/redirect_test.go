package xrpc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

func TestRedirects(t *testing.T) {
	ledger.Covers(t, "XRPC-008")
	const home = "https://pds.example.com"
	for _, tt := range []struct {
		name   string
		to     string // where the first answer points
		anyway bool
		post   bool
		reason string // why it is not followed
		bare   bool   // nothing but harmless headers arrives
	}{
		{name: "same origin", to: "/xrpc/other?x=1"},
		{name: "same origin, absolute", to: home + "/there"},
		{name: "same origin, default port", to: "https://PDS.example.com:443/there"},
		{name: "another host", to: "https://cdn.example.com/blob", reason: "to another origin: https://cdn.example.com"},
		{name: "subdomain", to: "https://a.pds.example.com/", reason: "to another origin"},
		{name: "another port", to: home + ":8443/", reason: "to another origin"},
		{name: "another scheme", to: "http://pds.example.com/", reason: "to another origin"},
		{name: "another host if allowed", to: "https://cdn.example.com/blob", anyway: true, bare: true},
		{name: "another port if allowed", to: home + ":8443/", anyway: true, bare: true},
		{name: "to http if allowed", to: "http://cdn.example.com/", anyway: true, reason: "to another scheme"},
		{name: "file", to: "file:///etc/passwd", anyway: true, reason: "to another scheme"},
		{name: "away and back", to: "https://cdn.example.com/back", anyway: true, bare: true},
		{name: "no location", to: "", reason: "no valid Location"},
		{name: "loop", to: "/loop", reason: "more than 5 redirects"},
		{name: "procedure", to: "/xrpc/other", post: true, reason: "procedures are not redirected"},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(tt.name, " ", status), func(t *testing.T) {
				var arrived *http.Request
				hops := 0
				c := fakeClient(t, xrpc.Options{Auth: xrpc.BearerAuth("secret"), Proxy: syntax.MustParseServiceRef("did:web:a.example.com#x"), Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
					hops++
					switch {
					case hops == 1 || r.URL.Path == "/loop":
						return respond(r, status, "moved", "Location: "+tt.to), nil
					case r.URL.Path == "/back":
						return respond(r, status, "moved", "Location: "+home+"/x"), nil
					}
					arrived = r
					return respond(r, 200, `{}`), nil
				})
				call := &xrpc.Call{NSID: method, Output: new(raw), Options: xrpc.CallOptions{AnyOrigin: tt.anyway, Header: http.Header{"Dpop": {"proof"}, "Cookie": {"c=1"}}}}
				if tt.post {
					call.Kind, call.Input = xrpc.KindProcedure, text(`{}`)
				}
				_, err := c.Call(t.Context(), call)
				if tt.reason != "" {
					require.True(t, xrpc.Is(err, xrpc.UnexpectedRedirect), "%v", err)
					require.ErrorContains(t, err, tt.reason)
					require.Nil(t, arrived)
					return
				}
				require.NoError(t, err)
				require.Equal(t, "GET", arrived.Method)
				require.Equal(t, "application/json", arrived.Header.Get("Accept"))
				require.True(t, strings.HasPrefix(arrived.UserAgent(), "linnet"))
				if tt.bare {
					require.Len(t, arrived.Header, 2, "%v", arrived.Header)
					return
				}
				for name, want := range map[string]string{"Authorization": "Bearer secret", "Atproto-Proxy": "did:web:a.example.com#x", "Dpop": "proof"} {
					require.Equal(t, want, arrived.Header.Get(name))
				}
			})
		}
	}
	for _, status := range []int{300, 304, 305} {
		c := fakeClient(t, xrpc.Options{}, func(r *http.Request) (*http.Response, error) { return respond(r, status, "", "Location: /x"), nil })
		_, err := query(t, c, xrpc.CallOptions{})
		require.True(t, xrpc.Is(err, xrpc.UnexpectedRedirect), "%v", err)
	}
}

// TestRedirectSteps: as many redirects as there may be are followed, and no more.
func TestRedirectSteps(t *testing.T) {
	for steps, ok := range map[int]bool{5: true, 6: false} {
		requests := 0
		c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
			if requests++; requests <= steps {
				return respond(r, 302, "", "Location: /x"), nil
			}
			return respond(r, 200, `{}`), nil
		})
		_, err := query(t, c, xrpc.CallOptions{})
		require.Equal(t, ok, err == nil, "%v", err)
		require.Equal(t, 6, requests)
	}
}

// TestRedirectBare: of a Location that has more than a URL should have, only that
// is followed.
func TestRedirectBare(t *testing.T) {
	var arrived *http.Request
	c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/there" {
			return respond(r, 302, "", "Location: https://mallet:secret@pds.example.com/there?x=1#part"), nil
		}
		arrived = r
		return respond(r, 200, `{}`), nil
	})
	_, err := query(t, c, xrpc.CallOptions{})
	require.NoError(t, err)
	require.Equal(t, "https://pds.example.com/there?x=1", arrived.URL.String())
	require.Empty(t, arrived.Header.Get("Authorization"))
}

// TestRedirectToPrivate: the default transport holds redirects to its rules too.
func TestRedirectToPrivate(t *testing.T) {
	s := newServer(t, &xrpc.Options{Retry: noRetry}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://169.254.169.254/latest/meta-data/", http.StatusFound)
	})
	_, err := query(t, s.client, xrpc.CallOptions{AnyOrigin: true})
	require.ErrorContains(t, err, "refused host")
}
