package did

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/internal/flight"
	"github.com/linnet-at/linnet/did/internal/s3fifo"
	"github.com/linnet-at/linnet/syntax"
)

// A Directory knows who is who: it looks accounts up by DID or handle, checks
// that the two lead to each other, and remembers what it found. Make one with
// [NewDirectory], for the whole program. It may be used concurrently.
//
// A lookup of what is known takes a tenth of a microsecond. Callers that want at
// the same time what is not known share one question, which goes on until it has
// an answer or all of them have left. Names that were asked for only once do not
// drive out those in use, however many they are.
//
// A Directory is a [Resolver] and a [HandleResolver] as well, of what it has
// checked.
type Directory struct {
	opts    DirectoryOptions
	dids    Resolver
	handles HandleResolver
	epoch   time.Time

	didCache    *s3fifo.Cache[*didEntry]
	handleCache *s3fifo.Cache[*handleEntry]
	didFlights  flight.Group[didResult]
	hFlights    flight.Group[handleResult]
	rechecks    flight.Group[recheckResult]
	bucket      bucket

	background context.Context //nolint:containedctx // of what nobody waits for, until Close
	stop       context.CancelFunc
	slots      chan struct{} // of what is done in the background
	counts     counts
}

// counts are the counters that are not of a cache in memory.
type counts struct{ didsAsked, handlesAsked, stale, shared, failed atomic.Uint64 }

var (
	_ Resolver       = (*Directory)(nil)
	_ HandleResolver = (*Directory)(nil)
)

// NewDirectory returns a directory that asks the given resolvers, such as those
// of [NewResolver] and [NewHandleResolver]; nil options mean the defaults.
// Nothing needs to be closed but what goes on in the background, see
// [Directory.Close].
func NewDirectory(dids Resolver, handles HandleResolver, o *DirectoryOptions) *Directory {
	d := &Directory{opts: o.withDefaults(), dids: dids, handles: handles, epoch: time.Now()}
	d.didCache = s3fifo.New[*didEntry](d.opts.MaxEntries)
	d.handleCache = s3fifo.New[*handleEntry](d.opts.MaxEntries)
	d.didFlights = flight.Group[didResult]{Timeout: d.opts.Timeout, Known: d.knownDID, Keep: d.keepDID}
	d.hFlights = flight.Group[handleResult]{Timeout: d.opts.Timeout, Known: d.knownHandle, Keep: d.keepHandle}
	d.rechecks = flight.Group[recheckResult]{
		Known: func(string) (none recheckResult, ok bool) { return none, false },
		Keep:  func(string, recheckResult) {},
	}
	if d.opts.Cache != nil {
		d.didFlights.After, d.didFlights.Undo = d.shareDID, d.unshareDID
		d.hFlights.After, d.hFlights.Undo = d.shareHandle, d.unshareHandle
	}
	d.bucket.rate = float64(d.opts.RecheckRate)
	d.bucket.tokens = d.bucket.rate
	d.background, d.stop = context.WithCancel(context.Background())
	d.slots = make(chan struct{}, d.opts.Concurrency)
	return d
}

// Close ends what goes on in the background, and waits for it. Lookups must not
// be made any more. Close always returns nil.
func (d *Directory) Close() error {
	d.stop()
	d.rechecks.Wait()
	d.didFlights.Wait()
	d.hFlights.Wait()
	return nil
}

// now returns the time since the directory was made. It is monotonic, which
// costs less than the time of day and does not jump.
func (d *Directory) now() time.Duration { return time.Since(d.epoch) }

// Lookup returns the account with the given name: [Directory.LookupDID] or
// [Directory.LookupHandle].
func (d *Directory) Lookup(ctx context.Context, name syntax.AtIdentifier) (*Identity, error) {
	if id, ok := name.DID(); ok {
		return d.LookupDID(ctx, id)
	}
	h, ok := name.Handle()
	if !ok {
		return nil, name.CheckResolvable(nil)
	}
	return d.LookupHandle(ctx, h)
}

// LookupDID returns the account with the given DID. That its handle is missing
// or not verified is no error, and is said by [Identity.HandleError].
//
// The errors are those of the [Resolver], which may be some seconds old: see
// [DirectoryOptions].FailureAge. If ctx is done first, the error matches its
// cause. What is known is returned whatever ctx is.
func (d *Directory) LookupDID(ctx context.Context, id syntax.DID) (*Identity, error) {
	return d.lookupDID(ctx, id, d.now())
}

