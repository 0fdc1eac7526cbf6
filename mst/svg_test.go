package mst_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

func requireXML(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			require.NoError(t, err)
		}
	}
}

// Keys cannot leave their place in a picture, nor can captions.
func TestSVGKeys(t *testing.T) {
	for _, key := range []string{"</text><script>", `"&'`, "\x00", "\xff", "new\nline", "]]>", strings.Repeat("x", 500)} {
		var got strings.Builder
		tree := build(t, map[string]dagcbor.CID{key: leafValue})
		require.NoError(t, mst.Picture{{Tree: tree, Caption: key}}.SVG(t.Context(), &got))
		requireXML(t, got.String())
		require.NotContains(t, got.String(), "<script")
	}
	require.NoError(t, mst.New().SVG(t.Context(), io.Discard))
	full := errors.New("disk full")
	require.Equal(t, full, mst.New().SVG(t.Context(), failing{full}))
}

// Every key, node and link is in the picture of a tree, in memory or not, and in
// the right place: keys of a box from left to right, boxes of a layer beside each
// other, and each line from a box to the middle of one of the next layer.
func TestSVG(t *testing.T) {
	m := numbered(pool(3, 3))
	whole := build(t, m)
	nodes := len(blocks(t, whole))
	for _, tree := range []*mst.Tree{whole, lazy(t, whole)} {
		var got strings.Builder
		require.NoError(t, tree.SVG(t.Context(), &got))
		im := readImage(t, got.String())
		require.Len(t, im.boxes, nodes)
		require.Len(t, im.lines, nodes-1)
		for key := range m {
			require.Contains(t, got.String(), ">"+key+"<")
		}
		require.NotContains(t, got.String(), "stroke-dasharray")
		im.check(t)
	}
}

// image is what an SVG file shows.
type image struct {
	width, height      float64
	boxes, keys, lines []element
	texts              []element
}

// element is one thing in an image.
type element struct {
	X1, Y1, X2, Y2 float64
	Text           string
	color          string
}

// readImage reads what Picture.SVG has written.
func readImage(t *testing.T, text string) image {
	t.Helper()
	var file struct {
		Width  float64 `xml:"width,attr"`
		Height float64 `xml:"height,attr"`
		Rects  []struct {
			X      float64 `xml:"x,attr"`
			Y      float64 `xml:"y,attr"`
			Width  float64 `xml:"width,attr"`
			Height float64 `xml:"height,attr"`
			R      int     `xml:"rx,attr"`
			Fill   string  `xml:"fill,attr"`
		} `xml:"rect"`
		Lines []struct {
			X1 float64 `xml:"x1,attr"`
			Y1 float64 `xml:"y1,attr"`
			X2 float64 `xml:"x2,attr"`
			Y2 float64 `xml:"y2,attr"`
		} `xml:"line"`
		Texts []struct {
			X    float64 `xml:"x,attr"`
			Y    float64 `xml:"y,attr"`
			Text string  `xml:",chardata"`
		} `xml:"text"`
	}
	require.NoError(t, xml.Unmarshal([]byte(text), &file))
	im := image{width: file.Width, height: file.Height}
	for _, r := range file.Rects {
		e := element{r.X, r.Y, r.X + r.Width, r.Y + r.Height, "", r.Fill}
		switch r.R {
		case 4:
			im.boxes = append(im.boxes, e)
		case 3:
			im.keys = append(im.keys, e)
		}
	}
	for _, l := range file.Lines {
		im.lines = append(im.lines, element{l.X1, l.Y1, l.X2, l.Y2, "", ""})
	}
	for _, x := range file.Texts {
		im.texts = append(im.texts, element{x.X, x.Y - 10, x.X + 7.2*float64(len([]rune(x.Text))), x.Y + 3, x.Text, ""})
	}
	return im
}

// check checks that nothing lies on anything else, nor beyond the edge.
func (im *image) check(t *testing.T) {
	t.Helper()
	for _, all := range [][]element{im.boxes, im.keys, im.texts} {
		for i, a := range all {
			require.Less(t, a.X1, a.X2)
			require.GreaterOrEqual(t, min(a.X1, a.Y1), 0.0)
			require.LessOrEqual(t, a.X2, im.width)
			require.LessOrEqual(t, a.Y2, im.height)
			for _, b := range all[:i] {
				require.False(t, a.X1 < b.X2 && b.X1 < a.X2 && a.Y1 < b.Y2 && b.Y1 < a.Y2, "%v lies on %v", a, b)
			}
		}
	}
	for _, l := range im.lines {
		from, to := 0, 0
		for _, b := range im.boxes {
			if b.Y2 == l.Y1 && b.X1-0.1 <= l.X1 && l.X1 <= b.X2+0.1 {
				from++
			}
			if b.Y1 == l.Y2 && (b.X1+b.X2)/2-0.1 <= l.X2 && l.X2 <= (b.X1+b.X2)/2+0.1 {
				to++
			}
		}
		require.Equal(t, []int{1, 1}, []int{from, to}, "%v", l)
	}
}

// count returns how many of the elements have a color.
func count(all []element, color string) int {
	n := 0
	for _, e := range all {
		if e.color == color {
			n++
		}
	}
	return n
}

// The colors of marks, of boxes and of keys.
const (
	markedBox, closedBox            = "#fff0c8", "#fff"
	markedKey, addedKey, removedKey = "#ffcf5c", "#a5e3ae", "#ffbdb5"
)
