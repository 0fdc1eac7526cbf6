package lexicon

import (
	"encoding/binary"
	"math"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// What stands here reads DAG-CBOR that package data has found valid, and so
// checks nothing.

// readHead returns the argument of the item at b[off:] and where its head ends.
func readHead(b []byte, off int) (arg, next int) {
	if b[off]&cborhead.ArgMask < cborhead.ArgInline {
		return int(b[off] & cborhead.ArgMask), off + 1
	}
	return readLongHead(b, off)
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
	return int(binary.BigEndian.Uint64(rest) & math.MaxInt), off + 9
}

// readInt returns the integer at b[off:] and where it ends.
func readInt(b []byte, off int) (n int64, next int) {
	var arg uint64
	if b[off]&cborhead.ArgMask == 27 {
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

// readText returns the content of the text or byte string at b[off:] and where
// it ends.
func readText(b []byte, off int) (text []byte, next int) {
	n, start := readHead(b, off)
	next = start + n
	return b[start:next:next], next
}

// skip returns where the value at b[off:] ends. It looks at heads only and
// jumps over strings.
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

// find returns where the value of a key in the map at b[off:] begins, or -1 if
// there is none. Keys are in order: the search ends where the key would stand.
func find(b []byte, off int, key string) int {
	pairs, off := readHead(b, off)
	for range pairs {
		text, next := readText(b, off)
		if len(text) > len(key) {
			return -1
		}
		if string(text) == key {
			return next
		}
		off = skip(b, next)
	}
	return -1
}

// isText reports whether the value at b[off:] is text.
func isText(b []byte, off int) bool { return b[off]&cborhead.Mask == cborhead.Text }
