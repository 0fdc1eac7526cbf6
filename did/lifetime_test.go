package did_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

var errDown = errors.New("down")

// ages are lifetimes that are far apart.
func ages() *did.DirectoryOptions {
	return &did.DirectoryOptions{
		HitAge: time.Hour, HandleAge: time.Hour, StaleAge: 10 * time.Hour, MaxAge: 100 * time.Hour,
		InvalidHandleAge: 5 * time.Minute, NotFoundAge: time.Minute, FailureAge: 10 * time.Second,
	}
}

// TestHits is the life of an answer: given out as it is, then while it is asked
// for in the background, then not until it was asked for.
func TestHits(t *testing.T) {
	ledger.Covers(t, "DID-047", "DID-052")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		found(t, d, alices)
		require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
		time.Sleep(time.Hour - 1)
		old := found(t, d, alices)
		require.Same(t, old, found(t, d, alice))
		synctest.Wait()
		require.Empty(t, w.all())

		time.Sleep(time.Nanosecond)
		w.delay = time.Second
		start := time.Now()
		require.Same(t, old, found(t, d, alices))
		require.Same(t, old, found(t, d, alice))
		require.Equal(t, start, time.Now())
		time.Sleep(3 * time.Second)
		require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
		renewed := found(t, d, alices)
		require.NotSame(t, old, renewed)
		require.Equal(t, start, renewed.Resolved())
		synctest.Wait()
		require.Empty(t, w.all())

		time.Sleep(10*time.Hour - 4*time.Second)
		require.Same(t, renewed, found(t, d, alice)) // the last moment
		synctest.Wait()
		time.Sleep(10*time.Hour + 3*time.Second)
		w.all()
		start = time.Now()
		require.Equal(t, start, found(t, d, alice).Resolved())
		require.Equal(t, 2*time.Second, time.Since(start))
		require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
		require.NotZero(t, d.Stats().Stale)
	})
}

// TestOutage has all questions fail for days. An old answer stands in for a
// while, and a try is made now and then.
func TestOutage(t *testing.T) {
	ledger.Covers(t, "DID-051")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		start := time.Now()
		id := found(t, d, alices)
		w.didErr, w.hErr = errDown, errDown
		for time.Since(start) < 100*time.Hour-15*time.Minute {
			got := found(t, d, alice)
			require.Same(t, id, got, "%v", time.Since(start))
			require.Same(t, id, found(t, d, alices))
			time.Sleep(10 * time.Minute)
		}
		n := w.count(alice)
		require.InDelta(t, 593, n, 3) // once in ten minutes, after the first hour
		time.Sleep(time.Until(start.Add(100*time.Hour - time.Second)))
		w.all()
		for range 5 {
			require.Same(t, id, found(t, d, alice))
		}
		require.Equal(t, 1, w.count(alice))

		time.Sleep(time.Second)
		_, err := lookup(t, d, alice)
		require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
		require.ErrorIs(t, err, errDown)
		_, err = lookup(t, d, alices)
		require.ErrorIs(t, err, did.ErrHandleResolutionFailed)

		w.didErr, w.hErr = nil, nil
		time.Sleep(10 * time.Second)
		require.Equal(t, alices, found(t, d, alices).Handle().String())
	})
}

// TestGone is about an account that is known to be gone: no old answer stands in.
func TestGone(t *testing.T) {
	ledger.Covers(t, "DID-051")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		found(t, d, alice)
		delete(w.docs, alice)
		time.Sleep(2 * time.Hour)
		found(t, d, alice) // asks in the background
		synctest.Wait()
		_, err := lookup(t, d, alice)
		require.ErrorIs(t, err, did.ErrDIDNotFound)
	})
}

// TestNotFound is the life of an answer that there is nothing.
func TestNotFound(t *testing.T) {
	ledger.Covers(t, "DID-047", "DID-050")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		for range 3 {
			_, err := lookup(t, d, bob)
			require.ErrorIs(t, err, did.ErrDIDNotFound)
			_, err = lookup(t, d, bobs)
			require.ErrorIs(t, err, did.ErrHandleNotFound)
		}
		require.Equal(t, map[string]int{bob: 1, bobs: 1}, w.all())
		w.account(t, bob, bobs, "")
		w.leads[bobs] = bob
		time.Sleep(time.Minute - 1)
		_, err := lookup(t, d, bobs)
		require.ErrorIs(t, err, did.ErrHandleNotFound)
		require.Empty(t, w.all())
		time.Sleep(time.Nanosecond)
		require.Equal(t, bobs, found(t, d, bobs).Handle().String())
	})
}

