package session

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// NewFinder returns a [Finder] that asks the given resolvers. Where one is nil,
// it is one of package did with its default options, which asks the network.
func NewFinder(dids did.Resolver, handles did.HandleResolver) (Finder, error) {
	if dids == nil {
		var err error
		if dids, err = did.NewResolver(nil); err != nil {
			return nil, err
		}
	}
	if handles == nil {
		handles = did.NewHandleResolver(nil)
	}
	return &finder{dids, handles}, nil
}

type finder struct {
	dids    did.Resolver
	handles did.HandleResolver
}

// FindAccount implements [Finder].
func (f *finder) FindAccount(ctx context.Context, id syntax.AtIdentifier) (syntax.DID, string, error) {
	account, ok := id.DID()
	handle, isHandle := id.Handle()
	if !ok {
		var err error
		if account, err = f.handles.ResolveHandle(ctx, handle); err != nil {
			return syntax.DID{}, "", err
		}
	}
	doc, err := f.dids.ResolveDID(ctx, account)
	if err != nil {
		return syntax.DID{}, "", err
	}
	if claimed, ok := doc.ClaimedHandle(); isHandle && (!ok || claimed != handle.Normalize()) {
		return syntax.DID{}, "", fmt.Errorf("session: the document of %s does not claim the handle %q", account, handle)
	}
	host, err := doc.PDS()
	return account, host, err
}
