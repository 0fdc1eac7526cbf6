package xrpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

var (
	errReset   = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	errRefused = &net.OpError{Op: "dial", Err: errors.New("connection refused")}
)

// once is a reader that can be read once.
type once struct{ io.Reader }

// TestRetryMatrix says what is tried again.
func TestRetryMatrix(t *testing.T) {
	ledger.Covers(t, "XRPC-039", "XRPC-043", "XRPC-044")
	retryAfter := []string{"Retry-After: 1"}
	for _, tt := range []struct {
		name       string
		status     int
		headers    []string
		err        error
		query      bool
		procedure  bool
		procedures bool // with Retry.Procedures
	}{
		{name: "400", status: 400},
		{name: "401", status: 401},
		{name: "403", status: 403},
		{name: "404", status: 404},
		{name: "409", status: 409},
		{name: "413", status: 413},
		{name: "501", status: 501},
		{name: "501 with Retry-After", status: 501, headers: retryAfter},
		{name: "505", status: 505},
		{name: "408", status: 408, query: true, procedures: true},
		{name: "425", status: 425, query: true, procedures: true},
		{name: "429", status: 429, query: true, procedure: true, procedures: true},
		{name: "500", status: 500, query: true, procedures: true},
		{name: "502", status: 502, query: true, procedures: true},
		{name: "503", status: 503, query: true, procedures: true},
		{name: "503 with Retry-After", status: 503, headers: retryAfter, query: true, procedure: true, procedures: true},
		{name: "504", status: 504, query: true, procedures: true},
		{name: "522", status: 522, query: true, procedures: true},
		{name: "524", status: 524, query: true, procedures: true},
		{name: "reset", err: errReset, query: true, procedures: true},
		{name: "closed", err: io.ErrUnexpectedEOF, query: true, procedures: true},
		{name: "refused", err: errRefused, query: true, procedure: true, procedures: true},
		{name: "no such host", err: &net.DNSError{IsNotFound: true}},
		{name: "DNS out of order", err: &net.DNSError{IsTemporary: true}, query: true, procedure: true, procedures: true},
		{name: "certificate", err: &tls.CertificateVerificationError{Err: errors.New("unknown authority")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				c := fakeClient(t, xrpc.Options{}, func(r *http.Request) (*http.Response, error) {
					attempts++
					if attempts > 1 {
						return respond(r, 200, `{}`), nil
					}
					if tt.err != nil {
						return nil, tt.err
					}
					return respond(r, tt.status, "", tt.headers...), nil
				})
				var caller xrpc.Caller = c
				try := func(kind xrpc.Kind, body *xrpc.Body, retry *xrpc.Retry) bool {
					attempts = 0
					_, err := caller.Call(t.Context(), &xrpc.Call{NSID: method, Kind: kind, Body: body, Options: xrpc.CallOptions{Retry: retry}})
					require.Equal(t, attempts == 2, err == nil, "%v", err)
					require.NotErrorIs(t, err, xrpc.ErrBodyConsumed, "the first error counts")
					if e, ok := errors.AsType[*xrpc.NetworkError](err); ok {
						require.ErrorIs(t, err, tt.err)
						require.Equal(t, 1, e.Attempts)
					}
					return attempts == 2
				}
				require.Equal(t, tt.query, try(xrpc.KindQuery, nil, nil), "query")
				require.Equal(t, tt.procedure, try(xrpc.KindProcedure, nil, nil), "procedure")
				require.Equal(t, tt.procedures, try(xrpc.KindProcedure, nil, &xrpc.Retry{Procedures: true}), "procedure that may be repeated")
				require.Equal(t, tt.procedure, try(xrpc.KindProcedure, xrpc.NewBody("", strings.NewReader("x"), -1), nil), "body that rewinds")
				require.False(t, try(xrpc.KindProcedure, xrpc.NewBody("", once{strings.NewReader("x")}, -1), &xrpc.Retry{Procedures: true}), "body that does not")
				require.False(t, try(xrpc.KindQuery, nil, noRetry), "switched off")
				caller = xrpc.With(c, xrpc.CallOptions{Idempotent: true})
				require.Equal(t, tt.procedures, try(xrpc.KindProcedure, nil, nil), "idempotent")
				require.Equal(t, tt.procedures, try(xrpc.KindProcedure, xrpc.NewBody("", strings.NewReader("x"), -1), nil), "idempotent, with a body that rewinds")
				require.False(t, try(xrpc.KindProcedure, xrpc.NewBody("", once{strings.NewReader("x")}, -1), nil), "idempotent, with one that does not")
				require.False(t, try(xrpc.KindProcedure, nil, noRetry), "idempotent, switched off")
			})
		})
	}
}

