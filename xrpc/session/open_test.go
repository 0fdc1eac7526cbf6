package session_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

// put replaces what is stored.
func put(t *testing.T, store session.Store, key string, value []byte) {
	t.Helper()
	old, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	ok, err := store.Swap(t.Context(), key, old, value)
	require.NoError(t, err)
	require.True(t, ok)
}

func stored(t *testing.T, store session.Store) string {
	t.Helper()
	value, err := store.Load(t.Context(), alice.String())
	require.NoError(t, err)
	return string(value)
}

// TestOpenLost: a stored session that the server has ended is no hindrance to
// who has the password.
func TestOpenLost(t *testing.T) {
	ledger.Covers(t, "XRPC-069")
	for _, opaque := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newPDS()
			p.opaque = opaque
			store := new(session.MemoryStore)
			lost := 0
			o := p.options(session.Options{Store: store, Lost: func(error) { lost++ }})
			_, err := session.Open(t.Context(), alice.String(), password, o)
			require.NoError(t, err)
			time.Sleep(3 * time.Hour)
			p.refresh = "another"
			s, err := session.Open(t.Context(), alice.String(), password, o)
			require.NoError(t, err)
			require.Equal(t, 2, p.count("createSession"))
			require.NoError(t, call(t.Context(), s))
			require.Contains(t, stored(t, store), p.access)
			require.Zero(t, lost, "nobody had it")

			time.Sleep(3 * time.Hour)
			s, err = session.Open(t.Context(), alice.String(), password, o)
			require.NoError(t, err)
			require.Equal(t, 2, p.count("createSession"), "it only had to be renewed")
			require.Equal(t, 2, p.count("refreshSession"))
			time.Sleep(3 * time.Hour)
			p.refresh = "another"
			require.ErrorIs(t, call(t.Context(), s), session.ErrLost)
			require.Equal(t, 1, lost, "now somebody has it")

			p.fail = func(string) (int, string) { return failure(401, xrpc.AccountTakedown) }
			_, err = session.Open(t.Context(), alice.String(), password, o)
			require.True(t, xrpc.Is(err, xrpc.AccountTakedown))
		})
	}
}

// TestOpenAsksNobody: a session whose token is good by the clock is continued as
// it is.
func TestOpenAsksNobody(t *testing.T) {
	p := newPDS()
	o := p.options(session.Options{Store: new(session.MemoryStore)})
	for range 3 {
		_, err := session.Open(t.Context(), alice.String(), password, o)
		require.NoError(t, err)
	}
	require.Len(t, p.requests, 1)
}

// TestOpenWithoutServer: that the server can't be asked does not end a session,
// and costs no login.
func TestOpenWithoutServer(t *testing.T) {
	ledger.Covers(t, "XRPC-069")
	for _, opaque := range []bool{false, true} {
		for _, status := range []int{-1, 500, 429} {
			synctest.Test(t, func(t *testing.T) {
				p := newPDS()
				p.opaque = opaque
				store := new(session.MemoryStore)
				o := p.options(session.Options{Store: store})
				p.login(t, *o)
				time.Sleep(3 * time.Hour)
				p.fail = func(string) (int, string) { return status, "" }
				s, err := session.Open(t.Context(), alice.String(), password, o)
				require.NoError(t, err)
				require.Equal(t, 1, p.count("createSession"))
				require.Error(t, call(t.Context(), s))
				p.fail = nil
				time.Sleep(time.Minute)
				require.NoError(t, call(t.Context(), s))
			})
		}
	}
}

// TestOpenGivenUp: who does not wait for the answer gets no session, and is not
// told later that it is lost.
func TestOpenGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		o := p.options(session.Options{Store: new(session.MemoryStore), Lost: func(error) { t.Error("nobody has it") }})
		p.login(t, *o)
		time.Sleep(3 * time.Hour)
		p.slow, p.refresh = 10*time.Second, "another"
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := session.Open(ctx, alice.String(), password, o)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, p.count("createSession"))
		time.Sleep(time.Minute)
	})
}

// TestOpenUnreadable: what can't be read is replaced, by a login that succeeds
// alone, and never what is of another account.
func TestOpenUnreadable(t *testing.T) {
	ledger.Covers(t, "XRPC-069")
	p := newPDS()
	store := new(session.MemoryStore)
	o := p.options(session.Options{Store: store})
	p.login(t, *o)
	logins := 1
	for _, change := range []func(string) string{
		func(string) string { return "\x00" },
		func(s string) string { return strings.Replace(s, `"v":1`, `"v":2`, 1) },
		func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"new":true`, 1) },
		func(s string) string { return s[:len(s)/2] },
		func(s string) string { return strings.Replace(s, p.refresh, "", 1) },
	} {
		bad := change(stored(t, store))
		put(t, store, alice.String(), []byte(bad))
		_, err := session.Resume(t.Context(), alice, o)
		require.ErrorContains(t, err, "session: stored session ")
		_, err = session.Open(t.Context(), alice.String(), "wrong", o)
		require.True(t, xrpc.Is(err, xrpc.AuthenticationRequired), "%v", err)
		require.Equal(t, bad, stored(t, store))
		s, err := session.Open(t.Context(), alice.String(), password, o)
		require.NoError(t, err)
		require.NoError(t, call(t.Context(), s))
		require.Contains(t, stored(t, store), p.refresh)
		logins += 2
	}
	other := strings.Replace(stored(t, store), alice.String(), mallet.String(), 1)
	put(t, store, alice.String(), []byte(other))
	_, err := session.Open(t.Context(), alice.String(), password, o)
	require.ErrorContains(t, err, "is of "+mallet.String())
	require.Equal(t, other, stored(t, store))
	require.Equal(t, logins, p.count("createSession"))

	sick := new(brokenStore)
	sick.set(func(string, []byte) error { return errDisk })
	_, err = session.Open(t.Context(), alice.String(), password, p.options(session.Options{Store: sick}))
	require.ErrorIs(t, err, errDisk)
	require.Equal(t, logins, p.count("createSession"))
}
