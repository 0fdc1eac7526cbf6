package mst

import (
	"bufio"
	"context"
	"fmt"
	"html"
	"io"
	"unicode/utf8"
)

// SVG writes the tree to w as a picture, for people: layers from top to bottom,
// keys from left to right, a box for each node and a line to each subtree. Nodes
// that before does not have, those that a change made, are marked; a nil before
// marks none. The picture is as wide as all keys side by side.
func (t *Tree) SVG(ctx context.Context, w io.Writer, before *Tree) error {
	p := picture{drawing: drawing{ranger: ranger{t: t}, w: bufio.NewWriter(w)}, x: boxGap}
	if err := p.mark(ctx, before); err != nil {
		return err
	}
	root, err := t.top(ctx)
	if err != nil {
		return err
	}
	if _, err := p.place(ctx, child{t.cid, root}, bounds{}); err != nil {
		return err
	}
	p.write(int(root.layer))
	return p.w.Flush()
}

// Measures of a picture, in pixels.
const (
	boxGap    = 12
	boxHeight = 28
	rowHeight = 64
	charWidth = 7.3
	leftEdge  = 64
)

// picture lays the boxes out: each key takes the next place to the right, and a
// box reaches around its keys.
type picture struct {
	drawing
	x     float64 // where the next key goes
	boxes []svgBox
}

type svgBox struct {
	layer    int
	from, to float64
	texts    []svgText
	lines    []svgLine
	touched  bool
}

type svgText struct {
	x float64
	s string
}

// svgLine goes from x at the bottom of a box to the middle of another one.
type svgLine struct {
	x   float64
	box int
}

// place lays out the node of c and those below it, and returns the index of its
// box. It recurses, but no deeper than there are layers.
func (p *picture) place(ctx context.Context, c child, in bounds) (int, error) {
	if err := p.visit(ctx); err != nil {
		return 0, err
	}
	n := c.node
	b := svgBox{layer: int(n.layer), from: -1, touched: p.touched(c.cid)}
	keys := n.keysFrom(0)
	for i := range len(n.slots) + 1 {
		if i > 0 {
			text := svgText{p.x + boxGap/2, printable(keys.now)}
			p.x += charWidth*float64(utf8.RuneCountInString(text.s)) + boxGap
			b.texts = append(b.texts, text)
			b.cover(text.x-boxGap/2, p.x)
		}
		keys.next()
		sub := n.child(i)
		if !sub.exists() {
			continue
		}
		within := keys.around(in)
		var err error
		if sub.node, err = p.enter(ctx, n, i, within); err != nil {
			return 0, err
		}
		at := p.x
		k, err := p.place(ctx, sub, within)
		if err != nil {
			return 0, err
		}
		if len(n.slots) == 0 {
			middle := (p.boxes[k].from + p.boxes[k].to) / 2
			b.cover(middle-boxGap, middle+boxGap)
		}
		switch {
		case i == 0 && len(n.slots) > 0: // the box begins behind it
			at = p.x
		case len(n.slots) == 0:
			at = (b.from + b.to) / 2
		case i < len(n.slots):
			at = (at + p.x) / 2
		}
		b.lines = append(b.lines, svgLine{at, k})
	}
	if b.from < 0 { // the empty tree
		b.cover(p.x, p.x+2*boxGap)
		p.x += 2 * boxGap
	}
	p.x += boxGap / 2
	p.boxes = append(p.boxes, b)
	return len(p.boxes) - 1, nil
}

// cover makes the box reach from one place to the other.
func (b *svgBox) cover(from, to float64) {
	if b.from < 0 {
		b.from = from
	}
	b.to = to
}

func (p *picture) write(top int) {
	width, height := leftEdge+p.x+boxGap, float64((top+1)*rowHeight)
	fmt.Fprintf(p.w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="monospace" font-size="12">`+"\n", width, height)
	fmt.Fprintf(p.w, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	y := func(layer int) float64 { return float64((top-layer)*rowHeight) + boxGap }
	for layer := range top + 1 {
		fmt.Fprintf(p.w, `<text x="4" y="%.0f" fill="#888">layer %d</text>`+"\n", y(layer)+boxHeight/2+4, layer)
	}
	for _, b := range p.boxes {
		for _, l := range b.lines {
			sub := &p.boxes[l.box]
			fmt.Fprintf(p.w, `<line x1="%.1f" y1="%.0f" x2="%.1f" y2="%.0f" stroke="#555"/>`+"\n",
				leftEdge+l.x, y(b.layer)+boxHeight, leftEdge+(sub.from+sub.to)/2, y(sub.layer))
		}
	}
	for _, b := range p.boxes {
		fill, stroke := "#f4f4f4", "#555"
		if b.touched {
			fill, stroke = "#ffe8b0", "#b06000"
		}
		fmt.Fprintf(p.w, `<rect x="%.1f" y="%.0f" width="%.1f" height="%d" rx="4" fill="%s" stroke="%s"/>`+"\n",
			leftEdge+b.from, y(b.layer), b.to-b.from, boxHeight, fill, stroke)
		for _, t := range b.texts {
			fmt.Fprintf(p.w, `<text x="%.1f" y="%.0f">%s</text>`+"\n", leftEdge+t.x, y(b.layer)+boxHeight/2+4, html.EscapeString(t.s))
		}
	}
	fmt.Fprintln(p.w, "</svg>")
}
