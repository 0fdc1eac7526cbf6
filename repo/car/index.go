package car

import (
	"context"
	"encoding/binary"
	"iter"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// An Index finds the blocks of a CAR file that is in memory by their CIDs.
// Nothing of the file is copied. Beside it the index takes between 12 and 24
// bytes for each block, or for each KiB of the file if those are more. Of a
// file of more than 256 KiB it takes 8 for each block first, and the others as
// soon as a block is looked up: a [Cursor] may do without.
//
// It is safe for concurrent use, as long as nobody changes the file's bytes or
// calls Reset. It is a [mst.Source].
type Index struct {
	b      []byte
	roots  []dagcbor.CID
	start  int    // where the sections begin
	twice  int    // where a block stands for the second time, for the first time; 0 if none does
	unique int    // different blocks, once they are in the table
	slots  []slot // the hash table
	spare  []slot // memory of another one, of no length
	shift  uint   // from a hash to its first slot
	seed   uint64

	// A large file is read in chunks, whose blocks come into the table when
	// somebody wants to look one up.
	chunks []*chunk
	filled sync.Once
}

// NewIndex checks every block of the CAR file b against its CID and returns an
// index of them. A block that stands there several times is held once. The
// file may have up to 4 GiB - 1; a nil o means the default limits.
func NewIndex(b []byte, o *Options) (*Index, error) {
	return newIndex(b, o, newSeed())
}

// newSeed returns a multiplier. Whoever writes the file chooses the digests,
// though at the price of computing them; chance keeps him from choosing slots.
func newSeed() uint64 { return rand.Uint64() | 1 }

func newIndex(b []byte, o *Options, seed uint64) (*Index, error) {
	x := &Index{seed: seed}
	if err := x.read(b, o); err != nil {
		return nil, err
	}
	return x, nil
}

// Reset makes x the index of another file, as [NewIndex] does, with the memory
// that it has: after a few files of about the same size there is nothing to
// allocate. What Roots returned is overwritten; blocks stay valid. After an
// error x has no blocks.
func (x *Index) Reset(b []byte, o *Options) error {
	if x.seed == 0 {
		x.seed = newSeed()
	}
	x.clear()
	err := x.read(b, o)
	if err != nil {
		x.clear()
	}
	return err
}

// clear leaves nothing of x but memory.
func (x *Index) clear() {
	x.b, x.roots, x.start, x.twice, x.unique, x.slots = nil, x.roots[:0], 0, 0, 0, x.slots[:0]
	x.chunks, x.filled = x.chunks[:0], sync.Once{}
}

// read reads a file into x, which is empty.
func (x *Index) read(b []byte, o *Options) error {
	l := o.limits()
	if int64(len(b)) > math.MaxUint32 {
		return limitError("file size", math.MaxUint32, int64(len(b)), 0)
	}
	r := Reader{in: bytesInput(b, 0), l: l, roots: x.roots}
	if err := r.readHeader(); err != nil {
		return err
	}
	x.b, x.roots, x.start = b, r.roots, int(r.in.off)
	var err error
	if len(b) >= largeFile {
		err = x.readLarge(&r.in, &l, o.workers())
	} else {
		err = x.readSections(&r.in, &l)
	}
	if err == nil && l.unique {
		err = x.duplicate()
	}
	return err
}

// duplicate returns an error if a block stands in the file twice.
func (x *Index) duplicate() error {
	x.fill()
	if x.twice == 0 {
		return nil
	}
	content, _ := x.section(x.twice)
	return &DuplicateError{blockIn(content).CID, int64(x.twice)}
}

// readSections checks the sections, one after the other, and enters their
// blocks into the table: several at a time, so that the processor waits for
// several slots at once, most of which are not in its caches.
func (x *Index) readSections(in *input, l *limits) error {
	var room [64]slot
	group := room[:0]
	for count := int64(1); ; count++ {
		s, err := cutSection(in, l, count)
		if err == nil {
			err = l.checkBlock(s.content, s.start)
		}
		if err != nil {
			x.enter(group)
			return notEOF(err)
		}
		if group = append(group, x.slot(s)); len(group) == cap(group) {
			x.enter(group)
			group = group[:0]
		}
	}
}

// enter adds blocks to a table that grows with them.
func (x *Index) enter(group []slot) {
	x.resize(max(x.unique+len(group), len(x.b)/expectedSection))
	x.add(group)
}

// notEOF takes the end of the file for what it is here: no error.
func notEOF(err error) error {
	if isEOF(err) {
		return nil
	}
	return err
}

func (x *Index) slot(s section) slot {
	return slot{uint32(s.at), x.hash(s.content[1], s.content[4:cidLen])}
}

// section returns the content of the section at off, which has been checked,
// and where the next one begins.
func (x *Index) section(off int) (content []byte, end int) {
	n, size := binary.Uvarint(x.b[off:])
	start := off + size
	end = start + int(n)
	return x.b[start:end:end], end
}

// Roots returns the roots that the header names. The slice is the index's own.
func (x *Index) Roots() []dagcbor.CID { return x.roots }

// Len returns how many different blocks there are.
func (x *Index) Len() int {
	x.fill()
	return x.unique
}

// Get returns the block that c names and whether the file has it. The slice
// aliases the file.
func (x *Index) Get(c dagcbor.CID) (data []byte, found bool) {
	off := x.find(c)
	if off == 0 {
		return nil, false
	}
	b, _ := x.section(off)
	return b[cidLen:], true
}

// Block returns the block that c names, as Get does, or [mst.ErrNotFound].
func (x *Index) Block(_ context.Context, c dagcbor.CID) ([]byte, error) {
	b, found := x.Get(c)
	if !found {
		return nil, mst.ErrNotFound
	}
	return b, nil
}

// find returns the offset of the first section with the block that c names, or
// 0 if there is none.
func (x *Index) find(c dagcbor.CID) int {
	x.fill()
	if x.unique == 0 {
		return 0
	}
	digest := c.Digest()
	hash := x.hash(byte(c.Codec()), digest[:])
	for i := x.first(hash); x.slots[i].off != 0; i = x.after(i) {
		if x.slots[i].hash != hash {
			continue
		}
		if content, _ := x.section(int(x.slots[i].off)); isOf(content, c) {
			return int(x.slots[i].off)
		}
	}
	return 0
}

// isOf reports whether the content of a section, which has been checked, is the
// block that c names.
func isOf(content []byte, c dagcbor.CID) bool {
	digest := c.Digest()
	return content[1] == byte(c.Codec()) && [32]byte(content[4:cidLen]) == digest
}

// Blocks returns all blocks in the order of the file, with repetitions. Their
// Data aliases the file.
func (x *Index) Blocks() iter.Seq[Block] {
	return func(yield func(Block) bool) {
		for off := x.start; off < len(x.b); {
			b, end := x.section(off)
			if !yield(blockIn(b)) {
				return
			}
			off = end
		}
	}
}
