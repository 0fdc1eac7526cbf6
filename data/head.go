package data

import "encoding/binary"

// Major types of CBOR, shifted into place (RFC 8949, section 3.1).
const (
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
)

// putHead writes the head of an item of n bytes or elements to dst, in its
// shortest form, and returns its length. Heads of 64 bits do not occur: no
// value is that large.
func putHead(dst *[5]byte, major byte, n int) int {
	switch {
	case n < 24:
		dst[0] = major | byte(n)
		return 1
	case n < 1<<8:
		dst[0], dst[1] = major|24, byte(n)
		return 2
	case n < 1<<16:
		dst[0] = major | 25
		binary.BigEndian.PutUint16(dst[1:], uint16(n))
		return 3
	}
	dst[0] = major | 26
	binary.BigEndian.PutUint32(dst[1:], uint32(n))
	return 5
}

// appendHead appends what putHead writes.
func appendHead(dst []byte, major byte, n int) []byte {
	if n < 24 {
		return append(dst, major|byte(n))
	}
	var head [5]byte
	return append(dst, head[:putHead(&head, major, n)]...)
}
