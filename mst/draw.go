package mst

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
)

// Draw writes the tree to w as a picture in text, for people: a line for each
// node with its layer and CID, below it and indented its subtrees and entries
// from left to right.
//
//	layer 1  bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m
//	├─ layer 0  bafyreif3sdxmlpkhus4bgjqfxoduedvmgsuhvb2f3kqaoo3hp3pixz3lve
//	│  └─ com.example.record/3jqfcqzm3fp2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
//	└─ com.example.record/3jqfcqzm3fs2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
//
// Keys are printed as they are if they are printable, quoted otherwise.
func (t *Tree) Draw(ctx context.Context, w io.Writer) error {
	return t.DrawChange(ctx, w, nil)
}

// DrawChange is [Tree.Draw] with a star behind each node that before does not
// have: those that a change of before made.
func (t *Tree) DrawChange(ctx context.Context, w io.Writer, before *Tree) error {
	d := drawing{ranger: ranger{t: t}, w: bufio.NewWriter(w)}
	if err := d.mark(ctx, before); err != nil {
		return err
	}
	root, err := t.top(ctx)
	if err != nil {
		return err
	}
	if err := d.draw(ctx, child{t.cid, root}, bounds{}, "", ""); err != nil {
		return err
	}
	return d.w.Flush()
}

type drawing struct {
	ranger
	w    *bufio.Writer
	made map[dagcbor.CID]struct{} // the nodes that are marked
}

// mark marks the nodes that before, unless it is nil, does not have.
func (d *drawing) mark(ctx context.Context, before *Tree) error {
	if before == nil {
		return nil
	}
	added, _, err := DiffNodes(ctx, before, d.t)
	d.made = make(map[dagcbor.CID]struct{}, len(added))
	for i := range added {
		d.made[added[i].CID] = struct{}{}
	}
	return err
}

func (d *drawing) touched(c dagcbor.CID) bool {
	_, made := d.made[c]
	return made
}

// draw writes the node of c; indent stands before what is in it, and mark, in
// place of the last part of indent, before the node itself.
func (d *drawing) draw(ctx context.Context, c child, in bounds, mark, indent string) error {
	if err := d.visit(ctx); err != nil {
		return err
	}
	n := c.node
	star := ""
	if d.touched(c.cid) {
		star = " *"
	}
	fmt.Fprintf(d.w, "%slayer %d  %s%s\n", mark, n.layer, c.cid, star)
	keys := n.keysFrom(0)
	for i := range len(n.slots) + 1 {
		c := n.child(i)
		if i > 0 {
			branch := "├─ "
			if i == len(n.slots) && !c.exists() {
				branch = "└─ "
			}
			fmt.Fprintf(d.w, "%s%s%s  %s\n", indent, branch, printable(keys.now), n.value(i-1))
		}
		keys.next()
		if !c.exists() {
			continue
		}
		branch, more := "├─ ", "│  "
		if i == len(n.slots) {
			branch, more = "└─ ", "   "
		}
		within := keys.around(in)
		var err error
		if c.node, err = d.enter(ctx, n, i, within); err != nil {
			return err
		}
		if err := d.draw(ctx, c, within, indent+branch, indent+more); err != nil {
			return err
		}
	}
	return nil
}

func printable(key string) string {
	if q := quote(key); len(q) != len(key)+2 {
		return q
	}
	return key
}
