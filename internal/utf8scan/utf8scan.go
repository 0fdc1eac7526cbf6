// Package utf8scan checks text faster than unicode/utf8 does, to the same
// result: ASCII in steps of eight bytes and more wherever it stands, and every
// other character with one load. It compares short text likewise.
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

// ASCII reports whether all of s is ASCII, as most text is. It looks at all of it
// before it says so, 32 bytes at once.
func ASCII(s string) bool {
	n := len(s)
	switch {
	case n >= 16:
		x := load(s[n-16:]) | load(s[n-8:])
		for ; len(s) > 32; s = s[32:] {
			x |= load(s) | load(s[8:]) | load(s[16:]) | load(s[24:])
		}
		if len(s) > 16 {
			x |= load(s) | load(s[8:])
		}
		return x&highs == 0
	case n >= 8:
		return (load(s)|load(s[n-8:]))&highs == 0
	case n >= 4:
		return (load4(s)|load4(s[n-4:]))&(highs&0xffffffff) == 0
	case n > 0:
		return (s[0]|s[n/2]|s[n-1])&0x80 == 0
	}
	return true
}

// HasPrefix reports whether b begins with s. It compares up to 16 bytes in two
// steps, without a call.
func HasPrefix(b []byte, s string) bool {
	n := len(s)
	if len(b) < n {
		return false
	}
	switch b = b[:n]; {
	case n > 16 || n < 4:
		return string(b) == s
	case n >= 8:
		return binary.LittleEndian.Uint64(b) == load(s) && binary.LittleEndian.Uint64(b[n-8:]) == load(s[n-8:])
	}
	return binary.LittleEndian.Uint32(b) == load4(s) && binary.LittleEndian.Uint32(b[n-4:]) == load4(s[n-4:])
}

// load returns the first eight bytes of s, the first of which is the lowest.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// load4 is load for four bytes.
func load4(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

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

// invalidFrom is Invalid for text whose first i bytes are ASCII. Each character
// takes one load of eight bytes, and so do up to eight of ASCII. Where fewer are
// left, the load is of the last eight, or is not worth it.
func invalidFrom(b []byte, i int) int {
	n := len(b)
	for i < n && n >= 8 {
		at := min(i, n-8)
		x := binary.LittleEndian.Uint64(b[at:]) >> (uint(i-at) * 8)
		if ascii := bits.TrailingZeros64(x&highs) / 8; ascii > 0 {
			i += ascii
			continue
		}
		size := charLen(uint32(x))
		if size == 0 {
			return i
		}
		i += size
	}
	for i < n {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
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
