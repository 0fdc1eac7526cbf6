package repo

import (
	"context"
	"io"

	"github.com/linnet-at/linnet/mst"
)

// Draw writes a picture in text, for people, of what the commit did: the tree
// before and the tree after it, with signs behind the nodes and entries that
// differ. Subtrees that the commit did not touch are closed, so that it can be
// looked at however large the repository is: see [mst.DiffPicture]. All of the
// tree is drawn by [mst.Tree.Draw].
//
// Some nodes may come from the store, so draw before the next commit drops them,
// or under [Repo.Hold]. There are pictures in the directory docs/repo of this
// module.
func (r *Result) Draw(ctx context.Context, w io.Writer) error {
	p, err := mst.DiffPicture(ctx, r.before, r.after)
	if err != nil {
		return err
	}
	return p.Text(ctx, w)
}

// SVG is [Result.Draw] as an image, in which what differs has another color.
func (r *Result) SVG(ctx context.Context, w io.Writer) error {
	p, err := mst.DiffPicture(ctx, r.before, r.after)
	if err != nil {
		return err
	}
	return p.SVG(ctx, w)
}
