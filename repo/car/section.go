package car

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/linnet-at/linnet/dagcbor"
)

const (
	cidLen = 36 // binary form of a blessed CID

	// maxVarint is how many bytes a length has at most: values are below 2^63
	// (https://github.com/multiformats/unsigned-varint#practical-maximum-of-9-bytes-for-security).
	maxVarint = 9
)

// readLength reads the length at the beginning of b, which stands at off, of
// the part of the file that what names. It has size bytes.
func readLength(b []byte, off int64, what string) (n uint64, size int, err error) {
	n, size = binary.Uvarint(b[:min(len(b), maxVarint)])
	switch {
	case size > 1 && b[size-1] == 0:
		return 0, 0, &Error{off, "length is not in its shortest form", nil}
	case size > 0:
		return n, size, nil
	case len(b) >= maxVarint:
		return 0, 0, &Error{off, "length has more than 9 bytes", nil}
	}
	return 0, 0, truncated(off+int64(len(b)), what)
}

// checkBlock compares the block in the content of a section, which stands at
// off, with its name, or only looks at the name if the rest is trusted.
func (l *limits) checkBlock(content []byte, off int64) error {
	c, err := dagcbor.CIDFromBytes(content[:cidLen])
	if err != nil {
		return &Error{off, "section has no CID of the blessed form", nil}
	}
	if l.trust {
		return nil
	}
	sum := sha256.Sum256(content[cidLen:])
	if string(sum[:]) != string(content[4:cidLen]) {
		return &HashError{c, dagcbor.CIDFromDigest(c.Codec(), sum), off + cidLen}
	}
	return nil
}

// blockIn returns the block in the content of a section that has been checked.
func blockIn(content []byte) Block {
	c := dagcbor.CIDFromDigest(dagcbor.Codec(content[1]), [sha256.Size]byte(content[4:cidLen]))
	return Block{c, content[cidLen:]}
}
