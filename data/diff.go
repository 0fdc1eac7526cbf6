package data

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/jsontext"
)

// Bounds of what Diff writes: a record that is made for it could otherwise
// fill gigabytes, by repeating long keys in paths.
const (
	maxDiff      = 1 << 20 // bytes, after which the rest is left out
	maxDiffValue = 200     // bytes of a value, after which the rest is left out
	diffContext  = 20      // bytes that are kept of what two values begin with
)

// Diff describes what has to change in one value to make it another, for
// people to read: in tests, logs and tools. The same values always give the
// same text, and equal values none. Its form may change between releases.
//
// Each line is a change. What is removed stands behind a minus sign, what is
// added behind a plus sign, and the old and the new value of what is replaced
// behind a tilde:
//
//   - /langs/1 "cy"
//   - /tags ["birds"]
//     ~ /text "Helo" → "Hello"
//
// Places are JSON pointers (RFC 6901), quoted if that is needed to keep them on
// the line; values are in their JSON form, and shortened if they are long.
//
// Maps are compared key by key, in canonical order. Arrays are compared index
// by index, once the elements that are equal at both ends are set aside. The
// zero View stands for no value. At most about 1 MiB is written; if there is
// more to say, the last line is "…".
func Diff(from, to View) string {
	var d differ
	d.values(from, to)
	return d.out.String()
}

// A differ writes lines, with the path of the values that are compared. It
// recurses, to at most the depth to which the values were checked.
type differ struct {
	out  strings.Builder
	path []byte
	full bool
}

// at compares the values of a key or an index.
func (d *differ) at(name string, a, b View) {
	n := len(d.path)
	d.path = jsontext.AppendPointer(d.path, name)
	d.values(a, b)
	d.path = d.path[:n]
}

func (d *differ) values(a, b View) {
	switch {
	case d.full:
	case a.is(cborhead.Map) && b.is(cborhead.Map):
		d.maps(a, b)
	case a.is(cborhead.Array) && b.is(cborhead.Array):
		d.arrays(a, b)
	case a.Equal(b):
	case len(a.b) == 0:
		d.line('+', shorten(b.String(), 0))
	case len(b.b) == 0:
		d.line('-', shorten(a.String(), 0))
	default:
		from, to := a.String(), b.String()
		cut := commonPrefix(from, to)
		d.line('~', shorten(from, cut)+" → "+shorten(to, cut))
	}
}

// maps merges the pairs of both maps, which come in the same order.
func (d *differ) maps(a, b View) {
	x, y := newPairReader(a), newPairReader(b)
	for !d.full && (x.more || y.more) {
		switch c := comparePairs(&x, &y); {
		case c < 0:
			d.at(string(x.key), x.value, View{})
			x.next()
		case c > 0:
			d.at(string(y.key), View{}, y.value)
			y.next()
		default:
			d.at(string(x.key), x.value, y.value)
			x.next()
			y.next()
		}
	}
}

// arrays compares what is between the elements that are equal at both ends.
func (d *differ) arrays(a, b View) {
	x, y := elements(a), elements(b)
	start := 0
	for start < min(len(x), len(y)) && x[start].Equal(y[start]) {
		start++
	}
	for len(x) > start && len(y) > start && x[len(x)-1].Equal(y[len(y)-1]) {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	for i := start; i < max(len(x), len(y)) && !d.full; i++ {
		var old, now View
		if i < len(x) {
			old = x[i]
		}
		if i < len(y) {
			now = y[i]
		}
		d.at(strconv.Itoa(i), old, now)
	}
}

func elements(v View) []View {
	all := make([]View, 0, v.Len())
	for _, e := range v.Elements() {
		all = append(all, e)
	}
	return all
}

// line writes a line, or, if there is no room left for it, that there is more.
func (d *differ) line(sign byte, what string) {
	path := string(d.path)
	if path != "" && strings.Trim(strconv.Quote(path), `"`) != path {
		path = strconv.Quote(path)
	}
	if d.out.Len()+len(path)+len(what) > maxDiff {
		d.full = true
		d.out.WriteString("…\n")
		return
	}
	d.out.WriteByte(sign)
	if path != "" {
		d.out.WriteString(" " + path)
	}
	d.out.WriteString(" " + what + "\n")
}

// shorten returns text without its first cut bytes, but for a few, and without
// what is too long.
func shorten(text string, cut int) string {
	start := runeStart(text, max(cut-diffContext, 0))
	if len(text) <= maxDiffValue {
		start = 0
	}
	end := len(text)
	if end-start > maxDiffValue {
		end = runeStart(text, start+maxDiffValue)
	}
	short := text[start:end]
	if start > 0 {
		short = "…" + short
	}
	if end < len(text) {
		short += "…"
	}
	return short
}

// runeStart returns where the character begins of which text[i] is a part.
func runeStart(text string, i int) int {
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// A pairReader reads the pairs of a map one by one.
type pairReader struct {
	rest  []byte // from the next key on
	left  int    // pairs in rest
	more  bool   // key and value hold a pair
	key   []byte
	value View
}

func newPairReader(v View) pairReader {
	n, off := cborhead.Read(v.b, 0)
	r := pairReader{rest: v.b[off:], left: n}
	r.next()
	return r
}

func (r *pairReader) next() {
	if r.more = r.left > 0; !r.more {
		return
	}
	n, at := cborhead.Read(r.rest, 0)
	r.key, r.value = r.rest[at:at+n], View{r.rest[at+n:]}
	r.rest = r.rest[cborhead.Skip(r.rest, at+n):]
	r.left--
}

// comparePairs orders pairs by their keys, canonically; those that are used up
// come last.
func comparePairs(x, y *pairReader) int {
	switch {
	case !x.more:
		return 1
	case !y.more:
		return -1
	}
	return cmp.Or(cmp.Compare(len(x.key), len(y.key)), bytes.Compare(x.key, y.key))
}
