package did_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// TestPurge forgets an account by each of its names.
func TestPurge(t *testing.T) {
	ledger.Covers(t, "DID-049")
	for _, name := range []string{alice, alices, "ALICE.example.com"} {
		w, d := newAlice(t, nil)
		require.NoError(t, d.Purge(t.Context(), at(t, name)))
		found(t, d, alices)
		w.account(t, alice, alices, keyP256)
		w.all()
		require.NoError(t, d.Purge(t.Context(), at(t, name)))
		key, err := found(t, d, alice).SigningKey()
		require.NoError(t, err)
		require.Equal(t, keyP256, key.Multikey())
		found(t, d, alices)
		require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all())
	}
}

// TestPurgeMeanwhile forgets an account while there is a question about it. The
// answer from before is not kept.
func TestPurgeMeanwhile(t *testing.T) {
	ledger.Covers(t, "DID-049")
	for _, name := range []string{alice, alices} {
		synctest.Test(t, func(t *testing.T) {
			w, d := newAlice(t, nil)
			w.delay = time.Second
			var wg sync.WaitGroup
			wg.Go(func() { found(t, d, name) })
			synctest.Wait()
			require.NoError(t, d.Purge(t.Context(), at(t, name)))
			wg.Wait()
			found(t, d, name)
			require.Equal(t, 2, w.count(name))
		})
	}
}

// TestRefresh asks whatever is known.
func TestRefresh(t *testing.T) {
	ledger.Covers(t, "DID-049")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, nil)
		for _, name := range []string{alice, alices} {
			time.Sleep(time.Second)
			old := found(t, d, alice)
			w.all()
			fresh, err := d.Refresh(t.Context(), at(t, name))
			require.NoError(t, err)
			require.NotSame(t, old, fresh)
			require.Same(t, fresh, found(t, d, alices))
			require.Equal(t, map[string]int{alice: 1, alices: 1}, w.all(), name)
		}

		// A handle that was not there is asked for as well.
		_, err := lookup(t, d, "new.example.com")
		require.Error(t, err)
		w.account(t, alice, "new.example.com", keyK256)
		w.leads["new.example.com"] = alice
		time.Sleep(time.Second)
		fresh, err := d.Refresh(t.Context(), at(t, alice))
		require.NoError(t, err)
		require.Equal(t, "new.example.com", fresh.Handle().String())
		_, err = d.Refresh(t.Context(), at(t, alices))
		require.ErrorIs(t, err, did.ErrHandleMismatch)
		fresh = found(t, d, alice)

		// Nobody knows: the old answer stays, but is not taken for a new one.
		w.didErr, w.hErr = errDown, errDown
		_, err = d.Refresh(t.Context(), at(t, alice))
		require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
		_, err = d.Refresh(t.Context(), at(t, "new.example.com"))
		require.ErrorIs(t, err, did.ErrHandleResolutionFailed)
		require.Same(t, fresh, found(t, d, alice))

		w.didErr, w.hErr = nil, nil
		delete(w.docs, alice)
		_, err = d.Refresh(t.Context(), at(t, alice))
		require.ErrorIs(t, err, did.ErrDIDNotFound)
		_, err = lookup(t, d, alice)
		require.ErrorIs(t, err, did.ErrDIDNotFound)
		_, err = d.Refresh(t.Context(), at(t, "a.local"))
		require.ErrorContains(t, err, "reserved")
	})
}

// TestRefreshSupersedes begins a lookup, changes the account, and refreshes. What
// the lookup found is not kept, even if it comes later.
func TestRefreshSupersedes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		w := newWorld()
		w.account(t, alice, "", keyK256)
		first := true
		slow := did.ResolverFunc(func(ctx context.Context, id syntax.DID) (*did.Document, error) {
			doc, err := w.ResolveDID(ctx, id)
			if first {
				first = false
				<-block
			}
			return doc, err
		})
		d := did.NewDirectory(slow, w, nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			key, err := found(t, d, alice).SigningKey()
			require.NoError(t, err)
			require.Equal(t, keyK256, key.Multikey())
		})
		synctest.Wait()
		w.account(t, alice, "", keyP256)
		fresh, err := d.Refresh(t.Context(), at(t, alice))
		require.NoError(t, err)
		close(block)
		wg.Wait()
		require.Same(t, fresh, found(t, d, alice))
		key, err := fresh.SigningKey()
		require.NoError(t, err)
		require.Equal(t, keyP256, key.Multikey())
	})
}

