// Package utf8scan checks text faster than unicode/utf8 does, to the same
// result: ASCII in steps of eight bytes wherever it stands, and every other
// character with one load.
package utf8scan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// highs are the highest bits of eight bytes: set in all bytes of a character
// that is not ASCII.
const highs = 0x8080808080808080

// Valid reports whether b is UTF-8 as Unicode defines it: without overlong
// forms, surrogates, and what is beyond U+10FFFF
// (https://www.rfc-editor.org/rfc/rfc3629#section-3).
func Valid(b []byte) bool { return Invalid(b) < 0 }

// Invalid returns where b stops being UTF-8: the offset of the first byte that
// belongs to no character, or -1 if there is none.
//
// Most strings are short and ASCII. Those cost a load for eight bytes, the last
// of which may overlap.
func Invalid(b []byte) int {
	n := len(b)
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			if binary.LittleEndian.Uint64(b[i:])&highs != 0 {
				return invalidFrom(b, i)
			}
		}
		if binary.LittleEndian.Uint64(b[n-8:])&highs != 0 {
			return invalidFrom(b, n-8)
		}
	case n >= 4:
		if (binary.LittleEndian.Uint32(b)|binary.LittleEndian.Uint32(b[n-4:]))&(highs&0xffffffff) != 0 {
			return invalidFrom(b, 0)
		}
	case n > 0:
		if (b[0]|b[n/2]|b[n-1])&0x80 != 0 {
			return invalidFrom(b, 0)
		}
	}
	return -1
}

// invalidFrom is Invalid for text whose first i bytes are ASCII. As long as
// there are eight bytes, each character takes one load of them, and so do up to
// eight of ASCII.
func invalidFrom(b []byte, i int) int {
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		ascii := bits.TrailingZeros64(x&highs) / 8
		if ascii > 0 {
			i += ascii
			continue
		}
		n := charLen(uint32(x))
		if n == 0 {
			return i
		}
		i += n
	}
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// charLen returns the length of the character of two bytes or more that the
// bytes of x begin with, lowest first, or 0 if there is none.
//
// Two bytes are 110vvvvx 10xxxxxx, and overlong if all v are zero. Three are
// 1110vvvv 10vxxxxx 10xxxxxx, overlong if all v are zero and a surrogate if they
// are 11011. Four are 11110vvv 10vvxxxx and two more, and what the v say is the
// plane: 1 to 16.
func charLen(x uint32) int {
	switch {
	case x&0xc0c0f0 == 0x8080e0:
		if v := x & 0x200f; v != 0 && v != 0x200d {
			return 3
		}
	case x&0xc0e0 == 0x80c0:
		if x&0x1e != 0 {
			return 2
		}
	case x&0xc0c0c0f8 == 0x808080f0:
		if plane := x&7<<2 | x>>12&3; plane-1 < 16 {
			return 4
		}
	}
	return 0
}
