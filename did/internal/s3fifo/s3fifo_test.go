package s3fifo_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/s3fifo"
)

// A model is the algorithm of the paper on plain slices, newest first.
type model struct {
	limit               int
	small, main, ghosts []string
	uses, values        map[string]int
}

func newModel(limit int) *model {
	return &model{limit: limit, uses: map[string]int{}, values: map[string]int{}}
}

func (m *model) smallLimit() int { return max(m.limit/10, 1) }

func (m *model) get(key string) (int, bool) {
	v, ok := m.values[key]
	if ok {
		m.uses[key] = min(m.uses[key]+1, 3)
	}
	return v, ok
}

func (m *model) set(key string, v int) {
	if _, ok := m.values[key]; ok {
		m.values[key] = v
		return
	}
	for len(m.values) >= m.limit {
		if len(m.small) >= m.smallLimit() || len(m.main) == 0 {
			m.evictSmall()
		} else {
			m.evictMain()
		}
	}
	m.values[key], m.uses[key] = v, 0
	if i := slices.Index(m.ghosts, key); i >= 0 {
		m.ghosts[i] = "" // its place stays
		m.main = slices.Insert(m.main, 0, key)
	} else {
		m.small = slices.Insert(m.small, 0, key)
	}
}

func pop(list *[]string) string {
	last := (*list)[len(*list)-1]
	*list = (*list)[:len(*list)-1]
	return last
}

func (m *model) evictSmall() {
	for len(m.small) > 0 {
		key := pop(&m.small)
		if m.uses[key] < 2 {
			delete(m.values, key)
			m.ghosts = slices.Insert(m.ghosts, 0, key)
			m.ghosts = m.ghosts[:min(len(m.ghosts), m.limit-m.smallLimit())]
			return
		}
		m.uses[key] = 0
		m.main = slices.Insert(m.main, 0, key)
		if len(m.main) > m.limit-m.smallLimit() {
			m.evictMain()
			return
		}
	}
}

func (m *model) evictMain() {
	for {
		key := pop(&m.main)
		if m.uses[key] == 0 {
			delete(m.values, key)
			return
		}
		m.uses[key]--
		m.main = slices.Insert(m.main, 0, key)
	}
}

func (m *model) delete(key string) {
	is := func(s string) bool { return s == key }
	delete(m.values, key)
	m.small, m.main = slices.DeleteFunc(m.small, is), slices.DeleteFunc(m.main, is)
}

// TestModel does the same to a cache and to the model.
func TestModel(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 9, 10, 11, 25, 100} {
		for seed := range uint64(5) {
			r := rand.New(rand.NewPCG(seed, 1))
			c, m := s3fifo.New[int](limit), newModel(limit)
			for step := range 1000 {
				key := strconv.Itoa(min(r.IntN(4*limit), r.IntN(4*limit)))
				switch n := r.IntN(100); {
				case n < 3:
					c.Delete(key)
					m.delete(key)
				case n < 5:
					c.Update(key, func(v int) int { return v + 1 })
					if _, ok := m.values[key]; ok {
						m.values[key]++
					}
				case n < 70:
					got, ok := c.Get(key)
					want, wantOK := m.get(key)
					if got != want || ok != wantOK {
						t.Fatalf("limit %d, seed %d, step %d: %d, %v, not %d, %v", limit, seed, step, got, ok, want, wantOK)
					}
				default:
					c.Set(key, step)
					m.set(key, step)
				}
				if n := c.Stats().Entries; n != len(m.values) {
					t.Fatalf("limit %d, seed %d, step %d: %d entries, not %d", limit, seed, step, n, len(m.values))
				}
			}
			for key, want := range m.values {
				got, ok := c.Peek(key)
				require.True(t, ok, "limit %d, seed %d, key %s of %v", limit, seed, key, slices.Sorted(maps.Keys(m.values)))
				require.Equal(t, want, got)
			}
		}
	}
}

// TestFlood asks for a million keys once each. What was in use stays.
func TestFlood(t *testing.T) {
	const limit = 20_000
	c := s3fifo.New[int](limit)
	used := limit / 2
	for range 3 {
		for i := range used {
			if _, ok := c.Get(strconv.Itoa(i)); !ok {
				c.Set(strconv.Itoa(i), i)
			}
		}
	}
	for i := range 1_000_000 {
		c.Set("flood"+strconv.Itoa(i), i)
	}
	kept := 0
	for i := range used {
		if _, ok := c.Get(strconv.Itoa(i)); ok {
			kept++
		}
	}
	require.Equal(t, used, kept)
	s := c.Stats()
	require.LessOrEqual(t, s.Entries, limit)
	require.Equal(t, uint64(used), s.Misses)
	require.Equal(t, uint64(3*used), s.Hits)
	require.Equal(t, uint64(1_000_000+used-s.Entries), s.Evicted)
}

// TestBound fills caches of sizes around those at which they are split.
func TestBound(t *testing.T) {
	for _, limit := range []int{1, 2, 1023, 1024, 2047, 2048, 2049, 4097, 131_072} {
		c := s3fifo.New[int](limit)
		for i := range 3 * limit {
			c.Set(strconv.Itoa(i), i)
		}
		require.LessOrEqual(t, c.Stats().Entries, limit)
		require.GreaterOrEqual(t, c.Stats().Entries, limit-limit/8)
		c.Clear()
		require.Zero(t, c.Stats().Entries)
		c.Set("a", 1)
		v, ok := c.Get("a")
		require.True(t, ok)
		require.Equal(t, 1, v)
	}
}

func TestConcurrent(t *testing.T) {
	c := s3fifo.New[string](3000)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 2))
			for range 20_000 {
				key := strconv.Itoa(r.IntN(6000))
				switch r.IntN(8) {
				case 0:
					c.Delete(key)
				case 1, 2:
					c.Set(key, key)
				case 3:
					c.Update(key, func(v string) string { return v })
				default:
					if v, ok := c.Get(key); ok && v != key {
						t.Errorf("%s has the value %s", key, v)
					}
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, c.Stats().Entries, 3000)
}

func BenchmarkGet(b *testing.B) {
	c := s3fifo.New[int](100_000)
	keys := make([]string, 50_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("did:plc:%024d", i)
		c.Set(keys[i], i)
	}
	b.Run("Serial", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c.Get(keys[i%1000])
		}
	})
	b.Run("Parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(1000); pb.Next(); i++ {
				c.Get(keys[i%1000])
			}
		})
	})
	b.Run("Map", func(b *testing.B) { // what it takes without everything else
		m := make(map[string]int)
		for i, k := range keys {
			m[k] = i
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = m[keys[i%1000]]
		}
	})
}

func BenchmarkSet(b *testing.B) {
	c := s3fifo.New[int](10_000)
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = fmt.Sprintf("did:plc:%024d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Set(keys[i%len(keys)], i)
	}
}
