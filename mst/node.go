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
	cid     dagcbor.CID
	layer   int // of the keys; -1 for that of a root, until it is known
	b       []byte
	entries []rawEntry
	left    uint32 // the CID of the leftmost subtree; 0 if there is none
	trees   bool   // there are subtrees behind entries
	keyLen  int    // of all keys together, prefixes expanded
}

// slot returns where the CID of the subtree before entry i is; 0 if there is
// none.
func (n *rawNode) slot(i int) uint32 {
	if i == 0 {
		return n.left
	}
	return n.entries[i-1].tree
}

// cidAt returns the CID that stands at off, and the undefined one for 0.
func (n *rawNode) cidAt(off uint32) dagcbor.CID {
	if off == 0 {
		return dagcbor.CID{}
	}
	return dagcbor.CIDFromDigest(dagcbor.Codec(n.b[off+codecAt-cidStart]), [32]byte(n.b[off+cidLen-32:]))
}

// fail returns what is wrong with n, in one place or in all of it.
func (n *rawNode) fail(offset int, msg string) error {
	return &NodeError{CID: n.cid, Offset: offset, Msg: msg}
}

// failKey returns what is wrong with a key of n.
func (n *rawNode) failKey(key []byte, msg string) error {
	return &NodeError{CID: n.cid, Offset: -1, Key: string(key), Msg: msg}
}

