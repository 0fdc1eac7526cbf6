package repo

import (
	"context"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// TreeBefore returns the tree before ops, which are those of all commits since
// then, the oldest first, as [Result.Ops] has them and a host keeps them for its
// event stream: an earlier revision for [Repo.ExportSince] or [mst.Diff]. The
// records that are gone do not come back with it. The error is a
// [*mst.CommitOpError] if the ops do not lead to the tree that there is.
func (r *Repo) TreeBefore(ctx context.Context, ops ...Op) (*mst.Tree, error) {
	defer r.Hold()()
	tree, err := undo(ctx, r.Tree(), ops)
	return tree, r.readError(ctx, err)
}

func undo(ctx context.Context, t *mst.Tree, ops []Op) (*mst.Tree, error) {
	before, err := valuesBefore(ctx, t, ops)
	if err != nil {
		return nil, err
	}
	back := make([]mst.Op, 0, len(before))
	for key, value := range before {
		_, there, err := t.Get(ctx, key)
		switch {
		case err != nil:
			return nil, err
		case value.Defined():
			back = append(back, mst.Op{Action: mst.Put, Key: key, Value: value})
		case there:
			back = append(back, mst.Op{Action: mst.Delete, Key: key})
		}
	}
	return t.Apply(ctx, back...)
}

// valuesBefore returns what the keys of ops had before them; undefined for those
// that were not there.
func valuesBefore(ctx context.Context, t *mst.Tree, ops []Op) (map[string]dagcbor.CID, error) {
	values := make(map[string]dagcbor.CID, len(ops))
	for i, op := range slices.Backward(ops) {
		key := op.Path.String()
		value, seen := values[key]
		if !seen {
			var err error
			if value, _, err = t.Get(ctx, key); err != nil {
				return nil, err
			}
		}
		if value != op.CID {
			return nil, &mst.CommitOpError{
				Index: i, Op: mst.CommitOp{Action: op.Action, Key: key, Value: op.CID, Prev: op.Prev},
				Msg: "what comes after it has another value", Found: value,
			}
		}
		values[key] = op.Prev
	}
	return values, nil
}
