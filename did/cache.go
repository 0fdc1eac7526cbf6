package did

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// A Cache keeps what a [Directory] has found out, for others that share it, or
// for after a restart: a server such as Redis or memcached, or a table. Package
// redisstore in stores/redis is one, and package cachetest tests others.
//
// Keys are printable ASCII without spaces, of at most 250 bytes, and begin with
// "did:" or "at://". Values are binary, of some hundred bytes mostly, and of at
// most 300,000. They say which version of their form they have: nothing needs to
// be cleared when that changes.
//
// A Cache is no store: it may forget at any time. It is trusted: who writes to
// it says who anybody is. Methods must be safe for concurrent use, and return
// soon after ctx is done.
type Cache interface {
	// Get returns the value of a key, which the caller may change. That there is
	// none is no error.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)

	// Set sets the value of a key for the given time, which is at least a
	// millisecond. It must not keep value.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Delete removes a key. That there is none is no error.
	Delete(ctx context.Context, key string) error
}

// maxCacheKey is the longest key of a [Cache], which is that of memcached. Longer
// names are not kept there.
const maxCacheKey = 250

// minTTL is the shortest time for which something is kept in a [Cache].
const minTTL = time.Millisecond

// maxClockSkew is how far the clock of another machine may be ahead.
const maxClockSkew = time.Minute

// atTime returns when something was, by the clock of the directory, that another
// machine says was at t.
func (d *Directory) atTime(t time.Time) (time.Duration, error) {
	age := time.Since(t)
	if age < -maxClockSkew {
		return 0, fmt.Errorf("is of the future: %s", t.Format(time.RFC3339))
	}
	return d.now() - max(age, 0), nil
}

// read returns the value of a key of the shared cache, or nil.
func (d *Directory) read(ctx context.Context, key string) []byte {
	if len(key) > maxCacheKey {
		return nil
	}
	ctx, cancel := withTimeout(ctx, d.opts.CacheTimeout)
	defer cancel()
	value, found, err := d.opts.Cache.Get(ctx, key)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			d.opts.CacheFailed(fmt.Errorf("did: cache: get %s: %w", quote(key), err))
		}
		return nil
	}
	if !found {
		return nil
	}
	return value
}

// write sets the value of a key of the shared cache until a time.
func (d *Directory) write(ctx context.Context, key string, value []byte, until time.Duration) {
	ttl := until - d.now()
	if len(key) > maxCacheKey || ttl < minTTL {
		return
	}
	ctx, cancel := withTimeout(ctx, d.opts.CacheTimeout)
	defer cancel()
	if err := d.opts.Cache.Set(ctx, key, value, ttl); err != nil {
		d.opts.CacheFailed(fmt.Errorf("did: cache: set %s: %w", quote(key), err))
	}
}

// unshare deletes a key of the shared cache, if there is one.
func (d *Directory) unshare(ctx context.Context, key string) error {
	if d.opts.Cache == nil || len(key) > maxCacheKey {
		return nil
	}
	ctx, cancel := withTimeout(ctx, d.opts.CacheTimeout)
	defer cancel()
	if err := d.opts.Cache.Delete(ctx, key); err != nil {
		return fmt.Errorf("did: cache: delete %s: %w", quote(key), err)
	}
	return nil
}

// useless tells that a value in the shared cache can't be used.
func (d *Directory) useless(key string, err error) {
	d.opts.CacheFailed(fmt.Errorf("did: cache: value of %s %v", quote(key), err))
}

// sharedDID returns what the shared cache has about a DID, or nil.
func (d *Directory) sharedDID(ctx context.Context, id syntax.DID) *didEntry {
	value := d.read(ctx, id.String())
	if value == nil {
		return nil
	}
	s, err := parseAccount(value)
	if err == nil && s.doc.ID != id {
		err = fmt.Errorf("is about %s", quote(s.doc.ID.String()))
	}
	var docAt, handleAt time.Duration
	if err == nil {
		docAt, err = d.atTime(s.resolved)
	}
	if err == nil && s.verified {
		handleAt, err = d.atTime(s.handleAt)
	}
	if err != nil {
		d.useless(id.String(), err)
		return nil
	}
	s.doc.allowLoopback = d.opts.AllowLoopback
	v := verdict{at: handleAt, fresh: handleAt + d.opts.HandleAge}
	if !s.verified {
		v = d.unverified(s.doc)
	}
	e := d.newDIDEntry(newIdentity(s.doc, v.err, s.resolved), docAt, v)
	if v.err != nil {
		e.stale = min(e.stale, e.fresh)
	}
	return e
}

// unverified returns the verdict on a handle of which others do not say that it
// is verified: this is to be found out at once.
func (d *Directory) unverified(doc *Document) verdict {
	h, ok := doc.ClaimedHandle()
	switch {
	case !ok:
		return verdict{err: &HandleError{DID: doc.ID, Err: ErrHandleNotDeclared}, at: d.now(), fresh: never}
	case d.opts.SkipHandleVerification:
		return verdict{err: &HandleError{Handle: h, DID: doc.ID, Declared: h, Err: ErrHandleNotVerified}, at: d.now(), fresh: never}
	}
	return verdict{err: &HandleError{Handle: h, DID: doc.ID, Declared: h, Err: ErrHandleNotVerified}, at: d.now(), fresh: d.now()}
}

// shareDID tells the shared cache about a DID.
func (d *Directory) shareDID(ctx context.Context, key string, r didResult) {
	if !r.share {
		return
	}
	s := account{doc: r.entry.id.doc, resolved: r.entry.id.resolved}
	if s.verified = r.entry.id.handleErr == nil; s.verified {
		s.handleAt = d.epoch.Add(r.entry.verdict.at)
	}
	d.write(ctx, key, s.append(nil), r.entry.dead)
}

func (d *Directory) unshareDID(ctx context.Context, key string) {
	if err := d.unshare(ctx, key); err != nil {
		d.opts.CacheFailed(err)
	}
}

// sharedHandle returns what the shared cache has about a handle, or nil.
func (d *Directory) sharedHandle(ctx context.Context, h syntax.Handle) *handleEntry {
	key := handleScheme + h.String()
	value := d.read(ctx, key)
	if value == nil {
		return nil
	}
	s, err := parseLead(value)
	if err == nil && s.handle != h {
		err = fmt.Errorf("is about %s", quote(s.handle.String()))
	}
	var at time.Duration
	if err == nil {
		at, err = d.atTime(s.at)
	}
	if err != nil {
		d.useless(key, err)
		return nil
	}
	return d.newHandleEntry(s.did, at)
}

// shareHandle tells the shared cache about a handle.
func (d *Directory) shareHandle(ctx context.Context, key string, r handleResult) {
	if !r.share {
		return
	}
	h, err := syntax.ParseHandle(key)
	if err != nil {
		return // of the zero handle only
	}
	s := lead{handle: h, did: r.entry.did, at: d.epoch.Add(r.entry.at)}
	d.write(ctx, handleScheme+key, s.append(nil), r.entry.dead)
}

func (d *Directory) unshareHandle(ctx context.Context, key string) {
	d.unshareDID(ctx, handleScheme+key)
}
