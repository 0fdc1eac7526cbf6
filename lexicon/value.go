package lexicon

import (
	"bytes"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// What stands here checks values whose kind is right. All functions return
// where the value at b[off:] ends, or stop.

func (w *validator) boolean(n int32, nd *node, off int) int {
	if nd.flags&flagConst != 0 && (w.b[off] == cborhead.True) != (nd.from == 1) {
		return w.fail(n, off, CodeConst, "", "boolean is not %v", nd.from == 1)
	}
	return off + 1
}

func (w *validator) integer(n int32, nd *node, off int) int {
	v, next := cborhead.ReadInt(w.b, off)
	switch {
	case v < nd.lo:
		return w.fail(n, off, CodeRange, "", "integer %d is less than %d", v, nd.lo)
	case v > nd.hi:
		return w.fail(n, off, CodeRange, "", "integer %d is greater than %d", v, nd.hi)
	case nd.flags&flagEnum != 0:
		if _, ok := slices.BinarySearch(w.ints[nd.from:nd.to], v); !ok {
			return w.notAmong(n, nd, off, v, w.ints[nd.from:nd.to])
		}
	}
	return next
}

// notAmong reports a value that is not one of those allowed.
func (w *validator) notAmong(n int32, nd *node, off int, v, allowed any) int {
	if nd.flags&flagConst != 0 {
		return w.fail(n, off, CodeConst, "", "%s is not the value that is expected", quoted(v))
	}
	return w.fail(n, off, CodeEnum, "", "%s is not one of the values that are allowed", quoted(v))
}

func (w *validator) bytes(n int32, nd *node, off int) int {
	size, start := cborhead.Read(w.b, off)
	if int64(size) < nd.lo || int64(size) > nd.hi {
		return w.fail(n, off, CodeLength, "", "byte string of %d bytes, %s", size, check.Bounds(nd.lo, nd.hi))
	}
	return start + size
}

func (w *validator) text(n int32, nd *node, off int) int {
	text, next := cborhead.ReadText(w.b, off)
	size := int64(len(text))
	if size < nd.lo || size > nd.hi {
		return w.fail(n, off, CodeLength, "", "string of %d bytes, %s", size, check.Bounds(nd.lo, nd.hi))
	}
	if nd.glo > 0 || size > int64(nd.ghi) {
		if msg := nd.graphemes(text); msg != "" {
			return w.fail(n, off, CodeGraphemes, "", "%s", msg)
		}
	}
	if nd.flags&flagEnum != 0 && !hasText(w.texts[nd.from:nd.to], text) {
		return w.notAmong(n, nd, off, string(text), nil)
	}
	if nd.format != formatNone {
		if msg := nd.format.check(text, w.rules.looseFormats); msg != "" {
			return w.fail(n, off, CodeFormat, "", "%.64q is not of format %s: %s", text, formats[nd.format], msg)
		}
	}
	return next
}

// graphemes returns what is wrong with the number of graphemes of text.
func (nd *node) graphemes(text []byte) string {
	hi := int64(nd.ghi)
	if nd.ghi == maxInt32 {
		hi = maxInt64
	}
	return check.Graphemes(alias(text), int64(nd.glo), hi)
}

// hasText reports whether a sorted list has text.
func hasText(list []string, text []byte) bool {
	_, ok := slices.BinarySearchFunc(list, text, func(s string, text []byte) int {
		return strings.Compare(s, alias(text))
	})
	return ok
}

// unknown checks a map of which nothing is known: it must not be what stands
// for another kind of data.
func (w *validator) unknown(n int32, off int) int {
	if typ := find(w.b, off, typeKey); typ >= 0 && isText(w.b, typ) {
		if text, _ := cborhead.ReadText(w.b, typ); string(text) == "blob" {
			return w.fail(n, off, CodeType, "", "a blob, expected %s", opUnknown)
		}
	}
	return cborhead.Skip(w.b, off)
}

func (w *validator) array(n int32, nd *node, off int) int {
	count, at := cborhead.Read(w.b, off)
	if int64(count) < nd.lo || int64(count) > nd.hi {
		return w.fail(n, off, CodeLength, "", "array of %d elements, %s", count, check.Bounds(nd.lo, nd.hi))
	}
	w.push(step{})
	for i := range count {
		w.step(w.depth - 1).index = i
		if at = w.value(nd.sub, at); at < 0 {
			return stop
		}
	}
	w.pop()
	return at
}

// object checks a map by going through its keys and the properties of the
// schema side by side, since both are in the same order.
func (w *validator) object(n int32, nd *node, off int) int {
	pairs, at := cborhead.Read(w.b, off)
	props := w.props[nd.from:nd.to]
	typed := false
	for range pairs {
		key, val := cborhead.ReadText(w.b, at)
		if string(key) == typeKey {
			typed = true
			if at = w.typeName(n, nd, val); at < 0 {
				return stop
			}
			continue
		}
		cmp := 1
		for len(props) > 0 {
			if cmp = compareKeys(props[0].name, key); cmp >= 0 {
				break
			}
			if props[0].required && w.missing(n, off, props[0].name) {
				return stop
			}
			props = props[1:]
		}
		if len(props) == 0 || cmp > 0 {
			at = cborhead.Skip(w.b, val)
			continue
		}
		if at = w.property(&props[0], val); at < 0 {
			return stop
		}
		props = props[1:]
	}
	for i := range props {
		if props[i].required && w.missing(n, off, props[i].name) {
			return stop
		}
	}
	if nd.flags&flagRecord != 0 && !typed && w.failType(n, off, "record without $type") < 0 {
		return stop
	}
	return at
}

// property checks the value of a property.
func (w *validator) property(p *prop, off int) int {
	if p.nullable && w.b[off] == cborhead.Null {
		return off + 1
	}
	w.push(step{name: p.name})
	next := w.value(p.node, off)
	w.pop()
	return next
}

// missing reports a property that is required, and whether to stop.
func (w *validator) missing(n int32, off int, name string) bool {
	return w.fail(n, off, CodeMissing, name, "property is required and missing") < 0
}

// typeName checks the $type of an object: that of a definition has to be its
// name. What has no name may have any.
func (w *validator) typeName(n int32, nd *node, off int) int {
	if nd.flags&flagDef == 0 {
		return cborhead.Skip(w.b, off)
	}
	if !isText(w.b, off) {
		return w.failType(n, off, "$type is not a string")
	}
	text, next := cborhead.ReadText(w.b, off)
	if string(text) != w.names[nd.name] {
		return w.failType(n, off, "$type %.320q is not %q", text, w.names[nd.name])
	}
	return next
}

func (w *validator) failType(n int32, off int, format string, args ...any) int {
	return w.fail(n, off, CodeTypeName, typeKey, format, args...)
}

// union checks a map against the member of a union that its $type names.
func (w *validator) union(n int32, nd *node, off int) int {
	typ := find(w.b, off, typeKey)
	if typ < 0 || !isText(w.b, typ) {
		return w.fail(n, off, CodeUnionType, "", "object of a union without $type")
	}
	name, _ := cborhead.ReadText(w.b, typ)
	if at := w.variant(nd, name); at != noNode {
		return w.value(at, off)
	}
	switch {
	case nd.flags&flagClosed != 0:
		return w.fail(n, off, CodeUnionType, "", "$type %.320q is not one of the union", name)
	case len(name) == 0:
		return w.fail(n, off, CodeUnionType, "", "object of a union with an empty $type")
	case bytes.HasSuffix(name, []byte("#main")) && !w.rules.permissive:
		return w.fail(n, off, CodeUnionType, "", "$type %.320q ends in #main", name)
	case w.rules.openUnions:
		if at, ok := w.defs[alias(name)]; ok && w.nodes[at].op == opObject {
			return w.value(at, off)
		}
	}
	return cborhead.Skip(w.b, off)
}

// variant returns the node of the member of a union with the given name.
func (w *validator) variant(nd *node, name []byte) int32 {
	list := w.variants[nd.from:nd.to]
	const few = 8
	if len(list) > few {
		i, ok := slices.BinarySearchFunc(list, name, func(v variant, name []byte) int {
			return strings.Compare(v.name, alias(name))
		})
		if !ok {
			return noNode
		}
		return list[i].node
	}
	for i := range list {
		if list[i].name == string(name) {
			return list[i].node
		}
	}
	return noNode
}