// TestFailures are remembered for a moment, and as such.
func TestFailures(t *testing.T) {
	ledger.Covers(t, "DID-047", "DID-050")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		w.didErr, w.hErr = errDown, errDown
		for range 3 {
			_, err := lookup(t, d, alice)
			require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
			require.NotErrorIs(t, err, did.ErrDIDNotFound)
			_, err = lookup(t, d, alices)
			require.ErrorIs(t, err, did.ErrHandleResolutionFailed)
			require.NotErrorIs(t, err, did.ErrHandleNotFound)
		}
		require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
		w.didErr, w.hErr = nil, nil
		time.Sleep(10*time.Second - 1)
		_, err := lookup(t, d, alice)
		require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
		require.Empty(t, w.all())
		time.Sleep(time.Nanosecond)
		require.Equal(t, alices, found(t, d, alice).Handle().String())
	})
}

// TestServersWish does not ask while a server does not want that.
func TestServersWish(t *testing.T) {
	for wish, want := range map[time.Duration]time.Duration{time.Second: 10 * time.Second, time.Minute: time.Minute, time.Hour: 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			busy := did.ResolverFunc(func(_ context.Context, id syntax.DID) (*did.Document, error) {
				asked++
				return nil, &did.ResolveError{DID: id, Arms: []*did.ArmError{{Arm: "plc", Reason: did.ReasonStatus, Status: 429, RetryAfter: wish}}}
			})
			d := did.NewDirectory(busy, nil, ages())
			for _, step := range []time.Duration{0, want - 1, 1} {
				time.Sleep(step)
				_, err := lookup(t, d, alice)
				require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
			}
			require.Equal(t, 2, asked)
		})
	}
}

// TestHandleChanges breaks a handle that was verified, in two ways, and mends it.
func TestHandleChanges(t *testing.T) {
	ledger.Covers(t, "DID-047", "DID-052")
	for name, leads := range map[string]string{"gone": "", "taken": bob} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d := newAlice(t, ages())
				found(t, d, alice)
				w.leads[alices] = leads
				time.Sleep(time.Hour)
				require.NoError(t, found(t, d, alice).HandleError()) // is asked for now
				synctest.Wait()
				require.True(t, found(t, d, alice).Handle().IsInvalid())
				_, err := lookup(t, d, alices)
				require.Error(t, err)

				// The handle is looked up again soon, the document is not.
				w.leads[alices] = alice
				w.all()
				time.Sleep(5*time.Minute - 1)
				require.True(t, found(t, d, alice).Handle().IsInvalid())
				synctest.Wait()
				require.Empty(t, w.all())
				time.Sleep(time.Nanosecond)
				found(t, d, alice)
				synctest.Wait()
				require.Equal(t, alices, found(t, d, alice).Handle().String())
				require.Equal(t, map[string]int{alices: 1}, w.all())
			})
		})
	}
}

// TestHandleAge verifies handles at times of their own.
func TestHandleAge(t *testing.T) {
	ledger.Covers(t, "DID-052")
	synctest.Test(t, func(t *testing.T) {
		o := ages()
		o.HandleAge = 3 * time.Hour
		w, d := newAlice(t, o)
		for range 12 {
			found(t, d, alice)
			synctest.Wait()
			time.Sleep(time.Hour)
		}
		require.Equal(t, map[string]int{alice: 12, alices: 4}, w.all())
	})
	synctest.Test(t, func(t *testing.T) {
		o := ages()
		o.HandleAge = time.Minute
		w, d := newAlice(t, o)
		for range 120 {
			found(t, d, alice)
			synctest.Wait()
			time.Sleep(time.Minute)
		}
		require.Equal(t, map[string]int{alice: 2, alices: 120}, w.all())
	})
}

