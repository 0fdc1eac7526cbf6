package session

import (
	"bytes"
	"context"
	"fmt"
	"sync"
)

// A MemoryStore is a [Store] in memory, whose sessions end with the process. The
// zero MemoryStore is empty. It must not be copied.
type MemoryStore struct {
	mu     sync.Mutex
	values map[string][]byte
}

var _ Store = (*MemoryStore)(nil)

// Load implements [Store].
func (s *MemoryStore) Load(ctx context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.values[key]), ctx.Err()
}

// Swap implements [Store].
func (s *MemoryStore) Swap(ctx context.Context, key string, old, new []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key]
	if ok != (old != nil) || !bytes.Equal(value, old) {
		return false, nil
	}
	if new == nil {
		delete(s.values, key)
		return true, nil
	}
	if s.values == nil {
		s.values = make(map[string][]byte)
	}
	s.values[key] = bytes.Clone(new)
	return true, nil
}

// Format keeps the sessions out of logs.
func (s *MemoryStore) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("sessions in memory")) }
