package did_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
)

// A shared is a cache in memory that can be down.
type shared struct {
	mu     sync.Mutex
	values map[string][]byte
	ttls   map[string]time.Duration
	err    error
	delay  time.Duration
	failed []error
}

func newShared() *shared {
	return &shared{values: map[string][]byte{}, ttls: map[string]time.Duration{}}
}

// change changes what the cache does.
func (s *shared) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// begin takes the cache's time, and returns its error.
func (s *shared) begin(ctx context.Context) error {
	s.mu.Lock()
	delay, err := s.delay, s.err
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (s *shared) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := s.begin(ctx); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	return bytes.Clone(v), ok, nil
}

func (s *shared) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key], s.ttls[key] = bytes.Clone(value), ttl
	return nil
}

func (s *shared) Delete(ctx context.Context, key string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, key)
	return nil
}

// options returns options with the cache.
func (s *shared) options() *did.DirectoryOptions {
	o := ages()
	o.Cache = s
	o.CacheFailed = func(err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failed = append(s.failed, err)
	}
	return o
}

// TestSharedCache has a second directory live from what the first has found out,
// until that is too old.
func TestSharedCache(t *testing.T) {
	ledger.Covers(t, "DID-047")
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		w, a := newAlice(t, s.options())
		first := found(t, a, alices)
		synctest.Wait()
		require.Equal(t, []string{"at://" + alices, alice}, slices.Sorted(maps.Keys(s.values)))
		require.Equal(t, 100*time.Hour, s.ttls[alice])
		w.all()

		second := func() *did.Directory { return did.NewDirectory(w, w, s.options()) }
		time.Sleep(time.Hour - time.Second)
		for _, name := range []string{alice, alices} {
			id := found(t, second(), name)
			require.Equal(t, first.Document(), id.Document())
			require.Equal(t, alices, id.Handle().String())
			require.Equal(t, first.Resolved().UnixMilli(), id.Resolved().UnixMilli())
		}
		require.Empty(t, w.all())

		// A stale answer is given out, and asked for in the background.
		time.Sleep(time.Minute)
		b := second()
		require.Equal(t, alices, found(t, b, alice).Handle().String())
		time.Sleep(time.Second)
		found(t, b, alice)
		synctest.Wait()
		require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
		require.Equal(t, uint64(1), second().Stats().Shared+1)

		// When nobody knows, it stands in up to its greatest age.
		time.Sleep(50 * time.Hour)
		w.didErr, w.hErr = errDown, errDown
		require.Equal(t, alices, found(t, second(), alices).Handle().String())
		time.Sleep(50 * time.Hour)
		_, err := lookup(t, second(), alice)
		require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
		require.Empty(t, s.failed)
	})
}

// TestSharedUnverified does not believe of a handle that it is not verified.
func TestSharedUnverified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		w, a := newAlice(t, s.options())
		w.leads[alices] = ""
		require.True(t, found(t, a, alice).Handle().IsInvalid())
		synctest.Wait()
		require.Len(t, s.values, 1)
		w.leads[alices] = alice
		w.all()
		require.Equal(t, alices, found(t, did.NewDirectory(w, w, s.options()), alice).Handle().String())
		require.Equal(t, map[string]int{alices: 1}, w.all())

		// What has no handle needs none.
		w.account(t, bob, "", "")
		found(t, a, bob)
		synctest.Wait()
		w.all()
		require.ErrorIs(t, found(t, did.NewDirectory(w, w, s.options()), bob).HandleError(), did.ErrHandleNotDeclared)
		o := s.options()
		o.SkipHandleVerification = true
		w.account(t, carol, "carol.example.com", "")
		found(t, did.NewDirectory(w, w, o), carol)
		synctest.Wait()
		require.ErrorIs(t, found(t, did.NewDirectory(w, w, o), carol).HandleError(), did.ErrHandleNotVerified)
		require.Equal(t, map[string]int{carol: 1}, w.all())
	})
}