// TestHandleOutage keeps a handle that can't be looked up, but not one of which
// nothing is known.
func TestHandleOutage(t *testing.T) {
	ledger.Covers(t, "DID-051", "DID-052")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		w.account(t, bob, bobs, "")
		w.leads[bobs] = bob
		start := time.Now()
		found(t, d, alice)
		w.hErr = errDown
		require.True(t, found(t, d, bob).Handle().IsInvalid())
		require.ErrorIs(t, found(t, d, bob).HandleError(), did.ErrHandleResolutionFailed)
		for time.Since(start) < 100*time.Hour-time.Hour {
			require.Equal(t, alices, found(t, d, alice).Handle().String(), "%v", time.Since(start))
			synctest.Wait()
			time.Sleep(30 * time.Minute)
		}
		time.Sleep(2 * time.Hour)
		found(t, d, alice)
		synctest.Wait()
		require.True(t, found(t, d, alice).Handle().IsInvalid())

		// The failure counts for a moment only.
		w.hErr = nil
		time.Sleep(10 * time.Second)
		for _, name := range []string{alice, bob} {
			found(t, d, name)
			synctest.Wait()
			require.NoError(t, found(t, d, name).HandleError())
		}
	})
}

// TestNoAges remembers nothing.
func TestNoAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, &did.DirectoryOptions{HitAge: -1, HandleAge: -1, StaleAge: -1, MaxAge: -1, InvalidHandleAge: -1, NotFoundAge: -1, FailureAge: -1})
		for range 3 {
			found(t, d, alice)
			_, err := lookup(t, d, bob)
			require.Error(t, err)
			synctest.Wait()
		}
		require.Equal(t, map[string]int{alice: 3, alices: 3, bob: 3}, w.all())
	})
}

// TestOneQuestion asks from many sides at once.
func TestOneQuestion(t *testing.T) {
	ledger.Covers(t, "DID-048")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, nil)
		w.delay = time.Second
		w.account(t, bob, alices, "")
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				name := []string{alice, alices, bob}[i%3]
				id, err := lookup(t, d, name)
				require.NoError(t, err)
				require.Equal(t, name != bob, id.HandleError() == nil)
			})
		}
		wg.Wait()
		require.Equal(t, map[string]int{alice: 1, alices: 1, bob: 1}, w.all())
	})
}

// TestLeaving has callers leave before there is an answer, which others still
// get. When all have left, nobody asks any more, and nothing is remembered.
func TestLeaving(t *testing.T) {
	ledger.Covers(t, "DID-048", "DID-050")
	for _, name := range []string{alice, alices} {
		synctest.Test(t, func(t *testing.T) {
			w, d := newAlice(t, nil)
			w.delay = time.Second
			var wg sync.WaitGroup
			ask := func(leave time.Duration) {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), leave)
					defer cancel()
					_, err := d.Lookup(ctx, at(t, name))
					if leave < 2*time.Second {
						require.ErrorIs(t, err, context.DeadlineExceeded)
						require.NotErrorIs(t, err, did.ErrDIDResolutionFailed)
						require.ErrorContains(t, err, "did: lookup of ")
					} else {
						require.NoError(t, err)
					}
				})
			}
			ask(500 * time.Millisecond) // the first, whose question it is
			synctest.Wait()
			ask(time.Hour)
			ask(100 * time.Millisecond)
			wg.Wait()
			require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())

			require.NoError(t, d.Purge(t.Context(), at(t, name)))
			ask(300 * time.Millisecond)
			ask(400 * time.Millisecond)
			wg.Wait()
			synctest.Wait()
			require.Zero(t, w.busy())
			w.all()
			w.delay = 0
			found(t, d, name)
			require.NotEmpty(t, w.all())
		})
	}
}

// TestLookupTimeout is for questions without an answer, which are failures.
func TestLookupTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, &did.DirectoryOptions{Timeout: 5 * time.Second})
		w.delay = time.Hour
		start := time.Now()
		for range 2 {
			_, err := lookup(t, d, alice)
			require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.Equal(t, 5*time.Second, time.Since(start))
		require.Equal(t, 1, w.count(alice))
	})
}