// TestBackoff: waits are random, and bounded by what grows.
func TestBackoff(t *testing.T) {
	ledger.Covers(t, "XRPC-042", "XRPC-043")
	synctest.Test(t, func(t *testing.T) {
		var times []time.Time
		c := fakeClient(t, xrpc.Options{Timeout: -1}, func(r *http.Request) (*http.Response, error) {
			times = append(times, time.Now())
			return respond(r, 500, ""), nil
		})
		longest := make([]time.Duration, 10)
		distinct := map[time.Duration]bool{}
		for range 200 {
			times = nil
			_, err := query(t, c, xrpc.CallOptions{Retry: &xrpc.Retry{Max: 9}})
			e, ok := errors.AsType[*xrpc.Error](err)
			require.True(t, ok)
			require.Equal(t, 10, e.Attempts)
			for i := range times[1:] {
				d := times[i+1].Sub(times[i])
				longest[i] = max(longest[i], d)
				distinct[d] = true
			}
		}
		bound := xrpc.DefaultBackoff
		for i := range 9 {
			require.LessOrEqual(t, longest[i], bound)
			require.Greater(t, longest[i], bound*8/10, "the bound grows, and the wait fills it")
			bound = min(2*bound, xrpc.DefaultMaxBackoff)
		}
		require.Greater(t, len(distinct), 1000)

		times = nil
		_, err := query(t, c, xrpc.CallOptions{})
		require.Error(t, err)
		require.Len(t, times, 1+xrpc.DefaultMaxRetries)
	})
}

// TestServerWait: what the server asks for goes before the own wait, as long as
// it is not too long.
func TestServerWait(t *testing.T) {
	ledger.Covers(t, "XRPC-039", "XRPC-045")
	for _, tt := range []struct {
		name   string
		header func() string
		max    time.Duration
		want   time.Duration // negative: it is not waited for
	}{
		{"seconds", func() string { return "Retry-After: 20" }, 0, 20 * time.Second},
		{"date", func() string {
			return "Retry-After: " + time.Now().Add(20*time.Second).UTC().Format(http.TimeFormat)
		}, 0, 20 * time.Second},
		{"reset", func() string { return fmt.Sprint("Ratelimit-Reset: ", time.Now().Add(20*time.Second).Unix()) }, 0, 20 * time.Second},
		{"as long as may be", func() string { return "Retry-After: 60" }, 0, time.Minute},
		{"too long", func() string { return "Retry-After: 61" }, 0, -1},
		{"absurd", func() string { return "Retry-After: 99999999999999999999" }, 0, -1},
		{"own limit", func() string { return "Retry-After: 90" }, 100 * time.Second, 90 * time.Second},
		{"none is waited for", func() string { return "Retry-After: 1" }, -1, -1},
		{"nonsense", func() string { return "Retry-After: tomorrow" }, 0, 0},
		{"past", func() string { return "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT" }, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				c := fakeClient(t, xrpc.Options{Retry: &xrpc.Retry{MaxWait: tt.max}}, func(r *http.Request) (*http.Response, error) {
					if attempts++; attempts == 1 {
						return respond(r, 429, "", tt.header()), nil
					}
					return respond(r, 200, `{}`), nil
				})
				start := time.Now()
				_, err := query(t, c, xrpc.CallOptions{})
				took := time.Since(start)
				if tt.want < 0 {
					require.True(t, xrpc.Is(err, xrpc.RateLimitExceeded), "%v", err)
					require.Zero(t, took)
					return
				}
				require.NoError(t, err)
				require.GreaterOrEqual(t, took, tt.want)
				require.LessOrEqual(t, took, tt.want+xrpc.DefaultBackoff)
			})
		})
	}
}

// stuck answers when the request is given up.
func stuck(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestTimeouts(t *testing.T) {
	ledger.Covers(t, "XRPC-042")
	for _, tt := range []struct {
		name     string
		opts     xrpc.CallOptions
		ctx      time.Duration
		want     time.Duration
		attempts int
		text     string
	}{
		{"attempt", xrpc.CallOptions{AttemptTimeout: time.Second, Retry: noRetry}, 0, time.Second, 1, "no complete answer after 1s"},
		{"attempts", xrpc.CallOptions{AttemptTimeout: time.Second, Retry: &xrpc.Retry{Backoff: -1}}, 0, 4 * time.Second, 4, "no complete answer after 1s"},
		{"all", xrpc.CallOptions{Timeout: 45 * time.Second, Retry: &xrpc.Retry{Backoff: -1}}, 0, 45 * time.Second, 2, "no complete answer after 45s"},
		{"defaults", xrpc.CallOptions{Retry: &xrpc.Retry{Max: 100, Backoff: -1}}, 0, 2 * time.Minute, 4, "no complete answer after 30s"},
		{"no limits but the caller's", xrpc.CallOptions{Timeout: -1, AttemptTimeout: -1}, time.Hour, time.Hour, 1, "context deadline exceeded"},
		{"the caller's is nearer", xrpc.CallOptions{}, 10 * time.Second, 10 * time.Second, 1, "context deadline exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				c := fakeClient(t, xrpc.Options{}, func(r *http.Request) (*http.Response, error) {
					attempts++
					return stuck(r)
				})
				ctx := t.Context()
				if tt.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.ctx)
					defer cancel()
				}
				start := time.Now()
				_, err := c.Call(ctx, &xrpc.Call{NSID: method, Options: tt.opts})
				require.Equal(t, tt.want, time.Since(start))
				require.Equal(t, tt.attempts, attempts)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, "xrpc: com.example.doIt: pds.example.com: "+tt.text)
				e, ok := errors.AsType[*xrpc.NetworkError](err)
				require.True(t, ok)
				require.True(t, e.Timeout())
				require.True(t, e.Sent)
				var n net.Error
				require.ErrorAs(t, err, &n)
				require.True(t, n.Timeout())
			})
		})
	}
}

