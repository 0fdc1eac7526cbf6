package repo

import (
	"context"
	"io"
)

// Draw writes the tree of the commit as a picture in text, for people, with a
// star behind each node that the commit made: see [mst.Tree.DrawChange]. Nodes
// that it did not make come from the store, so draw before the next commit drops
// some of them.
func (r *Result) Draw(ctx context.Context, w io.Writer) error {
	return r.after.DrawChange(ctx, w, r.before)
}

// SVG is [Result.Draw] as an image, in which the nodes that the commit made have
// another color: see [mst.Tree.SVG].
func (r *Result) SVG(ctx context.Context, w io.Writer) error {
	return r.after.SVG(ctx, w, r.before)
}