// TestCanceledResolver has a resolver that is stopped, which is no answer to be
// remembered.
func TestCanceledResolver(t *testing.T) {
	ledger.Covers(t, "DID-050")
	w, d := newAlice(t, nil)
	w.didErr, w.hErr = context.Canceled, context.Canceled
	_, err := lookup(t, d, alice)
	require.ErrorIs(t, err, context.Canceled)
	_, err = lookup(t, d, alices)
	require.ErrorIs(t, err, context.Canceled)
	w.didErr, w.hErr = nil, nil
	require.NoError(t, found(t, d, alices).HandleError())
}

// TestClose ends what goes on in the background.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, ages())
		found(t, d, alices)
		time.Sleep(2 * time.Hour)
		w.delay = time.Hour
		found(t, d, alice)
		found(t, d, alices)
		synctest.Wait()
		require.Equal(t, 2, w.busy())
		start := time.Now()
		require.NoError(t, d.Close())
		require.Zero(t, w.busy())
		require.Equal(t, start, time.Now())
	})
}

// TestBackgroundIsBounded refreshes no more at once than may be.
func TestBackgroundIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := ages()
		o.Concurrency, o.SkipHandleVerification = 3, true
		w, d := newAlice(t, o)
		var names []string
		for i := range 10 {
			names = append(names, fmt.Sprintf("did:web:n%d.example.com", i))
			w.account(t, names[i], "", "")
			found(t, d, names[i])
		}
		time.Sleep(time.Hour)
		w.delay = time.Second
		for rounds := 1; rounds <= 4; rounds++ {
			for _, name := range names {
				found(t, d, name)
			}
			synctest.Wait()
			require.LessOrEqual(t, w.busy(), 3)
			time.Sleep(2 * time.Second)
		}
		require.Len(t, w.all(), 10)
	})
}

// TestLookupAll looks up many names in order.
func TestLookupAll(t *testing.T) {
	for _, concurrency := range []int{1, 2, 7, 1000} {
		synctest.Test(t, func(t *testing.T) {
			o := ages()
			o.Concurrency, o.NotFoundAge = concurrency, time.Hour
			w, d := newAlice(t, o)
			var names []syntax.AtIdentifier
			for i := range 50 {
				h := fmt.Sprintf("n%d.example.com", i)
				if i%10 != 3 {
					w.account(t, "did:web:"+h, h, "")
				}
				w.leads[h] = "did:web:" + h
				names = append(names, at(t, []string{h, "did:web:" + h}[i%2]))
			}
			most := 0
			check := func() {
				i := 0
				for r := range d.LookupAll(t.Context(), slices.Values(names)) {
					require.Equal(t, names[i], r.Name)
					if i%10 == 3 {
						require.ErrorIs(t, r.Err, did.ErrDIDNotFound)
						require.Nil(t, r.Identity)
					} else {
						require.NoError(t, r.Err)
						require.Equal(t, fmt.Sprintf("n%d.example.com", i), r.Identity.Handle().String())
					}
					w.change(func() { most = max(most, w.running) })
					i++
				}
				require.Equal(t, 50, i)
			}
			w.delay = time.Second
			start := time.Now()
			check()
			require.LessOrEqual(t, most, concurrency)
			if concurrency == 1000 {
				require.LessOrEqual(t, time.Since(start), 3*time.Second)
			}
			w.all()
			start = time.Now()
			check()
			require.Equal(t, start, time.Now())
			require.Empty(t, w.all())

			for r := range d.LookupAll(t.Context(), slices.Values(names)) { // left early
				require.NoError(t, r.Err)
				break
			}
			w.account(t, bob, "", "")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			var got []error
			for r := range d.LookupAll(ctx, slices.Values([]syntax.AtIdentifier{names[0], at(t, bob), names[1]})) {
				got = append(got, r.Err)
			}
			require.NoError(t, got[0])
			require.ErrorIs(t, got[1], context.Canceled)
			require.NoError(t, got[2])
			for range d.LookupAll(t.Context(), slices.Values([]syntax.AtIdentifier{at(t, bob), names[2], names[5]})) {
				break
			}
			synctest.Wait()
			require.Zero(t, w.busy())
		})
	}
}