// TestNoWaitInVain: a wait that would go beyond the end is not begun.
func TestNoWaitInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakeClient(t, xrpc.Options{Timeout: 20 * time.Second}, func(r *http.Request) (*http.Response, error) {
			return respond(r, 429, "", "Retry-After: 30"), nil
		})
		start := time.Now()
		_, err := query(t, c, xrpc.CallOptions{})
		require.True(t, xrpc.Is(err, xrpc.RateLimitExceeded))
		require.Zero(t, time.Since(start))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = c.Call(ctx, &xrpc.Call{NSID: method, Options: xrpc.CallOptions{Timeout: -1}})
		require.True(t, xrpc.Is(err, xrpc.RateLimitExceeded))
		require.Zero(t, time.Since(start))
	})
}

// TestCancelled: who gives up is not kept waiting, during a wait and an attempt.
func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakeClient(t, xrpc.Options{Timeout: -1}, func(r *http.Request) (*http.Response, error) {
			if r.URL.RawQuery == "stuck=" {
				return stuck(r)
			}
			return respond(r, 429, "", "Retry-After: 30"), nil
		})
		for _, name := range []string{"stuck", "wait"} {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			start := time.Now()
			_, err := c.Call(ctx, &xrpc.Call{NSID: method, Params: xrpc.Values{name: {""}}})
			require.Error(t, err)
			require.Equal(t, time.Second, time.Since(start))
			if name == "stuck" {
				require.ErrorIs(t, err, context.Canceled)
			}
		}
	})
}

// TestStall: a stream must go on, and may take as long as it likes otherwise.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		c := fakeClient(t, xrpc.Options{}, func(r *http.Request) (*http.Response, error) {
			context.AfterFunc(r.Context(), func() { out.CloseWithError(r.Context().Err()) })
			res := respond(r, 200, "")
			res.Body = in
			return res, nil
		})
		go func() {
			for range 100 {
				time.Sleep(29 * time.Second)
				fmt.Fprint(out, "x")
			}
		}()
		res, err := c.Call(t.Context(), &xrpc.Call{NSID: method, Stream: true})
		require.NoError(t, err)
		defer res.Body.Close()
		start := time.Now()
		_, err = io.ReadFull(res.Body, make([]byte, 100))
		require.NoError(t, err)
		require.Equal(t, 2900*time.Second, time.Since(start))
		time.Sleep(time.Hour) // the reader may take its time
		start = time.Now()
		_, err = res.Body.Read(make([]byte, 1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, xrpc.DefaultAttemptTimeout, time.Since(start))
		require.ErrorContains(t, err, ": no progress for 30s")
	})
}

// TestTrickle: an answer that is decoded is waited for as a whole. That it goes
// on does not help, and is not denied.
func TestTrickle(t *testing.T) {
	for name, call := range map[string]*xrpc.Call{
		"query":  {NSID: method, Output: new(raw)},
		"upload": {NSID: method, Kind: xrpc.KindProcedure, Body: xrpc.NewBody("", strings.NewReader("hello"), -1), Output: new(raw)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, out := io.Pipe()
				c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
					context.AfterFunc(r.Context(), func() { out.CloseWithError(r.Context().Err()) })
					res := respond(r, 200, "")
					res.Body, res.ContentLength = in, -1
					return res, nil
				})
				go func() {
					for {
						if _, err := fmt.Fprint(out, " "); err != nil {
							return
						}
						time.Sleep(200 * time.Millisecond)
					}
				}()
				start := time.Now()
				_, err := c.Call(t.Context(), call)
				require.ErrorContains(t, err, ": no complete answer after 30s")
				require.Equal(t, xrpc.DefaultAttemptTimeout, time.Since(start))
				time.Sleep(time.Second) // until the server has noticed
			})
		})
	}
}
