package session_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/session"
	"github.com/linnet-at/linnet/xrpc/session/sessiontest"
)

func TestMemoryStore(t *testing.T) {
	s := new(session.MemoryStore)
	sessiontest.TestStore(t, func() session.Store { return s })
}

func TestFileStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "sessions")
	sessiontest.TestStore(t, func() session.Store {
		s, err := session.NewFileStore(dir)
		require.NoError(t, err)
		return s
	})
	left, err := filepath.Glob(filepath.Join(dir, "*.*n*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestFileStoreModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // files have no modes there
	}
	dir := filepath.Join(t.TempDir(), "sessions")
	s, err := session.NewFileStore(dir)
	require.NoError(t, err)
	ok, err := s.Swap(t.Context(), alice.String(), nil, []byte("x"))
	require.NoError(t, err)
	require.True(t, ok)
	name := filepath.Join(dir, "did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz.session")
	for path, want := range map[string]os.FileMode{dir: 0o700, name: 0o600, filepath.Join(dir, ".lock"): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), path)
	}
	for _, mode := range []os.FileMode{0o604, 0o640, 0o644, 0o666} {
		require.NoError(t, os.Chmod(name, mode))
		_, err := s.Load(t.Context(), alice.String())
		require.ErrorContains(t, err, "others may read")
		_, err = s.Swap(t.Context(), alice.String(), []byte("x"), nil)
		require.ErrorContains(t, err, "others may read")
	}
	require.NoError(t, os.Chmod(name, 0o600))
	require.NoError(t, os.Truncate(name, 2<<20))
	_, err = s.Load(t.Context(), alice.String())
	require.ErrorContains(t, err, "larger than")
}

// TestFileStoreProcesses counts up from several processes.
func TestFileStoreProcesses(t *testing.T) {
	const steps = 50
	if dir := os.Getenv("SESSION_TEST_DIR"); dir != "" {
		s, err := session.NewFileStore(dir)
		require.NoError(t, err)
		for n := 0; n < steps; {
			value, err := s.Load(t.Context(), "counter")
			require.NoError(t, err)
			ok, err := s.Swap(t.Context(), "counter", value, append(value, '+'))
			require.NoError(t, err)
			if ok {
				n++
			}
		}
		return
	}
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFileStoreProcesses$")
			cmd.Env = append(os.Environ(), "SESSION_TEST_DIR="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	s, err := session.NewFileStore(dir)
	require.NoError(t, err)
	value, err := s.Load(t.Context(), "counter")
	require.NoError(t, err)
	require.Len(t, value, 3*steps)
}

func TestFileStoreLocked(t *testing.T) {
	s, err := session.NewFileStore(t.TempDir())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Swap(ctx, "x", nil, []byte("x"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Load(ctx, "x")
	require.ErrorIs(t, err, context.Canceled)
}

// TestResume: a session goes on from a store, without asking anybody.
func TestResume(t *testing.T) {
	ledger.Covers(t, "XRPC-069")
	p := newPDS()
	dir := t.TempDir()
	open := func() session.Store {
		s, err := session.NewFileStore(dir)
		require.NoError(t, err)
		return s
	}
	_, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: open()}))
	require.ErrorIs(t, err, session.ErrNoSession)
	first, err := session.Open(t.Context(), "alice.example.com", password, p.options(session.Options{Store: open()}))
	require.NoError(t, err)
	for _, id := range []string{"alice.example.com", alice.String()} {
		s, err := session.Open(t.Context(), id, password, p.options(session.Options{Store: open()}))
		require.NoError(t, err)
		require.Equal(t, first.Info(), s.Info())
		require.NoError(t, call(t.Context(), s))
	}
	s, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: open()}))
	require.NoError(t, err)
	p.expire()
	require.NoError(t, call(t.Context(), s))
	require.NoError(t, call(t.Context(), first), "it takes what the other has stored")
	require.Equal(t, 1, p.count("createSession"))
	require.Equal(t, 1, p.count("refreshSession"))

	// Several sessions of one account.
	o := p.options(session.Options{Store: open(), Key: "second"})
	_, err = session.Open(t.Context(), "alice@example.com", password, o)
	require.NoError(t, err)
	_, err = session.Open(t.Context(), "alice@example.com", password, o)
	require.NoError(t, err)
	require.Equal(t, 2, p.count("createSession"))
	_, err = session.Resume(t.Context(), mallet, o)
	require.ErrorContains(t, err, "is of "+alice.String())
	_, err = session.Open(t.Context(), "alice@example.com", password, p.options(session.Options{}))
	require.ErrorContains(t, err, "without Options.Key")
}

// TestSharedStore: processes that share a store renew a session once, though
// each refresh token is good once.
func TestSharedStore(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		p.slow = 3 * time.Second
		store := new(session.MemoryStore)
		all := []*session.Session{p.login(t, session.Options{Store: store})}
		for range 7 {
			s, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
			require.NoError(t, err)
			all = append(all, s)
		}
		for round := 1; round <= 5; round++ {
			if round < 3 {
				p.expire() // by surprise
			} else {
				time.Sleep(p.life)
			}
			var wg sync.WaitGroup
			for _, s := range all {
				for range 4 {
					wg.Go(func() { require.NoError(t, call(t.Context(), s)) })
				}
			}
			wg.Wait()
			require.Equal(t, round, p.count("refreshSession"))
		}
		require.NoError(t, all[0].Logout(t.Context()))
		for _, s := range all[1:] {
			require.ErrorIs(t, call(t.Context(), s), session.ErrLost)
		}
	})
}

