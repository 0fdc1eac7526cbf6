package pebblestore

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A turn is for one at a time and one name, and nothing stays of it.
func TestTurns(t *testing.T) {
	var u turns
	require.NoError(t, u.take(t.Context(), "a"))
	require.NoError(t, u.take(t.Context(), "b"), "other names do not wait")
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() { waiting <- u.take(ctx, "a") }()
	for !u.waited("a") {
		runtime.Gosched()
	}
	cancel()
	require.ErrorIs(t, <-waiting, context.Canceled)
	require.ErrorIs(t, u.take(ctx, "c"), context.Canceled)
	go func() { waiting <- u.take(t.Context(), "a") }()
	u.give("a")
	require.NoError(t, <-waiting)
	u.give("a")
	u.give("b")
	require.Empty(t, u.byName)
}

// waited reports whether somebody waits for a name.
func (t *turns) waited(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byName[name].users > 1
}

func TestTurnsExclude(t *testing.T) {
	var u turns
	count := map[string]int{"a": 0, "b": 0}
	at := map[string]*int{"a": new(int), "b": new(int)}
	var wg sync.WaitGroup
	for name := range count {
		for range 50 {
			wg.Go(func() {
				if err := u.take(t.Context(), name); err != nil {
					t.Error(err)
					return
				}
				*at[name]++ // which the race detector looks at
				u.give(name)
			})
		}
	}
	wg.Wait()
	require.Equal(t, 50, *at["a"])
	require.Equal(t, 50, *at["b"])
	require.Empty(t, u.byName)
}
