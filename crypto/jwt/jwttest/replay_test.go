package jwttest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/crypto/jwt/jwttest"
	"github.com/stretchr/testify/require"
)

// A recorder keeps what a test reports.
type recorder struct {
	testing.TB
	reports []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

type seenFunc func(ctx context.Context, key string, expires time.Time) (bool, error)

func (f seenFunc) Seen(ctx context.Context, key string, expires time.Time) (bool, error) {
	return f(ctx, key, expires)
}

func TestTestReplayStore(t *testing.T) {
	store := jwt.NewMemoryReplayStore(nil)
	var mu sync.Mutex
	known := map[string]bool{}
	for name, tc := range map[string]struct {
		seen seenFunc
		want string
	}{
		"good": {store.Seen, ""},
		"good, looks at its context": {func(ctx context.Context, key string, expires time.Time) (bool, error) {
			if ctx.Err() != nil {
				return false, fmt.Errorf("store: %w", ctx.Err())
			}
			return store.Seen(ctx, key, expires)
		}, ""},
		"forgets":  {func(context.Context, string, time.Time) (bool, error) { return false, nil }, "key 0: call 2 returned false"},
		"pretends": {func(context.Context, string, time.Time) (bool, error) { return true, nil }, "key 0: call 1 returned true"},
		"fails":    {func(context.Context, string, time.Time) (bool, error) { return false, errors.New("no") }, "key 0: no"},
		"cuts keys": {func(ctx context.Context, key string, expires time.Time) (bool, error) {
			return store.Seen(ctx, key[:1], expires)
		}, "returned true"},
		"asks and records in two steps": {func(_ context.Context, key string, _ time.Time) (bool, error) {
			mu.Lock()
			seen := known[key]
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			known[key] = true
			mu.Unlock()
			return seen, nil
		}, "calls returned false, want 1"},
		"hides the cancelled context": {func(ctx context.Context, key string, expires time.Time) (bool, error) {
			if ctx.Err() != nil {
				return false, errors.New("no")
			}
			return store.Seen(ctx, key, expires)
		}, "does not match context.Canceled"},
	} {
		r := &recorder{TB: t}
		jwttest.TestReplayStore(r, tc.seen)
		if tc.want == "" {
			require.Empty(t, r.reports, name)
			continue
		}
		require.NotEmpty(t, r.reports, name)
		require.Contains(t, fmt.Sprint(r.reports), tc.want, name)
	}
}
