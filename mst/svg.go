package mst

import (
	"bufio"
	"context"
	"fmt"
	"html"
	"io"
	"unicode/utf8"
)

// SVG writes the picture to w as an image: layers from top to bottom, keys from
// left to right, a box for each node and a line to each subtree. What has a
// [Mark] has another color, and a note stands before the keys. The image is as
// wide as all keys side by side, and has a background of its own.
func (p Picture) SVG(ctx context.Context, w io.Writer) error {
	parts := make([]layout, len(p))
	s := svg{w: bufio.NewWriter(w)}
	for i := range p {
		l := &parts[i]
		*l = layout{drawer: p[i].drawer(), x: boxGap}
		root, mark, err := l.begin(ctx)
		if err != nil {
			return err
		}
		if root.node != nil {
			l.top = int(root.node.layer)
		}
		if _, err := l.place(ctx, root, l.top, mark, bounds{}); err != nil {
			return err
		}
		s.width = max(s.width, leftEdge+l.x+boxGap, 2*leftText+charWidth*float64(utf8.RuneCountInString(l.Caption)))
		s.height += l.height()
	}
	s.write(parts)
	return s.w.Flush()
}

// Measures of an image, in pixels.
const (
	boxGap        = 12
	boxHeight     = 28
	rowHeight     = 64
	captionHeight = 30
	charWidth     = 7.3
	leftEdge      = 72
	leftText      = 12
)

// layout says where the boxes of a drawing are: each key takes the next place to
// the right, and a box reaches around its keys.
type layout struct {
	drawer
	top   int     // the layer of the root
	x     float64 // where the next key goes
	boxes []svgBox
}

type svgBox struct {
	layer    int
	from, to float64
	mark     Mark
	texts    []svgText
	lines    []svgLine
}

type svgText struct {
	x    float64
	s    string
	mark Mark
	note bool
}

// width returns how much room the text takes with what is around it.
func (t *svgText) width() float64 {
	return charWidth*float64(utf8.RuneCountInString(t.s)) + boxGap
}

// svgLine goes from x at the bottom of a box to the middle of another one.
type svgLine struct {
	x   float64
	box int
}

// place lays out the node of c and those below it, and returns the index of its
// box. It recurses, but no deeper than there are layers.
func (l *layout) place(ctx context.Context, c child, layer int, m Mark, in bounds) (int, error) {
	if err := l.visit(ctx); err != nil {
		return 0, err
	}
	b := svgBox{layer: layer, from: -1, mark: m}
	note := l.note(c.cid, layer)
	if m == Closed {
		l.noted(&b, note)
		l.text(&b, m.sign(), Plain)
		return l.add(b), nil
	}
	n := c.node
	keys := n.keysFrom(0)
	for i := range len(n.slots) + 1 {
		if i == 1 {
			l.noted(&b, note)
		}
		if i > 0 {
			m := l.entryMark(Entry{keys.now, n.value(i - 1)})
			text := printable(keys.now)
			if m != Plain {
				text = m.sign() + " " + text
			}
			l.text(&b, text, m)
		}
		keys.next()
		if !n.hasChild(i) {
			continue
		}
		within := keys.around(in)
		sub, m, err := l.next(ctx, n, i, within)
		if err != nil {
			return 0, err
		}
		at := l.x
		k, err := l.place(ctx, sub, layer-1, m, within)
		if err != nil {
			return 0, err
		}
		switch below := &l.boxes[k]; {
		case len(n.slots) == 0 && note == "":
			at = (below.from + below.to) / 2
			b.cover(at-boxGap, at+boxGap)
		case i == 0: // the box begins behind it
			at = l.x
		case i < len(n.slots):
			at = (at + l.x) / 2
		}
		b.lines = append(b.lines, svgLine{at, k})
	}
	if len(n.slots) == 0 {
		l.noted(&b, note)
	}
	if b.from < 0 { // the empty tree
		b.cover(l.x, l.x+2*boxGap)
		l.x += 2 * boxGap
	}
	return l.add(b), nil
}

// add puts b behind the other boxes and returns its index.
func (l *layout) add(b svgBox) int {
	l.x += boxGap / 2
	l.boxes = append(l.boxes, b)
	return len(l.boxes) - 1
}

// text puts a text into the box, at the next place to the right.
func (l *layout) text(b *svgBox, s string, m Mark) {
	l.put(b, svgText{x: l.x, s: s, mark: m})
}

// noted puts a note into the box, at the next place to the right.
func (l *layout) noted(b *svgBox, note string) {
	if note != "" {
		l.put(b, svgText{x: l.x, s: note, note: true})
	}
}

