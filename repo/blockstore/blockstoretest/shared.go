package blockstoretest

import (
	"context"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// A shared is a repository as those see it who open a store for each thing that
// they do.
type shared struct {
	open func() blockstore.Store
}

func (s shared) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	return s.open().Block(ctx, c)
}

func (s shared) Head(ctx context.Context) (dagcbor.CID, error) { return s.open().Head(ctx) }

func (s shared) Commit(ctx context.Context, b *blockstore.Batch) error {
	return s.open().Commit(ctx, b)
}
