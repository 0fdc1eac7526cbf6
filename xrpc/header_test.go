package xrpc_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/xrpc"
)

// TestHeaderSpellings: case does not matter in the names of headers, whoever
// writes them, and nothing depends on the order of a map.
func TestHeaderSpellings(t *testing.T) {
	var got http.Header
	client := func(h http.Header) *xrpc.Client {
		return fakeClient(t, xrpc.Options{Header: h, Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
			got = r.Header
			return respond(r, 200, `{}`), nil
		})
	}
	both := http.Header{"x-foo": {"lower"}, "X-Foo": {"canonical"}, "X-FOO": {"upper"}}
	joined := []string{"upper", "canonical", "lower"}
	for _, tt := range []struct {
		name               string
		client, outer, own http.Header
		want               []string
	}{
		{"outer lower", nil, http.Header{"x-foo": {"outer"}}, http.Header{"X-Foo": {"own"}}, []string{"own"}},
		{"own lower", nil, http.Header{"X-Foo": {"outer"}}, http.Header{"x-foo": {"own"}}, []string{"own"}},
		{"both in their own way", nil, http.Header{"x-fOO": {"outer"}}, http.Header{"x-foo": {"own"}}, []string{"own"}},
		{"client's", http.Header{"x-foo": {"client"}}, http.Header{"X-FOO": {"outer"}}, nil, []string{"outer"}},
		{"taken out", http.Header{"X-Foo": {"client"}}, http.Header{"x-foo": {"outer"}}, http.Header{"x-Foo": nil}, nil},
		{"two in the client", both, nil, nil, joined},
		{"two outside", nil, both, nil, joined},
		{"two in the call", nil, nil, both, joined},
		{"two in the call, over others", both, http.Header{"x-foo": {"outer"}}, both, joined},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(tt.client)
			for range 20 { // maps are random
				_, err := query(t, xrpc.With(c, xrpc.CallOptions{Header: tt.outer}), xrpc.CallOptions{Header: tt.own})
				require.NoError(t, err)
				require.Equal(t, tt.want, got["X-Foo"])
				require.NotContains(t, got, "x-foo")
			}
		})
	}
	require.Len(t, both, 3, "what is given is not changed")
}
