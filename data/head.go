package data

import "encoding/binary"

// Major types of CBOR, shifted into place (RFC 8949, section 3.1).
const (
	majorUint  = 0 << 5
	majorNint  = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5
	majorMask  = 7 << 5
)

// The items of majorOther that are values.
const (
	byteFalse = 0xf4
	byteTrue  = 0xf5
	byteNull  = 0xf6
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

// readHead returns the argument of the item at b[off:], which is valid, and
// where its head ends.
func readHead(b []byte, off int) (arg, next int) {
	if b[off]&31 >= 24 {
		return readLongHead(b, off)
	}
	return int(b[off] & 31), off + 1
}

// readLongHead is readHead for arguments in bytes of their own.
func readLongHead(b []byte, off int) (arg, next int) {
	rest := b[off+1:]
	switch b[off] & 31 {
	case 24:
		return int(rest[0]), off + 2
	case 25:
		return int(binary.BigEndian.Uint16(rest)), off + 3
	case 26:
		return int(binary.BigEndian.Uint32(rest)), off + 5
	}
	return int(binary.BigEndian.Uint64(rest)), off + 9
}

// readInt returns the integer at b[off:], which is valid, and where it ends.
func readInt(b []byte, off int) (n int64, next int) {
	var arg uint64
	if info := b[off] & 31; info == 27 {
		arg, next = binary.BigEndian.Uint64(b[off+1:]), off+9
	} else {
		small, end := readHead(b, off)
		arg, next = uint64(uint32(small)), end
	}
	if b[off]&majorMask == majorNint {
		arg = ^arg
	}
	return int64(arg), next
}

// readLink returns the binary CID of the link at b[off:], which is valid, and
// where the link ends. Two bytes of tag, the head of the byte string and the
// zero prefix stand before the CID.
func readLink(b []byte, off int) (cid []byte, next int) {
	n, start := readHead(b, off+2)
	next = start + n
	return b[start+1 : next : next], next
}

// skip returns where the value at b[off:] ends, which is valid. It looks at
// heads only and jumps over strings.
func skip(b []byte, off int) int {
	for due := 1; due > 0; due-- {
		head := b[off]
		arg := int(head & 31)
		if off++; arg >= 24 {
			arg, off = readLongHead(b, off-1)
		}
		switch head & majorMask {
		case majorBytes, majorText:
			off += arg
		case majorArray:
			due += arg
		case majorMap:
			due += 2 * arg
		case majorTag:
			due++
		}
	}
	return off
}
