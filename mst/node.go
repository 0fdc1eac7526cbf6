package mst

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// rawEntry says where the parts of an entry are in the bytes of a node.
type rawEntry struct {
	keyOff, keyLen uint32 // the part of the key that is written out
	prefix         uint32 // how much of the key before it begins the key
	value          uint32 // the CID of the record
	tree           uint32 // the CID of the subtree to its right; 0 if there is none
}

// rawNode is a node as it is encoded, taken apart without copying.
type rawNode struct {
	b       []byte
	entries []rawEntry
	left    uint32 // the CID of the leftmost subtree; 0 if there is none
	keyLen  int    // of all keys together, prefixes expanded
}

// The encoding of a node is fixed but for its keys and CIDs: a map of e and l,
// entries being maps of k, p, t and v.
const (
	nodeHead  = "\xa2\x61e"
	leftKey   = "\x61l"
	entryHead = "\xa4\x61k"
	prefixKey = "\x61p"
	treeKey   = "\x61t"
	valueKey  = "\x61v"
	linkHead  = "\xd8\x2a\x58\x25\x00\x01"
	null      = 0xf6

	minEntryLen = len(entryHead) + 1 + len(prefixKey) + 1 + len(treeKey) + 1 + len(valueKey) + linkLen

	linkLen  = 41
	cidStart = 5 // of the CID in a link
	codecAt  = 6 // of the codec in a link
)

// nodeParser reads the bytes of a node from front to back. After the first
// fault it goes on, to no purpose: bad and badAt stay.
type nodeParser struct {
	b     []byte
	off   int
	bad   string // what was wrong; empty as long as nothing was
	badAt int    // where
}

const cutOff = "node is cut off"

func (p *nodeParser) fail(at int, msg string) {
	if p.bad == "" {
		p.bad, p.badAt = msg, at
	}
}

func (p *nodeParser) expect(s, what string) {
	switch rest := p.b[p.off:]; {
	case len(rest) >= len(s) && string(rest[:len(s)]) == s:
		p.off += len(s)
	case strings.HasPrefix(s, string(rest)):
		p.fail(len(p.b), cutOff)
	default:
		p.fail(p.off, what)
	}
}

// number reads a head of the given major type in its shortest form.
func (p *nodeParser) number(major byte, what string) uint64 {
	if p.off == len(p.b) {
		p.fail(p.off, cutOff)
		return 0
	}
	head := p.b[p.off]
	if head&0xe0 != major {
		p.fail(p.off, what)
		return 0
	}
	info := head & 31
	if info < 24 {
		p.off++
		return uint64(info)
	}
	return p.longNumber(info)
}

// longNumber reads a head whose number is in the bytes that follow.
func (p *nodeParser) longNumber(info byte) uint64 {
	rest, size := p.b[p.off+1:], 1<<(info&3)
	switch {
	case info > 27:
		p.fail(p.off, "indefinite length or reserved number")
		return 0
	case size > len(rest):
		p.fail(len(p.b), cutOff)
		return 0
	}
	var n uint64
	for _, x := range rest[:size] {
		n = n<<8 | uint64(x)
	}
	if n < 24 || n>>(4*size) == 0 && size > 1 {
		p.fail(p.off, "number is not in its shortest form")
		return 0
	}
	p.off += 1 + size
	return n
}

// link reads a link and returns where its CID is. tree says that it must be
// the link of a node and may be null, for which it returns 0.
func (p *nodeParser) link(tree bool, what string) uint32 {
	b := p.b[p.off:]
	if tree && len(b) > 0 && b[0] == null {
		p.off++
		return 0
	}
	switch {
	case len(b) < linkLen && strings.HasPrefix(linkHead, string(b[:min(len(b), codecAt)])):
		p.fail(len(p.b), cutOff)
		return 0
	case len(b) < linkLen || string(b[:codecAt]) != linkHead || string(b[codecAt+1:codecAt+3]) != "\x12\x20",
		b[codecAt] != byte(dagcbor.DAGCBOR) && (tree || b[codecAt] != byte(dagcbor.Raw)):
		p.fail(p.off, what)
		return 0
	}
	at := p.off + cidStart
	p.off += linkLen
	return uint32(at)
}

// parse takes the node b, which c names, apart. It checks everything that can
// be seen in it alone but for the keys' order, layer and compression. It reuses
// n's memory.
func (n *rawNode) parse(c dagcbor.CID, b []byte, l *limits) error {
	p := nodeParser{b: b}
	n.b, n.entries, n.keyLen = b, n.entries[:0], 0
	p.expect(nodeHead, "a node is a map of e and l")
	at := p.off
	count := p.number(4<<5, "e is not an array")
	switch {
	case p.bad != "":
		return p.err(c)
	case count > uint64(l.nodeEntries):
		return &LimitError{Name: "mst: entries in node " + c.String(), Limit: int64(l.nodeEntries), Got: int64(min(count, math.MaxInt64)), Offset: int64(at)}
	}
	// Room for as many as are announced, if there are bytes for that many.
	n.entries = slices.Grow(n.entries, min(int(count), len(b)/minEntryLen))
	prevLen := 0
	for range count {
		e, ok := p.quickEntry(prevLen)
		if !ok {
			e = p.entry(prevLen)
		}
		if p.bad != "" {
			break
		}
		prevLen = int(e.prefix + e.keyLen)
		n.keyLen += prevLen
		n.entries = append(n.entries, e)
	}
	p.expect(leftKey, "e is not followed by l")
	n.left = p.link(true, "l is neither null nor the link of a node")
	if p.off != len(b) {
		p.fail(p.off, "more bytes after the node")
	}
	return p.err(c)
}

