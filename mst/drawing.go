package mst

import (
	"context"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Picture shows trees to people, one above the other: [Picture.Text] and
// [Picture.SVG] write it. What may be left out of a tree need not be there, so
// that a picture of what differs between two large trees, or of the few nodes of
// a proof, costs as much as one sees:
//
//	mst.Picture{{Tree: tree}}                                  // all of it
//	mst.Picture{{Tree: received, Caption: "proof", Partial: true}} // what has come
//
// [ChangePicture] and [DiffPicture] make pictures of two trees.
type Picture []Drawing

// A Drawing is a tree in a [Picture].
type Drawing struct {
	Tree    *Tree
	Caption string // stands above the tree; "" for none

	// Node says how the node with this CID is shown; nil shows all as they
	// are. It is asked before a node is fetched, and not about those that lie
	// below a [Closed] one.
	Node func(c dagcbor.CID, layer int) Mark
	// Entry says how an entry is shown; nil shows all as they are.
	Entry func(e Entry) Mark
	// Note returns a few words to stand in the node with this CID, such as a
	// number or a reason, or "" for none; nil is none for all. It is asked
	// about each node that is shown, and about those that are [Closed].
	Note func(c dagcbor.CID, layer int) string
	// Partial shows nodes as [Closed] that the source of the tree does not
	// have, such as those that a proof leaves out. Without it the picture
	// fails with a [*MissingBlockError].
	Partial bool
}

// A Mark sets a node or an entry of a [Drawing] apart from others.
type Mark uint8

// Marks. In text each has a sign behind it, in images also a color.
const (
	Plain   Mark = iota // as it is
	Marked              // "*": new, changed, or whatever the picture is about
	Added               // "+": in this tree only
	Removed             // "-": in this tree only, and gone in the next
	Closed              // "…": a node that is not shown, nor is what lies below it
)

// sign returns what stands beside the name of something with this mark.
func (m Mark) sign() string {
	switch m {
	case Marked:
		return "*"
	case Added:
		return "+"
	case Removed:
		return "-"
	case Closed:
		return "…"
	}
	return ""
}

// ChangePicture shows the tree after a change: marked are the nodes that before
// does not have, and the entries that are new or have another value.
func ChangePicture(ctx context.Context, before, after *Tree) (Picture, error) {
	c, err := contrast(ctx, before, after)
	if err != nil {
		return nil, err
	}
	return Picture{{Tree: after, Entry: c.entry(Added), Node: c.made}}, nil
}

// DiffPicture shows what differs between two trees, in the way in which [Diff]
// finds it: subtrees that both have are closed, since they are not entered. Of
// the nodes those are marked that the other tree does not have, and of the
// entries those that are in one tree only or have another value.
func DiffPicture(ctx context.Context, from, to *Tree) (Picture, error) {
	c, err := contrast(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return Picture{
		{Tree: from, Caption: "before", Entry: c.entry(Removed), Node: entered(c.old, c.new)},
		{Tree: to, Caption: "after", Entry: c.entry(Added), Node: entered(c.new, c.old)},
	}, nil
}

// Draw writes the tree to w as [Picture.Text] does.
func (t *Tree) Draw(ctx context.Context, w io.Writer) error {
	return Picture{{Tree: t}}.Text(ctx, w)
}

// SVG writes the tree to w as [Picture.SVG] does.
func (t *Tree) SVG(ctx context.Context, w io.Writer) error {
	return Picture{{Tree: t}}.SVG(ctx, w)
}

// contrasted is what a comparison of two trees has come by.
type contrasted struct {
	old, new map[dagcbor.CID]bool // the nodes that were entered
	changes  map[string]Change
}

func contrast(ctx context.Context, from, to *Tree) (*contrasted, error) {
	c := &contrasted{changes: map[string]Change{}}
	d := newDiffer(from, to, func(change Change, _ error) bool {
		c.changes[change.Key] = change
		return true
	})
	d.old.keep, d.new.keep = true, true
	if err := d.run(ctx); err != nil {
		return nil, err
	}
	c.old, c.new = cidSet(d.old.nodes), cidSet(d.new.nodes)
	return c, nil
}

func cidSet(nodes []Node) map[dagcbor.CID]bool {
	set := make(map[dagcbor.CID]bool, len(nodes))
	for i := range nodes {
		set[nodes[i].CID] = true
	}
	return set
}

// made marks the nodes that only the new tree has.
func (c *contrasted) made(n dagcbor.CID, _ int) Mark {
	if c.new[n] && !c.old[n] {
		return Marked
	}
	return Plain
}

// entered marks the nodes of one tree that the other does not have, and closes
// those that were not entered.
func entered(in, other map[dagcbor.CID]bool) func(dagcbor.CID, int) Mark {
	return func(n dagcbor.CID, _ int) Mark {
		switch {
		case !in[n]:
			return Closed
		case other[n]:
			return Plain
		}
		return Marked
	}
}

// entry marks the entries that differ, with alone those that one tree has only.
func (c *contrasted) entry(alone Mark) func(Entry) Mark {
	return func(e Entry) Mark {
		change, found := c.changes[e.Key]
		switch {
		case !found:
			return Plain
		case change.Action() == Update:
			return Marked
		}
		return alone
	}
}

// drawer goes through the tree of a Drawing.
type drawer struct {
	ranger
	*Drawing
}

func (d *Drawing) drawer() drawer { return drawer{ranger{t: d.Tree}, d} }

// begin returns the root and how it is shown.
func (d *drawer) begin(ctx context.Context) (child, Mark, error) {
	root, err := d.t.top(ctx)
	m := Plain
	if err == nil {
		m = d.nodeMark(d.t.cid, int(root.layer))
	}
	m, err = d.tolerate(m, err)
	return child{d.t.Root(), root}, m, err
}

// next returns the subtree of n before entry i and how it is shown. One that is
// closed is not fetched.
func (d *drawer) next(ctx context.Context, n *node, i int, in bounds) (child, Mark, error) {
	c := n.child(i)
	m := d.nodeMark(c.cid, int(n.layer)-1)
	if m == Closed {
		return c, m, nil
	}
	var err error
	c.node, err = d.enter(ctx, n, i, in)
	m, err = d.tolerate(m, err)
	return c, m, err
}

// tolerate closes what is missing, if that is wanted.
func (d *drawer) tolerate(m Mark, err error) (Mark, error) {
	if d.Partial && isMissing(err) {
		return Closed, nil
	}
	return m, err
}

func (d *drawer) nodeMark(c dagcbor.CID, layer int) Mark {
	if d.Node == nil {
		return Plain
	}
	return d.Node(c, layer).known()
}

func (d *drawer) entryMark(e Entry) Mark {
	if d.Entry == nil {
		return Plain
	}
	return d.Entry(e).known()
}

func (d *drawer) note(c dagcbor.CID, layer int) string {
	if d.Note == nil {
		return ""
	}
	return oneLine(d.Note(c, layer))
}

// known returns m, or Plain for a mark that there is not.
func (m Mark) known() Mark {
	if m > Closed {
		return Plain
	}
	return m
}

// oneLine returns a text without what would leave its line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// printable returns a key as it is if all of it can be seen, quoted otherwise.
func printable(key string) string {
	if q := quote(key); len(q) != len(key)+2 {
		return q
	}
	return key
}
