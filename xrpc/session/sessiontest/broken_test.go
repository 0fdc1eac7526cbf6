package sessiontest_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/xrpc/session"
	"github.com/linnet-at/linnet/xrpc/session/sessiontest"
)

// A recorder keeps what a test complains about.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// A broken store makes one mistake.
type broken struct {
	mistake string
	mu      *sync.Mutex
	values  map[string][]byte
}

func (s broken) key(key string) string {
	switch s.mistake {
	case "upper and lower case":
		return strings.ToLower(key)
	case "short keys":
		return key[:min(len(key), 255)]
	case "paths":
		return strings.ReplaceAll(key, "/..", "")
	}
	return key
}

func (s broken) Load(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.values[s.key(key)]
	if s.mistake == "empty is not nil" && v == nil {
		return []byte{}, nil
	}
	if s.mistake == "hands out its own" {
		return v, nil
	}
	return bytes.Clone(v), nil
}

func (s broken) Swap(_ context.Context, key string, old, new []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key = s.key(key)
	switch v := s.values[key]; {
	case s.mistake == "does not compare":
	case s.mistake == "compares the beginning" && bytes.HasPrefix(old, v) && v != nil:
	case s.mistake == "nil is anything" && old == nil:
	case !bytes.Equal(v, old):
		return s.mistake == "lies", nil
	}
	switch {
	case new == nil && s.mistake == "keeps what is removed":
	case new == nil:
		delete(s.values, key)
	case s.mistake == "short values":
		s.values[key] = bytes.Clone(new[:min(len(new), 4096)])
	case s.mistake == "text":
		s.values[key] = []byte(strings.ToValidUTF8(string(new), "?"))
	case s.mistake == "keeps what it is given":
		s.values[key] = new
	default:
		s.values[key] = bytes.Clone(new)
	}
	return true, nil
}

func TestBrokenStores(t *testing.T) {
	for _, mistake := range []string{
		"", "upper and lower case", "short keys", "paths", "empty is not nil", "hands out its own", "does not compare", "compares the beginning",
		"nil is anything", "lies", "keeps what is removed", "short values", "text", "keeps what it is given", "not one store",
	} {
		t.Run(mistake, func(t *testing.T) {
			s := broken{mistake, new(sync.Mutex), map[string][]byte{}}
			r := &recorder{TB: t}
			sessiontest.TestStore(r, func() session.Store {
				if mistake == "not one store" {
					s.values = maps.Clone(s.values)
				}
				return s
			})
			require.Equal(t, mistake == "", len(r.errors) == 0, "%v", r.errors)
		})
	}
}
