// Package s3fifo has a map from strings to values that is bounded by entries,
// and forgets those that are of the least use.
//
// It is S3-FIFO: two queues, first in first out, with what was asked for again
// in the larger one (J. Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023, https://dl.acm.org/doi/10.1145/3600006.3613147). New
// entries go through the small queue, a tenth of the whole, and only what is
// used there moves to the main one, so that a flood of keys that are asked for
// once cannot throw out what is in use. A key that comes back soon after it was
// forgotten goes to the main queue at once. A hit moves nothing: it only counts,
// so that readers do not wait for each other. Eviction is O(1) on average.
package s3fifo

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const (
	// maxShards is the number of parts with a lock of their own.
	maxShards = 64

	// minShard is the least number of entries for which a part is made: the
	// bound is that of the whole only in the sum of its parts.
	minShard = 1024

	// smallPart is the share of the small queue, 1/10 as in the paper.
	smallPart = 10

	// maxUses is up to what uses are counted, and toMain how many it takes to
	// get from the small to the main queue, as in the paper.
	maxUses = 3
	toMain  = 2
)

// A Cache maps strings to values. All methods may be called concurrently. Make
// one with [New].
type Cache[V any] struct {
	seed   maphash.Seed
	shards []shard[V] // a power of two
}

// A shard is a part of a cache.
type shard[V any] struct {
	mu      sync.RWMutex
	entries map[string]*entry[V]
	small   queue[V]
	main    queue[V]
	ghosts  ghosts
	limit   int // entries
	hits    atomic.Uint64
	misses  atomic.Uint64
	evicted uint64

	_ [64]byte // keeps shards out of each other's cache lines
}

// An entry is a value with its place in a queue.
type entry[V any] struct {
	key        string
	value      V
	uses       atomic.Uint32 // since it came into its queue
	main       bool
	prev, next *entry[V] // towards the entries that came later, and earlier
}

// New returns an empty cache of at most limit entries, which must be at least
// one.
func New[V any](limit int) *Cache[V] {
	n := 1
	for n < maxShards && limit/(2*n) >= minShard {
		n *= 2
	}
	c := &Cache[V]{seed: maphash.MakeSeed(), shards: make([]shard[V], n)}
	for i := range c.shards {
		s := &c.shards[i]
		s.limit = limit / n
		if i < limit%n {
			s.limit++
		}
		s.entries = make(map[string]*entry[V])
		s.ghosts.limit = s.limit - s.smallLimit()
	}
	return c
}

func (s *shard[V]) smallLimit() int { return max(s.limit/smallPart, 1) }

func (c *Cache[V]) shard(key string) (*shard[V], uint64) {
	h := maphash.String(c.seed, key)
	return &c.shards[h&uint64(len(c.shards)-1)], h
}

// Get returns the value of a key, and counts that it was used.
func (c *Cache[V]) Get(key string) (value V, ok bool) {
	s, _ := c.shard(key)
	s.mu.RLock()
	e := s.entries[key]
	if e == nil {
		s.mu.RUnlock()
		s.misses.Add(1)
		return value, false
	}
	value = e.value
	s.mu.RUnlock()
	if e.uses.Load() < maxUses {
		e.uses.Add(1) // more than maxUses counts as that
	}
	s.hits.Add(1)
	return value, true
}

// Peek is Get without counting.
func (c *Cache[V]) Peek(key string) (value V, ok bool) {
	s, _ := c.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.entries[key]
	if e == nil {
		return value, false
	}
	return e.value, true
}

// Set sets the value of a key. That of an entry which is there keeps its place.
func (c *Cache[V]) Set(key string, value V) {
	s, h := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		e.value = value
		return
	}
	for len(s.entries) >= s.limit {
		s.evict(c.seed)
	}
	e := &entry[V]{key: key, value: value}
	s.entries[key] = e
	if e.main = s.ghosts.take(h); e.main {
		s.main.push(e)
	} else {
		s.small.push(e)
	}
}

// Update sets the value of a key to what f makes of it, if it is there. It calls
// f under a lock.
func (c *Cache[V]) Update(key string, f func(V) V) {
	s, _ := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		e.value = f(e.value)
	}
}

// Delete removes a key.
func (c *Cache[V]) Delete(key string) {
	s, _ := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		s.remove(e)
	}
}

// Clear removes all keys.
func (c *Cache[V]) Clear() {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.entries = make(map[string]*entry[V])
		s.small, s.main = queue[V]{}, queue[V]{}
		s.ghosts = ghosts{limit: s.ghosts.limit}
		s.mu.Unlock()
	}
}

// Stats are counts since a cache was made, and its entries now.
type Stats struct {
	Entries               int
	Hits, Misses, Evicted uint64
}

// Stats returns the counts of all parts.
func (c *Cache[V]) Stats() Stats {
	var sum Stats
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		sum.Entries += len(s.entries)
		sum.Evicted += s.evicted
		s.mu.RUnlock()
		sum.Hits += s.hits.Load()
		sum.Misses += s.misses.Load()
	}
	return sum
}

func (s *shard[V]) remove(e *entry[V]) {
	delete(s.entries, e.key)
	if e.main {
		s.main.remove(e)
	} else {
		s.small.remove(e)
	}
}

// evict removes one entry, or moves some from the small to the main queue.
func (s *shard[V]) evict(seed maphash.Seed) {
	if s.small.len >= s.smallLimit() || s.main.len == 0 {
		s.evictSmall(seed)
	} else {
		s.evictMain()
	}
}

// evictSmall removes the oldest entry of the small queue that was not used. Those
// that were are moved, until the main queue is full.
func (s *shard[V]) evictSmall(seed maphash.Seed) {
	for s.small.len > 0 {
		e := s.small.oldest
		if e.uses.Load() < toMain {
			s.remove(e)
			s.ghosts.add(maphash.String(seed, e.key))
			s.evicted++
			return
		}
		s.small.remove(e)
		e.main = true
		e.uses.Store(0)
		s.main.push(e)
		if s.main.len > s.limit-s.smallLimit() {
			s.evictMain()
			return
		}
	}
}

// evictMain removes the oldest entry of the main queue that was not used lately.
// Those that were come again.
func (s *shard[V]) evictMain() {
	for s.main.len > 0 {
		e := s.main.oldest
		uses := min(e.uses.Load(), maxUses)
		if uses == 0 {
			s.remove(e)
			s.evicted++
			return
		}
		e.uses.Store(uses - 1)
		s.main.remove(e)
		s.main.push(e)
	}
}
