package data

import (
	"encoding/binary"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// readHead returns the argument of the item at b[off:], which is valid, and
// where its head ends.
func readHead(b []byte, off int) (arg, next int) {
	if b[off]&cborhead.ArgMask >= cborhead.ArgInline {
		return readLongHead(b, off)
	}
	return int(b[off] & cborhead.ArgMask), off + 1
}

// readLongHead is readHead for arguments in bytes of their own.
func readLongHead(b []byte, off int) (arg, next int) {
	rest := b[off+1:]
	switch b[off] & cborhead.ArgMask {
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
	if info := b[off] & cborhead.ArgMask; info == 27 {
		arg, next = binary.BigEndian.Uint64(b[off+1:]), off+9
	} else {
		small, end := readHead(b, off)
		arg, next = uint64(uint32(small)), end
	}
	if b[off]&cborhead.Mask == cborhead.Nint {
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
		arg := int(head & cborhead.ArgMask)
		if off++; arg >= cborhead.ArgInline {
			arg, off = readLongHead(b, off-1)
		}
		switch head & cborhead.Mask {
		case cborhead.Bytes, cborhead.Text:
			off += arg
		case cborhead.Array:
			due += arg
		case cborhead.Map:
			due += 2 * arg
		case cborhead.Tag:
			due++
		}
	}
	return off
}
