package lex

import (
	"fmt"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// typeKey is the key that says of what type a map is, with its head
// (https://atproto.com/specs/data-model#type-field).
const typeKey = "\x65$type"

// Map opens a map. The properties that the schema knows are then read in
// canonical order: [Reader.Key] reports whether the one at hand comes next.
// [Reader.EndMap] takes the frame that is returned.
func (r *Reader) Map() (outer Frame) {
	outer = r.frame
	r.depth--
	n, next := r.head(cborhead.Map)
	if next < 0 || n > uint64(len(r.b)-next)/2 || n > dagcbor.DefaultMaxContainer || r.depth < 0 {
		r.noMap()
		return outer
	}
	r.off = next
	r.frame = Frame{left: int32(n), prev: -1, runs: int32(len(r.runs))}
	if r.typed {
		r.typed, r.frame.typed = false, r.at
	}
	return outer
}

func (r *Reader) noMap() {
	if r.fault == nil {
		r.wrong("an object")
		r.fault.inner = true
	}
}

// EndMap closes the map, of the given definition, and returns the properties
// that the schema does not know.
func (r *Reader) EndMap(outer Frame, def string) Extra {
	var extra Extra
	if r.frame.left > 0 || len(r.runs) > int(r.frame.runs) || r.fault != nil {
		extra = r.extra(def)
	}
	r.frame = outer
	r.depth++
	return extra
}

// extra reads what is left of a map, and returns the unknown pairs.
func (r *Reader) extra(def string) Extra {
	if r.frame.left > 0 {
		r.seek("\xff", false) // which is behind all keys
	}
	if f := r.fault; f != nil {
		if f.def == "" && !f.inner {
			f.def = def
		}
		f.inner = false
		return Extra{}
	}
	var pairs string
	for i, run := range r.runs[r.frame.runs:] {
		if text := r.text(r.b[run.start:run.end]); i == 0 {
			pairs = text
		} else {
			pairs += text
		}
	}
	r.runs = r.runs[:r.frame.runs]
	return Extra{pairs}
}

// Key reports whether the key that comes next is k, which is encoded, and reads
// it if so. It passes over keys that come before k.
func (r *Reader) Key(k string) bool {
	if r.frame.left <= 0 {
		return false
	}
	b, off := r.b, r.off
	if uint(off) < uint(len(b)) && b[off] > k[0] { // a longer key
		return false
	}
	if r.slow || !utf8scan.HasPrefix(b[off:], k) {
		return r.seek(k, true)
	}
	r.frame.prev = int32(off)
	r.frame.left--
	r.off = off + len(k)
	return true
}

// RequiredText reads a property that is a string and has to be there.
func (r *Reader) RequiredText(k string) string {
	if r.frame.left <= 0 || r.slow || !utf8scan.HasPrefix(r.b[r.off:], k) {
		return r.seekText(k)
	}
	r.frame.prev = int32(r.off)
	r.frame.left--
	r.off += len(k)
	return r.Text()
}

// seekText is RequiredText where another key may come next.
func (r *Reader) seekText(k string) string {
	if r.Key(k) {
		return r.Text()
	}
	_, start := cborhead.Read(aliasBytes(k), 0)
	r.Missing(k[start:])
	return ""
}

// NullableKey is Key for a property that may be null.
func (r *Reader) NullableKey(k string) bool { return r.seek(k, false) }

// seek reads keys up to k. Those that are less belong to no property of the
// schema. If skipNull is set and the reader is lenient, null is no value.
func (r *Reader) seek(k string, skipNull bool) bool {
	f := &r.frame
	for f.left > 0 {
		off := r.off
		n, start := r.head(cborhead.Text)
		if start < 0 || n > uint64(len(r.b)-start) {
			r.wrong("a key")
			return false
		}
		end := start + int(n)
		key := r.b[off:end]
		switch {
		case string(key) > k:
			return false
		case string(key) == k:
			r.off = end
			f.prev = int32(off)
			f.left--
			if skipNull && r.slow && r.Null() {
				return false
			}
			return true
		}
		r.unknownPair(off, start, end)
	}
	return false
}

// unknownPair reads a pair whose key, b[start:end] with a head at off, belongs
// to no property.
func (r *Reader) unknownPair(off, start, end int) {
	f := &r.frame
	if f.prev >= 0 {
		n, at := cborhead.Read(r.b, int(f.prev))
		if string(r.b[f.prev:at+n]) >= string(r.b[off:end]) {
			r.wrong("the next key")
			return
		}
	}
	if end-start > dagcbor.DefaultMaxKey || !utf8scan.Valid(r.b[start:end]) {
		r.wrong("a key")
		return
	}
	if n := len(r.runs); n == int(f.runs) || int(r.runs[n-1].end) != off {
		r.runs = append(r.runs, run{start: int32(off)})
	}
	f.prev = int32(off)
	f.left--
	r.off = end
	r.raw()
	r.runs[len(r.runs)-1].end = int32(r.off)
}

// Type reads the $type of a record, which must be its collection.
func (r *Reader) Type(collection string) {
	if !r.Key(typeKey) {
		r.Missing("$type")
		return
	}
	off := r.off
	if end := off + 1 + len(collection); len(collection) < cborhead.ArgInline && end <= len(r.b) &&
		r.b[off] == cborhead.Text|byte(len(collection)) && string(r.b[off+1:end]) == collection {
		r.off = end
		return
	}
	if typ := r.Text(); typ != collection && r.fault == nil {
		r.fail(fault{off: off, code: lexicon.CodeTypeName, msg: fmt.Sprintf("$type %.320q is not %q", typ, collection)})
	}
}

// MemberType reads the $type of a member of a union, which is known, where it is
// due. That of other objects is unknown to the schema.
func (r *Reader) MemberType() {
	if r.frame.typed != 0 {
		r.memberType()
	}
}

func (r *Reader) memberType() {
	if at := int(r.frame.typed); at == r.off && r.frame.left > 0 { // as UnionType saw it
		n, start := readHead(r.b, at+len(typeKey), cborhead.Text)
		r.frame.prev = int32(at)
		r.frame.left--
		r.off = start + int(n)
		return
	}
	if r.seek(typeKey, false) {
		r.Text()
	}
}

// Missing notes that a required property is not there.
func (r *Reader) Missing(name string) {
	if !r.slow && r.fault == nil {
		r.fail(fault{off: r.frame.at(r), code: lexicon.CodeMissing, name: name, msg: "property is required and missing"})
	}
}

// at returns a place in the map of a frame.
func (f *Frame) at(r *Reader) int {
	if f.prev >= 0 {
		return int(f.prev)
	}
	return r.off
}

// UnionType returns the $type of the map that comes next, without reading it, or
// an empty string. The string must not be kept.
func (r *Reader) UnionType() string {
	n, off := r.head(cborhead.Map)
	if off < 0 {
		r.wrong("an object with $type")
		return ""
	}
	b := r.b
	for ; n > 0; n-- {
		size, start := readHead(b, off, cborhead.Text)
		if start < 0 || size > uint64(len(b)-start) {
			return ""
		}
		end := start + int(size)
		switch key := b[off:end]; {
		case string(key) == typeKey:
			size, start = readHead(b, end, cborhead.Text)
			if start < 0 || size > uint64(len(b)-start) {
				return ""
			}
			r.at = int32(off)
			return alias(b[start : start+int(size)])
		case string(key) > typeKey:
			return ""
		}
		if off = skip(b, end); off < 0 {
			return ""
		}
	}
	return ""
}

// skip returns where the value at b[off:], which may be anything, ends if it is
// valid, or a negative number.
func skip(b []byte, off int) int {
	for due := 1; due > 0; due-- {
		if off >= len(b) {
			return -1
		}
		major := b[off] & cborhead.Mask
		arg, next := readHead(b, off, major)
		if next < 0 || arg > uint64(len(b)) && major >= cborhead.Bytes && major <= cborhead.Map {
			return -1
		}
		off = next
		switch major {
		case cborhead.Bytes, cborhead.Text:
			off += int(arg)
		case cborhead.Array:
			due += int(arg)
		case cborhead.Map:
			due += 2 * int(arg)
		case cborhead.Tag:
			due++
		}
	}
	return off
}

// Member notes that the map that comes next is a member of a union, whose $type
// is known.
func (r *Reader) Member() *Reader {
	r.typed = true
	return r
}

// UnknownMember reads a map of a type that a union does not list.
func (r *Reader) UnknownMember() *Unknown {
	return new(r.Unknown())
}

// NoMember notes that the $type of the map that comes next is none of those of a
// closed union.
func (r *Reader) NoMember(typ string) {
	r.fail(fault{off: r.off, code: lexicon.CodeUnionType, msg: fmt.Sprintf("$type %.320q is not one of the union", typ)})
}

// pathTo returns the path to the value at b[at:] in valid data, as a JSON
// pointer, with a name behind it if that is not empty.
func pathTo(b []byte, at int, name string) string {
	var path []byte
	off := 0
	for off < at && off < len(b) {
		n, next := cborhead.Read(b, off)
		major := b[off] & cborhead.Mask
		if major != cborhead.Map && major != cborhead.Array {
			break
		}
		inside := false
		for i := range n {
			key := next
			if major == cborhead.Map {
				next = cborhead.Skip(b, key)
			}
			end := cborhead.Skip(b, next)
			if at < end {
				if at < next { // a key stands for the map
					break
				}
				if major == cborhead.Map {
					text, _ := cborhead.ReadText(b, key)
					path = check.AppendPath(path, string(text))
				} else {
					path = strconv.AppendInt(append(path, '/'), int64(i), 10)
				}
				off, inside = next, true
				break
			}
			next = end
		}
		if !inside {
			break
		}
	}
	if name != "" {
		path = check.AppendPath(path, name)
	}
	return string(path)
}
