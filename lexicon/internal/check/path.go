package check

import (
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/jsontext"
)

// MaxPath bounds the path of an error, in bytes: its names are the input's.
const MaxPath = 1000

// AppendPath appends a name to the path of an error, a JSON pointer, as far as
// it may grow.
func AppendPath(dst []byte, name string) []byte {
	if len(dst) > MaxPath {
		return dst
	}
	return jsontext.AppendPointer(dst, name[:min(len(name), MaxPath)])
}

// Kind names the kind of the value in DAG-CBOR that begins with head.
func Kind(head byte) string {
	switch head & cborhead.Mask {
	case cborhead.Uint, cborhead.Nint:
		return "an integer"
	case cborhead.Bytes:
		return "a byte string"
	case cborhead.Text:
		return "a string"
	case cborhead.Array:
		return "an array"
	case cborhead.Map:
		return "an object"
	case cborhead.Tag:
		return "a link"
	}
	if head == cborhead.Null {
		return "null"
	}
	return "a boolean"
}
