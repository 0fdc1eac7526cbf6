package mst

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// node is a node in memory: its encoding, and a table that says where things
// are in it. It is not changed once it is made. Keys are not expanded, a search
// compares with eight bytes of each that stand in the table.
//
//	node ─ raw    a2 61 65 82 a4 61 6b 58 20 63 6f 6d …
//	     ├ slots  ┌ abbr, right, off … ┐┌ abbr, right, off … ┐
//	     └ left
//
// A node doesn't know its own CID; it stands in the node above, or in the Tree.
type node struct {
	raw   []byte
	left  *node  // the leftmost subtree, if it is in memory
	skip  uint16 // how many bytes at the front of all keys are the same, or fewer
	layer uint8
	slots []slot // of the entries; they stand next to it in memory (newNode)
}

// slot is an entry of a node. The key is the first prefix bytes of the key
// before it, and suffix bytes at off in the node's encoding.
type slot struct {
	abbr           uint64 // eight bytes of the key from the node's skip on, zeros behind its end
	right          *node  // the subtree between this key and the next, if it is in memory
	off            uint32
	prefix, suffix uint16
}

// child is a link to a node: to none if both are zero, to one in memory, or to
// one that is known by its CID only.
type child struct {
	cid  dagcbor.CID
	node *node
}

func (c child) exists() bool { return c.cid.Defined() }

// numberLen returns the length of the encoding of a prefix.
func numberLen(n uint16) uint32 {
	switch {
	case n < 24:
		return 1
	case n < 1<<8:
		return 2
	}
	return 3
}

// treeAt returns where the t of the entry is, a link or null.
func (s *slot) treeAt() uint32 {
	return s.off + uint32(s.suffix) + uint32(len(prefixKey)) + numberLen(s.prefix) + uint32(len(treeKey))
}

// valueAt returns where the v of entry i is.
func (n *node) valueAt(i int) uint32 {
	at := n.slots[i].treeAt()
	if n.raw[at] == null {
		return at + 1 + uint32(len(valueKey))
	}
	return at + linkLen + uint32(len(valueKey))
}

// end returns where entry i ends.
func (n *node) end(i int) uint32 { return n.valueAt(i) + linkLen }

// start returns where entry i begins, and for their number where the last ends.
func (n *node) start(i int) uint32 {
	switch {
	case i > 0:
		return n.end(i - 1)
	case len(n.slots) > 0:
		s := &n.slots[0]
		return s.off - numberLen(s.suffix) - uint32(len(entryHead))
	}
	return uint32(len(nodeHead)) + 1
}

// linkAt returns where the link of the subtree before entry i is, a link or
// null.
func (n *node) linkAt(i int) uint32 {
	if i > 0 {
		return n.slots[i-1].treeAt()
	}
	return n.start(len(n.slots)) + uint32(len(leftKey))
}

// kid returns the subtree before entry i, if it is in memory.
func (n *node) kid(i int) *node {
	if i == 0 {
		return n.left
	}
	return n.slots[i-1].right
}

// child returns the link to the subtree before entry i.
func (n *node) child(i int) child {
	at := n.linkAt(i)
	if n.raw[at] == null {
		return child{}
	}
	return child{n.cidIn(at), n.kid(i)}
}

// hasChild reports whether there is a subtree before entry i.
func (n *node) hasChild(i int) bool {
	return n.kid(i) != nil || n.raw[n.linkAt(i)] != null
}

// keyless reports whether n has nothing but a subtree.
func (n *node) keyless() bool { return len(n.slots) == 0 && n.hasChild(0) }

// cidIn returns the CID of the link at the given place.
func (n *node) cidIn(at uint32) dagcbor.CID {
	b := n.raw[at : at+linkLen]
	return dagcbor.CIDFromDigest(dagcbor.Codec(b[codecAt]), [32]byte(b[linkLen-32:]))
}

func (n *node) value(i int) dagcbor.CID { return n.cidIn(n.valueAt(i)) }

