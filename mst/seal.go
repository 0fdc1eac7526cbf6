package mst

import (
	"bytes"

	"github.com/linnet-at/linnet/dagcbor"
)

// A sealer encodes nodes. It keeps the buffer in which they grow, so that what
// is allocated for each is as large as the node.
type sealer struct{ buf []byte }

// seal encodes n and those below it that are not encoded yet, and gives them
// their CIDs. It returns n. It recurses, but no deeper than there are layers.
func (s *sealer) seal(n *node) *node {
	if n.sealed() {
		return n
	}
	for i := range len(n.entries) + 1 {
		if c := n.slot(i); c.node != nil && !c.cid.Defined() {
			c.cid = s.seal(c.node).cid
		}
	}
	if s.buf == nil {
		s.buf = make([]byte, 0, 1<<10)
	}
	b := appendNodeHead(s.buf[:0], len(n.entries))
	prev := ""
	for i := range n.entries {
		e := &n.entries[i]
		b = appendEntry(b, commonPrefix(prev, e.key), e.key, e.right.cid, e.value)
		prev = e.key
	}
	b = appendNodeTail(b, n.left.cid)
	s.buf, n.raw = b, bytes.Clone(b)
	n.cid = dagcbor.Sum(dagcbor.DAGCBOR, b)
	return n
}
