package session_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

// inBubble returns a test with a clock of its own.
func inBubble(f func(t *testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, f) }
}

// broken is a server whose refreshSession fails.
func broken(status int) *pds {
	p := newPDS()
	p.opaque = true
	p.fail = func(method string) (int, string) {
		if method == "com.atproto.server.refreshSession" {
			return status, ""
		}
		return 0, ""
	}
	return p
}

func (p *pds) total(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[method]
}

// loginRetrying logs in with a client that repeats calls by the default rules.
func (p *pds) loginRetrying(t *testing.T) *session.Session {
	o := p.options(session.Options{})
	o.Client.Retry = nil
	s, err := session.Login(t.Context(), "alice.example.com", password, o)
	require.NoError(t, err)
	return s
}

// TestFailedRenewalIsNotMultiplied: a renewal is repeated by the rules of its own
// call alone, however many calls need it.
func TestFailedRenewalIsNotMultiplied(t *testing.T) {
	ledger.Covers(t, "XRPC-063", "XRPC-064")
	for _, tt := range []struct{ status, want int }{
		{500, 1}, {502, 1}, {503, 1}, {429, 1 + xrpc.DefaultMaxRetries}, {-1, 1},
	} {
		for _, calls := range []int{1, 32} {
			synctest.Test(t, func(t *testing.T) {
				p := broken(tt.status)
				s := p.loginRetrying(t)
				p.expire()
				var mu sync.Mutex
				var all []error
				var wg sync.WaitGroup
				for i := range calls {
					wg.Go(func() {
						time.Sleep(time.Duration(i) * time.Millisecond)
						err := call(t.Context(), s)
						mu.Lock()
						defer mu.Unlock()
						all = append(all, err)
					})
				}
				wg.Wait()
				require.Equal(t, tt.want, p.count("refreshSession"), "%d, %d calls", tt.status, calls)
				require.LessOrEqual(t, p.total("com.example.doIt"), calls)
				for _, err := range all {
					require.ErrorContains(t, err, "refreshSession")
					require.NotErrorIs(t, err, session.ErrLost)
					require.Equal(t, errors.Unwrap(all[0]), errors.Unwrap(err), "it is the same")
				}

				n, asked := p.count("refreshSession"), p.total("com.example.doIt")
				require.Equal(t, errors.Unwrap(all[0]), errors.Unwrap(call(t.Context(), s)), "the failure is remembered")
				require.Equal(t, n, p.count("refreshSession"))
				p.fail = nil
				time.Sleep(time.Minute)
				require.NoError(t, call(t.Context(), s))
				require.Equal(t, n+1, p.count("refreshSession"))
				require.Equal(t, asked+1, p.total("com.example.doIt"), "a token that was refused is not sent again")
			})
		}
	}
}

// TestPauses: the time until a renewal is tried again grows, and ends with one
// that succeeds, or that is asked for.
func TestPauses(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := broken(500)
		s := p.login(t, session.Options{})
		start := time.Now()
		var tried []time.Duration
		observe := func(until time.Duration) {
			n := p.count("refreshSession")
			for time.Since(start) < until {
				require.Error(t, call(t.Context(), s))
				if m := p.count("refreshSession"); m > n {
					n, tried = m, append(tried, time.Since(start))
				}
				time.Sleep(500 * time.Millisecond)
			}
		}
		p.expire()
		observe(250 * time.Second)
		const sec = time.Second
		require.Equal(t, []time.Duration{0, 1 * sec, 3 * sec, 7 * sec, 15 * sec, 31 * sec, 63 * sec, 123 * sec, 183 * sec, 243 * sec}, tried)

		require.ErrorContains(t, s.Renew(t.Context()), "500", "Renew does not wait")
		require.Equal(t, 11, p.count("refreshSession"))
		fail := p.fail
		p.fail = nil
		require.NoError(t, s.Renew(t.Context()))
		require.NoError(t, call(t.Context(), s))
		p.fail = fail
		p.expire()
		tried, start = nil, time.Now()
		observe(5 * time.Second)
		require.Equal(t, []time.Duration{0, 1 * sec, 3 * sec}, tried)
	})
}

// TestPauseAsked: the server says how long to leave it alone, within reason.
func TestPauseAsked(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	for header, want := range map[string]time.Duration{"": time.Second, "20": 20 * time.Second, "3600": time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			p := broken(503)
			o := p.options(session.Options{})
			o.Client.HTTPClient = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
				res, err := p.RoundTrip(r)
				if err == nil && header != "" {
					res.Header.Set("Retry-After", header)
				}
				return res, err
			})}
			s, err := session.Login(t.Context(), "alice.example.com", password, o)
			require.NoError(t, err)
			p.expire()
			require.Error(t, call(t.Context(), s))
			time.Sleep(want - time.Millisecond)
			require.Error(t, call(t.Context(), s))
			require.Equal(t, 1, p.count("refreshSession"), header)
			time.Sleep(time.Millisecond)
			require.Error(t, call(t.Context(), s))
			require.Equal(t, 2, p.count("refreshSession"), header)
		})
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestLateRefusal: that an old token is refused says nothing of the new one.
func TestLateRefusal(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		p.opaque = true
		s := p.login(t, session.Options{})
		req, err := http.NewRequestWithContext(t.Context(), "GET", host+"/xrpc/com.example.doIt", nil)
		require.NoError(t, err)
		require.NoError(t, s.Authorize(t.Context(), req))
		require.NoError(t, s.Renew(t.Context()))
		p.fail = broken(500).fail
		require.Error(t, s.Renew(t.Context()))
		again, err := s.HandleResponse(t.Context(), req, nil, &xrpc.Error{Status: 400, Name: xrpc.ExpiredToken})
		require.NoError(t, err)
		require.True(t, again)
		require.NoError(t, call(t.Context(), s), "the token is good, whatever became of the renewal")
		require.Equal(t, 2, p.count("refreshSession"))
	})
}

// TestWaitInPause: who comes while a renewal is under way waits for that, though
// the one before has just failed.
func TestWaitInPause(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := broken(500)
		s := p.login(t, session.Options{})
		p.expire()
		require.Error(t, call(t.Context(), s))
		p.fail, p.slow = nil, 100*time.Millisecond
		done := make(chan error)
		go func() { done <- s.Renew(context.WithoutCancel(t.Context())) }()
		synctest.Wait()
		require.NoError(t, call(t.Context(), s))
		require.NoError(t, <-done)
		require.Equal(t, 2, p.count("refreshSession"))
	})
}
