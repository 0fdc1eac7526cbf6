package dagcbor

import (
	"errors"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// A Kind is the kind of a value in the data model.
type Kind uint8

// The kinds of the data model (https://atproto.com/specs/data-model#data-types).
const (
	KindInvalid Kind = iota // no value: the end of the input, or an item that is not allowed
	KindNull
	KindBool
	KindInt
	KindBytes
	KindText
	KindLink
	KindArray
	KindMap
)

var kindNames = [...]string{"invalid", "null", "boolean", "integer", "byte string", "text string", "link", "array", "map"}

// nests reports whether k adds a level of nesting: a link is a tag.
func (k Kind) nests() bool { return k >= KindLink }

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[0]
}

// inlineFrames is how deep a Reader nests before it allocates.
const inlineFrames = 12

// A Reader reads canonical DAG-CBOR from a byte slice, value by value, and
// refuses everything else: the caller asks for the kinds that it expects.
//
// Array and Map open a container and return how much is in it; the elements
// are read next, a [Reader.Key] before each value of a map; it closes by
// itself after the last one. Values that follow each other are read one after
// the other; [Reader.End] checks that none is left. After an error the reader
// stays where it was, and every further call returns the same error. Slices
// that methods return alias the input.
//
// The number of elements is no more than the bytes left, so that a caller may
// allocate for them; where it does so on every level, what it allocates is
// still at most the input's size times the depth.
//
// A Reader must not be used by several goroutines at once.
type Reader struct {
	b      []byte
	off    int
	l      limits
	err    error
	depth  int // open containers
	frames [inlineFrames]frame
	more   []frame // those beyond inlineFrames
}

// NewReader returns a Reader on b. A nil o means the default limits.
func NewReader(b []byte, o *Options) *Reader {
	r := &Reader{b: b}
	r.init(o)
	return r
}

// init is apart so that NewReader is inlined and a caller can keep the Reader
// on its stack.
func (r *Reader) init(o *Options) {
	r.l = o.limits()
	if len(r.b) > r.l.size {
		r.err = limitError(faultSize, &r.l, len(r.b), 0)
	}
}

// Offset returns how many bytes have been read.
func (r *Reader) Offset() int { return r.off }

// Err returns the error that stopped the reader, if any.
func (r *Reader) Err() error { return r.err }

// Kind returns the kind of the next item without reading it, judged by the
// first byte: the read may still fail. It is [KindInvalid] at the end of the
// input, after an error, and if no allowed item begins with that byte; then
// [Reader.Skip] reports what is wrong.
func (r *Reader) Kind() Kind {
	if r.err != nil || r.off >= len(r.b) {
		return KindInvalid
	}
	switch ib := r.b[r.off]; ib & cborhead.Mask {
	case cborhead.Uint, cborhead.Nint:
		return KindInt
	case cborhead.Bytes:
		return KindBytes
	case cborhead.Text:
		return KindText
	case cborhead.Array:
		return KindArray
	case cborhead.Map:
		return KindMap
	case cborhead.Tag:
		return KindLink
	default:
		switch ib {
		case cborhead.False, cborhead.True:
			return KindBool
		case cborhead.Null:
			return KindNull
		}
		return KindInvalid
	}
}

var (
	errKeyDue   = errors.New("dagcbor: internal error of the caller: a value was read where a map key is due")
	errNoKeyDue = errors.New("dagcbor: internal error of the caller: a map key was read where none is due")
	errOpen     = errors.New("dagcbor: internal error of the caller: End inside of an array or map")
)

// open returns the innermost open container, or nil at the top level. It
// closes those that are complete.
func (r *Reader) open() *frame {
	for r.depth > 0 {
		var f *frame
		if r.depth <= inlineFrames {
			f = &r.frames[r.depth-1]
		} else {
			f = &r.more[r.depth-1-inlineFrames]
		}
		if f.left > 0 {
			return f
		}
		r.depth--
	}
	return nil
}

func (r *Reader) push(k Kind, n uint64) {
	if n == 0 {
		return
	}
	if r.depth < inlineFrames {
		r.frames[r.depth] = newFrame(k, n)
	} else {
		r.more = append(r.more[:r.depth-inlineFrames], newFrame(k, n))
	}
	r.depth++
}

func (r *Reader) fail(p problem) error {
	r.err = p.err(&r.l)
	return r.err
}