// TestLeaseRunsOut: a process that died while it renewed is not waited for
// longer than its lease.
func TestLeaseRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		store := new(session.MemoryStore)
		s := p.login(t, session.Options{Store: store, RenewTimeout: 2 * time.Minute})
		value, err := store.Load(t.Context(), alice.String())
		require.NoError(t, err)
		leased := strings.TrimSuffix(string(value), "}") + fmt.Sprintf(`,"lease":{"id":"dead","until":%d}}`, time.Now().Add(time.Minute).UnixMilli())
		ok, err := store.Swap(t.Context(), alice.String(), value, []byte(leased))
		require.NoError(t, err)
		require.True(t, ok)
		p.expire()
		start := time.Now()
		require.NoError(t, call(t.Context(), s))
		require.InDelta(t, time.Minute, time.Since(start), float64(time.Second))
		require.Equal(t, 1, p.count("refreshSession"))
	})
}

// A brokenStore fails when it is told to.
type brokenStore struct {
	session.MemoryStore
	mu   sync.Mutex
	fail func(op string, value []byte) error
}

func (s *brokenStore) set(f func(string, []byte) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

func (s *brokenStore) check(op string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail == nil {
		return nil
	}
	return s.fail(op, value)
}

func (s *brokenStore) Load(ctx context.Context, key string) ([]byte, error) {
	if err := s.check("load", nil); err != nil {
		return nil, err
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *brokenStore) Swap(ctx context.Context, key string, old, new []byte) (bool, error) {
	if err := s.check("swap", new); err != nil {
		return false, err
	}
	return s.MemoryStore.Swap(ctx, key, old, new)
}

var errDisk = errors.New("disk full")

// TestStoreFails: a session that can't be stored goes on in memory, and is stored
// at the next occasion.
func TestStoreFails(t *testing.T) {
	p := newPDS()
	store := new(brokenStore)
	told := make(chan error, 10)
	s := p.login(t, session.Options{Store: store, StoreFailed: func(err error) { told <- err }})
	store.set(func(op string, value []byte) error {
		if op == "swap" && !strings.Contains(string(value), `"lease"`) {
			return errDisk
		}
		return nil
	})
	p.expire()
	require.NoError(t, call(t.Context(), s))
	require.ErrorIs(t, <-told, errDisk)

	store.set(nil)
	p.expire()
	require.NoError(t, call(t.Context(), s), "what is stored is older, and is not taken")
	require.Equal(t, 2, p.count("refreshSession"))
	value, err := store.Load(t.Context(), alice.String())
	require.NoError(t, err)
	require.Contains(t, string(value), p.refresh)

	store.set(func(string, []byte) error { return errDisk })
	p.expire()
	require.ErrorIs(t, call(t.Context(), s), errDisk, "without the store nobody may renew")
	require.NoError(t, s.Err())
	_, err = session.Login(t.Context(), "alice.example.com", password, p.options(session.Options{Store: store}))
	require.ErrorIs(t, err, errDisk)
	_, err = session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
	require.ErrorIs(t, err, errDisk)
}

// TestStoredRubbish: what is stored is checked, and never quoted.
func TestStoredRubbish(t *testing.T) {
	p := newPDS()
	store := new(session.MemoryStore)
	p.login(t, session.Options{Store: store})
	key := alice.String()
	good, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	replace := func(old, new string) []byte { return []byte(strings.Replace(string(good), old, new, 1)) }
	for want, value := range map[string][]byte{
		"not valid JSON":           []byte(`{"access":"secret"`),
		"not one of this version":  replace(`"v":1`, `"v":1,"secret":2`),
		"of version 2":             replace(`"v":1`, `"v":2`),
		"is not complete":          replace(p.refresh, ""),
		"is not complete ":         replace(p.refresh, `a\nb`),
		"has no valid host":        replace(host, "nonsense"),
		"not one of this version ": replace(key, "nonsense"),
	} {
		old, err := store.Load(t.Context(), key)
		require.NoError(t, err)
		ok, err := store.Swap(t.Context(), key, old, value)
		require.NoError(t, err)
		require.True(t, ok)
		_, err = session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
		require.ErrorContains(t, err, strings.TrimSpace(want), "%s", value)
		require.NotContains(t, err.Error(), "secret")
	}
	p.login(t, session.Options{Store: store}) // takes the place of anything
	_, err = session.Resume(t.Context(), syntax.DID{}, p.options(session.Options{Store: store, Key: key}))
	require.NoError(t, err)
}

// TestPeerLoggedIn: a new login elsewhere takes the place of the session here.
func TestPeerLoggedIn(t *testing.T) {
	p := newPDS()
	store := new(session.MemoryStore)
	s := p.login(t, session.Options{Store: store})
	other := p.login(t, session.Options{Store: store})
	require.NoError(t, call(t.Context(), other))
	require.NoError(t, call(t.Context(), s), "its token was taken from the store")
	require.Zero(t, p.count("refreshSession"))
}