// err returns what was wrong with the node c.
func (p *nodeParser) err(c dagcbor.CID) error {
	if p.bad == "" {
		return nil
	}
	return &NodeError{CID: c, Offset: p.badAt, Msg: p.bad}
}

// quickEntry reads an entry whose numbers are less than 256, as nearly all are.
// It reports false, and leaves everything to entry, if that is not what is there
// or if anything is wrong with it. prevLen is the length of the key before it.
func (p *nodeParser) quickEntry(prevLen int) (e rawEntry, ok bool) {
	b, at := p.b, p.off
	if len(b)-at < minEntryLen || b[at] != 0xa4 || b[at+1] != 0x61 || b[at+2] != 'k' {
		return e, false
	}
	size, at, ok := shortNumber(b, at+3, 2<<5)
	if !ok || size > len(b)-at-(minEntryLen-len(entryHead)-1) {
		return e, false
	}
	e.keyOff, e.keyLen = uint32(at), uint32(size)
	at += size
	if b[at] != 0x61 || b[at+1] != 'p' {
		return e, false
	}
	prefix, at, ok := shortNumber(b, at+2, 0)
	if !ok || prefix > prevLen || size+prefix == 0 || size+prefix > MaxKeyLen || len(b)-at < 5+linkLen || b[at] != 0x61 || b[at+1] != 't' {
		return e, false
	}
	e.prefix = uint32(prefix)
	if at += 2; b[at] == null {
		at++
	} else {
		if len(b)-at < linkLen+2+linkLen || binary.BigEndian.Uint64(b[at:]) != nodeLink || b[at+8] != 0x20 {
			return e, false
		}
		e.tree = uint32(at + cidStart)
		at += linkLen
	}
	if b[at] != 0x61 || b[at+1] != 'v' {
		return e, false
	}
	at += 2
	if link := binary.BigEndian.Uint64(b[at:]); link != nodeLink && link != rawLink || b[at+8] != 0x20 {
		return e, false
	}
	e.value = uint32(at + cidStart)
	p.off = at + linkLen
	return e, true
}

// The first eight bytes of a link, of either codec.
const (
	nodeLink = 0xd82a_5825_0001_7112
	rawLink  = 0xd82a_5825_0001_5512
)

// shortNumber reads a head of the given major type at at, of at most two bytes,
// which have to be there, and returns what follows it.
func shortNumber(b []byte, at int, major byte) (n, next int, ok bool) {
	switch head := b[at] ^ major; {
	case head < 24:
		return int(head), at + 1, true
	case head == 24:
		return int(b[at+1]), at + 2, b[at+1] >= 24
	}
	return 0, at, false
}

// entry reads an entry; prevLen is the length of the key before it.
func (p *nodeParser) entry(prevLen int) (e rawEntry) {
	p.expect(entryHead, "an entry is a map of k, p, t and v")
	at := p.off
	size := p.number(2<<5, "k is not a byte string")
	switch {
	case size > MaxKeyLen:
		p.fail(at, "k is longer than a key may be")
		return e
	case size > uint64(len(p.b)-p.off):
		p.fail(len(p.b), cutOff)
		return e
	}
	e.keyOff, e.keyLen = uint32(p.off), uint32(size)
	p.off += int(size)
	p.expect(prefixKey, "k is not followed by p")
	at = p.off
	prefix := p.number(0, "p is not a length")
	switch {
	case prefix > uint64(prevLen):
		p.fail(at, "p is longer than the key before")
		return e
	case prefix+size == 0 || prefix+size > MaxKeyLen:
		p.fail(at, "key does not have 1 to 1024 bytes")
		return e
	}
	e.prefix = uint32(prefix)
	p.expect(treeKey, "p is not followed by t")
	e.tree = p.link(true, "t is neither null nor the link of a node")
	p.expect(valueKey, "t is not followed by v")
	e.value = p.link(false, "v is not the link of a record")
	return e
}

// cidAt returns the CID that stands at off.
func (n *rawNode) cidAt(off uint32) dagcbor.CID {
	if off == 0 {
		return dagcbor.CID{}
	}
	return dagcbor.CIDFromDigest(dagcbor.Codec(n.b[off+1]), [32]byte(n.b[off+4:off+36]))
}

// fetch gets the bytes of a node from src.
func fetch(ctx context.Context, src Source, c dagcbor.CID, l *limits) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case c.Codec() != dagcbor.DAGCBOR:
		return nil, &NodeError{CID: c, Offset: -1, Msg: "CID is not that of a node"}
	case src == nil:
		return nil, &MissingBlockError{c}
	}
	b, err := src.Block(ctx, c)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, &MissingBlockError{c}
	case err != nil:
		return nil, err
	case int64(len(b)) > l.nodeSize:
		return nil, limitError("size of node "+c.String(), l.nodeSize, int64(len(b)))
	case !l.trust && !c.Matches(b):
		return nil, &NodeError{CID: c, Offset: -1, Msg: "block does not match its CID"}
	}
	return b, nil
}
