package did

import (
	"context"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// A handleEntry is where a handle leads. It is not changed. Times are those of
// [Directory.now].
type handleEntry struct {
	did syntax.DID // zero if there is err
	err error

	at    time.Duration // when it was asked for
	fresh time.Duration // until when it is given out as it is
	stale time.Duration // until when it is, while it is asked for anew
	dead  time.Duration // until when it is if nobody knows
}

// A handleResult is an entry, and why it is not new if it is not.
type handleResult struct {
	entry *handleEntry
	err   error // of asking; may be nil
	old   bool  // nobody was asked
	keep  bool
	share bool // with the shared cache
}

func (d *Directory) newHandleEntry(id syntax.DID, at time.Duration) *handleEntry {
	return &handleEntry{did: id, at: at, fresh: at + d.opts.HandleAge, stale: at + d.opts.StaleAge, dead: at + d.opts.MaxAge}
}

func (d *Directory) knownHandle(key string) (handleResult, bool) {
	e, ok := d.handleCache.Peek(key)
	return handleResult{entry: e}, ok && d.now() < e.fresh
}

func (d *Directory) keepHandle(key string, r handleResult) {
	if r.keep {
		d.handleCache.Set(key, r.entry)
	}
}

// askHandle finds out where a handle leads.
func (d *Directory) askHandle(ctx context.Context, h syntax.Handle, q question) handleResult {
	old := d.oldHandle(ctx, h, q)
	now := d.now()
	if old != nil && !q.anew && (now < old.fresh || q.waiting && now < old.stale) {
		return handleResult{entry: old, old: true, keep: true}
	}
	d.counts.handlesAsked.Add(1)
	id, err := d.handles.ResolveHandle(ctx, h)
	if err == nil {
		return handleResult{entry: d.newHandleEntry(id, now), keep: true, share: true}
	}
	d.counts.failed.Add(1)
	return d.withoutDID(ctx, err, old)
}

// oldHandle returns what is still of use of what is known about a handle, here
// or by others who share a cache.
func (d *Directory) oldHandle(ctx context.Context, h syntax.Handle, q question) *handleEntry {
	old, _ := d.handleCache.Peek(h.String())
	if old != nil && (old.err != nil || d.now() >= old.dead) {
		old = nil
	}
	if q.anew || d.opts.Cache == nil {
		return old
	}
	if shared := d.sharedHandle(ctx, h); shared != nil && d.now() < shared.dead && (old == nil || shared.at > old.at) {
		d.counts.shared.Add(1)
		return shared
	}
	return old
}

// withoutDID returns what becomes of a handle when the resolver gave err.
func (d *Directory) withoutDID(ctx context.Context, err error, old *handleEntry) handleResult {
	now := d.now()
	switch {
	case isCanceled(ctx, err), neverAsked(err):
		if old != nil && !neverAsked(err) {
			return handleResult{entry: old, err: err}
		}
		return handleResult{entry: &handleEntry{err: err}, err: err}
	case isFailure(err) && old != nil && !isFinal(err):
		e := *old
		e.fresh = min(now+d.failureAge(err), e.dead)
		return handleResult{entry: &e, err: err, keep: true}
	}
	e := &handleEntry{err: err, at: now, fresh: now + d.opts.NotFoundAge}
	if isFailure(err) {
		e.fresh = now + d.failureAge(err)
	}
	return handleResult{entry: e, err: err, keep: true}
}

// whereLeads returns where a handle leads that the document of id declares. What
// is known is good enough if it says so, and for a while if it denies it.
func (d *Directory) whereLeads(ctx context.Context, h syntax.Handle, id syntax.DID, q question) (*handleEntry, error) {
	key := h.String()
	e, ok := d.handleCache.Get(key)
	now := d.now()
	known := ok && now < e.fresh && (q.since == 0 || e.at > q.since)
	if known && (e.did == id || now < e.at+d.opts.NotFoundAge) {
		return e, nil
	}
	ask := d.hFlights.Do
	anew := known || q.since > 0
	if anew {
		ask = d.hFlights.Redo
	}
	r, err := ask(ctx, key, func(ctx context.Context) handleResult { return d.askHandle(ctx, h, question{anew: anew}) })
	if err != nil {
		return nil, err
	}
	return r.entry, nil
}
