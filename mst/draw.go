package mst

import (
	"bufio"
	"context"
	"fmt"
	"io"
)

// Text writes the picture to w as text: a line for each node with its layer and
// CID, below it and indented its subtrees and entries from left to right. The
// sign of a [Mark] stands at the end of the line, behind it the note in brackets.
//
//	layer 1  bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m *
//	├─ layer 0  bafyreif3sdxmlpkhus4bgjqfxoduedvmgsuhvb2f3kqaoo3hp3pixz3lve …
//	└─ com.example.record/3jqfcqzm3fs2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454 +
//
// Keys are printed as they are if they are printable, quoted otherwise.
func (p Picture) Text(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriter(w)
	for i := range p {
		d := textDrawer{p[i].drawer(), out}
		if i > 0 {
			fmt.Fprintln(out)
		}
		if d.Caption != "" {
			fmt.Fprintln(out, oneLine(d.Caption))
		}
		root, mark, err := d.begin(ctx)
		if err == nil {
			layer := 0
			if root.node != nil {
				layer = int(root.node.layer)
			}
			err = d.draw(ctx, root, layer, mark, bounds{}, "", "")
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

type textDrawer struct {
	drawer
	w *bufio.Writer
}

// draw writes the node of c; indent stands before what is in it, and branch, in
// place of the last part of indent, before the node itself. It recurses, but no
// deeper than there are layers.
func (d *textDrawer) draw(ctx context.Context, c child, layer int, m Mark, in bounds, branch, indent string) error {
	if err := d.visit(ctx); err != nil {
		return err
	}
	note := d.note(c.cid, layer)
	if note != "" {
		note = " (" + note + ")"
	}
	fmt.Fprintf(d.w, "%slayer %d  %s%s%s\n", branch, layer, c.cid, trailing(m), note)
	if m == Closed {
		return nil
	}
	n := c.node
	keys := n.keysFrom(0)
	for i := range len(n.slots) + 1 {
		last := i == len(n.slots)
		if i > 0 {
			branch := "├─ "
			if last && !n.hasChild(i) {
				branch = "└─ "
			}
			e := Entry{keys.now, n.value(i - 1)}
			fmt.Fprintf(d.w, "%s%s%s  %s%s\n", indent, branch, printable(e.Key), e.Value, trailing(d.entryMark(e)))
		}
		keys.next()
		if !n.hasChild(i) {
			continue
		}
		within := keys.around(in)
		sub, m, err := d.next(ctx, n, i, within)
		if err != nil {
			return err
		}
		branch, more := "├─ ", "│  "
		if last {
			branch, more = "└─ ", "   "
		}
		if err := d.draw(ctx, sub, layer-1, m, within, indent+branch, indent+more); err != nil {
			return err
		}
	}
	return nil
}

// trailing returns the sign of a mark for the end of a line.
func trailing(m Mark) string {
	if m == Plain {
		return ""
	}
	return " " + m.sign()
}