// item reads the next item, which must be of kind want.
func (r *Reader) item(want Kind) (arg uint64, start, end int, err error) {
	if r.err != nil {
		return 0, 0, 0, r.err
	}
	top := r.open()
	if top != nil && top.keyDue() {
		r.err = errKeyDue
		return 0, 0, 0, r.err
	}
	k, arg, start, end, f := readItem(r.b, r.off, &r.l)
	switch {
	case f != ok:
		return 0, 0, 0, r.fail(problem{f, start, int(arg)})
	case k != want:
		r.err = &Error{r.off, want.String() + " expected, not " + k.String()}
		return 0, 0, 0, r.err
	case k.nests() && r.depth >= r.l.depth:
		return 0, 0, 0, r.fail(problem{faultDepth, r.off, r.depth + 1})
	}
	if top != nil {
		top.left--
	}
	r.off = end
	return arg, start, end, nil
}

// Null reads null.
func (r *Reader) Null() error {
	_, _, _, err := r.item(KindNull)
	return err
}

// Bool reads true or false.
func (r *Reader) Bool() (bool, error) {
	arg, _, _, err := r.item(KindBool)
	return arg == 1, err
}

// Int reads an integer.
func (r *Reader) Int() (int64, error) {
	arg, _, _, err := r.item(KindInt)
	return int64(arg), err
}

// Bytes reads a byte string. The slice aliases the input.
func (r *Reader) Bytes() ([]byte, error) { return r.content(KindBytes) }

// Text reads a text string, which is valid UTF-8. The slice aliases the input;
// string(text) is a copy to keep.
func (r *Reader) Text() ([]byte, error) { return r.content(KindText) }

// Link reads a link and returns the binary form of its CID, which aliases the
// input: 36 bytes unless [Options.ForeignLinks] is set.
func (r *Reader) Link() ([]byte, error) { return r.content(KindLink) }

func (r *Reader) content(k Kind) ([]byte, error) {
	_, start, end, err := r.item(k)
	if err != nil {
		return nil, err
	}
	return r.b[start:end:end], nil
}

// CID reads a link whose CID is of the blessed form, even if
// [Options.ForeignLinks] is set.
func (r *Reader) CID() (CID, error) {
	foreign := r.l.foreign
	r.l.foreign = false
	b, err := r.content(KindLink)
	r.l.foreign = foreign
	if err != nil {
		return CID{}, err
	}
	return cidFromBlessed(b), nil
}

// Array opens an array and returns the number of its elements, which is never
// more than the bytes left in the input.
func (r *Reader) Array() (int, error) { return r.container(KindArray) }

// Map opens a map and returns the number of its pairs, which is never more
// than half of the bytes left in the input.
func (r *Reader) Map() (int, error) { return r.container(KindMap) }

func (r *Reader) container(k Kind) (int, error) {
	arg, _, _, err := r.item(k)
	if err != nil {
		return 0, err
	}
	r.push(k, arg)
	return int(arg), nil
}

// Key reads the next key of a map. The slice aliases the input. Keys come in
// canonical order and no key comes twice, or it is an error.
func (r *Reader) Key() ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	top := r.open()
	if top == nil || !top.keyDue() {
		r.err = errNoKeyDue
		return nil, r.err
	}
	start, end, f := readKey(r.b, r.off, &r.l, top)
	if f != ok {
		return nil, r.fail(problem{f, start, end})
	}
	r.off = end
	return r.b[start:end:end], nil
}

// Skip reads the next value, whatever it is, and checks all of it.
func (r *Reader) Skip() error {
	_, err := r.Raw()
	return err
}

// Raw is [Reader.Skip] and returns the bytes of the value, which alias the
// input.
func (r *Reader) Raw() ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	top := r.open()
	if top != nil && top.keyDue() {
		r.err = errKeyDue
		return nil, r.err
	}
	end, p := scan(r.b, r.off, &r.l, r.depth)
	if p.f != ok {
		return nil, r.fail(p)
	}
	if top != nil {
		top.left--
	}
	raw := r.b[r.off:end:end]
	r.off = end
	return raw, nil
}

// End checks that the input ends here: that every container is complete and
// that no byte is left.
func (r *Reader) End() error {
	switch {
	case r.err != nil:
	case r.open() != nil:
		r.err = errOpen
	case r.off != len(r.b):
		r.err = &Error{r.off, faultText[faultTrailing]}
	}
	return r.err
}