// lookupDID is LookupDID with the time, which takes a good part of it to find out.
func (d *Directory) lookupDID(ctx context.Context, id syntax.DID, now time.Duration) (*Identity, error) {
	if e, ok := d.didCache.Get(id.String()); ok && now < e.fresh {
		return e.id, e.err
	}
	return d.findDID(ctx, id)
}

// findDID is LookupDID for what is not fresh in memory.
func (d *Directory) findDID(ctx context.Context, id syntax.DID) (*Identity, error) {
	if id.IsZero() {
		return nil, id.CheckResolvable(nil)
	}
	key := id.String()
	e, _ := d.didCache.Peek(key)
	stale := e != nil && e.id != nil && d.now() < e.stale
	if !stale {
		r, err := d.didFlights.Do(ctx, key, func(ctx context.Context) didResult { return d.askDID(ctx, id, question{waiting: true}) })
		if err != nil {
			return nil, waitError(key, err)
		}
		e, stale = r.entry, r.old && d.now() >= r.entry.fresh
	}
	if stale {
		d.counts.stale.Add(1)
		d.inBackground(func(ended func()) {
			d.didFlights.Begin(d.background, key, func(ctx context.Context) didResult { return d.askDID(ctx, id, question{}) }, ended)
		})
	}
	return e.id, e.err
}

// waitError is for who left before there was an answer.
func waitError(name string, err error) error {
	return fmt.Errorf("did: lookup of %s: %w", quote(name), err)
}

// LookupHandle returns the account with the given handle. The handle leads to
// its DID, and is the one that its document claims.
//
// The error is a [*HandleError] that matches [ErrHandleMismatch] or
// [ErrHandleNotDeclared] if the document claims another handle, or none;
// otherwise it is that of the [HandleResolver], or that of the lookup of the
// DID. If ctx is done first, the error matches its cause.
//
// https://atproto.com/specs/handle#handle-resolution
func (d *Directory) LookupHandle(ctx context.Context, h syntax.Handle) (*Identity, error) {
	h = h.Normalize()
	now := d.now()
	e, ok := d.handleCache.Get(h.String())
	if !ok || now >= e.fresh {
		var err error
		if e, err = d.findHandle(ctx, h); err != nil {
			return nil, err
		}
		now = d.now()
	}
	if e.err != nil {
		return nil, e.err
	}
	id, err := d.lookupDID(ctx, e.did, now)
	if err != nil || id.handle == h {
		return id, err
	}
	return d.settle(ctx, h, e, id)
}

// findHandle returns where a handle leads that is not fresh in memory.
func (d *Directory) findHandle(ctx context.Context, h syntax.Handle) (*handleEntry, error) {
	if err := checkHandle(h); err != nil {
		return nil, err
	}
	key := h.String()
	e, _ := d.handleCache.Peek(key)
	stale := e != nil && e.err == nil && d.now() < e.stale
	if !stale {
		r, err := d.hFlights.Do(ctx, key, func(ctx context.Context) handleResult { return d.askHandle(ctx, h, question{waiting: true}) })
		if err != nil {
			return nil, waitError(key, err)
		}
		e, stale = r.entry, r.old && d.now() >= r.entry.fresh
	}
	if stale {
		d.counts.stale.Add(1)
		d.inBackground(func(ended func()) {
			d.hFlights.Begin(d.background, key, func(ctx context.Context) handleResult { return d.askHandle(ctx, h, question{}) }, ended)
		})
	}
	return e, nil
}

// checkHandle refuses handles that nobody resolves, in development or not.
func checkHandle(h syntax.Handle) error {
	return h.CheckResolvable(&syntax.Policy{Development: true})
}

// settle is about an account to which a handle leads, and of which it is not
// known that the handle is its own.
func (d *Directory) settle(ctx context.Context, h syntax.Handle, e *handleEntry, id *Identity) (*Identity, error) {
	if id.declared != h && d.olderThan(id, e.at) {
		// The handle may be the account's since the document was asked for.
		switch fresh, err := d.recheck(ctx, id); {
		case err == nil:
			id = fresh
		case ctx.Err() != nil:
			return nil, err
		}
	}
	switch {
	case id.declared == h:
		return d.confirm(id, e), nil
	case id.declared.IsZero():
		return nil, &HandleError{Handle: h, DID: id.DID(), LeadsTo: id.DID(), Err: ErrHandleNotDeclared}
	}
	return nil, &HandleError{Handle: h, DID: id.DID(), Declared: id.declared, LeadsTo: id.DID(), Err: ErrHandleMismatch}
}

