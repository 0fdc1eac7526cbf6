package data

import (
	"bytes"

	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
)

// Equal reports whether two trees hold equal values: whether [Marshal] would
// give the same bytes for both. Integers of different types are equal if their
// values are, and a [Blob] equals its map. A value that is of no type that
// Marshal takes, a nil map or slice, or what is nested more than 1000 deep
// equals nothing, not even itself; other rules of the data model are not
// looked at.
//
// Records are equal if their bytes are: use bytes.Equal, or [View.Equal].
func Equal(a, b any) bool { return equal(a, b, maxDepth) }

// equal is Equal for values that may nest to a depth.
func equal(a, b any, depth int) bool {
	if depth < 0 {
		return false
	}
	switch a := plain(a).(type) {
	case nil:
		return b == nil
	case bool, string, int64, dagcbor.CID, cid.Cid:
		return a == plain(b)
	case []byte:
		b, ok := b.([]byte)
		return ok && a != nil && b != nil && bytes.Equal(a, b)
	case []any:
		b, ok := plain(b).([]any)
		return ok && equalArrays(a, b, depth-1)
	case map[string]any:
		b, ok := plain(b).(map[string]any)
		return ok && equalMaps(a, b, depth-1)
	}
	return false
}

func equalArrays(a, b []any, depth int) bool {
	if len(a) != len(b) || a == nil || b == nil {
		return false
	}
	for i, v := range a {
		if !equal(v, b[i], depth) {
			return false
		}
	}
	return true
}

func equalMaps(a, b map[string]any, depth int) bool {
	if len(a) != len(b) || a == nil || b == nil {
		return false
	}
	for key, v := range a {
		w, ok := b[key]
		if !ok || !equal(v, w, depth) {
			return false
		}
	}
	return true
}

// plain returns v as the type that [Unmarshal] makes of it. What is of no type
// that Marshal takes comes back as it is.
func plain(v any) any {
	switch v := v.(type) {
	case bool, string, int64, []byte, []any, map[string]any:
		return v
	case dagcbor.CID:
		if !v.Defined() {
			return unequal{}
		}
		return v
	case cid.Cid:
		if blessed, err := dagcbor.CIDFromCid(v); err == nil || !v.Defined() {
			return plain(blessed)
		}
		return v
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case int16:
		return int64(v)
	case int8:
		return int64(v)
	case uint8:
		return int64(v)
	case uint16:
		return int64(v)
	case uint32:
		return int64(v)
	case uint:
		return plainUint(uint64(v))
	case uint64:
		return plainUint(v)
	case Blob:
		return v.Map()
	case []string:
		return plainArray(v)
	}
	return v
}

// unequal is a value that no switch knows.
type unequal struct{}

func plainUint(n uint64) any {
	if int64(n) < 0 {
		return unequal{}
	}
	return int64(n)
}

func plainArray(a []string) any {
	if a == nil {
		return unequal{}
	}
	values := make([]any, len(a))
	for i, s := range a {
		values[i] = s
	}
	return values
}
