package did

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/syntax"
)

// A Resolver finds the documents of DIDs.
//
// The document is that of the DID asked for, and not to be changed, since
// others may have it too. The error matches [ErrDIDNotFound] if there is no such
// DID, [ErrDIDDeactivated] if there is no longer, and [ErrDIDResolutionFailed]
// if the answer is not known; these are in a [*ResolveError], which says why.
// For a DID that can't be resolved at all, the error is that of
// [syntax.DID.CheckResolvable].
//
// Resolvers must be safe for concurrent use, and return soon after ctx is done.
type Resolver interface {
	ResolveDID(ctx context.Context, id syntax.DID) (*Document, error)
}

// A ResolverFunc is a function as a [Resolver].
type ResolverFunc func(ctx context.Context, id syntax.DID) (*Document, error)

// ResolveDID calls f.
func (f ResolverFunc) ResolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	return f(ctx, id)
}

// A HandleResolver finds the DIDs to which handles lead.
//
// That is half of an identity: the document of the DID must claim the handle
// too ([Document.ClaimedHandle]) before either is believed.
//
// The error matches [ErrHandleNotFound] if the handle leads nowhere, and
// [ErrHandleResolutionFailed] if the answer is not known or not a usable DID;
// these are in a [*ResolveError], which says why. For a handle that is never
// resolved, the error is that of [syntax.Handle.CheckResolvable], and nobody was
// asked.
//
// HandleResolvers must be safe for concurrent use, and return soon after ctx is
// done.
type HandleResolver interface {
	ResolveHandle(ctx context.Context, handle syntax.Handle) (syntax.DID, error)
}

// A HandleResolverFunc is a function as a [HandleResolver].
type HandleResolverFunc func(ctx context.Context, handle syntax.Handle) (syntax.DID, error)

// ResolveHandle calls f.
func (f HandleResolverFunc) ResolveHandle(ctx context.Context, handle syntax.Handle) (syntax.DID, error) {
	return f(ctx, handle)
}

// A Mux is a [Resolver] that leaves DIDs to others by their method, such as
// "plc". It must not be changed while it is in use.
//
// The error for a method that it does not have matches
// [syntax.ErrUnsupportedMethod].
type Mux map[string]Resolver

// ResolveDID asks the resolver for the method of id.
func (m Mux) ResolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	if r := m[id.Method()]; r != nil {
		return r.ResolveDID(ctx, id)
	}
	if id.IsZero() {
		return nil, id.CheckResolvable(nil)
	}
	return nil, fmt.Errorf("did: %s can't be resolved: %w", quote(id.String()), syntax.ErrUnsupportedMethod)
}

// Static is a [Resolver] that knows the documents in it and no others. It must
// not be changed while it is in use.
type Static map[syntax.DID]*Document

// ResolveDID returns the document of id.
func (s Static) ResolveDID(_ context.Context, id syntax.DID) (*Document, error) {
	if d := s[id]; d != nil {
		return d, nil
	}
	return nil, &ResolveError{DID: id, Arms: []*ArmError{{Arm: armStatic, Reason: ReasonNotFound}}}
}

// StaticHandles is a [HandleResolver] that knows the handles in it, which are
// in lower case, and no others. It must not be changed while it is in use.
type StaticHandles map[syntax.Handle]syntax.DID

// ResolveHandle returns the DID of handle.
func (s StaticHandles) ResolveHandle(_ context.Context, handle syntax.Handle) (syntax.DID, error) {
	if id, ok := s[handle.Normalize()]; ok {
		return id, nil
	}
	return syntax.DID{}, &ResolveError{Handle: handle, Arms: []*ArmError{{Arm: armStatic, Reason: ReasonNotFound}}}
}
