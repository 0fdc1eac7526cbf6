package did

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// never is a time that does not come, long does the directory's clock run.
const never = time.Duration(math.MaxInt64)

// A question says how a name is asked about.
type question struct {
	// anew means that what is known about the name does not count: somebody
	// knows, or has reason to believe, that it has changed.
	anew bool

	// since is from when on answers about the handle of a DID count; 0 means
	// that all do that are known.
	since time.Duration

	// waiting means that somebody waits for the answer, so that an old one of
	// the shared cache is of use.
	waiting bool
}

// A didEntry is what is known about a DID. It is not changed. Times are those of
// [Directory.now].
type didEntry struct {
	id  *Identity // nil if there is err
	err error

	docAt    time.Duration // when the document was asked for
	docFresh time.Duration // until when it need not be asked for
	verdict  verdict       // on the handle
	fresh    time.Duration // until when all this is given out as it is
	stale    time.Duration // until when it is, while it is asked for anew
	dead     time.Duration // until when it is if nobody knows

	rechecked *atomic.Int64 // when the DID was asked about last by Recheck; 0 if never
}

// A verdict is about the handle of an account.
type verdict struct {
	err   error         // nil if it is verified
	at    time.Duration // when it was looked up
	fresh time.Duration // until when that need not be done
}

// A didResult is an entry, and why it is not new if it is not.
type didResult struct {
	entry *didEntry
	err   error // of asking; may be nil
	old   bool  // nobody was asked
	keep  bool
	share bool // with the shared cache
}

// newDIDEntry returns the entry of an account that was asked for at docAt.
func (d *Directory) newDIDEntry(id *Identity, docAt time.Duration, v verdict) *didEntry {
	oldest := docAt
	if v.err == nil {
		oldest = min(oldest, v.at)
	}
	docFresh := docAt + d.opts.HitAge
	return &didEntry{
		id: id, docAt: docAt, docFresh: docFresh, verdict: v,
		fresh: min(docFresh, v.fresh), stale: oldest + d.opts.StaleAge, dead: oldest + d.opts.MaxAge,
		rechecked: new(atomic.Int64),
	}
}

// after returns e with what is counted about the DID.
func (e *didEntry) after(old *didEntry) *didEntry {
	if old != nil {
		e.rechecked = old.rechecked
	}
	return e
}

func (d *Directory) knownDID(key string) (didResult, bool) {
	e, ok := d.didCache.Peek(key)
	return didResult{entry: e}, ok && d.now() < e.fresh
}

func (d *Directory) keepDID(key string, r didResult) {
	if !r.keep {
		return
	}
	old, _ := d.didCache.Peek(key)
	d.didCache.Set(key, r.entry.after(old))
}

// askDID finds out about a DID.
func (d *Directory) askDID(ctx context.Context, id syntax.DID, q question) didResult {
	old := d.oldDID(ctx, id, q)
	now := d.now()
	if old != nil && !q.anew {
		switch {
		case now < old.fresh, q.waiting && now < old.stale:
			return didResult{entry: old, old: true, keep: true}
		case now < old.docFresh: // it is about the handle
			return d.complete(ctx, old.id.doc, old, old.docAt, old.id.resolved, q)
		}
	}
	d.counts.didsAsked.Add(1)
	at := time.Now()
	doc, err := d.dids.ResolveDID(ctx, id)
	if err != nil {
		d.counts.failed.Add(1)
		return d.withoutDocument(ctx, err, old)
	}
	return d.complete(ctx, doc, old, now, at, q)
}

// oldDID returns what is still of use of what is known about a DID, here or by
// others who share a cache.
func (d *Directory) oldDID(ctx context.Context, id syntax.DID, q question) *didEntry {
	old, _ := d.didCache.Peek(id.String())
	if old != nil && (old.id == nil || d.now() >= old.dead) {
		old = nil
	}
	if q.anew || d.opts.Cache == nil {
		return old
	}
	if shared := d.sharedDID(ctx, id); shared != nil && d.now() < shared.dead && (old == nil || shared.docAt > old.docAt || shared.fresh > old.fresh) {
		d.counts.shared.Add(1)
		return shared
	}
	return old
}

// complete adds the handle to a document that was asked for at docAt.
func (d *Directory) complete(ctx context.Context, doc *Document, old *didEntry, docAt time.Duration, resolved time.Time, q question) didResult {
	v := d.verify(ctx, doc, old, q)
	id := newIdentity(doc, v.err, resolved)
	if old != nil && old.id.doc == doc {
		id.key.Store(old.id.key.Load())
	}
	return didResult{entry: d.newDIDEntry(id, docAt, v), keep: true, share: true}
}

