package dagcbor

import (
	"cmp"
	"encoding"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// maxGoNesting is how deep Marshal follows pointers, interfaces and containers
// in a Go value. What it writes may nest to [DefaultMaxDepth] only; the rest is
// room for what leaves no trace there. The CBOR library has no such limit: a
// value that refers to itself would overflow the stack, which no caller can
// recover from.
const maxGoNesting = 1000

// nestsDeeper reports whether v nests deeper than limit, as every value does
// that refers to itself.
func nestsDeeper(v reflect.Value, limit int) bool {
	if !v.IsValid() || !mayNest(v.Type()) {
		return false
	}
	if limit == 0 {
		return true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && nestsDeeper(v.Elem(), limit-1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if nestsDeeper(v.Index(i), limit-1) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if nestsDeeper(it.Key(), limit-1) || nestsDeeper(it.Value(), limit-1) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if isEncoded(v.Type().Field(i)) && nestsDeeper(v.Field(i), limit-1) {
				return true
			}
		}
	}
	return false
}

// mayNest reports whether values of type t can nest without bound: whether t
// holds, at whatever remove, itself or an interface. Records are structs of
// which neither is true, and mostly this look is all that Marshal takes at them.
func mayNest(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
	default:
		return false
	}
	if known, found := nestingTypes.Load(t); found {
		return known.(bool)
	}
	nests := reachesItself(t, make(map[reflect.Type]bool))
	nestingTypes.Store(t, nests)
	return nests
}

// nestingTypes caches mayNest by type.
var nestingTypes sync.Map

// reachesItself is mayNest, for a type that is reached through those that are
// true in types; those that are false were looked at and cannot nest.
func reachesItself(t reflect.Type, types map[reflect.Type]bool) bool {
	if onPath, seen := types[t]; seen || encodesItself(t) {
		return onPath
	}
	types[t] = true
	defer func() { types[t] = false }()
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return reachesItself(t.Elem(), types)
	case reflect.Map:
		return reachesItself(t.Key(), types) || reachesItself(t.Elem(), types)
	case reflect.Struct:
		for f := range t.Fields() {
			if isEncoded(f) && reachesItself(f.Type, types) {
				return true
			}
		}
	}
	return false
}

// encodesItself reports whether the CBOR library does not look into values of
// type t.
func encodesItself(t reflect.Type) bool {
	if t.Kind() == reflect.Interface {
		return false
	}
	for _, m := range [...]reflect.Type{
		reflect.TypeFor[cbor.Marshaler](),
		reflect.TypeFor[encoding.BinaryMarshaler](),
		reflect.TypeFor[encoding.TextMarshaler](), // time.Time and big.Int among them
	} {
		if reflect.PointerTo(t).Implements(m) {
			return true
		}
	}
	return false
}

// isEncoded reports whether the CBOR library looks at the struct field f.
func isEncoded(f reflect.StructField) bool {
	tag := cmp.Or(f.Tag.Get("cbor"), f.Tag.Get("json"))
	return tag != "-" && (f.IsExported() || f.Anonymous)
}
