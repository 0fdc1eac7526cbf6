package jwt

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// A ReplayStore remembers tokens that have been used, so that none is used
// twice. [MemoryReplayStore] is one for a single process; servers that share
// their work need one that they share too, such as a table or a cache server
// that can set a key if it is absent. It must be safe for concurrent use. Package
// jwttest checks implementations.
type ReplayStore interface {
	// Seen records key until expires, and reports whether it had been recorded
	// before. Both are one step: of two concurrent calls with the same key,
	// exactly one returns false. Keys are 43 characters of base64url. On error
	// the token is refused.
	Seen(ctx context.Context, key string, expires time.Time) (bool, error)
}

// DefaultReplayCapacity is how many tokens a [MemoryReplayStore] remembers at
// most: about 20 MB, and with the default of [Options], at least 800 tokens a
// second.
const DefaultReplayCapacity = 262_144

// ErrReplayStoreFull reports that a [MemoryReplayStore] is full and was told not
// to forget.
var ErrReplayStoreFull = errors.New("replay store is full")

// MemoryReplayOptions configure a [MemoryReplayStore]. A nil
// *MemoryReplayOptions, and a zero field, mean the default.
type MemoryReplayOptions struct {
	// Capacity is how many tokens are remembered at most. Zero or less means
	// [DefaultReplayCapacity].
	Capacity int

	// RefuseWhenFull makes Seen fail with [ErrReplayStoreFull] when there is no
	// room for one more token. By default, the token that expires first is
	// forgotten in its favour. Whoever can sign tokens, which may be anyone on
	// the network, can fill a store: then the default allows a replay to who
	// also stole a token, and refusing locks everybody out.
	RefuseWhenFull bool
}

// A MemoryReplayStore is a [ReplayStore] in memory. It needs about 80 bytes for
// each token that has not expired, whatever is in it, up to its capacity. It
// judges expiry by this machine's clock, in whole seconds, rounded up. The zero
// MemoryReplayStore is empty and has the defaults. It is safe for concurrent use
// and must not be copied.
type MemoryReplayStore struct {
	capacity int // or 0 for the default
	refuse   bool

	mu   sync.Mutex
	seen map[replayID]struct{}
	heap []replayRecord // of what is in seen, the first to expire on top
}

// A replayID is a hash, so that neither long keys nor keys chosen to collide
// matter.
type replayID [16]byte

type replayRecord struct {
	expires int64 // Unix time, rounded up
	id      replayID
}

// NewMemoryReplayStore returns an empty store. It takes memory as it fills.
func NewMemoryReplayStore(o *MemoryReplayOptions) *MemoryReplayStore {
	s := &MemoryReplayStore{}
	if o != nil {
		s.capacity, s.refuse = max(o.Capacity, 0), o.RefuseWhenFull
	}
	return s
}

// Seen implements [ReplayStore]. The error is [ErrReplayStoreFull] or nil; it
// does not block and does not look at the context.
func (s *MemoryReplayStore) Seen(_ context.Context, key string, expires time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(key))
	r := replayRecord{expires.Unix(), replayID(sum[:16])}
	if expires.Nanosecond() > 0 {
		r.expires++
	}
	now := time.Now().Unix()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.purge(now)
	if _, ok := s.seen[r.id]; ok {
		return true, nil
	}
	if r.expires <= now { // not accepted any more: nothing to remember
		return false, nil
	}
	if len(s.heap) >= cmp.Or(s.capacity, DefaultReplayCapacity) {
		if s.refuse {
			return false, ErrReplayStoreFull
		}
		s.pop()
	}
	if s.seen == nil {
		s.seen = map[replayID]struct{}{}
	}
	s.seen[r.id] = struct{}{}
	s.push(r)
	return false, nil
}

// Len returns the number of tokens that are remembered, some of which may have
// expired since the last call of Seen.
func (s *MemoryReplayStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heap)
}

// purge forgets what has expired, and gives the memory of an attack back when
// nothing is left.
func (s *MemoryReplayStore) purge(now int64) {
	const keep = 1024 // records that are worth their memory
	for len(s.heap) > 0 && s.heap[0].expires <= now {
		s.pop()
	}
	if len(s.heap) == 0 && cap(s.heap) > keep {
		s.heap, s.seen = nil, nil
	}
}

// push adds a record to the heap.
func (s *MemoryReplayStore) push(r replayRecord) {
	s.heap = append(s.heap, r)
	i := len(s.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s.heap[parent].expires <= r.expires {
			break
		}
		s.heap[i] = s.heap[parent]
		i = parent
	}
	s.heap[i] = r
}

// pop forgets the record on top of the heap.
func (s *MemoryReplayStore) pop() {
	delete(s.seen, s.heap[0].id)
	last := len(s.heap) - 1
	r := s.heap[last]
	s.heap = s.heap[:last]
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && s.heap[child+1].expires < s.heap[child].expires {
			child++
		}
		if r.expires <= s.heap[child].expires {
			break
		}
		s.heap[i] = s.heap[child]
		i = child
	}
	if last > 0 {
		s.heap[i] = r
	}
}
