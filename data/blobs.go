package data

import (
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

// Blobs returns the blob references in b, a value in DAG-CBOR, in the order of
// their bytes. It needs no schema: a map whose $type is "blob" is a reference
// wherever it stands. References of the legacy form are found only with
// [Options.LegacyBlobs], for nothing but their keys tells them from other maps.
//
// The value is checked before anything else as by [Validate]. If it is not
// valid, the error is the only pair, with a zero Blob. With
// [Options.Permissive], blobs of the wrong shape are passed over.
func Blobs(b []byte, o *Options) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		v, err := NewView(b, o)
		if err != nil {
			yield(Blob{}, err)
			return
		}
		legacy := o != nil && o.LegacyBlobs
		v.visit(func(w View) bool {
			blob, ok := w.findBlob(legacy)
			return !ok || yield(blob, nil)
		})
	}
}

// Links returns the CIDs of all links in b, a value in DAG-CBOR, in the order
// of their bytes: those to records and those to blobs, each as often as it
// occurs. That blobs of the legacy form name their CID as text makes it no
// link, and neither does any other text. To see where links stand, or links to
// CIDs of other forms, which [Options.Permissive] lets pass and Links passes
// over, use [View.Walk].
//
// The value is checked before anything else as by [Validate]. If it is not
// valid, the error is the only pair, with an undefined CID.
func Links(b []byte, o *Options) iter.Seq2[dagcbor.CID, error] {
	return func(yield func(dagcbor.CID, error) bool) {
		v, err := NewView(b, o)
		if err != nil {
			yield(dagcbor.CID{}, err)
			return
		}
		v.visit(func(w View) bool {
			c, ok := w.Link()
			return !ok || yield(c, nil)
		})
	}
}

// visit calls found with the maps and links in v, which may be v itself, in the
// order of their bytes, until found returns false.
func (v View) visit(found func(View) bool) {
	off := 0
	for due := 1; due > 0; due-- {
		major := v.b[off] & cborhead.Mask
		if major >= cborhead.Map && major != cborhead.Other && !found(View{v.b[off:]}) {
			return
		}
		arg, next := cborhead.Read(v.b, off)
		switch off = next; major {
		case cborhead.Bytes, cborhead.Text:
			off += arg
		case cborhead.Array:
			due += arg
		case cborhead.Map:
			due += 2 * arg
		case cborhead.Tag:
			due++
		}
	}
}

// findBlob returns the blob reference that v is, if its map has as many pairs
// as one.
func (v View) findBlob(legacy bool) (Blob, bool) {
	switch {
	case v.b[0] == cborhead.Map|4:
		ref, msg := parseBlob(v.b)
		if msg != "" {
			return Blob{}, false
		}
		return ref.blob(), true
	case legacy && v.b[0] == cborhead.Map|2:
		return parseLegacy(v.b)
	}
	return Blob{}, false
}
