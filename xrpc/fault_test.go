package xrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

// A brokenAuth has an error of its own calls.
type brokenAuth struct {
	authorize, handle error
	n                 int
}

func (a *brokenAuth) Authorize(context.Context, *http.Request) error { a.n++; return a.authorize }

func (a *brokenAuth) HandleResponse(context.Context, *http.Request, *http.Response, *xrpc.Error) (bool, error) {
	return a.handle != nil, a.handle
}

// TestAuthFailsOnce: an error of the Auth ends the call, though it be one with
// which a call of the kind is repeated.
func TestAuthFailsOnce(t *testing.T) {
	ledger.Covers(t, "XRPC-044")
	status := 200
	requests := 0
	c := fakeClient(t, xrpc.Options{Retry: &xrpc.Retry{Backoff: -1, Procedures: true}}, func(r *http.Request) (*http.Response, error) {
		requests++
		return respond(r, status, `{}`), nil
	})
	for _, cause := range []error{
		&xrpc.Error{NSID: "com.example.renew", Status: 500}, &xrpc.Error{NSID: "com.example.renew", Status: 429},
		&xrpc.Error{NSID: "com.example.renew", Status: 503, Header: http.Header{"Retry-After": {"1"}}},
		&xrpc.NetworkError{NSID: "com.example.renew", Err: io.ErrUnexpectedEOF}, &xrpc.NetworkError{Sent: true, Err: io.EOF},
	} {
		for _, kind := range []xrpc.Kind{xrpc.KindQuery, xrpc.KindProcedure} {
			for _, body := range []*xrpc.Body{nil, xrpc.NewBody("", strings.NewReader("x"), -1)} {
				if body != nil && kind == xrpc.KindQuery {
					continue
				}
				call := &xrpc.Call{NSID: method, Kind: kind, Body: body, Output: new(raw)}
				for _, status = range []int{200, 400, 503} {
					a := &brokenAuth{handle: cause}
					requests, call.Options.Auth = 0, a
					_, err := c.Call(t.Context(), call)
					require.ErrorIs(t, err, cause)
					require.Equal(t, "xrpc: com.example.doIt: "+cause.Error(), err.Error())
					require.Equal(t, 1, requests)
					require.Equal(t, 1, a.n)
				}
				a := &brokenAuth{authorize: cause}
				requests, call.Options.Auth = 0, a
				_, err := c.Call(t.Context(), call)
				require.ErrorIs(t, err, cause)
				require.Zero(t, requests)
				require.Equal(t, 1, a.n)
			}
		}
	}
}