// TestBrokenCache has a cache that fails, hangs, or has nonsense. Accounts are
// found nevertheless.
func TestBrokenCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		w, d := newAlice(t, s.options())
		s.change(func() { s.err = errDown })
		require.Equal(t, alices, found(t, d, alices).Handle().String())
		synctest.Wait()
		require.NotEmpty(t, s.failed)
		for _, err := range s.failed {
			require.ErrorIs(t, err, errDown)
		}
		require.ErrorContains(t, s.failed[0], `did: cache: get "at://alice.example.com": down`)
		require.ErrorIs(t, d.Purge(t.Context(), at(t, alice)), errDown)

		synctest.Wait()
		s.change(func() { s.err, s.delay, s.failed = nil, time.Hour, nil })
		start := time.Now()
		require.Equal(t, alices, found(t, d, alices).Handle().String())
		require.Equal(t, 2*did.DefaultCacheTimeout, time.Since(start)) // handle, DID
		require.NoError(t, d.Close())
		require.ErrorIs(t, s.failed[0], context.DeadlineExceeded)

		s.change(func() { s.delay, s.failed = 0, nil })
		good := newShared()
		found(t, did.NewDirectory(w, w, good.options()), alices)
		synctest.Wait()
		w.account(t, bob, alices, "")
		found(t, did.NewDirectory(w, w, good.options()), bob)
		synctest.Wait()
		require.Len(t, good.values, 3)
		for key, text := range map[string]string{alice: "did: cache: value of ", "at://" + alices: "did: cache: value of "} {
			for _, value := range [][]byte{
				nil, {0xff}, []byte("nonsense"), good.values[bob], good.values["at://"+alices][1:],
				append(bytes.Clone(good.values[key]), 0), bytes.Replace(good.values[key], []byte{1}, []byte{2}, 1),
				bytes.Repeat([]byte{0x81}, 1<<20), good.values[map[string]string{alice: "at://" + alices}[key]],
			} {
				s.change(func() { s.values, s.failed = map[string][]byte{key: value}, nil })
				w.all()
				require.Equal(t, alices, found(t, did.NewDirectory(w, w, s.options()), alices).Handle().String())
				synctest.Wait()
				require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all(), "%s %.20x", key, value)
				if value != nil {
					require.Len(t, s.failed, 1)
					require.ErrorContains(t, s.failed[0], text)
				}
			}
		}
	})
}

// TestFutureCache has values from another machine whose clock is ahead.
func TestFutureCache(t *testing.T) {
	for ahead, ok := range map[time.Duration]bool{30 * time.Second: true, time.Hour: false, 1000 * time.Hour: false} {
		s := newShared()
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(ahead)
			_, d := newAlice(t, s.options())
			found(t, d, alices)
		})
		synctest.Test(t, func(t *testing.T) {
			w, d := newAlice(t, s.options())
			found(t, d, alices)
			if ok {
				require.Empty(t, w.all())
				time.Sleep(time.Hour + ahead)
				found(t, d, alices)
				synctest.Wait()
				require.NotEmpty(t, w.all())
			} else {
				require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
				require.ErrorContains(t, s.failed[0], "is of the future: 2000-")
			}
		})
	}
}

// TestPurgeShared removes an account from the cache, also while it is written.
func TestPurgeShared(t *testing.T) {
	ledger.Covers(t, "DID-049")
	for _, name := range []string{alice, alices} {
		synctest.Test(t, func(t *testing.T) {
			s := newShared()
			w, d := newAlice(t, s.options())
			found(t, d, alices)
			synctest.Wait()
			require.Len(t, s.values, 2)
			require.NoError(t, d.Purge(t.Context(), at(t, name)))
			require.Empty(t, s.values)

			s.change(func() { s.delay = 100 * time.Millisecond })
			found(t, d, alices)
			synctest.Wait() // writes
			require.NoError(t, d.Purge(t.Context(), at(t, name)))
			require.NoError(t, d.Close())
			require.Empty(t, s.values)
			require.Empty(t, s.failed)
			_ = w
		})
	}
}