// suffix returns the part of key i that is written out.
func (n *node) suffix(i int) []byte {
	s := &n.slots[i]
	return n.raw[s.off : s.off+uint32(s.suffix)]
}

// appendKey appends key i.
func (n *node) appendKey(dst []byte, i int) []byte {
	// Back to where nothing is shared any more, filling in from behind.
	size := int(n.slots[i].prefix) + int(n.slots[i].suffix)
	at := len(dst)
	dst = append(dst, make([]byte, size)...)
	key := dst[at:]
	for missing := size; missing > 0; i-- {
		if p := int(n.slots[i].prefix); p < missing {
			copy(key[p:missing], n.suffix(i))
			missing = p
		}
	}
	return dst
}

func (n *node) key(i int) string {
	var buf [128]byte
	return string(n.appendKey(buf[:0], i))
}

// expand returns all keys, one behind the other.
func (n *node) expand() string {
	size := 0
	for i := range n.slots {
		size += int(n.slots[i].prefix) + int(n.slots[i].suffix)
	}
	var sb strings.Builder
	sb.Grow(size)
	prev := ""
	for i := range n.slots {
		start := sb.Len()
		sb.WriteString(prev[:n.slots[i].prefix])
		sb.Write(n.suffix(i))
		prev = sb.String()[start:]
	}
	return sb.String()
}

// keyLen returns the length of key i.
func (n *node) keyLen(i int) int { return int(n.slots[i].prefix) + int(n.slots[i].suffix) }

// setAbbrs fills in the slots' abbr, with as much of skip as all keys share.
func (n *node) setAbbrs(skip int) {
	for i := range n.slots {
		if s := &n.slots[i]; i > 0 {
			skip = min(skip, int(s.prefix))
		} else {
			skip = min(skip, int(s.suffix))
		}
	}
	n.skip = uint16(skip)
	var prev uint64
	for i := range n.slots {
		prev = abbrAfter(prev, int(n.slots[i].prefix), n.suffix(i), skip)
		n.slots[i].abbr = prev
	}
}

// abbrAfter returns the eight bytes from skip on of the key that shares prefix
// bytes with the one whose eight bytes are prev.
func abbrAfter(prev uint64, prefix int, suffix []byte, skip int) uint64 {
	same := prefix - skip
	switch {
	case same >= 8:
		return prev
	case same < 0:
		return bytesFrom(suffix, -same)
	}
	return prev&^(1<<(64-8*same)-1) | bytesFrom(suffix, 0)>>(8*same)
}

// bytesFrom returns the first eight bytes of b[at:], zeros behind its end, as a
// number whose order is that of the bytes.
func bytesFrom[T string | []byte](b T, at int) uint64 {
	if len(b)-at >= 8 {
		return eightBytes(b, at)
	}
	var x [8]byte
	if at < len(b) {
		copy(x[:], b[at:])
	}
	return binary.BigEndian.Uint64(x[:])
}

// matched is what a search knows of the keys around the place where it is: how
// many bytes the key that is sought has in common, at the front, with the last
// key before it and with the first behind it. All keys between these have the
// shorter part in common with it, when zeros are thought behind the end of each.
type matched struct{ lo, hi int }

// search returns the position of key in n, or where it would be: the number of
// smaller keys. It brings m up to date.
func (n *node) search(key string, m *matched) (i int, found bool) {
	if len(n.slots) == 0 {
		return 0, false
	}
	skip := int(n.skip)
	// Nearly always they are equal, which is seen faster than an order.
	if min(m.lo, m.hi) < skip && (len(key) < skip || key[:skip] != string(n.suffix(0)[:skip])) {
		if compareKeys(key[:min(skip, len(key))], n.suffix(0)[:skip]) < 0 {
			return 0, false
		}
		return len(n.slots), false
	}
	want := bytesFrom(key, skip)
	if i = n.countBelow(want); i < len(n.slots) && n.slots[i].abbr == want {
		i, found = n.searchEqual(i, key)
	}
	if i > 0 {
		m.lo = skip + bits.LeadingZeros64(n.slots[i-1].abbr^want)/8
	}
	if i < len(n.slots) {
		m.hi = skip + bits.LeadingZeros64(n.slots[i].abbr^want)/8
	}
	return i, found
}

