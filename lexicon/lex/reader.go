package lex

import (
	"unsafe"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// Options say how data is decoded. A nil *Options, and a zero field, mean the
// default.
type Options struct {
	// Lenient reads a required property that is missing as the zero value, and
	// one that is null and must not be as missing. What was decoded so is not
	// always encoded to the same bytes.
	Lenient bool

	// Permissive lets pass, where no schema says what there has to be, what
	// data.Options.Permissive does.
	Permissive bool

	// IntegralNumbers reads integers in JSON that are spelled with a fraction or
	// an exponent, such as 1.0 and 1e3, up to 1<<53-1.
	IntegralNumbers bool

	MaxSize  int // bytes of DAG-CBOR; 0 means [data.DefaultMaxCBOR], negative no limit but 1 GiB
	MaxDepth int // nesting; 0 means [dagcbor.DefaultMaxDepth], at most 1000
}

const (
	maxDepth  = 1000     // bounds Options.MaxDepth, since reading recurses
	minBudget = 32 << 20 // bytes that decoding may allocate
	perByte   = 16       // or so many for a byte of input, if that is more
	maxShared = 16 << 10 // bytes of input that strings share
	maxBytes  = 1 << 30  // bytes of input, whatever the options say
	maxFirst  = 64 << 10 // bytes for elements that were not seen yet
)

func (o *Options) orDefault() Options {
	v := Options{}
	if o != nil {
		v = *o
	}
	switch {
	case v.MaxSize == 0:
		v.MaxSize = data.DefaultMaxCBOR
	case v.MaxSize < 0 || v.MaxSize > maxBytes:
		v.MaxSize = maxBytes
	}
	switch {
	case v.MaxDepth == 0:
		v.MaxDepth = dagcbor.DefaultMaxDepth
	case v.MaxDepth < 0 || v.MaxDepth > maxDepth:
		v.MaxDepth = maxDepth
	}
	return v
}

// cbor returns the options of the general reader that accepts the same.
func (o Options) cbor() *dagcbor.Options {
	return &dagcbor.Options{MaxSize: o.MaxSize, MaxDepth: o.MaxDepth, MaxString: -1, ForeignLinks: o.Permissive}
}

// A Reader reads values of types that were generated from DAG-CBOR. Its methods
// are called by those types; [Unmarshal] makes one.
//
// A Reader that meets something that it does not want notes it and is at the end
// of its input from then on: all further calls return zero values.
type Reader struct {
	b     []byte // what is left of the input begins at off; nothing after a fault
	off   int
	in    []byte // the whole input
	depth int    // containers that may still be opened
	owned bool   // the input is the reader's, and nobody changes it
	share bool   // strings are parts of the input
	slow  bool   // options ask for more than the straight way
	typed bool   // the next map is a member of a union
	frame Frame  // the map that is open
	at    int32  // where the last $type that UnionType met begins
	runs  []run  // of the maps that are open
	spent int    // bytes allocated
	opts  Options
	fault *fault // nil if all is well
}

// A Frame is the state of a map that is being read. Offsets fit in 32 bits, as
// the size of the input does.
type Frame struct {
	left  int32 // pairs that are left
	prev  int32 // where the last key begins, or -1
	typed int32 // where $type begins if the map is a member of a union, or 0
	runs  int32 // how many runs there were before those of the map
}

// A run is where in the input pairs stand that a schema does not know.
type run struct{ start, end int32 }

// A fault is what stopped a Reader.
type fault struct {
	off   int
	code  lexicon.Code
	name  string // of a property of the value at off; may be empty
	def   string // set when the map is closed that has the fault
	inner bool   // the map that is closed next is not that, for it is none
	msg   string
	err   error // if not nil, says it all
}

// Unmarshal decodes one value in DAG-CBOR. A nil o means the defaults. x is not
// defined after an error.
func Unmarshal(b []byte, x Value, o *Options) error {
	r := NewReader(b, o)
	x.ReadLex(&r)
	return r.End()
}

// NewReader returns a Reader of b, which is copied if strings are to share it.
func NewReader(b []byte, o *Options) Reader {
	r := Reader{in: b}
	r.init(o)
	return r
}

func (r *Reader) init(o *Options) {
	r.opts = o.orDefault()
	r.depth, r.slow = r.opts.MaxDepth, r.opts.Lenient
	if len(r.in) > r.opts.MaxSize {
		r.fault = &fault{err: &dagcbor.LimitError{Name: "lex: CBOR size", Limit: int64(r.opts.MaxSize), Got: int64(len(r.in)), Offset: -1}}
		return
	}
	if len(r.in) <= maxShared {
		r.share = true
		if in := r.in; !r.owned {
			own := make([]byte, len(in))
			copy(own, in)
			r.in = own
		}
	}
	r.b = r.in
}

// End reports whether all went well and the input is complete.
func (r *Reader) End() error {
	if r.fault == nil && r.off == len(r.b) {
		return nil
	}
	return r.error()
}

// fail notes what is wrong with the value at off, if nothing was wrong before.
//
//go:noinline
func (r *Reader) fail(f fault) {
	if r.fault == nil {
		r.fault = &f
	}
	r.b, r.off, r.frame.left = nil, 0, 0
}

// error returns the error for what was noted: if the input is no DAG-CBOR, what
// the general reader says.
func (r *Reader) error() error {
	f := r.fault
	if f != nil && f.err != nil {
		return f.err
	}
	if err := dagcbor.Valid(r.in, r.opts.cbor()); err != nil {
		return err
	}
	if f == nil { // only if there is a second value, which Valid refuses
		return &dagcbor.Error{Offset: r.off, Msg: "data after the value"}
	}
	return &lexicon.Error{Path: pathTo(r.in, f.off, f.name), Code: f.code, Def: f.def, Msg: f.msg}
}

// wrong notes that the value that comes next is not what is due.
func (r *Reader) wrong(want string) {
	msg, code := "", lexicon.CodeType
	if r.off < len(r.b) {
		msg = check.Kind(r.b[r.off])
		if r.b[r.off] == cborhead.Null {
			code = lexicon.CodeNull
		}
	}
	r.fail(fault{off: r.off, code: code, msg: msg + ", expected " + want})
}

// head reads the head of an item of a major type. It returns its argument and
// where it ends, or a negative number.
func (r *Reader) head(major byte) (arg uint64, next int) { return readHead(r.b, r.off, major) }

func readHead(b []byte, off int, major byte) (arg uint64, next int) {
	if uint(off) >= uint(len(b)) || b[off]&cborhead.Mask != major {
		return 0, -1
	}
	if n := b[off] & cborhead.ArgMask; n < cborhead.ArgInline {
		return uint64(n), off + 1
	}
	return cborhead.Long(b, off)
}

// Text reads a string.
func (r *Reader) Text() string {
	b, off := r.b, r.off
	if uint(off) >= uint(len(b)) {
		return r.longText()
	}
	n, start := int(b[off])-cborhead.Text, off+1
	if n == cborhead.ArgInline && start < len(b) && b[start] >= cborhead.ArgInline {
		n, start = int(b[start]), start+1
	} else if uint(n) >= cborhead.ArgInline {
		return r.longText()
	}
	end := start + n
	if uint(end) > uint(len(b)) {
		return r.longText()
	}
	s := r.text(b[start:end])
	if !utf8scan.ASCII(s) && !utf8scan.Valid(b[start:end]) {
		return r.longText()
	}
	r.off = end
	return s
}

// longText is Text for all strings.
func (r *Reader) longText() string {
	n, start := r.head(cborhead.Text)
	if start < 0 || n > uint64(len(r.b)-start) {
		r.wrong("a string")
		return ""
	}
	end := start + int(n)
	if !utf8scan.Valid(r.b[start:end]) {
		r.wrong("a string")
		return ""
	}
	text := r.b[start:end]
	r.off = end
	return r.text(text)
}

// text returns a part of the input as a string that may be kept.
func (r *Reader) text(b []byte) string {
	if r.share {
		return alias(b)
	}
	return string(b)
}

// Int reads an integer.
func (r *Reader) Int() int64 {
	if uint(r.off) < uint(len(r.b)) && r.b[r.off] < cborhead.ArgInline {
		r.off++
		return int64(r.b[r.off-1])
	}
	return r.longInt()
}

// longInt is Int for all integers.
func (r *Reader) longInt() int64 {
	if n, next := r.head(cborhead.Uint); next >= 0 && n <= 1<<63-1 {
		r.off = next
		return int64(n)
	}
	if n, next := r.head(cborhead.Nint); next >= 0 && n <= 1<<63-1 {
		r.off = next
		return int64(^n)
	}
	r.wrong("an integer")
	return 0
}

// Bool reads a boolean.
func (r *Reader) Bool() bool {
	if uint(r.off) < uint(len(r.b)) {
		switch r.b[r.off] {
		case cborhead.True:
			r.off++
			return true
		case cborhead.False:
			r.off++
			return false
		}
	}
	r.wrong("a boolean")
	return false
}

// Null reads null, if that comes next.
func (r *Reader) Null() bool {
	if uint(r.off) < uint(len(r.b)) && r.b[r.off] == cborhead.Null {
		r.off++
		return true
	}
	return false
}

// Bytes reads a byte string, which is never nil.
func (r *Reader) Bytes() []byte {
	n, start := r.head(cborhead.Bytes)
	if start < 0 || n > uint64(len(r.b)-start) {
		r.wrong("a byte string")
		return nil
	}
	end := start + int(n)
	v := append(make([]byte, 0, n), r.b[start:end]...)
	r.off = end
	return v
}

// link is how a link to content of any codec begins, up to the codec, and the
// length of it all.
const (
	linkHead = "\xd8\x2a\x58\x25\x00\x01"
	linkLen  = 5 + 36
)

// Link reads a link.
func (r *Reader) Link() dagcbor.CID {
	if rest := r.b[r.off:]; len(rest) >= linkLen && string(rest[:len(linkHead)]) == linkHead && r.depth > 0 {
		if cid, err := dagcbor.CIDFromBytes(rest[linkLen-36 : linkLen]); err == nil {
			r.off += linkLen
			return cid
		}
	}
	r.wrong("a link")
	return dagcbor.CID{}
}

// The parts of a blob reference around its digest, its size and its media type.
const (
	blobHead = "\xa4\x63ref" + linkHead + "\x55\x12\x20"
	blobSize = "\x64size"
	blobTail = "\x65$type\x64blob\x68mimeType"
)

// Blob reads a reference to a blob, in the usual form or the legacy one.
func (r *Reader) Blob() data.Blob {
	if r.depth >= 2 {
		if blob, end := usualBlob(r.b, r.off, r); end >= 0 {
			r.off = end
			return blob
		}
	}
	if r.off < len(r.b) && r.b[r.off]&cborhead.Mask == cborhead.Map {
		off := r.off
		raw := r.raw()
		if r.fault != nil {
			return data.Blob{}
		}
		if blob, err := data.ParseBlob(raw); err == nil {
			return blob
		}
		r.fail(fault{off: off, code: lexicon.CodeBlob, msg: "object is no reference to a blob"})
		return data.Blob{}
	}
	r.wrong("a blob")
	return data.Blob{}
}

// usualBlob reads a blob reference by comparing bytes. It returns where it ends,
// or a negative number for those of other forms.
func usualBlob(b []byte, off int, r *Reader) (blob data.Blob, end int) {
	const cidAt, sizeAt = len(blobHead) + 32 - 36, len(blobHead) + 32 + len(blobSize)
	rest := b[off:]
	if len(rest) <= sizeAt || string(rest[:len(blobHead)]) != blobHead || string(rest[sizeAt-len(blobSize):sizeAt]) != blobSize {
		return blob, -1
	}
	cid, err := dagcbor.CIDFromBytes(rest[cidAt : cidAt+36])
	size, next := readHead(b, off+sizeAt, cborhead.Uint)
	if err != nil || next < 0 || size > 1<<63-1 || len(b)-next <= len(blobTail) || string(b[next:next+len(blobTail)]) != blobTail {
		return blob, -1
	}
	n, start := readHead(b, next+len(blobTail), cborhead.Text)
	if start < 0 || n == 0 || n > uint64(len(b)-start) {
		return blob, -1
	}
	end = start + int(n)
	if !utf8scan.Valid(b[start:end]) {
		return blob, -1
	}
	return data.Blob{Ref: cid, MimeType: r.text(b[start:end]), Size: int64(size)}, end
}

// raw reads a value of any kind and checks it. The bytes alias the input.
func (r *Reader) raw() []byte {
	off := r.off
	if off >= len(r.b) {
		r.wrong("a value")
		return nil
	}
	o := dagcbor.Options{MaxSize: -1, MaxDepth: r.depth, MaxString: -1, ForeignLinks: r.opts.Permissive}
	if r.depth == 0 {
		if k := r.b[off] & cborhead.Mask; k >= cborhead.Array && k <= cborhead.Tag {
			r.wrong("a value")
			return nil
		}
		o.MaxDepth = 1
	}
	raw, _, err := dagcbor.SplitFirst(r.b[off:], &o)
	if err != nil {
		r.wrong("a value")
		return nil
	}
	r.off = off + len(raw)
	return raw
}

// Unknown reads a map of any type.
func (r *Reader) Unknown() Unknown {
	if uint(r.off) >= uint(len(r.b)) || r.b[r.off]&cborhead.Mask != cborhead.Map {
		r.wrong("an object")
		return Unknown{}
	}
	return Unknown{raw: r.text(r.raw())}
}

// Array opens an array and returns the number of elements, which are to be read
// next. [Reader.EndArray] closes it.
func (r *Reader) Array() int {
	n, next := r.head(cborhead.Array)
	if next < 0 || n > uint64(len(r.b)-next) || n > dagcbor.DefaultMaxContainer || r.depth <= 0 {
		r.wrong("an array")
		return 0
	}
	r.depth--
	r.off = next
	return int(n)
}

// Texts reads an array of strings.
func (r *Reader) Texts() []string {
	n := r.Array()
	list := MakeSlice[string](r, n)
	for range n {
		if r.fault != nil {
			break
		}
		list = append(list, r.Text())
	}
	r.EndArray()
	return list
}

// EndArray closes the array that was opened last.
func (r *Reader) EndArray() { r.depth++ }

// More reports whether to read the next element: whether nothing went wrong.
func (r *Reader) More() bool { return r.fault == nil }

// MakeSlice returns a slice with room for elements of an array of n, but no more
// than are likely to come.
func MakeSlice[T any](r *Reader, n int) []T {
	var zero T
	size := max(int(unsafe.Sizeof(zero)), 1)
	r.spend(n * size)
	return make([]T, 0, min(n, max(maxFirst/size, 4)))
}

// New returns a new value for what is read next.
func New[T any](r *Reader) *T {
	var zero T
	r.spend(int(unsafe.Sizeof(zero)))
	return new(T)
}

// spend counts memory.
func (r *Reader) spend(n int) {
	if r.spent += n; r.spent > minBudget {
		r.overspent()
	}
}

// overspent looks at whether the input is large enough for what was allocated.
func (r *Reader) overspent() {
	if r.spent > perByte*len(r.in) {
		r.fail(fault{err: &dagcbor.LimitError{
			Name: "lex: memory of the decoded value", Limit: int64(max(minBudget, perByte*len(r.in))), Got: int64(r.spent), Offset: -1,
		}})
	}
}
