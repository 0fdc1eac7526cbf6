package data

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
)

// A checker tells in one pass whether a value is valid. It is what makes
// validation fast: it knows no errors. What it accepts is valid; of what it
// declines, a walker has to say why.
type checker struct {
	b                              []byte
	maxDepth, maxContainer, maxKey int
	maxUint, maxNint               uint64 // largest arguments of integers
	permissive, noEmptyKeys        bool
}

// declined is returned in place of an offset.
const declined = -1

// checker returns a checker of b.
func (ru *rules) checker(b []byte) checker {
	c := checker{b, ru.maxDepth, ru.maxContainer, ru.maxKey, math.MaxInt64, math.MaxInt64, ru.permissive, ru.noEmptyKeys}
	if ru.safeInts {
		c.maxUint, c.maxNint = MaxSafeInteger, MaxSafeInteger-1 // the argument of -n is n-1
	}
	return c
}

// accepts reports whether b is one valid value.
func (ru *rules) accepts(b []byte) bool {
	if len(b) > ru.maxCBOR {
		return false
	}
	c := ru.checker(b)
	return c.value(0, 0) == len(b)
}

// value returns where the value at b[off:] ends, inside of depth containers.
func (c *checker) value(off, depth int) int {
	b := c.b
	if uint(off) >= uint(len(b)) {
		return declined
	}
	head := b[off]
	arg, next := uint64(head&cborhead.ArgMask), off+1
	if arg >= cborhead.ArgInline {
		if arg, next = cborhead.Long(b, off); next < 0 {
			return declined
		}
	}
	switch head & cborhead.Mask {
	case cborhead.Text:
		if arg > uint64(len(b)-next) || !utf8scan.Valid(b[next:next+int(arg)]) {
			return declined
		}
		return next + int(arg)
	case cborhead.Map:
		if arg > uint64(c.maxContainer) || depth >= c.maxDepth {
			return declined
		}
		return c.mapValue(off, next, int(arg), depth+1)
	case cborhead.Array:
		if arg > uint64(c.maxContainer) || depth >= c.maxDepth {
			return declined
		}
		for ; arg > 0 && next >= 0; arg-- {
			next = c.value(next, depth+1)
		}
		return next
	}
	return c.scalar(head, arg, off, next, depth)
}

// scalar returns where the value at b[off:] ends, if it is neither text nor a
// container. Its head has been read and ends at next.
func (c *checker) scalar(head byte, arg uint64, off, next, depth int) int {
	switch head & cborhead.Mask {
	case cborhead.Uint:
		if arg > c.maxUint {
			return declined
		}
		return next
	case cborhead.Nint:
		if arg > c.maxNint {
			return declined
		}
		return next
	case cborhead.Bytes:
		if arg > uint64(len(c.b)-next) {
			return declined
		}
		return next + int(arg)
	case cborhead.Tag:
		if depth >= c.maxDepth {
			return declined
		}
		return c.link(off)
	}
	if head < cborhead.False || head > cborhead.Null {
		return declined
	}
	return next
}

// foreignLinks is for links of whatever form.
var foreignLinks = &dagcbor.Options{MaxSize: -1, ForeignLinks: true}

// link returns where the link at b[off:] ends.
func (c *checker) link(off int) int {
	end := off + len(linkHead) - 1 + cidLen
	if end <= len(c.b) && isLink(c.b[off:end], false) {
		return end
	}
	if c.permissive {
		if link, _, err := dagcbor.SplitFirst(c.b[off:], foreignLinks); err == nil {
			return off + len(link)
		}
	}
	return declined
}

// mapValue returns where the map at b[start:], with n pairs from b[off:] on,
// ends.
func (c *checker) mapValue(start, off, n, depth int) int {
	var key mapKey
	for range n {
		at := c.key(&key, off)
		if at < 0 {
			return declined
		}
		if off = c.value(at, depth); off < 0 {
			return declined
		}
		if key.prefix>>56 == '$' && !c.pair(&key, c.b[at:off]) {
			return declined
		}
	}
	return c.closeMap(&key, start, off)
}

// A mapKey is the key that was read last in a map.
type mapKey struct {
	text   []byte // nil before the first key
	prefix uint64 // what textPrefix says of it
	blob   bool   // whether the map says that it is a blob
}

// key reads the key at b[off:], which must come after k, into k, and returns
// where it ends.
func (c *checker) key(k *mapKey, off int) int {
	b := c.b
	if off >= len(b) {
		return declined
	}
	size, at := int(b[off])-cborhead.Text, off+1
	if uint(size) >= cborhead.ArgInline {
		if size, at = c.longKey(off); size < 0 {
			return declined
		}
	}
	end := at + size
	if end > len(b) || size > c.maxKey || size == 0 && c.noEmptyKeys {
		return declined
	}
	text := b[at:end:end]
	prefix := textPrefix(b, at, size)
	if (size > 8 || prefix&highs != 0) && !utf8scan.Valid(text) {
		return declined
	}
	if last := k.text; size <= len(last) && last != nil {
		if size < len(last) || prefix < k.prefix || prefix == k.prefix && bytes.Compare(last, text) >= 0 {
			return declined
		}
	}
	k.text, k.prefix = text, prefix
	return end
}

// pair reports whether the pair of a key that begins with a dollar sign and an
// encoded value may be.
func (c *checker) pair(k *mapKey, value []byte) bool {
	blob, msg := checkPair(k.text, value)
	k.blob = k.blob || blob
	return msg == "" || c.permissive
}

// closeMap returns the end of the map in b[start:end], of which k was the last
// key.
func (c *checker) closeMap(k *mapKey, start, end int) int {
	if k.blob && !c.permissive && !isUsualBlob(c.b[start:end]) {
		return declined
	}
	return end
}

// longKey returns the length of the key at b[off:], and where it begins, if it
// has 24 bytes or more; otherwise the length is negative.
func (c *checker) longKey(off int) (size, at int) {
	if c.b[off]&cborhead.Mask != cborhead.Text {
		return declined, off
	}
	arg, at := cborhead.Long(c.b, off)
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
