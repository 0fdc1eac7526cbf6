package data

import (
	"bytes"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

// A View is a value in DAG-CBOR that was found valid, and is read where it
// stands. [NewView] makes one of a whole record; the views of its parts come
// from there. Nothing is decoded in advance, nothing is checked twice, and
// only what the comments say allocates.
//
// The typed methods report whether the value is of their kind; there is no
// other way for them to fail. Those whose names begin with Alias return bytes
// of the record itself, which must not be changed, and neither must the record
// as long as views of it are used: a method may panic then. All others return
// copies.
//
// A View is a small value, to be passed by value. The zero View holds nothing:
// its kind is [dagcbor.KindInvalid]. Views may be used by several goroutines
// at once.
type View struct {
	b []byte // begins with the value; goes on to the end of the record
}

// NewView checks b as [Validate] does, with the same errors, and returns the
// view of it. It does not allocate more than that does.
func NewView(b []byte, o *Options) (View, error) {
	if err := Validate(b, o); err != nil {
		return View{}, err
	}
	return View{slices.Clip(b)}, nil
}

// Kind returns the kind of the value.
func (v View) Kind() dagcbor.Kind {
	if len(v.b) == 0 {
		return dagcbor.KindInvalid
	}
	switch v.b[0] & cborhead.Mask {
	case cborhead.Uint, cborhead.Nint:
		return dagcbor.KindInt
	case cborhead.Bytes:
		return dagcbor.KindBytes
	case cborhead.Text:
		return dagcbor.KindText
	case cborhead.Array:
		return dagcbor.KindArray
	case cborhead.Map:
		return dagcbor.KindMap
	case cborhead.Tag:
		return dagcbor.KindLink
	}
	if v.b[0] == cborhead.Null {
		return dagcbor.KindNull
	}
	return dagcbor.KindBool
}

// is reports whether the value is of a major type.
func (v View) is(major byte) bool { return len(v.b) > 0 && v.b[0]&cborhead.Mask == major }

// IsNull reports whether the value is null. What is absent is not.
func (v View) IsNull() bool { return len(v.b) > 0 && v.b[0] == cborhead.Null }

// Bool returns a boolean.
func (v View) Bool() (value, ok bool) {
	if len(v.b) == 0 {
		return false, false
	}
	return v.b[0] == cborhead.True, v.b[0] == cborhead.True || v.b[0] == cborhead.False
}

// Int returns an integer.
func (v View) Int() (n int64, ok bool) {
	if len(v.b) == 0 || v.b[0] >= cborhead.Bytes {
		return 0, false
	}
	n, _ = cborhead.ReadInt(v.b, 0)
	return n, true
}

// Text returns a copy of a text string.
func (v View) Text() (s string, ok bool) {
	text, ok := v.AliasText()
	return string(text), ok
}

// AliasText returns a text string as bytes of the record. The compiler does
// not copy them in string(text) == "…" and in switch string(text).
func (v View) AliasText() (text []byte, ok bool) { return v.content(cborhead.Text) }

// Bytes returns a copy of a byte string, which is not nil.
func (v View) Bytes() (b []byte, ok bool) {
	if b, ok = v.AliasBytes(); !ok {
		return nil, false
	}
	return append([]byte{}, b...), true
}

// AliasBytes returns a byte string as bytes of the record.
func (v View) AliasBytes() (b []byte, ok bool) { return v.content(cborhead.Bytes) }

func (v View) content(major byte) (b []byte, ok bool) {
	if !v.is(major) {
		return nil, false
	}
	n, start := cborhead.Read(v.b, 0)
	return v.b[start : start+n : start+n], true
}

// Link returns the CID of a link. Links to CIDs that are not of the blessed
// form, which [Options.Permissive] lets pass, only [View.Cid] returns.
func (v View) Link() (c dagcbor.CID, ok bool) {
	b, ok := v.aliasLink()
	if !ok {
		return c, false
	}
	c, err := dagcbor.CIDFromBytes(b)
	return c, err == nil
}

// Cid returns the CID of a link, of whatever form, at the price of an
// allocation.
func (v View) Cid() (c cid.Cid, ok bool) {
	b, ok := v.aliasLink()
	if !ok {
		return cid.Undef, false
	}
	c, err := cid.Cast(b)
	return c, err == nil
}

// Blob returns the blob reference that a map is, of the normal or the legacy
// form. The latter is to be trusted only where a schema expects a blob:
// [Blob.Legacy] tells.
func (v View) Blob() (b Blob, ok bool) {
	if len(v.b) == 0 {
		return Blob{}, false
	}
	return v.findBlob(true)
}

// aliasLink returns the binary CID of a link.
func (v View) aliasLink() (b []byte, ok bool) {
	if !v.is(cborhead.Tag) {
		return nil, false
	}
	b, _ = cborhead.ReadLink(v.b, 0)
	return b, true
}

// Len returns the number of elements of an array, of pairs of a map, or of
// bytes of a text or byte string. It is zero for everything else.
func (v View) Len() int {
	switch v.Kind() {
	case dagcbor.KindArray, dagcbor.KindMap, dagcbor.KindText, dagcbor.KindBytes:
		n, _ := cborhead.Read(v.b, 0)
		return n
	}
	return 0
}

// Raw returns the encoded value as bytes of the record.
func (v View) Raw() []byte {
	if len(v.b) == 0 {
		return nil
	}
	end := cborhead.Skip(v.b, 0)
	return v.b[:end:end]
}

// Equal reports whether v and w hold equal values: whether their encodings,
// which are canonical, are the same.
func (v View) Equal(w View) bool { return bytes.Equal(v.Raw(), w.Raw()) }

// Type returns a copy of the $type of a map, or "" if it has none.
func (v View) Type() string {
	typ, _ := v.Get(keyType)
	s, _ := typ.Text()
	return s
}

// Get returns the value that a path of map keys leads to: Get("reply", "root")
// is the value of root in the map that is the value of reply. It reports
// whether there is one. Without keys it is v itself.
func (v View) Get(path ...string) (View, bool) {
	if len(v.b) == 0 {
		return View{}, false
	}
	off := 0
	for _, key := range path {
		if off = find(v.b, off, key); off < 0 {
			return View{}, false
		}
	}
	return View{v.b[off:]}, true
}

// find returns where the value of key in the map at b[off:] begins, or -1 if
// there is none. Keys are in order: the search ends where key would stand.
func find(b []byte, off int, key string) int {
	if b[off]&cborhead.Mask != cborhead.Map {
		return -1
	}
	pairs, off := cborhead.Read(b, off)
	for range pairs {
		n, at := cborhead.Read(b, off)
		off = at + n
		if n >= len(key) {
			if n > len(key) {
				return -1
			}
			if found := b[at:off]; string(found) >= key {
				if string(found) == key {
					return off
				}
				return -1
			}
		}
		off = cborhead.Skip(b, off)
	}
	return -1
}

// At returns an element of an array, and whether there is one of that index.
// It reads past those before it; to see all, range over [View.Elements].
func (v View) At(i int) (View, bool) {
	if !v.is(cborhead.Array) {
		return View{}, false
	}
	n, off := cborhead.Read(v.b, 0)
	if i < 0 || i >= n {
		return View{}, false
	}
	for range i {
		off = cborhead.Skip(v.b, off)
	}
	return View{v.b[off:]}, true
}

// Elements returns the elements of an array, with their indexes. A value of
// another kind has none.
func (v View) Elements() iter.Seq2[int, View] {
	return func(yield func(int, View) bool) {
		if !v.is(cborhead.Array) {
			return
		}
		n, off := cborhead.Read(v.b, 0)
		for i := range n {
			if !yield(i, View{v.b[off:]}) {
				return
			}
			off = cborhead.Skip(v.b, off)
		}
	}
}

// Pairs returns the keys and values of a map, in the canonical order of their
// keys: the shorter first, then byte by byte. The keys are text strings. A
// value of another kind has none.
func (v View) Pairs() iter.Seq2[View, View] {
	return func(yield func(key, value View) bool) {
		if !v.is(cborhead.Map) {
			return
		}
		n, off := cborhead.Read(v.b, 0)
		for range n {
			size, at := cborhead.Read(v.b, off)
			if !yield(View{v.b[off:]}, View{v.b[at+size:]}) {
				return
			}
			off = cborhead.Skip(v.b, at+size)
		}
	}
}

// Tree returns the value as the tree that [Unmarshal] makes. Of the options
// only [Options.MaxTree] counts, and the error, if any, is a
// [*dagcbor.LimitError].
func (v View) Tree(o *Options) (any, error) {
	if len(v.b) == 0 {
		return nil, errNoValue
	}
	ru := o.rules()
	ru.allowAll()
	return unmarshal(v.Raw(), &ru)
}

// AppendJSON appends the JSON form of the value, as [ToJSON] makes it. Of the
// options only [Options.MaxJSON] counts, and the error, if any, is a
// [*dagcbor.LimitError]; dst is returned as it was then.
func (v View) AppendJSON(dst []byte, o *Options) ([]byte, error) {
	if len(v.b) == 0 {
		return dst, errNoValue
	}
	ru := o.rules()
	return writeJSON(dst, v.Raw(), &ru)
}

// String returns the JSON form of the value, for debugging: without limit, and
// "" for the zero View.
func (v View) String() string {
	if len(v.b) == 0 {
		return ""
	}
	text, _ := writeJSON(nil, v.Raw(), &rules{maxJSON: maxSize})
	return string(text)
}
