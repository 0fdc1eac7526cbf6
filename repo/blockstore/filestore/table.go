package filestore

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
)

// A place is where a block is in the log, and how large it is: 40 bits of
// offset, at which its CID stands, and 24 of size. It is never 0, as a log
// begins with a header.
type place uint64

const sizeBits = 24

func placeOf(off int64, size int) place { return place(off)<<sizeBits | place(size) }

func (p place) offset() int64 { return int64(p >> sizeBits) }
func (p place) size() int     { return int(p & (1<<sizeBits - 1)) }

// A table finds the place and the references of a block. Addressing is open: a
// block is in the first slot that was free, from the one of its hash on. The
// CIDs are in the log only. A quarter of the slots or more is free. The zero
// table is not valid.
type table struct {
	slots []slot
	used  int
	shift int
	seed  uint64 // odd; keeps those who choose digests from choosing slots
}

// A slot is a block in the table.
type slot struct {
	at   place // 0 if the slot is free
	hash uint32
	refs uint32
}

// newTable returns a table with room for n blocks.
func newTable(n int) table {
	size := max(bits.Len(uint(n+n/3)), 3)
	return table{make([]slot, 1<<size), 0, 32 - size, rand.Uint64() | 1}
}

// hash depends on codec and digest, whose bytes are as good as random.
func (t *table) hash(c dagcbor.CID) uint32 {
	digest := c.Digest()
	h := binary.LittleEndian.Uint64(digest[:]) ^ uint64(c.Codec())<<32
	return uint32(h * t.seed >> 32)
}

// first returns the slot in which a block with this hash is, or one after it.
func (t *table) first(hash uint32) int { return int(hash >> t.shift) }

// after returns the slot that follows slot i.
func (t *table) after(i int) int { return (i + 1) & (len(t.slots) - 1) }

// find returns the slot of the block at an offset, or a free one.
func (t *table) find(hash uint32, off int64) int {
	i := t.first(hash)
	for t.slots[i].at != 0 && t.slots[i].at.offset() != off {
		i = t.after(i)
	}
	return i
}

// insert enters a block that is not there.
func (t *table) insert(s slot) {
	if t.used >= len(t.slots)-len(t.slots)/4 {
		t.grow()
	}
	t.slots[t.find(s.hash, s.at.offset())] = s
	t.used++
}

// grow doubles the table.
func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	t.shift--
	for _, s := range old {
		if s.at != 0 {
			t.slots[t.find(s.hash, s.at.offset())] = s
		}
	}
}

// remove frees slot i and moves up those behind it that would no longer be found.
func (t *table) remove(i int) {
	mask := len(t.slots) - 1
	for j := t.after(i); t.slots[j].at != 0; j = t.after(j) {
		if home := t.first(t.slots[j].hash); (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = slot{}
	t.used--
}

// sorted returns the slots in use, in the order of the log.
func (t *table) sorted() []slot {
	list := make([]slot, 0, t.used)
	for _, s := range t.slots {
		if s.at != 0 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b slot) int { return cmp.Compare(a.at, b.at) })
	return list
}