// TestBrokenSourceError: a source that fails is no error of the network, though
// its own error be one, and is not asked again.
func TestBrokenSourceError(t *testing.T) {
	s := newServer(t, &xrpc.Options{Retry: &xrpc.Retry{Backoff: -1, Procedures: true}}, answer(200, `{}`))
	fire := errors.New("disk on fire")
	for _, cause := range []error{fire, &xrpc.NetworkError{NSID: "com.example.source", Host: "example.com", Err: io.ErrUnexpectedEOF}} {
		for _, beginning := range []string{"", "some"} {
			reads := 0
			source := io.MultiReader(strings.NewReader(beginning), readerFunc(func([]byte) (int, error) { reads++; return 0, cause }))
			b := xrpc.NewBody("", struct {
				io.Reader
				io.Seeker
			}{source, strings.NewReader(beginning + "more")}, -1)
			err := upload(t.Context(), s.client, b, nil)
			require.ErrorIs(t, err, cause)
			require.EqualError(t, err, "xrpc: com.example.doIt: body: "+cause.Error())
			require.Equal(t, 1, reads)
			if _, ok := errors.AsType[*xrpc.NetworkError](err); ok {
				require.NotErrorIs(t, cause, fire)
			}
		}
	}
	err := upload(t.Context(), s.client, xrpc.NewBody("", once{strings.NewReader("hello")}, 9), nil)
	require.EqualError(t, err, "xrpc: com.example.doIt: body: unexpected EOF")

	ctx, cancel := context.WithCancel(t.Context())
	err = upload(ctx, s.client, xrpc.NewBody("", readerFunc(func([]byte) (int, error) { cancel(); return 0, fire }), -1), nil)
	require.ErrorIs(t, err, context.Canceled)
	_, ok := errors.AsType[*xrpc.NetworkError](err)
	require.True(t, ok, "%v", err)

	seeks := 0
	b := xrpc.NewBody("", struct {
		io.Reader
		io.Seeker
	}{iotest.ErrReader(fire), seekerFunc(func(int64, int) (int64, error) {
		if seeks++; seeks > 3 {
			return 0, &xrpc.NetworkError{Err: fire}
		}
		return 0, nil
	})}, 0)
	require.ErrorIs(t, upload(t.Context(), s.client, b, nil), fire)
	require.Equal(t, 4, seeks)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type seekerFunc func(int64, int) (int64, error)

func (f seekerFunc) Seek(offset int64, whence int) (int64, error) { return f(offset, whence) }

// TestBodyMediaTypes: a media type that can't be one is not sent.
func TestBodyMediaTypes(t *testing.T) {
	s := newServer(t, nil, answer(200, `{}`))
	for _, good := range []string{"", "image/png", "text/plain; charset=utf-8", "text/plain ; charset=\"utf-8\"", "application/vnd.ipld.car", "application/ld+json", "X/Y"} {
		require.NoError(t, upload(t.Context(), s.client, xrpc.NewBody(good, strings.NewReader("x"), -1), nil), good)
	}
	n := len(s.requests())
	for _, bad := range []string{"text/plain\nX: y", "text/pl\rain", "text/plain; a=\x00", "text", "text/", "/plain", "a/b/c", "*/*", "image/*", "te xt/plain", "text/plain, a/b", "textä/x"} {
		for _, r := range []io.Reader{strings.NewReader("x"), once{strings.NewReader("x")}} {
			err := upload(t.Context(), s.client, xrpc.NewBody(bad, r, -1), nil)
			require.EqualError(t, err, fmt.Sprintf("xrpc: com.example.doIt: body: invalid media type %q", bad))
			left, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, "x", string(left))
		}
	}
	_, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Accept: "a/b\nX: y", Stream: true})
	require.EqualError(t, err, `xrpc: com.example.doIt: accepts the invalid media type "a/b\nX: y"`)
	require.Len(t, s.requests(), n, "nothing was sent")
}

// TestLimitsNameMethods: who reads that something is too large is told whose it
// is.
func TestLimitsNameMethods(t *testing.T) {
	s := newServer(t, nil, answer(200, `{"a":"0123456789"}`))
	_, err := query(t, s.client, xrpc.CallOptions{MaxOutput: 10})
	require.EqualError(t, err, "xrpc: response body 18 exceeds the limit of 10: com.example.doIt")
	res, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Stream: true, Options: xrpc.CallOptions{MaxOutput: 10}})
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = io.ReadAll(res.Body)
	require.EqualError(t, err, "xrpc: response body 18 exceeds the limit of 10: com.example.doIt")
	limit, ok := errors.AsType[*xrpc.LimitError](err)
	require.True(t, ok)
	require.Equal(t, &xrpc.LimitError{Name: "xrpc: response body", Limit: 10, Got: 18, Offset: -1}, limit)
	_, err = s.client.Call(t.Context(), &xrpc.Call{NSID: method, Params: xrpc.Values{"q": {strings.Repeat("x", 9000)}}})
	require.ErrorContains(t, err, "exceeds the limit of 8192: com.example.doIt")
}

// TestPagerCursorAfterCircle: the pages before Cursor were all taken, also when
// the server leads in a circle.
func TestPagerCursorAfterCircle(t *testing.T) {
	ledger.Covers(t, "XRPC-050", "XRPC-051")
	fetch, asked := pages(map[string]page{
		"": {items: []int{1}, next: "a"}, "a": {items: []int{2}, next: "b"}, "b": {items: []int{3}, next: "c"}, "c": {items: []int{4}, next: "a"},
	})
	p := xrpc.NewPager(fetch, nil)
	got, err := collect(t, p)
	require.ErrorIs(t, err, xrpc.ErrCursorLoop)
	last := (*asked)[len(*asked)-1]
	require.Equal(t, map[string]string{"a": "b", "b": "c", "c": "a"}[last], p.Cursor(), "%v", got)
	require.False(t, p.Done())
	_, err = collect(t, p)
	require.ErrorIs(t, err, xrpc.ErrCursorLoop)
}
