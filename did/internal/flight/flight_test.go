package flight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/flight"
)

// A store is what a group keeps.
type store struct {
	mu   sync.Mutex
	kept map[string]int
}

func (s *store) get(key string) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.kept[key]
	return v, ok
}

func (s *store) keep(key string, v int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[key] = v
}

func newGroup() (*flight.Group[int], *store) {
	s := &store{kept: map[string]int{}}
	return &flight.Group[int]{Known: s.get, Keep: s.keep}, s
}

// TestOnce asks from many sides at once, and then again.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGroup()
		var done atomic.Int64
		ask := func() {
			v, err := g.Do(t.Context(), "a", func(context.Context) int {
				time.Sleep(time.Minute)
				return int(done.Add(1))
			})
			require.NoError(t, err)
			require.Equal(t, 1, v)
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(ask)
		}
		wg.Wait()
		ask()
		require.Zero(t, g.Len())
	})
}

// TestLeaving has callers leave one after the other. What is done goes on as
// long as one is there, and is not kept after that.
func TestLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGroup()
		ended := make(chan error, 1)
		type name struct{}
		slow := func(ctx context.Context) int {
			require.Equal(t, "first", ctx.Value(name{}))
			_, hasDeadline := ctx.Deadline()
			require.False(t, hasDeadline)
			select {
			case <-time.After(time.Hour):
			case <-ctx.Done():
			}
			ended <- ctx.Err()
			return 7
		}
		why := errors.New("bored")
		first, leaveFirst := context.WithCancelCause(context.WithValue(t.Context(), name{}, "first"))
		second, leaveSecond := context.WithTimeout(t.Context(), time.Minute)
		defer leaveSecond()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := g.Do(first, "a", slow)
			require.ErrorIs(t, err, why)
		})
		synctest.Wait()
		wg.Go(func() {
			_, err := g.Do(second, "a", slow)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		leaveFirst(why)
		synctest.Wait()
		require.Empty(t, ended)
		wg.Wait()
		require.ErrorIs(t, <-ended, context.Canceled)
		g.Wait()
		require.Empty(t, s.kept)

		// Who comes after the last has left gets an answer of its own.
		third := context.WithValue(t.Context(), name{}, "first")
		v, err := g.Do(third, "a", slow)
		require.NoError(t, err)
		require.Equal(t, 7, v)
	})
}

// TestSupersede has a result come late. It is for those who wait, and not kept.
func TestSupersede(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGroup()
		after := func(d time.Duration, v int) func(context.Context) int {
			return func(context.Context) int { time.Sleep(d); return v }
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			v, err := g.Do(t.Context(), "a", after(time.Hour, 1))
			require.NoError(t, err)
			require.Equal(t, 1, v)
		})
		synctest.Wait()
		g.Supersede("a", func() { delete(s.kept, "a") })
		wg.Go(func() {
			v, err := g.Do(t.Context(), "a", after(time.Minute, 2))
			require.NoError(t, err)
			require.Equal(t, 2, v)
		})
		wg.Wait()
		require.Equal(t, 2, s.kept["a"])

		wg.Go(func() {
			v, err := g.Redo(t.Context(), "a", after(time.Hour, 3))
			require.NoError(t, err)
			require.Equal(t, 3, v)
		})
		synctest.Wait()
		v, err := g.Redo(t.Context(), "a", after(time.Minute, 4))
		require.NoError(t, err)
		require.Equal(t, 4, v)
		wg.Wait()
		require.Equal(t, 4, s.kept["a"])
	})
}

// TestAfter supersedes a result while it is kept elsewhere, where it is undone.
func TestAfter(t *testing.T) {
	for _, supersede := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g, _ := newGroup()
			var undone []string
			g.After = func(ctx context.Context, _ string, _ int) { time.Sleep(time.Minute); require.NoError(t, ctx.Err()) }
			g.Undo = func(_ context.Context, key string) { undone = append(undone, key) }
			start := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			_, err := g.Do(ctx, "a", func(context.Context) int { return 1 })
			cancel()
			require.NoError(t, err)
			require.Equal(t, start, time.Now()) // does not wait for After
			v, err := g.Do(t.Context(), "a", func(context.Context) int { panic("known") })
			require.NoError(t, err)
			require.Equal(t, 1, v)
			if supersede {
				g.Supersede("a", func() {})
			}
			g.Wait()
			require.Equal(t, time.Minute, time.Since(start))
			if supersede {
				require.Equal(t, []string{"a"}, undone)
			} else {
				require.Empty(t, undone)
			}
			require.Zero(t, g.Len())
		})
	}
}

// TestBegin does something for nobody. Who comes and leaves does not end it.
func TestBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGroup()
		g.Timeout = time.Hour
		var ended atomic.Int64
		begin := func() {
			g.Begin(t.Context(), "a", func(ctx context.Context) int {
				deadline, ok := ctx.Deadline()
				require.True(t, ok)
				require.Equal(t, time.Hour, time.Until(deadline))
				time.Sleep(time.Minute)
				return 5
			}, func() { ended.Add(1) })
		}
		begin()
		synctest.Wait()
		begin()
		require.Equal(t, int64(1), ended.Load())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := g.Do(ctx, "a", nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		g.Wait()
		require.Equal(t, 5, s.kept["a"])
		require.Equal(t, int64(2), ended.Load())
	})
}
