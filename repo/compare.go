package repo

import (
	"context"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

// difference is what lies between two trees.
type difference struct {
	nodes   []car.Block   // that are new, in pre-order
	gone    []dagcbor.CID // nodes
	changes []mst.Change
}

// compare returns what lies between the trees from, which is nil if there was
// none, and to.
func compare(ctx context.Context, from, to *mst.Tree) (*difference, error) {
	d := &difference{}
	var err error
	if d.nodes, d.gone, err = compareNodes(ctx, from, to); err != nil {
		return nil, err
	}
	if from == nil {
		from = mst.New()
	}
	for c, err := range mst.Diff(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		d.changes = append(d.changes, c)
	}
	return d, nil
}

// compareNodes returns the nodes of to that are not in from, which is nil if
// there was no tree before, and those of from that are not in to.
func compareNodes(ctx context.Context, from, to *mst.Tree) (nodes []car.Block, gone []dagcbor.CID, err error) {
	base := from
	if base == nil {
		base = mst.New()
	}
	added, removed, err := mst.DiffNodes(ctx, base, to)
	if err != nil {
		return nil, nil, err
	}
	nodes = blocksOf(added)
	if from == nil {
		if to.Root() == base.Root() { // the empty tree, which was not there either
			nodes, err = covering(ctx, to, nil)
		}
		return nodes, nil, err
	}
	for _, n := range removed {
		gone = append(gone, n.CID)
	}
	return nodes, gone, nil
}
