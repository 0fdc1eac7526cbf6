package mst

import (
	"bufio"
	"context"
	"fmt"
	"io"
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
	bw := bufio.NewWriter(w)
	if err := t.draw(ctx, bw, t.root.node, bounds{}, "", ""); err != nil {
		return err
	}
	return bw.Flush()
}

// draw writes node n; indent stands before what is in it, and mark, in place of
// the last part of indent, before the node itself.
func (t *Tree) draw(ctx context.Context, w *bufio.Writer, n *node, in bounds, mark, indent string) error {
	fmt.Fprintf(w, "%slayer %d  %s\n", mark, n.layer, n.cid)
	for i := range len(n.entries) + 1 {
		if i > 0 {
			branch := "├─ "
			if i == len(n.entries) && !n.slot(i).exists() {
				branch = "└─ "
			}
			e := &n.entries[i-1]
			fmt.Fprintf(w, "%s%s%s  %s\n", indent, branch, printable(e.key), e.value)
		}
		c := *n.slot(i)
		if !c.exists() {
			continue
		}
		within := n.bounds(i, in)
		sub, err := t.resolve(ctx, c, n.layer-1, within)
		if err != nil {
			return err
		}
		branch, more := "├─ ", "│  "
		if i == len(n.entries) {
			branch, more = "└─ ", "   "
		}
		if err := t.draw(ctx, w, sub, within, indent+branch, indent+more); err != nil {
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
