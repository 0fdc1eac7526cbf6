package data

import (
	"iter"
	"strconv"

	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/jsontext"
)

// Walk returns all values in v with their places, v itself first, and then
// those that it holds, in the order of their bytes; what a map or an array
// holds follows it. It does not recurse, and does not allocate for each value.
//
// It says where things are: to find links or blobs with their places, ask each
// value for its [View.Link] or its [View.Blob]. [Links] and [Blobs] are simpler
// where places do not matter.
func (v View) Walk() iter.Seq2[Place, View] {
	return func(yield func(Place, View) bool) {
		if len(v.b) == 0 {
			return
		}
		w := walk{b: v.b}
		w.frames = w.room[:0]
		for {
			if !yield(Place{&w}, View{w.b[w.off:]}) || !w.next() {
				return
			}
		}
	}
}

// A Place says where in a value another one stands: which keys and indexes
// lead there. The loop that it comes from moves it on: what is to be kept is
// its text.
type Place struct{ w *walk }

// String returns the place as a JSON pointer, such as "/embed/images/0"
// (https://www.rfc-editor.org/rfc/rfc6901), with "" for the value that is
// walked.
func (p Place) String() string {
	text, _ := p.AppendText(nil)
	return string(text)
}

// AppendText appends what String returns. The error is always nil.
func (p Place) AppendText(dst []byte) ([]byte, error) {
	if p.w == nil {
		return dst, nil
	}
	for i := range p.w.frames {
		f := &p.w.frames[i]
		if f.isMap {
			dst = jsontext.AppendPointer(dst, p.w.b[f.keyAt:f.keyEnd])
		} else {
			dst = strconv.AppendInt(append(dst, '/'), int64(f.index), 10)
		}
	}
	return dst, nil
}

// A walk goes through the values in b one after the other.
type walk struct {
	b      []byte
	off    int // where the value begins that it has come to
	frames []walkFrame
	room   [12]walkFrame // records are rarely deeper
}

// A walkFrame is an array or a map in which the walk is.
type walkFrame struct {
	left          int // elements or pairs still to come
	index         int // of the element, in an array
	keyAt, keyEnd int // where the key of the pair stands, in a map
	isMap         bool
}

// next goes on to the next value, and reports whether there is one.
func (w *walk) next() bool {
	major := w.b[w.off] & cborhead.Mask
	n, next := cborhead.Read(w.b, w.off)
	switch major {
	case cborhead.Bytes, cborhead.Text:
		next += n
	case cborhead.Tag:
		_, next = cborhead.ReadLink(w.b, w.off)
	case cborhead.Array, cborhead.Map:
		w.frames = append(w.frames, walkFrame{left: n, index: -1, isMap: major == cborhead.Map})
	}
	for len(w.frames) > 0 && w.frames[len(w.frames)-1].left == 0 {
		w.frames = w.frames[:len(w.frames)-1]
	}
	if len(w.frames) == 0 {
		return false
	}
	f := &w.frames[len(w.frames)-1]
	f.left--
	f.index++
	if f.isMap {
		size, at := cborhead.Read(w.b, next)
		f.keyAt, f.keyEnd = at, at+size
		next = at + size
	}
	w.off = next
	return true
}
