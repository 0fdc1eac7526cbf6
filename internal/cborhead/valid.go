package cborhead

import "encoding/binary"

// The functions of this file read what is known to be valid DAG-CBOR of the
// data model. They check nothing.

// Read returns the argument of the item at b[off:] and where its head ends.
func Read(b []byte, off int) (arg, next int) {
	if b[off]&ArgMask >= ArgInline {
		return readLong(b, off)
	}
	return int(b[off] & ArgMask), off + 1
}

// readLong is Read for arguments in bytes of their own.
func readLong(b []byte, off int) (arg, next int) {
	rest := b[off+1:]
	switch b[off] & ArgMask {
	case 24:
		return int(rest[0]), off + 2
	case 25:
		return int(binary.BigEndian.Uint16(rest)), off + 3
	case 26:
		return int(binary.BigEndian.Uint32(rest)), off + 5
	}
	return int(binary.BigEndian.Uint64(rest)), off + 9
}

// ReadInt returns the integer at b[off:] and where it ends.
func ReadInt(b []byte, off int) (n int64, next int) {
	var arg uint64
	if b[off]&ArgMask == 27 {
		arg, next = binary.BigEndian.Uint64(b[off+1:]), off+9
	} else {
		small, end := Read(b, off)
		arg, next = uint64(uint32(small)), end
	}
	if b[off]&Mask == Nint {
		arg = ^arg
	}
	return int64(arg), next
}

// ReadText returns the content of the text or byte string at b[off:] and where
// it ends.
func ReadText(b []byte, off int) (text []byte, next int) {
	n, start := Read(b, off)
	next = start + n
	return b[start:next:next], next
}

// ReadLink returns the binary CID of the link at b[off:] and where the link
// ends. Two bytes of tag, the head of the byte string and the zero prefix stand
// before the CID.
func ReadLink(b []byte, off int) (cid []byte, next int) {
	n, start := Read(b, off+2)
	next = start + n
	return b[start+1 : next : next], next
}

// Skip returns where the value at b[off:] ends. It looks at heads only and jumps
// over strings.
func Skip(b []byte, off int) int {
	for due := 1; due > 0; due-- {
		head := b[off]
		arg := int(head & ArgMask)
		if off++; arg >= ArgInline {
			arg, off = readLong(b, off-1)
		}
		switch head & Mask {
		case Bytes, Text:
			off += arg
		case Array:
			due += arg
		case Map:
			due += 2 * arg
		case Tag:
			due++
		}
	}
	return off
}
