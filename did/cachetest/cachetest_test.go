package cachetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
)

// A memory is a cache, with ways to be wrong.
type memory struct {
	mu      sync.Mutex
	entries map[string]item

	keeps, hands, fold, sticky, cut, first, forgets, deaf bool
	err                                                   error
}

type item struct {
	value []byte
	until time.Time
}

func (m *memory) key(k string) string {
	if m.fold {
		k = strings.ToLower(k)
	}
	return k
}

func (m *memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[m.key(key)]
	if !ok || time.Now().After(e.until) && !m.sticky {
		return nil, false, m.err
	}
	if m.hands {
		return e.value, true, nil
	}
	return bytes.Clone(e.value), true, nil
}

func (m *memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = make(map[string]item)
	}
	old, ok := m.entries[m.key(key)]
	if ok && m.first {
		value = old.value
	}
	if !m.keeps {
		value = bytes.Clone(value)
	}
	if m.cut {
		value = value[:min(len(value), 65_535)]
	}
	until := time.Now().Add(ttl)
	if m.forgets && ok {
		until = old.until
	}
	m.entries[m.key(key)] = item{value, until}
	return nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.entries[m.key(key)]; !ok && m.deaf {
		return errors.New("no such key")
	}
	delete(m.entries, m.key(key))
	return nil
}

func TestMemory(t *testing.T) { Run(t, func(*testing.T) did.Cache { return new(memory) }) }

// A recorder is a tb that is ended by a panic.
type recorder struct{ ctx context.Context } //nolint:containedctx // of the test

type failed string

func (recorder) Helper()                           {}
func (r recorder) Context() context.Context        { return r.ctx }
func (recorder) Fatalf(format string, args ...any) { panic(failed(format)) }
func fails(t *testing.T, c did.Cache, name string) (found bool) {
	for _, tc := range cases {
		if tc.name != name {
			continue
		}
		defer func() {
			_, found = recover().(failed)
		}()
		tc.run(recorder{t.Context()}, c)
		return false
	}
	t.Fatalf("no case %s", name)
	return false
}

// TestBroken has the cases find what is wrong with caches.
func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		broken *memory
		in     string
	}{
		"keeps the value":         {&memory{keeps: true}, "ReusedBuffers"},
		"hands out what it keeps": {&memory{hands: true}, "ReusedBuffers"},
		"folds case":              {&memory{fold: true}, "Keys"},
		"cuts values":             {&memory{cut: true}, "Values"},
		"does not replace":        {&memory{first: true}, "Replace"},
		"keeps the first time":    {&memory{forgets: true}, "ExpireLater"},
		"misses are errors":       {&memory{err: errors.New("no such key")}, "Empty"},
		"deleting twice":          {&memory{deaf: true}, "Delete"},
	} {
		require.True(t, fails(t, c.broken, c.in), name)
		require.False(t, fails(t, new(memory), c.in), name)
	}
}