// The encoding of a node is fixed but for its keys and CIDs: a map of e and l,
// entries being maps of k, p, t and v.
const (
	nodeHead  = "\xa2\x61e"
	leftKey   = "\x61l"
	noLeft    = leftKey + "\xf6"
	entryHead = "\xa4\x61k"
	prefixKey = "\x61p"
	treeKey   = "\x61t"
	valueKey  = "\x61v"
	linkHead  = "\xd8\x2a\x58\x25\x00\x01"
	null      = 0xf6

	minNodeLen  = len(nodeHead) + 1 + len(leftKey) + 1
	minEntryLen = len(entryHead) + 1 + len(prefixKey) + 1 + len(treeKey) + 1 + len(valueKey) + linkLen

	linkLen  = 41
	cidStart = 5 // of the CID in a link
	cidLen   = linkLen - cidStart
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

// take takes b, the bytes of the node n.cid, apart. It checks everything that can
// be seen in it alone but for the keys' order, layer and compression. It reuses
// n's memory.
func (n *rawNode) take(b []byte, l *limits) error {
	n.b, n.entries = b, n.entries[:0]
	p := nodeParser{b: b}
	count, err := n.head(&p, l)
	if err != nil {
		return err
	}
	// Room for as many as are announced, if there are bytes for that many.
	entries := slices.Grow(n.entries, min(count, len(b)/minEntryLen))
	prevLen, keyLen, trees := 0, 0, uint32(0)
	for range count {
		entries = append(entries, rawEntry{})
		e := &entries[len(entries)-1]
		if next := quickEntry(b, p.off, prevLen, e); next > 0 {
			p.off = next
		} else if *e = p.entry(prevLen); p.bad != "" {
			return p.err(&n.cid)
		}
		prevLen = int(e.prefix + e.keyLen)
		keyLen += prevLen
		trees |= e.tree
	}
	n.entries, n.keyLen, n.trees = entries, keyLen, trees != 0
	n.readLeft(&p)
	return p.err(&n.cid)
}

// readLeft reads what is behind the entries.
func (n *rawNode) readLeft(p *nodeParser) {
	if string(p.b[p.off:]) == noLeft {
		n.left = 0
		return
	}
	p.expect(leftKey, "e is not followed by l")
	n.left = p.link(true, "l is neither null nor the link of a node")
	if p.off != len(p.b) {
		p.fail(p.off, "more bytes after the node")
	}
}

// head reads what is before the entries, of which it returns the number.
func (n *rawNode) head(p *nodeParser, l *limits) (count int, err error) {
	if len(n.b) >= minNodeLen {
		word := binary.LittleEndian.Uint32(n.b)
		if count := int(word>>24 ^ 4<<5); word&(1<<24-1) == nodeHeadWord && count < 24 && count <= l.nodeEntries {
			p.off = len(nodeHead) + 1
			return count, nil
		}
	}
	p.expect(nodeHead, "a node is a map of e and l")
	at := p.off
	number := p.number(4<<5, "e is not an array")
	if p.bad == "" && number > uint64(l.nodeEntries) {
		return 0, &LimitError{Name: "mst: entries in node " + n.cid.String(), Limit: int64(l.nodeEntries), Got: int64(min(number, math.MaxInt64)), Offset: int64(at)}
	}
	return int(number), p.err(&n.cid)
}

// err returns what was wrong with the node c.
func (p *nodeParser) err(c *dagcbor.CID) error {
	if p.bad == "" {
		return nil
	}
	return &NodeError{CID: *c, Offset: p.badAt, Msg: p.bad}
}

// The fixed parts of an entry as little-endian words, for quickEntry.
const (
	nodeHeadWord  = 0x6561a2 // nodeHead: the lowest 24 bits
	entryHeadWord = 0x6b61a4 // entryHead: the same
	prefixKeyWord = 0x7061   // prefixKey: the lowest 16
	// From the p on: treeKey, null or the link of a node, valueKey, a link.
	// Of each link the bytes 1 to 8 are a word too; before them is the first
	// byte, behind them the digest.
	noTreeWord   = 0x582a_d876_61f6_7461
	treeWord     = 0x0100_2558_2ad8_7461
	valueWord    = 0x0100_2558_2ad8_7661
	nodeLinkWord = 0x2012_7101_0025_582a
	rawLinkWord  = 0x2012_5501_0025_582a

	noTreeLen = len(treeKey) + 1 + len(valueKey) + linkLen
	treeLen   = len(treeKey) + linkLen
	valueLen  = len(valueKey) + linkLen
)

// quickEntry reads the entry at at into e and returns where it ends, if its
// numbers are less than 256, as nearly all are. It returns 0, and leaves
// everything to nodeParser.entry, if that is not what is there or if anything is
// wrong with it. prevLen is the length of the key before it.
func quickEntry(b []byte, at, prevLen int, e *rawEntry) (end int) {
	rest := b[at:]
	if len(rest) < minEntryLen {
		return 0
	}
	word := binary.LittleEndian.Uint32(rest)
	size, off := int(word>>24^2<<5), len(entryHead)+1
	if size >= 24 {
		size, off = quickNumber(size, rest[off]), off+1
	}
	if word&(1<<24-1) != entryHeadWord || size < 0 || len(rest)-off < size+len(prefixKey)+1+noTreeLen {
		return 0
	}
	e.keyOff, e.keyLen = uint32(at+off), uint32(size)
	off += size
	word = binary.LittleEndian.Uint32(rest[off:])
	prefix := int(word >> 16 & 0xff)
	off += len(prefixKey) + 1
	if prefix >= 24 {
		prefix, off = quickNumber(prefix, byte(word>>24)), off+1
	}
	if word&(1<<16-1) != prefixKeyWord || prefix < 0 || prefix > prevLen || prefix+size == 0 {
		return 0
	}
	e.prefix = uint32(prefix)
	return quickLinks(b, at+off, e)
}

// quickNumber returns the number whose head has the low bits info, at least 24,
// and is followed by next, or -1 if it takes more than these or too many.
func quickNumber(info int, next byte) int {
	if info != 24 || next < 24 {
		return -1
	}
	return int(next)
}

// quickLinks is quickEntry from what stands behind the prefix on.
func quickLinks(b []byte, at int, e *rawEntry) (end int) {
	rest := b[at:]
	if len(rest) < noTreeLen {
		return 0
	}
	var link uint64
	if word := binary.LittleEndian.Uint64(rest); word == noTreeWord {
		link = binary.LittleEndian.Uint64(rest[noTreeLen-linkLen+1:])
		e.tree, at = 0, at+noTreeLen
	} else {
		if word != treeWord || len(rest) < treeLen+valueLen || binary.LittleEndian.Uint64(rest[treeLen-linkLen+1:]) != nodeLinkWord ||
			binary.LittleEndian.Uint64(rest[treeLen:]) != valueWord {
			return 0
		}
		link = binary.LittleEndian.Uint64(rest[treeLen+valueLen-linkLen+1:])
		e.tree, at = uint32(at+treeLen-cidLen), at+treeLen+valueLen
	}
	if link != nodeLinkWord && link != rawLinkWord {
		return 0
	}
	e.value = uint32(at - cidLen)
	return at
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

// fetch gets the bytes of the node c from src.
func fetch(ctx context.Context, src Source, c *dagcbor.CID, l *limits) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case c.Codec() != dagcbor.DAGCBOR:
		return nil, &NodeError{CID: *c, Offset: -1, Msg: "CID is not that of a node"}
	case src == nil:
		return nil, &MissingBlockError{*c}
	}
	b, err := src.Block(ctx, *c)
	switch {
	case err != nil && errors.Is(err, ErrNotFound):
		return nil, &MissingBlockError{*c}
	case err != nil:
		return nil, err
	}
	return b, l.checkBlock(c, b)
}

// checkBlock checks that b, which is said to be the node c, can be that.
func (l *limits) checkBlock(c *dagcbor.CID, b []byte) error {
	switch {
	case int64(len(b)) > l.nodeSize:
		return limitError("size of node "+c.String(), l.nodeSize, int64(len(b)))
	case !l.trust && !c.Matches(b):
		return &NodeError{CID: *c, Offset: -1, Msg: "block does not match its CID"}
	}
	return nil
}
