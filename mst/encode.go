package mst

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
)

// entryRoom is how many bytes the encoding of an entry without a subtree may have
// beside its key.
const entryRoom = len(entryHead) + maxNumber + len(prefixKey) + maxNumber + noTreeLen

// maxNumber is how many bytes the head of a key or the length of a prefix may have.
const maxNumber = 3

// appendEntry appends the encoding of an entry without a subtree, whose key
// shares prefix bytes with the key before it in the node.
func appendEntry[K string | []byte](dst []byte, prefix int, key K, value *dagcbor.CID) []byte {
	suffix := key[prefix:]
	start := len(dst)
	dst = slices.Grow(dst, len(suffix)+entryRoom)[:start+len(suffix)+entryRoom]
	b := dst[start:]
	binary.LittleEndian.PutUint32(b, entryHeadWord)
	at := len(entryHead)
	at += putNumber(b[at:], 2<<5, len(suffix))
	at += copy(b[at:], suffix)
	binary.LittleEndian.PutUint16(b[at:], prefixKeyWord)
	at += len(prefixKey)
	at += putNumber(b[at:], 0, prefix)
	// The second word writes over the end of the first, and has the codec.
	binary.LittleEndian.PutUint64(b[at:], noTreeWord)
	at += noTreeLen - linkLen
	binary.LittleEndian.PutUint64(b[at+1:], nodeLinkWord&^(0xff<<40)|uint64(value.Codec())<<40)
	at += linkLen - 32
	digest := value.Digest()
	copy(b[at:at+32], digest[:])
	return dst[:start+at+32]
}

// putNumber writes a head to dst, which has room for it, and returns its length.
func putNumber(dst []byte, major byte, n int) int {
	switch {
	case n < 24:
		dst[0] = major | byte(n)
		return 1
	case n < 1<<8:
		dst[0], dst[1] = major|24, byte(n)
		return 2
	}
	dst[0], dst[1], dst[2] = major|25, byte(n>>8), byte(n)
	return maxNumber
}

// nullTail is how many bytes of an entry without a subtree stand behind its t.
const nullTail = len(valueKey) + linkLen

// insertTree gives the entry at the end of dst, which has no subtree, one.
func insertTree(dst []byte, c dagcbor.CID) []byte {
	var tail [nullTail]byte
	at := len(dst) - nullTail
	copy(tail[:], dst[at:])
	dst = dagcbor.AppendLink(dst[:at-1], c)
	return append(dst, tail[:]...)
}

// removeTree takes the subtree off the entry at the end of dst.
func removeTree(dst []byte) []byte {
	at := len(dst) - nullTail
	dst[at-linkLen] = null
	copy(dst[at-linkLen+1:], dst[at:])
	return dst[:len(dst)-linkLen+1]
}

// appendNodeHead appends what stands before the n entries of a node.
func appendNodeHead(dst []byte, n int) []byte {
	return appendNumber(append(dst, nodeHead...), 4<<5, n)
}

// appendNodeTail appends what stands behind them.
func appendNodeTail(dst []byte, left dagcbor.CID) []byte {
	return appendLinkOrNull(append(dst, leftKey...), left)
}

func appendLinkOrNull(dst []byte, c dagcbor.CID) []byte {
	if !c.Defined() {
		return append(dst, null)
	}
	return dagcbor.AppendLink(dst, c)
}

func appendNumber(dst []byte, major byte, n int) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n < 1<<8:
		return append(dst, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
}

// commonPrefix returns how many bytes a and b have in common at the front.
func commonPrefix[A, B string | []byte](a A, b B) int {
	i, n := 0, min(len(a), len(b))
	for ; n-i >= 8; i += 8 {
		if differ := eightBytes(a, i) ^ eightBytes(b, i); differ != 0 {
			return i + bits.LeadingZeros64(differ)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// eightBytes returns the eight bytes of b at i, as a number whose order is
// theirs.
func eightBytes[T string | []byte](b T, i int) uint64 {
	_ = b[i+7]
	return uint64(b[i])<<56 | uint64(b[i+1])<<48 | uint64(b[i+2])<<40 | uint64(b[i+3])<<32 |
		uint64(b[i+4])<<24 | uint64(b[i+5])<<16 | uint64(b[i+6])<<8 | uint64(b[i+7])
}

// compareKeys returns a negative number, 0 or a positive one as a is less than b,
// equal to it, or greater.
func compareKeys[A, B string | []byte](a A, b B) int {
	i := commonPrefix(a, b)
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	return int(a[i]) - int(b[i])
}
