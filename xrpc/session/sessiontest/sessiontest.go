// Package sessiontest checks implementations of session.Store, such as those
// that keep sessions in a database.
//
// Call [TestStore] from a test of the implementation, with a function that
// returns a new view of one and the same store each time, such as another
// connection to one database, which may be used at the same time as the others:
//
//	func TestStore(t *testing.T) {
//		sessiontest.TestStore(t, func() session.Store { return open(t) })
//	}
//
// It holds the store against what the interface's documentation asks: above all
// that to compare and to set is one step, which keeps processes from renewing
// one session twice
// (https://www.rfc-editor.org/rfc/rfc9700#section-4.14 says what comes of
// that). It cannot tell whether values survive the end of the process. It uses
// some keys of its own, which are empty afterwards. The package has no state;
// functions may be called concurrently.
package sessiontest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/linnet-at/linnet/xrpc/session"
)

// TestStore fails t if the stores that open returns do not fulfil the contract
// of [session.Store], or are not one store.
func TestStore(t testing.TB, open func() session.Store) {
	t.Helper()
	for _, check := range []func(context.Context, func() session.Store) error{
		checkValues, checkKeys, checkCopies, checkSwap, checkRace, checkCancelled,
	} {
		if err := check(t.Context(), open); err != nil {
			t.Errorf("sessiontest: %v", err)
		}
	}
}

// newKey returns a key that no earlier run has used.
func newKey() string { return "did:web:" + strings.ToLower(rand.Text()) + ".example.com" }

// swap swaps and checks that it was done, or was not.
func swap(ctx context.Context, s session.Store, key string, old, new []byte, want bool) error {
	ok, err := s.Swap(ctx, key, old, new)
	if err != nil || ok != want {
		return fmt.Errorf("Swap(%q, %s, %s) = %v, %v instead of %v", key, show(old), show(new), ok, err, want)
	}
	return nil
}

// load loads and checks what comes.
func load(ctx context.Context, s session.Store, key string, want []byte) error {
	got, err := s.Load(ctx, key)
	if err != nil || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		return fmt.Errorf("Load(%q) = %s, %v instead of %s", key, show(got), err, show(want))
	}
	return nil
}

// show describes a value, which may be long.
func show(b []byte) string {
	if b == nil {
		return "nil"
	}
	return fmt.Sprintf("%.20q (%d bytes)", b, len(b))
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkValues stores values of all bytes and of many sizes.
func checkValues(ctx context.Context, open func() session.Store) error {
	key, old := newKey(), []byte(nil)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, value := range [][]byte{[]byte("x"), all, bytes.Repeat(all, 256), []byte("x"), {0}} {
		err := first(swap(ctx, open(), key, old, value, true), load(ctx, open(), key, value))
		if err != nil {
			return err
		}
		old = value
	}
	return first(swap(ctx, open(), key, old, nil, true), load(ctx, open(), key, nil))
}

// checkKeys stores under keys that differ little, and under long ones.
func checkKeys(ctx context.Context, open func() session.Store) error {
	base := newKey()
	keys := []string{
		base, base + "x", strings.ToUpper(base), base + "/..", base + "/../x", base + "%2F", base + " ", base + "\x00", base + "é", base + "?", base + "*",
		base + strings.Repeat("x", session.MaxKeyLen-len(base)), base + strings.Repeat("x", session.MaxKeyLen-1-len(base)) + "y",
	}
	for _, key := range keys {
		if err := first(load(ctx, open(), key, nil), swap(ctx, open(), key, nil, []byte(key), true)); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := first(load(ctx, open(), key, []byte(key)), swap(ctx, open(), key, []byte(key), nil, true)); err != nil {
			return err
		}
	}
	return nil
}

// checkCopies changes what was handed in and out.
func checkCopies(ctx context.Context, open func() session.Store) error {
	s, key, value := open(), newKey(), []byte("first")
	if err := swap(ctx, s, key, nil, value, true); err != nil {
		return err
	}
	value[0] = 'X'
	got, err := s.Load(ctx, key)
	if err == nil && len(got) > 0 {
		got[0] = 'Y'
	}
	return first(err, load(ctx, s, key, []byte("first")), swap(ctx, s, key, []byte("first"), nil, true))
}

// checkSwap tries all that must not be done.
func checkSwap(ctx context.Context, open func() session.Store) error {
	s, key := open(), newKey()
	a, b := []byte("a"), []byte("b")
	return first(
		swap(ctx, s, key, a, b, false),
		swap(ctx, s, key, a, nil, false),
		swap(ctx, s, key, nil, a, true),
		swap(ctx, s, key, nil, b, false),
		swap(ctx, s, key, b, a, false),
		swap(ctx, s, key, b, nil, false),
		swap(ctx, s, key, []byte("aa"), b, false),
		load(ctx, s, key, a),
		swap(ctx, s, key, a, a, true),
		swap(ctx, s, key, a, b, true),
		swap(ctx, s, key, a, b, false),
		swap(ctx, s, key, b, nil, true),
		swap(ctx, s, key, nil, nil, true),
		load(ctx, s, key, nil),
	)
}

// checkRace counts up from many goroutines: no step may be lost.
func checkRace(ctx context.Context, open func() session.Store) error {
	const racers, steps = 8, 25
	key := newKey()
	if err := swap(ctx, open(), key, nil, []byte("+"), true); err != nil {
		return err
	}
	errs := make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		s := open()
		wg.Go(func() {
			for n := 0; n < steps && errs[i] == nil; {
				var ok bool
				value, err := s.Load(ctx, key)
				if err == nil {
					ok, err = s.Swap(ctx, key, value, append(bytes.Clone(value), '+'))
				}
				if errs[i] = err; ok {
					n++
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	want := bytes.Repeat([]byte("+"), racers*steps+1)
	return first(load(ctx, open(), key, want), swap(ctx, open(), key, want, nil, true))
}

// checkCancelled asks with a context that is done: whatever comes of it, a swap
// that is said not to have been done must not have been.
func checkCancelled(ctx context.Context, open func() session.Store) error {
	s, key := open(), newKey()
	done, cancel := context.WithCancel(ctx)
	cancel()
	ok, err := s.Swap(done, key, nil, []byte("x"))
	if err != nil {
		value, err := s.Load(ctx, key)
		return first(err, swap(ctx, s, key, value, nil, true))
	}
	if !ok {
		return load(ctx, s, key, nil)
	}
	return swap(ctx, s, key, []byte("x"), nil, true)
}
