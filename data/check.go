package data

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// A checker tells in one pass whether a value is valid. It is what makes
// validation fast: it knows no errors, and declines what is not ordinary. What
// it accepts is valid; what it declines, a walker has to judge.
type checker struct {
	b                              []byte
	maxDepth, maxContainer, maxKey int
	maxInt                         uint64 // largest argument of an integer
	permissive, noEmptyKeys        bool
}

// declined is returned in place of an offset.
const declined = -1

// accepts reports whether b is one valid value.
func (ru *rules) accepts(b []byte) bool {
	if len(b) > ru.maxCBOR {
		return false
	}
	c := checker{b, ru.maxDepth, ru.maxContainer, ru.maxKey, math.MaxInt64, ru.permissive, ru.noEmptyKeys}
	if ru.safeInts {
		c.maxInt = MaxSafeInteger - 1 // as an argument, that of -MaxSafeInteger
	}
	return c.value(0, 0) == len(b)
}

// value returns where the value at b[off:] ends, inside of depth containers.
func (c *checker) value(off, depth int) int {
	b := c.b
	if uint(off) >= uint(len(b)) {
		return declined
	}
	head := b[off]
	arg, next := uint64(head&31), off+1
	if arg >= 24 {
		if arg, next = checkLongHead(b, off); next < 0 {
			return declined
		}
	}
	switch head & majorMask {
	case majorText:
		if arg > uint64(len(b)-next) || !isText(b[next:next+int(arg)]) {
			return declined
		}
		return next + int(arg)
	case majorMap:
		if arg > uint64(c.maxContainer) || depth >= c.maxDepth {
			return declined
		}
		return c.mapValue(off, next, int(arg), depth+1)
	case majorUint, majorNint:
		if arg > c.maxInt {
			return declined
		}
		return next
	case majorArray:
		if arg > uint64(c.maxContainer) || depth >= c.maxDepth {
			return declined
		}
		for ; arg > 0 && next >= 0; arg-- {
			next = c.value(next, depth+1)
		}
		return next
	case majorBytes:
		if arg > uint64(len(b)-next) {
			return declined
		}
		return next + int(arg)
	case majorTag:
		end := off + len(linkHead) - 1 + cidLen
		if depth >= c.maxDepth || end > len(b) || !isLink(b[off:end], false) {
			return declined
		}
		return end
	}
	if head < byteFalse || head > byteNull {
		return declined
	}
	return next
}

// mapValue returns where the map at b[start:], with n pairs from b[off:] on,
// ends.
func (c *checker) mapValue(start, off, n, depth int) int {
	b := c.b
	blob := false
	var last []byte
	var lastPrefix uint64
	for i := range n {
		if off >= len(b) {
			return declined
		}
		size, keyAt := int(b[off])-majorText, off+1
		if uint(size) >= 24 {
			if size, keyAt = c.longKey(off); size < 0 {
				return declined
			}
		}
		at := keyAt + size
		if at > len(b) || size > c.maxKey || size == 0 && c.noEmptyKeys {
			return declined
		}
		key := b[keyAt:at:at]
		prefix := textPrefix(b, keyAt, size)
		if size > 8 || prefix&highs != 0 {
			if !isText(key) {
				return declined
			}
		}
		if size <= len(last) && i > 0 {
			if size < len(last) || prefix < lastPrefix || prefix == lastPrefix && bytes.Compare(last, key) >= 0 {
				return declined
			}
		}
		last, lastPrefix = key, prefix
		if off = c.value(at, depth); off < 0 {
			return declined
		}
		if prefix>>56 == '$' {
			is, msg := checkPair(key, b[at:off])
			if msg != "" && !c.permissive {
				return declined
			}
			blob = blob || is
		}
	}
	if blob && !c.permissive && !isUsualBlob(b[start:off]) {
		return declined
	}
	return off
}

// longKey returns the length of the key at b[off:], and where it begins, if it
// has 24 bytes or more; otherwise the length is negative.
func (c *checker) longKey(off int) (size, at int) {
	if c.b[off]&majorMask != majorText {
		return declined, off
	}
	arg, at := checkLongHead(c.b, off)
	if at < 0 || arg > uint64(c.maxKey) || arg > uint64(len(c.b)) {
		return declined, off
	}
	return int(arg), at
}

// textPrefix returns the first eight of the n bytes at b[at:], or all of them,
// padded with zeros: prefixes of strings of equal length compare like the
// strings as far as they go.
func textPrefix(b []byte, at, n int) uint64 {
	if at+8 > len(b) {
		var text [8]byte
		copy(text[:], b[at:at+min(n, 8)])
		return binary.BigEndian.Uint64(text[:])
	}
	p := binary.BigEndian.Uint64(b[at:])
	if n < 8 {
		p &^= math.MaxUint64 >> (8 * n)
	}
	return p
}

// checkLongHead returns the argument of the item at b[off:], if it stands in
// bytes of its own as it should, and where its head ends.
func checkLongHead(b []byte, off int) (arg uint64, next int) {
	info, rest := b[off]&31, b[off+1:]
	if info > 27 || len(rest) < 1<<(info-24) || b[off] >= majorOther {
		return 0, declined
	}
	var least uint64
	switch info {
	case 24:
		arg, least = uint64(rest[0]), 24
	case 25:
		arg, least = uint64(binary.BigEndian.Uint16(rest)), 1<<8
	case 26:
		arg, least = uint64(binary.BigEndian.Uint32(rest)), 1<<16
	default:
		arg, least = binary.BigEndian.Uint64(rest), 1<<32
	}
	if arg < least {
		return 0, declined
	}
	return arg, off + 1 + 1<<(info-24)
}

// ones and highs have the lowest and the highest bit of each byte set.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// isText reports whether b is UTF-8. Most strings are ASCII: those take a look
// at eight bytes at a time, the last of which may overlap.
func isText(b []byte) bool {
	n := len(b)
	if n < 8 {
		var all byte
		for _, c := range b {
			all |= c
		}
		return all < utf8.RuneSelf || utf8.Valid(b)
	}
	for i := 0; i < n-8; i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&highs != 0 {
			return utf8.Valid(b[i:])
		}
	}
	return binary.LittleEndian.Uint64(b[n-8:])&highs == 0 || utf8.Valid(b[n-8:])
}
