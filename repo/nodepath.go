package repo

import (
	"bytes"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
)

// A nodePath is memory for the nodes that a [mst.Walker] has open: those on the
// way from the root to where it is. If the Walker asks for a node whose link is
// not in the node before, it is done with that one, whose memory is used again.
//
// What a stranger writes into nodes can make some look as if they had to stay:
// then there is new memory as soon as there are more than can be on the way.
type nodePath struct {
	buf   []byte // the nodes, one behind the other
	nodes []pathNode
}

// A pathNode is a node in buf.
type pathNode struct {
	start int
	// Links before seen have been followed. The Walker does so from front to
	// back, but for the link to the left subtree, which is the last one.
	seen int
}

const (
	// pathMemory is how much memory is made for nodes at a time.
	pathMemory = 16 << 10
	// pathNodes is more than there can be on the way: layers go up to 128.
	pathNodes = 160
)

// keep returns a copy of the node c, for which the Walker has asked.
func (p *nodePath) keep(c dagcbor.CID, node []byte) []byte {
	p.leave(c)
	if cap(p.buf)-len(p.buf) < len(node) || len(p.nodes) == pathNodes {
		// Those that are there stay as they are as long as they are needed.
		p.buf, p.nodes = make([]byte, 0, max(pathMemory, len(node))), p.nodes[:0]
	}
	start := len(p.buf)
	p.buf = append(p.buf, node...)
	p.nodes = append(p.nodes, pathNode{start, start})
	return slices.Clip(p.buf[start:])
}

// leave forgets the nodes that c is not below.
func (p *nodePath) leave(c dagcbor.CID) {
	digest := c.Digest()
	for last := len(p.nodes) - 1; last >= 0; last-- {
		n := &p.nodes[last]
		if bytes.HasSuffix(p.buf[n.start:], digest[:]) {
			return
		}
		if i := bytes.Index(p.buf[n.seen:], digest[:]); i >= 0 {
			n.seen += i + len(digest)
			return
		}
		p.buf, p.nodes = p.buf[:n.start], p.nodes[:last]
	}
}
