package jwt_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/crypto/jwt/jwttest"
	"github.com/stretchr/testify/require"
)

func seen(t testing.TB, s jwt.ReplayStore, key string, expires time.Time) bool {
	t.Helper()
	is, err := s.Seen(t.Context(), key, expires)
	require.NoError(t, err)
	return is
}

func TestMemoryReplayStore(t *testing.T) {
	jwttest.TestReplayStore(t, jwt.NewMemoryReplayStore(nil))
	jwttest.TestReplayStore(t, &jwt.MemoryReplayStore{})
	jwttest.TestReplayStore(t, jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: -1}))
	jwttest.TestReplayStore(t, jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: 1000, RefuseWhenFull: true}))
}

func TestMemoryReplayExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := jwt.NewMemoryReplayStore(nil)
		start := time.Now()
		for i := range 100 {
			require.False(t, seen(t, s, fmt.Sprint(i), start.Add(time.Duration(i+1)*time.Second)))
		}
		require.Equal(t, 100, s.Len())
		time.Sleep(50*time.Second - 1)
		for i := range 100 {
			// What is seen again is not kept for longer.
			require.Equal(t, i >= 49, seen(t, s, fmt.Sprint(i), start.Add(time.Duration(i+1)*time.Second)), i)
		}
		time.Sleep(time.Nanosecond)
		require.False(t, seen(t, s, "expired", time.Now()))
		require.False(t, seen(t, s, "expired", time.Now()))
		require.Equal(t, 50, s.Len())

		// A fraction of a second is rounded up, never down.
		require.False(t, seen(t, s, "fraction", time.Now().Add(1)))
		time.Sleep(time.Nanosecond)
		require.True(t, seen(t, s, "fraction", time.Now()))
		time.Sleep(time.Second)
		require.False(t, seen(t, s, "fraction", time.Now()))

		time.Sleep(time.Hour)
		require.False(t, seen(t, s, "last", time.Now().Add(-time.Second)))
		require.Zero(t, s.Len())
	})
}

func TestMemoryReplayCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := func(seconds int) time.Time { return time.Now().Add(time.Duration(seconds) * time.Second) }
		for _, capacity := range []int{1, 2, 3, 10} {
			s := jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: capacity})
			for i := range capacity {
				require.False(t, seen(t, s, fmt.Sprint(i), later(100-i)))
			}
			require.False(t, seen(t, s, "more", later(50)))
			require.Equal(t, capacity, s.Len())
			require.True(t, seen(t, s, "more", later(50)))
			require.False(t, seen(t, s, fmt.Sprint(capacity-1), later(200)), "the first to expire was forgotten")
			require.Equal(t, capacity, s.Len())

			s = jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: capacity, RefuseWhenFull: true})
			for i := range capacity {
				require.False(t, seen(t, s, fmt.Sprint(i), later(1+i)))
			}
			_, err := s.Seen(t.Context(), "more", later(50))
			require.ErrorIs(t, err, jwt.ErrReplayStoreFull)
			for i := range capacity {
				require.True(t, seen(t, s, fmt.Sprint(i), later(1+i)))
			}
			time.Sleep(time.Second)
			require.False(t, seen(t, s, "more", later(50)))
		}
	})
}

// Against a map and a scan, with random keys, expiries and pauses.
func TestMemoryReplayReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		s := jwt.NewMemoryReplayStore(nil)
		ref := map[string]time.Time{}
		for range 4000 {
			time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
			now := time.Now().Truncate(time.Second)
			key, expires := fmt.Sprint(r.IntN(500)), now.Add(time.Duration(r.IntN(100))*time.Second)
			want := ref[key].After(now)
			require.Equal(t, want, seen(t, s, key, expires))
			if !want {
				ref[key] = expires
			}
			var live int
			for _, e := range ref {
				if e.After(now) {
					live++
				}
			}
			require.Equal(t, live, s.Len())
		}
	})
}

// An attack costs what the documentation says, and its memory comes back.
func TestMemoryReplayMemory(t *testing.T) {
	const capacity = 20_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	s := jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: capacity})
	key := make([]byte, 1000)
	for i := range 2 * capacity {
		copy(key, fmt.Sprint(i))
		seen(t, s, string(key), time.Now().Add(time.Hour+time.Duration(i)*time.Millisecond))
	}
	require.Equal(t, capacity, s.Len())
	require.Less(t, int64(heap()-before), int64(100*capacity))
	runtime.KeepAlive(s)

	synctest.Test(t, func(t *testing.T) {
		s := jwt.NewMemoryReplayStore(nil)
		for i := range 5000 {
			seen(t, s, fmt.Sprint(i), time.Now().Add(time.Minute))
		}
		time.Sleep(time.Minute)
		require.False(t, seen(t, s, "0", time.Now().Add(time.Minute)))
		require.Equal(t, 1, s.Len())
	})
}

// Each key is new to one of many callers, while others come and are forgotten.
func TestMemoryReplayConcurrent(t *testing.T) {
	s := jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: 4000})
	var fresh atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2000 {
				is, err := s.Seen(t.Context(), fmt.Sprint(i), time.Now().Add(time.Hour))
				if err == nil && !is {
					fresh.Add(1)
				}
			}
		})
		wg.Go(func() {
			for i := range 500 {
				_, _ = s.Seen(t.Context(), fmt.Sprint("short", i), time.Now().Add(time.Second))
				_ = s.Len()
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 2000, fresh.Load())
}