// olderThan reports whether the document of id was asked for before a time.
func (d *Directory) olderThan(id *Identity, at time.Duration) bool {
	return id.resolved.Before(d.epoch.Add(at))
}

// confirm returns id with its declared handle, to which e belongs and leads.
func (d *Directory) confirm(id *Identity, e *handleEntry) *Identity {
	if id.handleErr == nil {
		return id
	}
	id = id.verified()
	d.didCache.Update(id.DID().String(), func(old *didEntry) *didEntry {
		if old.id == nil || old.id.doc != id.doc {
			return old
		}
		return d.newDIDEntry(id, old.docAt, verdict{at: e.at, fresh: e.at + d.opts.HandleAge}).after(old)
	})
	return id
}

// inBackground calls begin, which must see to it that ended is called, if there
// is room for it.
func (d *Directory) inBackground(begin func(ended func())) {
	if d.background.Err() != nil {
		return
	}
	select {
	case d.slots <- struct{}{}:
		begin(func() { <-d.slots })
	default: // the next lookup tries again
	}
}

// ResolveDID returns the document of the account with the given DID, as
// [Directory.LookupDID] finds it.
func (d *Directory) ResolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	account, err := d.LookupDID(ctx, id)
	if err != nil {
		return nil, err
	}
	return account.doc, nil
}

// ResolveHandle returns the DID of the account with the given handle, as
// [Directory.LookupHandle] finds it, which is after checking both ways.
func (d *Directory) ResolveHandle(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
	account, err := d.LookupHandle(ctx, h)
	if err != nil {
		return syntax.DID{}, err
	}
	return account.DID(), nil
}

// FindAccount returns the DID of the account with the given name, and the
// address of its server: with it a directory is what package xrpc/session asks
// for the account to log in to. The errors are those of [Directory.Lookup] and
// [Identity.PDS].
func (d *Directory) FindAccount(ctx context.Context, name syntax.AtIdentifier) (account syntax.DID, host string, err error) {
	id, err := d.Lookup(ctx, name)
	if err != nil {
		return syntax.DID{}, "", err
	}
	host, err = id.PDS()
	return id.DID(), host, err
}

// LocateAccount returns the address of an account's server and its signing key:
// with it a directory is what package lexicon/resolve asks for the accounts that
// publish schemas. A document without the one or the other is no error: then host
// is "", or key nil. The errors are those of [Directory.LookupDID].
func (d *Directory) LocateAccount(ctx context.Context, account syntax.DID) (host string, key *crypto.PublicKey, err error) {
	id, err := d.LookupDID(ctx, account)
	if err != nil {
		return "", nil, err
	}
	host, _ = id.PDS()       // what is missing
	key, _ = id.SigningKey() // is for the caller to say
	return host, key, nil
}

// DirectoryStats are counts since a [Directory] was made.
type DirectoryStats struct {
	DIDs, Handles int // in memory now

	Hits    uint64 // names found in memory, fresh or not
	Misses  uint64 // names not found there
	Evicted uint64 // names forgotten to make room
	Stale   uint64 // lookups that were given what is not fresh

	DIDsAsked    uint64 // questions to the resolver of DIDs
	HandlesAsked uint64 // questions to the resolver of handles
	Failed       uint64 // of those: without an answer, be it that there is no such name
	Shared       uint64 // names that were found in Cache
}

// Stats returns what happened so far.
func (d *Directory) Stats() DirectoryStats {
	a, b := d.didCache.Stats(), d.handleCache.Stats()
	return DirectoryStats{
		DIDs: a.Entries, Handles: b.Entries, Hits: a.Hits + b.Hits, Misses: a.Misses + b.Misses, Evicted: a.Evicted + b.Evicted,
		Stale: d.counts.stale.Load(), DIDsAsked: d.counts.didsAsked.Load(), HandlesAsked: d.counts.handlesAsked.Load(),
		Failed: d.counts.failed.Load(), Shared: d.counts.shared.Load(),
	}
}
