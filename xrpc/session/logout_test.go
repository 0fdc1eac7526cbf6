package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/session"
)

const methodDelete = "com.atproto.server.deleteSession"

// two returns two processes with one session and the store that they share.
func (p *pds) two(t testing.TB) (a, b *session.Session, store session.Store) {
	t.Helper()
	store = new(session.MemoryStore)
	a = p.login(t, session.Options{Store: store})
	b, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
	require.NoError(t, err)
	return a, b, store
}

// ended requires that nothing is left of a session, at the server either.
func (p *pds) ended(t testing.TB, store session.Store) {
	t.Helper()
	value, err := store.Load(t.Context(), alice.String())
	require.NoError(t, err)
	require.Nil(t, value)
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(t, p.refresh, "the refresh token is good no more")
}

// TestLogoutLatest: the tokens that another process was given are ended, not
// those that it gave for them.
func TestLogoutLatest(t *testing.T) {
	ledger.Covers(t, "XRPC-057", "XRPC-063")
	p := newPDS()
	a, b, store := p.two(t)
	require.NoError(t, b.Renew(t.Context()))
	latest := p.refresh
	require.NoError(t, a.Logout(t.Context()))
	_, auth := p.lastRequest()
	require.Equal(t, "Bearer "+latest, auth)
	p.ended(t, store)
	require.ErrorIs(t, b.Renew(t.Context()), session.ErrLost)
	require.ErrorIs(t, a.Err(), session.ErrLost)

	// Again, as the first has gone: nothing is stored any more.
	require.NoError(t, b.Logout(t.Context()))
}

// TestLogoutWaits: one process renews while the other one logs out.
func TestLogoutWaits(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		a, b, store := p.two(t)
		p.slow = 10 * time.Second
		go func() { _ = b.Renew(context.WithoutCancel(t.Context())) }()
		time.Sleep(time.Second)
		start := time.Now()
		require.NoError(t, a.Logout(t.Context()))
		require.GreaterOrEqual(t, time.Since(start), 9*time.Second)
		require.Equal(t, 1, p.count("refreshSession"))
		require.Equal(t, 1, p.count("deleteSession"))
		p.ended(t, store)
	})
	// The other way round: nobody renews what is being ended.
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		a, b, store := p.two(t)
		done := make(chan error)
		p.lag = func(method string) time.Duration {
			if method == methodDelete {
				return 10 * time.Second
			}
			return 0
		}
		go func() { done <- a.Logout(context.WithoutCancel(t.Context())) }()
		time.Sleep(time.Second)
		require.ErrorIs(t, b.Renew(t.Context()), session.ErrLost)
		require.NoError(t, <-done)
		require.Zero(t, p.count("refreshSession"))
		p.ended(t, store)
	})
}

// TestLogoutWaitEnds: who renews and dies holds nobody up for ever, and neither
// does a store.
func TestLogoutWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		a, b, store := p.two(t)
		p.slow = time.Hour
		go func() { _ = b.Renew(context.WithoutCancel(t.Context())) }()
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, a.Logout(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		require.NoError(t, a.Err())
		require.Zero(t, p.count("deleteSession"))
		require.NoError(t, a.Logout(t.Context()))
		require.LessOrEqual(t, time.Since(start), session.DefaultRenewTimeout)
		p.ended(t, store)
	})
}

// TestLogoutFails: the session stays, for the others as well, who need not wait.
func TestLogoutFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		a, b, store := p.two(t)
		p.fail = func(method string) (int, string) {
			if method == methodDelete {
				return 503, ""
			}
			return 0, ""
		}
		require.ErrorContains(t, a.Logout(t.Context()), "503")
		p.fail = nil
		start := time.Now()
		require.NoError(t, b.Renew(t.Context()))
		require.Zero(t, time.Since(start))
		require.NoError(t, a.Logout(t.Context()))
		p.ended(t, store)
	})
}

// TestLogoutOvertaken: a lease ran out while the server was slow, and somebody
// has renewed the session meanwhile. What is left is ended as well.
func TestLogoutOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		store := new(session.MemoryStore)
		o := session.Options{Store: store, RenewTimeout: 10 * time.Second}
		a := p.login(t, o)
		b, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
		require.NoError(t, err)
		first := true
		p.fail = func(method string) (int, string) {
			if method == methodDelete && first {
				first = false
				return failure(400, "ExpiredToken")
			}
			return 0, ""
		}
		p.lag = func(method string) time.Duration {
			if method == methodDelete {
				return 30 * time.Second
			}
			return 0
		}
		done := make(chan error)
		go func() { done <- a.Logout(context.WithoutCancel(t.Context())) }()
		time.Sleep(time.Second)
		require.NoError(t, b.Renew(t.Context()))
		require.NoError(t, <-done)
		require.Equal(t, 2, p.count("deleteSession"))
		p.ended(t, store)
	})
}

// A failing store fails when it is told to.
type failingStore struct {
	session.MemoryStore
	load, swap error
}

func (s *failingStore) Load(ctx context.Context, key string) ([]byte, error) {
	if s.load != nil {
		return nil, s.load
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *failingStore) Swap(ctx context.Context, key string, old, new []byte) (bool, error) {
	if s.swap != nil {
		return false, s.swap
	}
	return s.MemoryStore.Swap(ctx, key, old, new)
}

func TestLogoutStore(t *testing.T) {
	broken := errors.New("disk on fire")
	p := newPDS()
	store := new(failingStore)
	s := p.login(t, session.Options{Store: store})
	store.load = broken
	require.ErrorIs(t, s.Logout(t.Context()), broken)
	require.Zero(t, p.count("deleteSession"))
	store.load, store.swap = nil, broken
	require.ErrorIs(t, s.Logout(t.Context()), broken)
	require.NoError(t, s.Err())

	// Newer tokens than those that are stored, as they could not be.
	p.fail = func(method string) (int, string) {
		store.swap = nil
		if method == "com.atproto.server.refreshSession" {
			store.swap = broken
		}
		return 0, ""
	}
	store.swap = nil
	require.NoError(t, s.Renew(t.Context()))
	store.swap, p.fail = nil, nil
	latest := p.refresh
	require.NoError(t, s.Logout(t.Context()))
	_, auth := p.lastRequest()
	require.Equal(t, "Bearer "+latest, auth)
	p.ended(t, store)
}

// TestLogoutKey: another account has taken the place in the store.
func TestLogoutKey(t *testing.T) {
	p := newPDS()
	store := new(session.MemoryStore)
	o := session.Options{Store: store, Key: "main"}
	s := p.login(t, o)
	refresh := p.refresh
	p.did = mallet
	p.login(t, o)
	held, err := store.Load(t.Context(), "main")
	require.NoError(t, err)
	for _, end := range []func(context.Context) error{s.Logout, s.Forget} {
		require.NoError(t, end(t.Context()))
		now, err := store.Load(t.Context(), "main")
		require.NoError(t, err)
		require.Equal(t, held, now)
	}
	_, auth := p.lastRequest()
	require.Equal(t, "Bearer "+refresh, auth)
	next, err := session.Resume(t.Context(), syntax.DID{}, p.options(o))
	require.NoError(t, err)
	require.Equal(t, mallet, next.DID())
}
