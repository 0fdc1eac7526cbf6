package dagcbor

import (
	"crypto/sha256"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// linkLen is the length of a link: tag 42, byte string of 37, 0x00, CID.
const linkLen = 5 + cidLen

// AppendNull appends null.
func AppendNull(dst []byte) []byte { return append(dst, cborhead.Null) }

// AppendBool appends true or false.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, cborhead.True)
	}
	return append(dst, cborhead.False)
}

// AppendInt appends an integer.
func AppendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return cborhead.Append(dst, cborhead.Nint, uint64(-1-v))
	}
	return cborhead.Append(dst, cborhead.Uint, uint64(v))
}

// AppendBytes appends a byte string.
func AppendBytes(dst, v []byte) []byte {
	return append(cborhead.Append(dst, cborhead.Bytes, uint64(len(v))), v...)
}

// AppendText appends a text string. That v is valid UTF-8 is the caller's
// duty: a reader refuses anything else.
func AppendText[T ~string | ~[]byte](dst []byte, v T) []byte {
	return append(cborhead.Append(dst, cborhead.Text, uint64(len(v))), v...)
}

// AppendLink appends a link to c. It panics if c is undefined.
func AppendLink(dst []byte, c CID) []byte {
	if !c.Defined() {
		panic("dagcbor: AppendLink of an undefined CID")
	}
	dst = append(dst, cborhead.Tag|24, cborhead.LinkTag, cborhead.Bytes|24, 1+cidLen, 0, 1, byte(c.codec), 0x12, sha256.Size)
	return append(dst, c.digest[:]...)
}

// AppendLinkBytes appends a link to the CID of which b is the binary form,
// as [Reader.Link] returned it.
func AppendLinkBytes(dst, b []byte) []byte {
	dst = cborhead.Append(append(dst, cborhead.Tag|24, cborhead.LinkTag), cborhead.Bytes, uint64(1+len(b)))
	return append(append(dst, 0), b...)
}

// AppendArray appends the head of an array; n elements have to follow.
func AppendArray(dst []byte, n int) []byte {
	return cborhead.Append(dst, cborhead.Array, uint64(n))
}

// AppendMap appends the head of a map; n pairs of a text string and a value
// have to follow, in the order of [CompareKeys].
func AppendMap(dst []byte, n int) []byte {
	return cborhead.Append(dst, cborhead.Map, uint64(n))
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
