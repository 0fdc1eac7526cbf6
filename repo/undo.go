package repo

import (
	"context"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// TreeBefore returns the tree before ops, which are those of all commits since
// then, the oldest first, as [Result.Ops] has them and a host keeps them for its
// event stream: an earlier revision to look at, or for [mst.Diff]. The records
// that are gone do not come back with it. The error is a [*mst.CommitOpError] if
// an op makes no sense, or the ops do not lead to the tree that there is.
//
// The tree shares nodes with [Repo.Tree], which later commits drop: keep it no
// longer than a [Repo.Hold] that began before. To export what is new since then
// there is [Repo.ExportSinceOps].
func (r *Repo) TreeBefore(ctx context.Context, ops ...Op) (tree *mst.Tree, err error) {
	err = r.held(ctx, func() error {
		tree, err = undo(ctx, r.Tree(), ops)
		return err
	})
	return tree, err
}

// undo takes the ops of some commits back.
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
		if msg := op.wrong(); msg != "" {
			return nil, op.error(i, msg, dagcbor.CID{})
		}
		key := op.Path.String()
		value, seen := values[key]
		if !seen {
			var err error
			if value, _, err = t.Get(ctx, key); err != nil {
				return nil, err
			}
		}
		if value != op.CID {
			return nil, op.error(i, "what comes after it has another value", value)
		}
		values[key] = op.Prev
	}
	return values, nil
}

// wrong says what is wrong with the op in itself.
func (op Op) wrong() string {
	was, is := op.Prev.Defined(), op.CID.Defined()
	switch {
	case op.Path.IsZero():
		return "it has no path"
	case op.Action == mst.Create && is && !was, op.Action == mst.Update && is && was, op.Action == mst.Delete && !is && was:
		return ""
	case op.Action == mst.Create, op.Action == mst.Update, op.Action == mst.Delete:
		return "its CIDs are not those of its action"
	}
	return "its action is not one of a commit"
}

// error returns the error about the op, which is the one at index i.
func (op Op) error(i int, msg string, found dagcbor.CID) error {
	return &mst.CommitOpError{
		Index: i, Op: mst.CommitOp{Action: op.Action, Key: op.Path.String(), Value: op.CID, Prev: op.Prev},
		Msg: msg, Found: found,
	}
}
