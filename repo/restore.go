package repo

import (
	"context"
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// restorer adds to a batch that brings a store up to date what the store has
// lost.
type restorer struct {
	*difference
	file  *Export
	store blockstore.Store
	b     *blockstore.Batch
}

func (r *restorer) run(ctx context.Context) error {
	if err := r.restore(ctx); err != nil {
		return err
	}
	return r.undrop(ctx)
}

// restore goes through the tree, if all nodes of it are in the file, and adds the
// blocks that were there before and are lost, once for each place.
func (r *restorer) restore(ctx context.Context) error {
	tree, err := mst.Load(ctx, r.file.file, r.file.commit.data, &r.file.tree)
	if err != nil {
		return unlessMissing(err)
	}
	fresh := make(map[dagcbor.CID]bool, len(r.nodes))
	for i := range r.nodes {
		fresh[r.nodes[i].CID] = true
	}
	var again []car.Block
	for step, err := range tree.Preorder(ctx) {
		if err != nil {
			return unlessMissing(err)
		}
		if step.Node != nil && fresh[step.CID] || step.Node == nil && hasChange(r.changes, step.Key) {
			continue
		}
		block := step.Node
		if block == nil {
			rec, err := loadRecord(ctx, overlay{r.file.file, r.store}, mst.Entry{Key: step.Key, Value: step.CID})
			if err != nil {
				return err
			}
			block = rec.block
		}
		found, err := r.has(ctx, step.CID, block)
		if err != nil {
			return err
		}
		if !found {
			again = append(again, car.Block{CID: step.CID, Data: block})
		}
	}
	r.b.Put = append(r.b.Put, again...)
	return nil
}

// undrop keeps blocks that are put from being dropped if the store had lost
// them: it has no reference to them but the new ones.
func (r *restorer) undrop(ctx context.Context) error {
	put := make(map[dagcbor.CID][]byte, len(r.b.Put))
	for i := range r.b.Put {
		put[r.b.Put[i].CID] = r.b.Put[i].Data
	}
	kept := r.b.Drop[:0]
	for _, c := range r.b.Drop {
		if block, again := put[c]; again {
			found, err := r.has(ctx, c, block)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
		}
		kept = append(kept, c)
	}
	r.b.Drop = kept
	return nil
}

// has is hasBlock for the store.
func (r *restorer) has(ctx context.Context, c dagcbor.CID, block []byte) (bool, error) {
	found, err := hasBlock(ctx, r.store, c, block)
	if err != nil {
		err = unreadable(ctx, r.b.Prev, err)
	}
	return found, err
}

// unlessMissing returns err unless it says that a node is missing.
func unlessMissing(err error) error {
	if _, missing := errors.AsType[*mst.MissingBlockError](err); missing {
		return nil
	}
	return err
}
