// Package cachetest tests implementations of did.Cache.
//
//	func TestConformance(t *testing.T) {
//		cachetest.Run(t, func(t *testing.T) did.Cache { return mycache.New(...) })
//	}
package cachetest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-at/linnet/did"
)

// Run tests a cache. It calls open for each case, in a subtest, for a cache that
// is empty and large enough for some megabytes. Closing it is left to open, with
// t.Cleanup.
//
// It takes a second, since things have to expire. Nothing is said about how fast
// a cache must be, but that values are there for the better part of an hour.
func Run(t *testing.T, open func(t *testing.T) did.Cache) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// tb is the part of *testing.T that the cases need, so that the tests of this
// package can see them fail.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Context() context.Context
}

var cases = []struct {
	name string
	run  func(t tb, c did.Cache)
}{
	{"Empty", empty},
	{"SetAndGet", setAndGet},
	{"Replace", replace},
	{"Delete", deletes},
	{"Expire", expires},
	{"ExpireLater", expiresLater},
	{"Keys", keys},
	{"Values", values},
	{"ReusedBuffers", reusedBuffers},
	{"Cancelled", cancelled},
	{"Concurrent", concurrent},
}

const (
	alice = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
	long  = time.Hour
)

func set(t tb, c did.Cache, key, value string, ttl time.Duration) {
	t.Helper()
	if err := c.Set(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatalf("Set of %q: %v", key, err)
	}
}

func has(t tb, c did.Cache, key, want string) {
	t.Helper()
	value, found, err := c.Get(t.Context(), key)
	switch {
	case err != nil:
		t.Fatalf("Get of %q: %v", key, err)
	case !found:
		t.Fatalf("Get of %q: not found", key)
	case string(value) != want:
		t.Fatalf("Get of %q: %.100q, want %.100q", key, value, want)
	}
}

func hasNot(t tb, c did.Cache, key string) {
	t.Helper()
	value, found, err := c.Get(t.Context(), key)
	if err != nil || found || len(value) > 0 {
		t.Fatalf("Get of %q, which is not there: %q, %v, %v", key, value, found, err)
	}
}

func empty(t tb, c did.Cache) {
	hasNot(t, c, alice)
	hasNot(t, c, "at://alice.example.com")
}

func setAndGet(t tb, c did.Cache) {
	set(t, c, alice, "one", long)
	has(t, c, alice, "one")
	has(t, c, alice, "one")
	hasNot(t, c, "at://alice.example.com")
}

func replace(t tb, c did.Cache) {
	set(t, c, alice, "one, which is long", long)
	set(t, c, alice, "two", long)
	has(t, c, alice, "two")
}

func deletes(t tb, c did.Cache) {
	set(t, c, alice, "one", long)
	set(t, c, "did:web:example.com", "two", long)
	for range 2 {
		if err := c.Delete(t.Context(), alice); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		hasNot(t, c, alice)
	}
	has(t, c, "did:web:example.com", "two")
	set(t, c, alice, "three", long)
	has(t, c, alice, "three")
}

// patience is how late something may expire. Caches exist that count in seconds.
const patience = 30 * time.Second

func expires(t tb, c did.Cache) {
	set(t, c, alice, "long", long)
	for _, ttl := range []time.Duration{time.Millisecond, 300 * time.Millisecond} {
		set(t, c, "did:web:example.com", "short", ttl)
		start := time.Now()
		for {
			value, found, err := c.Get(t.Context(), "did:web:example.com")
			if err != nil || found && string(value) != "short" {
				t.Fatalf("Get of what is about to expire: %q, %v", value, err)
			}
			if !found {
				break
			}
			if time.Since(start) > patience {
				t.Fatalf("what was set for %v is there after %v", ttl, patience)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	has(t, c, alice, "long")
}

// expiresLater sets the time of a key anew.
func expiresLater(t tb, c did.Cache) {
	set(t, c, alice, "short", 200*time.Millisecond)
	set(t, c, alice, "long", long)
	time.Sleep(400 * time.Millisecond)
	has(t, c, alice, "long")
	const days = 72 * time.Hour
	set(t, c, alice, "days", days)
	has(t, c, alice, "days")
}

// keys sets keys that are easily taken for each other, or for something else.
func keys(t tb, c did.Cache) {
	list := []string{
		alice, "did:plc:EWVI7nxzyoun6zhxrhs64oiz", "did:plc:ewvi7nxzyoun6zhxrhs64oi", alice + "a",
		"did:web:localhost%3A8080", "did:web:localhost%3a8080", "did:web:localhost:8080", "did:web:_-.", "at://a.example.com", "did:at://a.example.com",
		"did:web:" + strings.Repeat("a", 242), "did:web:" + strings.Repeat("a", 241) + "b",
	}
	for i, k := range list {
		set(t, c, k, fmt.Sprint(i), long)
	}
	for i, k := range list {
		has(t, c, k, fmt.Sprint(i))
	}
}

func values(t tb, c did.Cache) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, v := range []string{"", "\x00", "\r\n", "nil", string(all), strings.Repeat("x", 300_000)} {
		set(t, c, alice, v, long)
		has(t, c, alice, v)
	}
}

// reusedBuffers changes what was given to the cache and what came from it.
func reusedBuffers(t tb, c did.Cache) {
	buf := []byte("value")
	if err := c.Set(t.Context(), alice, buf, long); err != nil {
		t.Fatalf("Set: %v", err)
	}
	clear(buf)
	has(t, c, alice, "value")
	got, _, err := c.Get(t.Context(), alice)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	kept := bytes.Clone(got)
	set(t, c, alice, "other", long)
	if !bytes.Equal(got, kept) {
		t.Fatalf("what Get returned has changed to %q", got)
	}
	clear(got)
	has(t, c, alice, "other")
	got, _, _ = c.Get(t.Context(), alice)
	clear(got)
	has(t, c, alice, "other")
}

// cancelled uses a context that is done. The cache may fail or do what it is
// told, but go on afterwards.
func cancelled(t tb, c did.Cache) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	value, found, err := c.Get(ctx, alice)
	if err == nil && found {
		t.Fatalf("Get with a context that is done: %q", value)
	}
	_ = c.Set(ctx, "did:web:example.com", []byte("one"), long)
	_ = c.Delete(ctx, "did:web:example.com")
	set(t, c, alice, "two", long)
	has(t, c, alice, "two")
}

func concurrent(t tb, c did.Cache) {
	var wg sync.WaitGroup
	wrong := make(chan string, 1)
	report := func(format string, args ...any) {
		select {
		case wrong <- fmt.Sprintf(format, args...):
		default:
		}
	}
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				key := fmt.Sprintf("did:web:n%d.example.com", i%10)
				var err error
				switch (g + i) % 4 {
				case 0:
					err = c.Set(t.Context(), key, []byte(key), long)
				case 1:
					err = c.Delete(t.Context(), key)
				default:
					var value []byte
					var found bool
					if value, found, err = c.Get(t.Context(), key); found && string(value) != key {
						report("Get of %q: %q", key, value)
					}
				}
				if err != nil {
					report("%q: %v", key, err)
				}
			}
		})
	}
	wg.Wait()
	select {
	case text := <-wrong:
		t.Fatalf("%s", text)
	default:
	}
}
