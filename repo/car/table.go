package car

import (
	"encoding/binary"
	"math/bits"
)

// A slot of an Index's hash table. Addressing is open: a block is in the first
// slot that was free, from the one of its hash on. Beside the offset stands the
// hash, so that the file is looked at only where the block is found, and the
// table can grow without it.
type slot struct {
	off  uint32 // of the block's section; 0 if the slot is free
	hash uint32
}

// expectedSection is more than most sections have, so that the table does not
// begin larger than it has to become.
const expectedSection = 1024

// hash depends on codec and digest, whose bytes are as good as random.
func (x *Index) hash(codec byte, digest []byte) uint32 {
	h := binary.LittleEndian.Uint64(digest) ^ uint64(codec)<<32
	return uint32(h * x.seed >> 32)
}

// first returns the slot in which a block with this hash is, or one after it.
func (x *Index) first(hash uint32) int { return int(hash >> x.shift) }

// after returns the slot that follows slot i.
func (x *Index) after(i int) int { return (i + 1) & (len(x.slots) - 1) }

// add enters blocks, for which there is room, but for those that are there
// already.
func (x *Index) add(blocks []slot) {
	for _, s := range blocks {
		i := x.first(s.hash)
		for x.slots[i].off != 0 && !x.same(x.slots[i], s) {
			i = x.after(i)
		}
		switch {
		case x.slots[i].off == 0:
			x.slots[i] = s
			x.unique++
		case x.twice == 0:
			x.twice = int(s.off)
		}
	}
}

// same reports whether two slots are of the same block.
func (x *Index) same(a, b slot) bool {
	if a.hash != b.hash {
		return false
	}
	p, _ := x.section(int(a.off))
	q, _ := x.section(int(b.off))
	return string(p[:cidLen]) == string(q[:cidLen])
}

// resize makes room for n blocks: a table whose size is a power of two, and of
// which at least a third is free.
func (x *Index) resize(n int) {
	size := 8
	for size-size/3 < n {
		size *= 2
	}
	if size <= len(x.slots) {
		return
	}
	old := x.slots
	if cap(x.spare) >= size {
		x.slots = x.spare[:size]
		clear(x.slots)
	} else {
		x.slots = make([]slot, size)
	}
	x.spare = old[:0] // for the next one
	x.shift = uint(32 - bits.TrailingZeros(uint(size)))
	for _, s := range old {
		if s.off == 0 {
			continue
		}
		i := x.first(s.hash)
		for x.slots[i].off != 0 {
			i = x.after(i)
		}
		x.slots[i] = s
	}
}
