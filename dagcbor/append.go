package dagcbor

import (
	"encoding/binary"
	"math"
)

// Major types of CBOR, shifted into place (RFC 8949, section 3.1).
const (
	majorUint  = 0 << 5
	majorNint  = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5 // simple values and floating-point numbers
	majorMask  = 7 << 5
)

const (
	byteFalse = 0xf4
	byteTrue  = 0xf5
	byteNull  = 0xf6

	linkLen = 5 + cidLen // tag 42, byte string of 37, 0x00, CID
)

// appendHead appends a head in its shortest form.
func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

// AppendNull appends null.
func AppendNull(dst []byte) []byte { return append(dst, byteNull) }

// AppendBool appends true or false.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, byteTrue)
	}
	return append(dst, byteFalse)
}

// AppendInt appends an integer.
func AppendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return appendHead(dst, majorNint, uint64(-1-v))
	}
	return appendHead(dst, majorUint, uint64(v))
}

// AppendBytes appends a byte string.
func AppendBytes(dst, v []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(v))), v...)
}

// AppendText appends a text string. That v is valid UTF-8 is the caller's
// duty: a reader refuses anything else.
func AppendText[T ~string | ~[]byte](dst []byte, v T) []byte {
	return append(appendHead(dst, majorText, uint64(len(v))), v...)
}

// AppendLink appends a link to c. It panics if c is undefined.
func AppendLink(dst []byte, c CID) []byte {
	if !c.Defined() {
		panic("dagcbor: AppendLink of an undefined CID")
	}
	return c.appendBytes(append(dst, majorTag|24, 42, majorBytes|24, 1+cidLen, 0))
}

// AppendLinkBytes appends a link to the CID of which b is the binary form,
// as [Reader.Link] returned it.
func AppendLinkBytes(dst, b []byte) []byte {
	dst = appendHead(append(dst, majorTag|24, 42), majorBytes, uint64(1+len(b)))
	return append(append(dst, 0), b...)
}

// AppendArray appends the head of an array; n elements have to follow.
func AppendArray(dst []byte, n int) []byte {
	return appendHead(dst, majorArray, uint64(n))
}

// AppendMap appends the head of a map; n pairs of a text string and a value
// have to follow, in the order of [CompareKeys].
func AppendMap(dst []byte, n int) []byte {
	return appendHead(dst, majorMap, uint64(n))
}

// CompareKeys orders map keys as DAG-CBOR does: the shorter first, then byte
// by byte. It returns -1, 0 or +1.
func CompareKeys(a, b string) int {
	switch {
	case len(a) != len(b):
		if len(a) < len(b) {
			return -1
		}
		return 1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
