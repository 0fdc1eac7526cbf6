package session_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc/session"
)

// TestRenewDuringLogout: who waits for a session that is being ended is told that
// it is over, unless it is not.
func TestRenewDuringLogout(t *testing.T) {
	for _, status := range []int{0, 503} {
		synctest.Test(t, func(t *testing.T) {
			p := newPDS()
			s := p.login(t, session.Options{})
			p.lag = func(method string) time.Duration {
				if method == methodDelete {
					return 10 * time.Second
				}
				return 0
			}
			p.fail = func(method string) (int, string) {
				if method == methodDelete {
					return status, ""
				}
				return 0, ""
			}
			done := make(chan error)
			go func() { done <- s.Logout(context.WithoutCancel(t.Context())) }()
			time.Sleep(time.Second)
			err := s.Renew(t.Context())
			if status == 0 {
				require.NoError(t, <-done)
				require.ErrorIs(t, err, session.ErrLost)
			} else {
				require.ErrorContains(t, <-done, "503")
				require.NotErrorIs(t, err, session.ErrLost)
				require.NoError(t, s.Renew(t.Context()))
			}
		})
	}
}

// TestSameRevision: of two processes that have renewed a session at the same time,
// since one of them took too long, the one that stored last has the tokens that
// are good.
func TestSameRevision(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	p := newPDS()
	store := new(session.MemoryStore)
	s := p.login(t, session.Options{Store: store})
	value, err := store.Load(t.Context(), alice.String())
	require.NoError(t, err)
	access, refresh := p.access, p.refresh
	p.issue()
	peer := strings.NewReplacer(access, p.access, refresh, p.refresh).Replace(string(value))
	ok, err := store.Swap(t.Context(), alice.String(), value, []byte(peer))
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, call(t.Context(), s), "it takes what is stored")
	require.Zero(t, p.count("refreshSession"))
	p.expire()
	require.NoError(t, call(t.Context(), s))
	require.Equal(t, 1, p.count("refreshSession"))
}

// TestRenewFailsForOthers: who could not renew a session leaves it to the others,
// who need not wait.
func TestRenewFailsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		a, b, _ := p.two(t)
		p.fail = func(string) (int, string) { return 503, "" }
		require.ErrorContains(t, a.Renew(t.Context()), "503")
		p.fail = nil
		start := time.Now()
		require.NoError(t, b.Renew(t.Context()))
		require.Zero(t, time.Since(start))
	})
}

// TestLostToPeer: that somebody else tries to renew a session, too, does not make
// tokens good that the server refuses.
func TestLostToPeer(t *testing.T) {
	p := newPDS()
	store := new(session.MemoryStore)
	s := p.login(t, session.Options{Store: store})
	var peer []byte
	p.fail = func(string) (int, string) {
		value, err := store.Load(t.Context(), alice.String())
		require.NoError(t, err)
		before, _, ok := strings.Cut(string(value), `"lease":`)
		require.True(t, ok)
		peer = []byte(before + `"lease":{"id":"peer","until":1}}`)
		ok, err = store.Swap(t.Context(), alice.String(), value, peer)
		require.NoError(t, err)
		require.True(t, ok)
		return failure(400, "ExpiredToken")
	}
	require.ErrorIs(t, s.Renew(t.Context()), session.ErrLost)
	require.ErrorIs(t, s.Err(), session.ErrLost)
	value, err := store.Load(t.Context(), alice.String())
	require.NoError(t, err)
	require.Equal(t, peer, value, "it is the other's now")
}

// TestFileStoreEmpty: an empty value is there, and is not one that is not.
func TestFileStoreEmpty(t *testing.T) {
	s, err := session.NewFileStore(t.TempDir())
	require.NoError(t, err)
	swap := func(old, new []byte) bool {
		ok, err := s.Swap(t.Context(), "key", old, new)
		require.NoError(t, err)
		return ok
	}
	require.False(t, swap([]byte{}, []byte("x")))
	require.True(t, swap(nil, []byte{}))
	require.False(t, swap(nil, []byte("x")))
	value, err := s.Load(t.Context(), "key")
	require.NoError(t, err)
	require.Equal(t, []byte{}, value)
	require.True(t, swap(value, []byte("x")))
}

// TestFileStoreNames: files have names that are legal everywhere, and not hidden.
func TestFileStoreNames(t *testing.T) {
	dir := t.TempDir()
	s, err := session.NewFileStore(dir)
	require.NoError(t, err)
	for key, name := range map[string]string{
		"a.b-9": "a.b-9", ".a": "%2Ea", "": "", "Main": "%4Dain", "a/../b": "a%2F..%2Fb", "\xff": "%FF",
		strings.Repeat("a", 200): strings.Repeat("a", 200),
		strings.Repeat("a", 201): "~",
		strings.Repeat("A", 67):  "~", // and the digest of the key
	} {
		ok, err := s.Swap(t.Context(), key, nil, []byte(key))
		require.NoError(t, err)
		require.True(t, ok)
		if strings.HasPrefix(name, "~") {
			name = fmt.Sprintf("~%x", sha256.Sum256([]byte(key)))
		}
		require.FileExists(t, filepath.Join(dir, name+".session"))
	}
}

// TestLostEarly: a session that is lost when it is renewed before it has to be is
// lost at once, though its token would be good for some time.
func TestLostEarly(t *testing.T) {
	ledger.Covers(t, "XRPC-064")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		s := p.login(t, session.Options{})
		time.Sleep(2*time.Hour - 30*time.Second)
		p.fail = func(method string) (int, string) {
			if method == "com.atproto.server.refreshSession" {
				return failure(400, "ExpiredToken")
			}
			return 0, ""
		}
		require.ErrorIs(t, call(t.Context(), s), session.ErrLost)
		request, _ := p.lastRequest()
		require.Contains(t, request, "refreshSession")
	})
}
