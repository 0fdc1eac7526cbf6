// Package jwttest checks implementations of [jwt.ReplayStore], such as those
// that keep used tokens in a database or a cache server.
//
// Call [TestReplayStore] from a test of the implementation:
//
//	func TestReplayStore(t *testing.T) {
//		jwttest.TestReplayStore(t, newStore(t))
//	}
//
// It holds a store against what the interface's documentation asks
// (https://www.rfc-editor.org/rfc/rfc9449#section-11.1 says what for): above all
// that recording and asking are one step. It cannot tell whether a store that
// several servers share is one for all of them, nor whether it forgets what has
// expired. It records some hundred keys, all of which expire within a minute. The
// package has no state; functions may be called concurrently.
package jwttest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto/jwt"
)

const (
	keys   = 50 // in each check
	racers = 8  // concurrent calls with the same key
)

// TestReplayStore fails t if s does not fulfil the contract of
// [jwt.ReplayStore].
func TestReplayStore(t testing.TB, s jwt.ReplayStore) {
	t.Helper()
	for _, err := range []error{
		checkOnce(t.Context(), s),
		checkRace(t.Context(), s),
		checkCancelled(t.Context(), s),
	} {
		if err != nil {
			t.Errorf("jwttest: %v", err)
		}
	}
}

// newKeys returns keys that no earlier run has recorded.
func newKeys() []string {
	run := rand.Text()
	all := make([]string, keys)
	for i := range all {
		sum := sha256.Sum256(fmt.Append(nil, run, i))
		all[i] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return all
}

func checkOnce(ctx context.Context, s jwt.ReplayStore) error {
	all := newKeys()
	for round := range 3 {
		for i, key := range all {
			expires := time.Now().Add(time.Duration(i+10) * time.Second)
			seen, err := s.Seen(ctx, key, expires)
			if err != nil {
				return fmt.Errorf("key %d: %w", i, err)
			}
			if seen != (round > 0) {
				return fmt.Errorf("key %d: call %d returned %v", i, round+1, seen)
			}
		}
	}
	return nil
}

func checkRace(ctx context.Context, s jwt.ReplayStore) error {
	expires := time.Now().Add(30 * time.Second)
	for i, key := range newKeys() {
		var fresh atomic.Int32
		var wg sync.WaitGroup
		errs := make([]error, racers)
		for r := range racers {
			wg.Go(func() {
				seen, err := s.Seen(ctx, key, expires)
				if errs[r] = err; err == nil && !seen {
					fresh.Add(1)
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("concurrent key %d: %w", i, err)
		}
		if n := fresh.Load(); n != 1 {
			return fmt.Errorf("concurrent key %d: %d of %d calls returned false, want 1", i, n, racers)
		}
	}
	return nil
}

// checkCancelled allows a store that does not look at its context, but one that
// gives up must say so.
func checkCancelled(ctx context.Context, s jwt.ReplayStore) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	seen, err := s.Seen(ctx, newKeys()[0], time.Now().Add(30*time.Second))
	switch {
	case err == nil && seen:
		return errors.New("context cancelled: a key that was never recorded counts as seen")
	case err != nil && !errors.Is(err, context.Canceled):
		return fmt.Errorf("context cancelled, but the error does not match context.Canceled: %w", err)
	}
	return nil
}