// TestLongNames are not kept where keys are short.
func TestLongNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		w, d := newAlice(t, s.options())
		for _, n := range []int{61, 62, 63} {
			label := strings.Repeat("a", 60) + "."
			name := "did:web:" + strings.Repeat(label, 3) + strings.Repeat("b", n-11) + ".com"
			w.account(t, name, "", "")
			found(t, d, name)
			synctest.Wait() // what is purged while it is written may go after the next answer
			require.NoError(t, d.Purge(t.Context(), at(t, name)))
			found(t, d, name)
			synctest.Wait()
			require.Equal(t, 2, w.count(name))
			require.Equal(t, len(name) <= 250, s.values[name] != nil, "%d", len(name))
		}
		require.Empty(t, s.failed)
	})
}

// FuzzCacheEntry reads values of a cache. What is accepted is written in the same
// way.
func FuzzCacheEntry(f *testing.F) {
	s := newShared()
	w := newWorld()
	w.account(f, alice, alices, keyK256)
	w.account(f, bob, "", keyP256)
	w.leads[alices] = alice
	d := did.NewDirectory(w, w, &did.DirectoryOptions{Cache: s})
	for _, name := range []string{alices, bob} {
		found(f, d, name)
	}
	require.NoError(f, d.Close())
	require.Len(f, s.values, 3)
	for _, v := range s.values {
		got, err := did.RewriteEntry(v)
		require.NoError(f, err)
		require.Equal(f, v, got)
		f.Add(v)
		f.Add(v[:len(v)/2])
		f.Add(append(bytes.Clone(v), v...))
	}
	f.Add([]byte("\x88\x01\x67account\x69did:a:b:c\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\xf6\x80\x80\x80"))
	f.Add([]byte("\x88\x01\x67account\x67did:a:b\x00\xf6\x9b\x00\x00\x00\x01\x00\x00\x00\x00"))
	f.Add([]byte("\x85\x01\x66handle\x63A.B\x00\x67did:a:b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		out, err := did.RewriteEntry(b)
		require.Equal(t, in, b)
		if err == nil {
			require.Equal(t, in, out)
		}
	})
}

// TestEntries are values that must not be read.
func TestEntries(t *testing.T) {
	account := func(rest string) string { return "\x88\x01\x67account" + rest }
	for text, in := range map[string]string{
		"":                                account("\x67did:a:b\x00\xf6\x80\x80\x80"),
		" ":                               "\x85\x01\x66handle\x63a.b\x00\x67did:a:b",
		"is not of a handle":              account("\x63did\x00\xf6\x80\x80\x80"), // the error is that of the second kind
		"a handle in upper case":          "\x85\x01\x66handle\x63A.b\x00\x67did:a:b",
		"a time out of range":             "\x85\x01\x66handle\x63a.b\x20\x67did:a:b",
		"more bytes after":                "\x85\x01\x66handle\x63a.b\x00\x67did:a:b\x00",
		"has version 2":                   "\x85\x02\x66handle\x63a.b\x00\x67did:a:b",
		"is not of a handle ":             "\x86\x01\x66handle\x63a.b\x00\x67did:a:b\x00",
		"is not valid: syntax: invalid D": "\x85\x01\x66handle\x63a.b\x00\x67did:a::",
	} {
		_, err := did.RewriteEntry([]byte(in))
		if strings.TrimSpace(text) == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, strings.TrimSpace(text), "%q", in)
		}
	}
	// Accounts with what can't be.
	for _, rest := range []string{
		"\x67did:a:b\x00\x00\x80\x80\x80",                 // a verified handle that is not declared
		"\x67did:a:b\x00\xf6\x80\x81\x83aaa\x80",          // a key with three fields
		"\x67did:a:b\x00\xf6\x80\x81\x83\x60\x60\x60\x80", // the same, well-formed
		"\x67did:a:b\x00\xf6\x80\x80\x81\x84\x60\x60\x60\x60",
	} {
		_, err := did.RewriteEntry([]byte(account(rest)))
		require.Error(t, err, "%q", rest)
	}
	_, err := did.RewriteEntry([]byte(account("\x67did:a:b\x00\x05\x81\x68at://a.b\x81\x84\x60\x60\x60\x60\x81\x83\x60\x60\x60")))
	require.NoError(t, err)
}