// verify finds out whether the handle that a document declares leads to it.
func (d *Directory) verify(ctx context.Context, doc *Document, old *didEntry, q question) verdict {
	h, ok := doc.ClaimedHandle()
	now := d.now()
	switch {
	case !ok:
		return verdict{err: &HandleError{DID: doc.ID, Err: ErrHandleNotDeclared}, at: now, fresh: never}
	case d.opts.SkipHandleVerification:
		return verdict{err: &HandleError{Handle: h, DID: doc.ID, Declared: h, Err: ErrHandleNotVerified}, at: now, fresh: never}
	}
	if err := checkHandle(h); err != nil {
		return d.refuted(&HandleError{Handle: h, DID: doc.ID, Declared: h, Err: err})
	}
	e, err := d.whereLeads(ctx, h, doc.ID, q)
	switch {
	case err == nil && e.err == nil && e.did == doc.ID:
		return verdict{at: e.at, fresh: e.fresh}
	case err == nil && e.err == nil:
		return d.refuted(&HandleError{Handle: h, DID: doc.ID, Declared: h, LeadsTo: e.did, Err: ErrHandleMismatch})
	case err == nil:
		err = e.err
	}
	failure := &HandleError{Handle: h, DID: doc.ID, Declared: h, Err: err}
	if !isFailure(err) || isFinal(err) {
		return d.refuted(failure)
	}
	if old != nil && old.id.handle == h { // since less than MaxAge, or old were dead
		return verdict{at: old.verdict.at, fresh: now + d.opts.FailureAge} // not known to be broken
	}
	v := d.refuted(failure)
	if e, ok := errors.AsType[*ResolveError](err); !ok || e.Temporary() {
		v.fresh = min(v.fresh, v.at+d.failureAge(err))
	}
	return v
}

// refuted returns the verdict that a handle is not that of the account.
func (d *Directory) refuted(err error) verdict {
	now := d.now()
	return verdict{err: err, at: now, fresh: now + d.opts.InvalidHandleAge}
}

// withoutDocument returns what becomes of a DID when the resolver gave err.
func (d *Directory) withoutDocument(ctx context.Context, err error, old *didEntry) didResult {
	now := d.now()
	switch {
	case isCanceled(ctx, err), neverAsked(err):
		if old != nil {
			return didResult{entry: old, err: err}
		}
		return didResult{entry: &didEntry{err: err}, err: err}
	case isFailure(err) && old != nil:
		e := *old
		e.fresh = min(now+d.failureAge(err), e.dead)
		return didResult{entry: &e, err: err, keep: true}
	}
	e := &didEntry{err: err, fresh: now + d.opts.NotFoundAge, rechecked: new(atomic.Int64)}
	if isFailure(err) {
		e.fresh = now + d.failureAge(err)
	}
	return didResult{entry: e, err: err, keep: true}
}

// failureAge returns how long a failure counts.
func (d *Directory) failureAge(err error) time.Duration {
	if e, ok := errors.AsType[*ResolveError](err); ok {
		return max(d.opts.FailureAge, min(e.RetryAfter(), maxRetryAfter))
	}
	return d.opts.FailureAge
}

// isFailure reports whether it is not known what was asked. Otherwise it is known
// that there is nothing.
func isFailure(err error) bool {
	return !errors.Is(err, ErrDIDNotFound) && !errors.Is(err, ErrDIDDeactivated) && !errors.Is(err, ErrHandleNotFound) && !neverAsked(err)
}

// isFinal reports whether a failure is an answer of no use, rather than none.
func isFinal(err error) bool {
	e, ok := errors.AsType[*ResolveError](err)
	return ok && e.final()
}

// isCanceled reports whether there is no answer since nobody waits for it. That
// says nothing about the name.
func isCanceled(ctx context.Context, err error) bool {
	return errors.Is(ctx.Err(), context.Canceled) || errors.Is(err, context.Canceled)
}

// neverAsked reports whether err is one of [syntax.DID.CheckResolvable] or
// [syntax.Handle.CheckResolvable], which it costs nothing to find out again.
func neverAsked(err error) bool {
	if _, ok := errors.AsType[*ResolveError](err); ok {
		return false
	}
	return neverResolved(err) || errors.Is(err, syntax.ErrUnsupportedMethod) || errors.Is(err, syntax.ErrMethodIdentifier)
}