func (l *layout) put(b *svgBox, t svgText) {
	l.x += t.width()
	b.texts = append(b.texts, t)
	b.cover(t.x, l.x)
}

// cover makes the box reach from one place to the other.
func (b *svgBox) cover(from, to float64) {
	if b.from < 0 {
		b.from = from
	}
	b.to = to
}

// height returns how high the drawing is.
func (l *layout) height() float64 {
	h := float64((l.top + 1) * rowHeight)
	if l.Caption != "" {
		h += captionHeight
	}
	return h
}

// svg writes the image.
type svg struct {
	w             *bufio.Writer
	width, height float64
	y             float64 // where the present drawing begins
}

func (s *svg) write(parts []layout) {
	fmt.Fprintf(s.w, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="monospace" font-size="12" fill="#222">`+"\n", s.width, s.height)
	fmt.Fprintf(s.w, `<rect x="0.5" y="0.5" width="%.0f" height="%.0f" rx="6" fill="#fff" stroke="#ddd"/>`+"\n", s.width-1, s.height-1)
	for i := range parts {
		l := &parts[i]
		start := s.y
		if l.Caption != "" {
			fmt.Fprintf(s.w, `<text x="%d" y="%.0f" font-weight="bold">%s</text>`+"\n", leftText, s.y+captionHeight-8, html.EscapeString(oneLine(l.Caption)))
			s.y += captionHeight
		}
		s.drawing(l)
		s.y = start + l.height()
	}
	fmt.Fprintln(s.w, "</svg>")
}

func (s *svg) drawing(l *layout) {
	y := func(layer int) float64 { return s.y + float64((l.top-layer)*rowHeight) + boxGap }
	for layer := range l.top + 1 {
		fmt.Fprintf(s.w, `<text x="%d" y="%.0f" fill="#777">layer %d</text>`+"\n", leftText, y(layer)+boxHeight/2+4, layer)
	}
	for i := range l.boxes {
		b := &l.boxes[i]
		for _, line := range b.lines {
			sub := &l.boxes[line.box]
			fmt.Fprintf(s.w, `<line x1="%.1f" y1="%.0f" x2="%.1f" y2="%.0f" stroke="%s"/>`+"\n",
				leftEdge+line.x, y(b.layer)+boxHeight, leftEdge+(sub.from+sub.to)/2, y(sub.layer), colorsOf(sub.mark).line)
		}
	}
	for i := range l.boxes {
		s.box(&l.boxes[i], y(l.boxes[i].layer))
	}
}

// box draws a box whose upper edge is at y.
func (s *svg) box(b *svgBox, y float64) {
	c, dashed := colorsOf(b.mark), ""
	if b.mark == Closed {
		dashed = ` stroke-dasharray="3 2"`
	}
	fmt.Fprintf(s.w, `<rect x="%.1f" y="%.0f" width="%.1f" height="%d" rx="4" fill="%s" stroke="%s"%s/>`+"\n",
		leftEdge+b.from, y, b.to-b.from, boxHeight, c.fill, c.stroke, dashed)
	for i := range b.texts {
		t := &b.texts[i]
		if t.mark != Plain {
			c := colorsOf(t.mark)
			fmt.Fprintf(s.w, `<rect x="%.1f" y="%.0f" width="%.1f" height="%d" rx="3" fill="%s"/>`+"\n",
				leftEdge+t.x+boxGap/4, y+boxGap/3, t.width()-boxGap/2, boxHeight-2*boxGap/3, c.key)
		}
		style := ""
		if t.note {
			style = ` font-style="italic" fill="#777"`
		}
		fmt.Fprintf(s.w, `<text x="%.1f" y="%.0f"%s>%s</text>`+"\n", leftEdge+t.x+boxGap/2, y+boxHeight/2+4, style, html.EscapeString(t.s))
	}
}

// colors are those of a box, the line to it, and a key.
type colors struct{ fill, stroke, line, key string }

func colorsOf(m Mark) colors {
	switch m {
	case Marked:
		return colors{"#fff0c8", "#b06000", "#555", "#ffcf5c"}
	case Added:
		return colors{"#e3f6e5", "#1a7f37", "#555", "#a5e3ae"}
	case Removed:
		return colors{"#fde8e6", "#b3261e", "#555", "#ffbdb5"}
	case Closed:
		return colors{"#fff", "#999", "#999", "#eee"}
	}
	return colors{"#f4f4f4", "#555", "#555", "#fff"}
}