// countBelow returns how many slots have an abbr less than want.
func (n *node) countBelow(want uint64) int {
	slots, below := n.slots, 0
	for len(slots) > 12 {
		half := len(slots) / 2
		if slots[half-1].abbr < want {
			below += half
			slots = slots[half:]
		} else {
			slots = slots[:half]
		}
	}
	// Without a branch that depends on the keys.
	count := uint64(0)
	for i := range slots {
		_, less := bits.Sub64(slots[i].abbr, want, 0)
		count += less
	}
	return below + int(count)
}

// searchEqual is search where slot i is the first whose abbr is that of key.
func (n *node) searchEqual(i int, key string) (int, bool) {
	s := &n.slots[i]
	p := int(s.prefix)
	alone := i+1 == len(n.slots) || n.slots[i+1].abbr != s.abbr
	if p > int(n.skip)+8 || p > len(key) {
		return n.scan(key)
	}
	// What is before the suffix has been compared.
	suffix := n.suffix(i)
	switch {
	case string(suffix) == key[p:]:
		return i, true
	case compareKeys(suffix, key[p:]) > 0:
		return i, false
	case alone:
		return i + 1, false
	}
	return n.scan(key)
}

// scan is search in the encoding alone: it follows how many bytes key has in
// common with each of the node's keys.
func (n *node) scan(key string) (int, bool) {
	common := 0 // with the key before, which is less than key
	for i := range n.slots {
		switch p := int(n.slots[i].prefix); {
		case p > common: // less for the same reason
			continue
		case p < common:
			return i, false
		}
		suffix := n.suffix(i)
		k := commonPrefix(suffix, key[common:])
		common += k
		switch {
		case k == len(suffix) && common == len(key):
			return i, true
		case k == len(suffix):
		case common == len(key) || suffix[k] > key[common]:
			return i, false
		}
	}
	return len(n.slots), false
}

// keyRef is a key that is expanded when it is needed: the string, or, if n is
// set, key i of n.
type keyRef struct {
	s string
	n *node
	i int
}

func (r keyRef) String() string {
	if r.n != nil {
		return r.n.key(r.i)
	}
	return r.s
}

// gap is the interval in which the keys of a subtree have to lie.
type gap struct{ lo, hi keyRef }

func (s gap) bounds() bounds { return bounds{s.lo.String(), s.hi.String()} }

// gap returns the interval of the subtree before entry i of n, where n's own is
// in.
func (n *node) gap(i int, in gap) gap {
	if i > 0 {
		in.lo = keyRef{n: n, i: i - 1}
	}
	if i < len(n.slots) {
		in.hi = keyRef{n: n, i: i}
	}
	return in
}

// keyCursor goes through the keys of a node from left to right.
type keyCursor struct {
	n         *node
	keys      string // those that are left, one behind the other
	i         int
	last, now string // "" before the first and behind the last
}

// keysFrom returns a cursor before key i.
func (n *node) keysFrom(i int) keyCursor {
	if i == len(n.slots) && i > 0 {
		return keyCursor{n: n, i: i, now: n.key(i - 1)}
	}
	c := keyCursor{n: n, i: i, keys: n.expand()}
	for j := range i {
		c.now, c.keys = c.keys[:n.keyLen(j)], c.keys[n.keyLen(j):]
	}
	return c
}

// next returns the next key, or false if there is none.
func (c *keyCursor) next() (string, bool) {
	c.last, c.now = c.now, ""
	if c.i == len(c.n.slots) {
		return "", false
	}
	size := c.n.keyLen(c.i)
	c.now, c.keys = c.keys[:size], c.keys[size:]
	c.i++
	return c.now, true
}

// around returns the interval between the last two keys, where all lie in in.
func (c *keyCursor) around(in bounds) bounds {
	if c.last != "" {
		in.lo = c.last
	}
	if c.now != "" {
		in.hi = c.now
	}
	return in
}
