package did

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// ErrRecheckLimited means that [Directory.Recheck] did not ask, since it did a
// short time ago.
var ErrRecheckLimited = errors.New("did: asked again too often")

// Purge forgets what is known about an account, by its DID or handle, here and
// in the [Cache], so that the next lookup asks. An answer that is on its way is
// given to those who wait for it, but not kept. It is for the news that an
// account has changed, such as #identity events; where the account will be
// needed again, [Directory.Refresh] is better.
//
// The error is that of the Cache. Other directories that share it keep what they
// have in memory.
//
// https://atproto.com/specs/sync#identity
func (d *Directory) Purge(ctx context.Context, name syntax.AtIdentifier) error {
	if id, ok := name.DID(); ok {
		var declared syntax.Handle
		if e, ok := d.didCache.Peek(id.String()); ok && e.id != nil {
			declared = e.id.declared
		}
		err := d.purgeDID(ctx, id)
		if !declared.IsZero() {
			err = errors.Join(err, d.purgeHandle(ctx, declared))
		}
		return err
	}
	h, ok := name.Handle()
	if !ok {
		return name.CheckResolvable(nil)
	}
	h = h.Normalize()
	e, ok := d.handleCache.Peek(h.String())
	err := d.purgeHandle(ctx, h)
	if ok && !e.did.IsZero() {
		err = errors.Join(err, d.purgeDID(ctx, e.did))
	}
	return err
}

func (d *Directory) purgeDID(ctx context.Context, id syntax.DID) error {
	key := id.String()
	d.didFlights.Supersede(key, func() { d.didCache.Delete(key) })
	return d.unshare(ctx, key)
}

func (d *Directory) purgeHandle(ctx context.Context, h syntax.Handle) error {
	key := h.String()
	d.hFlights.Supersede(key, func() { d.handleCache.Delete(key) })
	return d.unshare(ctx, handleScheme+key)
}

// Refresh looks an account up without regard to what is known, by its DID or
// handle, and both ways. Each call asks, without limits: for what comes from
// strangers use [Directory.Recheck].
//
// The results are those of [Directory.Lookup], but that an error is returned
// when nobody knows, even though an old answer is kept and given out by lookups.
func (d *Directory) Refresh(ctx context.Context, name syntax.AtIdentifier) (*Identity, error) {
	if id, ok := name.DID(); ok {
		return d.askAnew(ctx, id, max(d.now(), 1))
	}
	h, ok := name.Handle()
	if !ok {
		return nil, name.CheckResolvable(nil)
	}
	h = h.Normalize()
	if err := checkHandle(h); err != nil {
		return nil, err
	}
	r, err := d.hFlights.Redo(ctx, h.String(), func(ctx context.Context) handleResult { return d.askHandle(ctx, h, question{anew: true}) })
	switch {
	case err != nil:
		return nil, waitError(h.String(), err)
	case r.err != nil:
		return nil, r.err
	}
	id, err := d.askAnew(ctx, r.entry.did, r.entry.at-1)
	if err != nil || id.handle == h {
		return id, err
	}
	return d.settle(ctx, h, r.entry, id)
}

// askAnew asks about a DID, and about its handle unless that was done after since.
func (d *Directory) askAnew(ctx context.Context, id syntax.DID, since time.Duration) (*Identity, error) {
	if id.IsZero() {
		return nil, id.CheckResolvable(nil)
	}
	r, err := d.didFlights.Redo(ctx, id.String(), func(ctx context.Context) didResult {
		return d.askDID(ctx, id, question{anew: true, since: since})
	})
	switch {
	case err != nil:
		return nil, waitError(id.String(), err)
	case r.err != nil:
		return nil, r.err
	}
	return r.entry.id, nil
}

// Recheck is for an account with which something is not right: most of all, a
// signature that does not verify with its key, which may have been replaced since
// it was looked up. It returns the account as it is now, and whether it has
// another signing key than seen, so that it is worth to verify again:
//
//	id, err := directory.LookupDID(ctx, did)
//	...
//	if !verify(id) {
//		fresh, changed, err := directory.Recheck(ctx, id)
//		if err == nil && changed && verify(fresh) { ... }
//	}
//
// Whoever can send us bad signatures can have this called, so that it does not
// always ask: once in [DirectoryOptions].RecheckAge about an account, and no more
// often than RecheckRate about all. Beyond that the error matches
// [ErrRecheckLimited]: the signature is bad as far as is known. Callers that come
// at the same time share one question, and those who have seen an older answer
// than the one in memory are given that.
//
// Other errors are those of [Directory.Refresh]: whether the signature is bad is
// not known then.
//
// https://atproto.com/specs/sync#commit-validation
func (d *Directory) Recheck(ctx context.Context, seen *Identity) (fresh *Identity, changed bool, err error) {
	fresh, err = d.recheck(ctx, seen)
	if err != nil {
		return seen, false, err
	}
	return fresh, !fresh.sameKey(seen), nil
}

// A recheckResult is what came of asking again.
type recheckResult struct {
	id  *Identity
	err error
}

func (d *Directory) recheck(ctx context.Context, seen *Identity) (*Identity, error) {
	key := seen.DID().String()
	if e, ok := d.didCache.Peek(key); ok && e.id != nil && e.id.resolved.After(seen.resolved) {
		return e.id, nil
	}
	r, err := d.rechecks.Do(ctx, key, func(ctx context.Context) recheckResult {
		if e, ok := d.didCache.Peek(key); ok && e.id != nil && e.id.resolved.After(seen.resolved) {
			return recheckResult{id: e.id}
		}
		if !d.mayRecheck(key) {
			return recheckResult{err: ErrRecheckLimited}
		}
		id, err := d.askAnew(ctx, seen.DID(), 0)
		d.didCache.Update(key, d.countRecheck) // of an entry that was not there before
		return recheckResult{id, err}
	})
	if err != nil {
		return nil, waitError(key, err)
	}
	return r.id, r.err
}

// mayRecheck reports whether a DID may be asked about again, and counts that it
// is. One goroutine at a time asks for each DID.
func (d *Directory) mayRecheck(key string) bool {
	now := d.now()
	e, ok := d.didCache.Peek(key)
	if ok {
		if last := e.rechecked.Load(); last != 0 && now < time.Duration(last)+d.opts.RecheckAge {
			return false
		}
	}
	if !d.bucket.take(now) {
		return false
	}
	if ok {
		d.countRecheck(e)
	}
	return true
}

func (d *Directory) countRecheck(e *didEntry) *didEntry {
	e.rechecked.Store(int64(max(d.now(), 1)))
	return e
}

// A bucket lets a number of things through in a second.
type bucket struct {
	mu     sync.Mutex
	rate   float64 // per second, and how many at once
	tokens float64
	last   time.Duration
}

// take reports whether something may go through now.
func (b *bucket) take(now time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.rate, b.tokens+b.rate*max(now-b.last, 0).Seconds())
	b.last = max(b.last, now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
