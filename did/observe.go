package did

import (
	"context"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// A Question is one that a resolver of this package asked: a request with its
// redirects, or a DNS lookup. See [Options].Observe.
type Question struct {
	Arm    string        // "plc", "web", "dns", "https" or "xrpc", as in an [ArmError]
	DID    syntax.DID    // what was to be resolved, or
	Handle syntax.Handle // this
	LeadTo syntax.DID    // the DID of Handle, if there is no error
	Start  time.Time
	Took   time.Duration
	Err    error // what the resolver returned
}

// observeDID returns r, or one that tells of its questions too.
func (o *Options) observeDID(arm string, r Resolver) Resolver {
	if o.Observe == nil {
		return r
	}
	return ResolverFunc(func(ctx context.Context, id syntax.DID) (*Document, error) {
		start := time.Now()
		doc, err := r.ResolveDID(ctx, id)
		if !neverAsked(err) {
			o.Observe(ctx, Question{Arm: arm, DID: id, Start: start, Took: time.Since(start), Err: err})
		}
		return doc, err
	})
}

// observeHandle returns r, or one that tells of its questions too.
func (o *Options) observeHandle(arm string, r HandleResolver) HandleResolver {
	if o.Observe == nil {
		return r
	}
	return HandleResolverFunc(func(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
		start := time.Now()
		id, err := r.ResolveHandle(ctx, h)
		if !neverAsked(err) {
			o.Observe(ctx, Question{Arm: arm, Handle: h, LeadTo: id, Start: start, Took: time.Since(start), Err: err})
		}
		return id, err
	})
}
