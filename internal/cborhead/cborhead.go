// Package cborhead holds what the packages that look at encoded CBOR share: the
// constants of RFC 8949 that the AT Protocol's subset of it knows, the writing of
// heads, and the reading of what is known to be valid. A head is how an item begins: its major type in the upper
// three bits of the first byte, and its argument in the lower five or in the
// bytes after it (https://www.rfc-editor.org/rfc/rfc8949#section-3).
package cborhead

import (
	"encoding/binary"
	"math"
)

// Major types, shifted into place
// (https://www.rfc-editor.org/rfc/rfc8949#section-3.1).
const (
	Uint  = 0 << 5
	Nint  = 1 << 5 // of argument n: the integer -1-n
	Bytes = 2 << 5
	Text  = 3 << 5
	Array = 4 << 5
	Map   = 5 << 5
	Tag   = 6 << 5
	Other = 7 << 5 // simple values and floating-point numbers

	Mask = 7 << 5 // the bits of a first byte that are the major type
)

// ArgMask covers the bits of a first byte that are the argument, if they are
// less than [ArgInline], and otherwise say how many bytes of it follow.
const (
	ArgMask   = 31
	ArgInline = 24
)

// The simple values that the data model has
// (https://www.rfc-editor.org/rfc/rfc8949#section-3.3), and the one that readers
// meet although it has it not.
const (
	False     = 0xf4
	True      = 0xf5
	Null      = 0xf6
	Undefined = 0xf7
)

// LinkTag is the tag of a link, a byte string that holds a zero byte and a CID
// (https://github.com/ipld/cid-cbor).
const LinkTag = 42

// Append appends the head with argument n, in its shortest form.
func Append(dst []byte, major byte, n uint64) []byte {
	if n < ArgInline {
		return append(dst, major|byte(n))
	}
	return appendLong(dst, major, n)
}

func appendLong(dst []byte, major byte, n uint64) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

// Long reads the head at b[off:], of which the argument stands in bytes of its
// own as it should, with an argument in its shortest form. It returns the
// argument, and where the head ends, or a negative number if there is no such
// head.
func Long(b []byte, off int) (arg uint64, next int) {
	info, rest := b[off]&ArgMask, b[off+1:]
	if info < ArgInline || info > 27 || len(rest) < 1<<(info-24) || b[off] >= Other {
		return 0, -1
	}
	var least uint64
	switch info {
	case 24:
		arg, least = uint64(rest[0]), ArgInline
	case 25:
		arg, least = uint64(binary.BigEndian.Uint16(rest)), math.MaxUint8+1
	case 26:
		arg, least = uint64(binary.BigEndian.Uint32(rest)), math.MaxUint16+1
	default:
		arg, least = binary.BigEndian.Uint64(rest), math.MaxUint32+1
	}
	if arg < least {
		return 0, -1
	}
	return arg, off + 1 + 1<<(info-24)
}
