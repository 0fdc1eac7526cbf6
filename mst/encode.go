package mst

import (
	"encoding/binary"

	"github.com/linnet-at/linnet/dagcbor"
)

// appendEntry appends the encoding of an entry whose key shares prefix bytes
// with the key before it in the node. An undefined tree is null.
func appendEntry(dst []byte, prefix int, key string, tree, value dagcbor.CID) []byte {
	dst = append(dst, entryHead...)
	dst = appendNumber(dst, 2<<5, len(key)-prefix)
	dst = append(dst, key[prefix:]...)
	dst = append(dst, prefixKey...)
	dst = appendNumber(dst, 0, prefix)
	dst = append(dst, treeKey...)
	dst = appendLinkOrNull(dst, tree)
	dst = append(dst, valueKey...)
	return dagcbor.AppendLink(dst, value)
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
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