// TestRecheck is about signatures that do not verify.
func TestRecheck(t *testing.T) {
	ledger.Covers(t, "DID-049")
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, &did.DirectoryOptions{RecheckAge: time.Minute, RecheckRate: 5})
		seen := found(t, d, alice)
		w.all()
		time.Sleep(time.Second)

		// The key is the same. It is asked for once, for all who come at once.
		w.delay = time.Second
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				fresh, changed, err := d.Recheck(t.Context(), seen)
				require.NoError(t, err)
				require.False(t, changed)
				require.NotSame(t, seen, fresh)
			})
		}
		wg.Wait()
		w.delay = 0
		require.Equal(t, map[string]int{alice: 1}, w.all())

		// Strangers go on.
		seen = found(t, d, alice)
		for range 59 {
			time.Sleep(time.Second)
			same, changed, err := d.Recheck(t.Context(), seen)
			require.ErrorIs(t, err, did.ErrRecheckLimited)
			require.False(t, changed)
			require.Same(t, seen, same)
		}
		require.Empty(t, w.all())
		time.Sleep(2 * time.Second)
		w.account(t, alice, alices, keyP256)
		fresh, changed, err := d.Recheck(t.Context(), seen)
		require.NoError(t, err)
		require.True(t, changed)
		require.Same(t, fresh, found(t, d, alice))
		require.Equal(t, map[string]int{alice: 1}, w.all())

		// Who comes late with the old one is not sent away.
		again, changed, err := d.Recheck(t.Context(), seen)
		require.NoError(t, err)
		require.True(t, changed)
		require.Same(t, fresh, again)
		require.Empty(t, w.all())

		// No key is another key.
		time.Sleep(2 * time.Minute)
		w.account(t, alice, alices, "")
		_, changed, err = d.Recheck(t.Context(), fresh)
		require.NoError(t, err)
		require.True(t, changed)
		fresh = found(t, d, alice)
		time.Sleep(2 * time.Minute)
		_, changed, err = d.Recheck(t.Context(), fresh)
		require.NoError(t, err)
		require.False(t, changed)

		// Nobody knows.
		time.Sleep(2 * time.Minute)
		w.didErr = errDown
		_, changed, err = d.Recheck(t.Context(), found(t, d, alice))
		require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
		require.NotErrorIs(t, err, did.ErrRecheckLimited)
		require.False(t, changed)
	})
}

// TestRecheckAll has strangers send bad signatures of many accounts.
func TestRecheckAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, &did.DirectoryOptions{RecheckAge: time.Minute, RecheckRate: 5, MaxEntries: 10})
		var seen []*did.Identity
		for i := range 100 {
			id := fmt.Sprintf("did:web:n%d.example.com", i)
			w.account(t, id, "", keyK256)
			seen = append(seen, found(t, d, id))
		}
		w.all()
		for range 10 { // seconds
			time.Sleep(time.Second)
			for _, id := range seen {
				_, _, err := d.Recheck(t.Context(), id)
				if err != nil {
					require.ErrorIs(t, err, did.ErrRecheckLimited)
				}
			}
		}
		n := 0
		for _, times := range w.all() {
			n += times
		}
		require.LessOrEqual(t, n, 5*10)
		require.Greater(t, n, 30)
	})
}

// TestRecheckLeft has the one who asks leave.
func TestRecheckLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, nil)
		seen := found(t, d, alice)
		time.Sleep(time.Second)
		w.delay = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := d.Recheck(ctx, seen)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.Zero(t, w.busy())
		require.Same(t, seen, found(t, d, alice))
	})
}
