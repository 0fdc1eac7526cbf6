package resolve

import (
	"context"
	"sync"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// An Entry is what a cache keeps of a schema.
type Entry struct {
	DID        syntax.DID // what DNS said
	Looked     time.Time  // when
	Resolution *Resolution
	Fetched    time.Time
}

// A Cache keeps answers. It may forget them at any time, and must be safe for
// concurrent use.
type Cache interface {
	Get(ctx context.Context, id syntax.NSID) (Entry, bool)
	Put(ctx context.Context, id syntax.NSID, e Entry)
}

// A MemoryCache is a cache in memory. The zero MemoryCache holds up to
// [DefaultCacheSize] schemas.
type MemoryCache struct {
	Max int // schemas; 0 means [DefaultCacheSize]

	mu      sync.Mutex
	entries map[syntax.NSID]Entry
}

// DefaultCacheSize is how many schemas a [MemoryCache] holds. There are some
// thousands in all.
const DefaultCacheSize = 1000

// Get returns the entry of a schema.
func (m *MemoryCache) Get(_ context.Context, id syntax.NSID) (Entry, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[id]
	return e, ok
}

// Put sets the entry of a schema. If there are too many, any other is
// forgotten.
func (m *MemoryCache) Put(_ context.Context, id syntax.NSID, e Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = make(map[syntax.NSID]Entry)
	}
	limit := m.Max
	if limit <= 0 {
		limit = DefaultCacheSize
	}
	if _, has := m.entries[id]; !has && len(m.entries) >= limit {
		for other := range m.entries {
			delete(m.entries, other)
			break
		}
	}
	m.entries[id] = e
}

// Forget drops the entry of a schema, as when the firehose says that its record
// changed.
func (m *MemoryCache) Forget(id syntax.NSID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, id)
}
