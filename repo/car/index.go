package car

import (
	"encoding/binary"
	"iter"
	"math"
	"math/rand/v2"

	"github.com/linnet-at/linnet/dagcbor"
)

// An Index finds the blocks of a CAR file that is in memory by their CIDs.
// Nothing of the file is copied; beside it the index takes between 12 and 24
// bytes for each different block, or for each KiB of the file if those are
// more.
//
// It is immutable and safe for concurrent use, as long as nobody changes the
// file's bytes.
type Index struct {
	b      []byte
	roots  []dagcbor.CID
	start  int    // where the sections begin
	unique int    // different blocks
	slots  []slot // the hash table
	shift  uint   // from a hash to its first slot
	seed   uint64
}

// NewIndex checks every block of the CAR file b against its CID and returns an
// index of them. A block that stands there several times is held once. The
// file may have up to 4 GiB - 1; a nil o means the default limits.
func NewIndex(b []byte, o *Options) (*Index, error) {
	// Whoever writes the file chooses the digests, though at the price of
	// computing them. The random multiplier keeps him from choosing slots.
	return newIndex(b, o, rand.Uint64()|1)
}

func newIndex(b []byte, o *Options, seed uint64) (*Index, error) {
	l := o.limits()
	if int64(len(b)) > math.MaxUint32 {
		return nil, limitError("file size", math.MaxUint32, int64(len(b)), 0)
	}
	x := &Index{b: b, seed: seed}
	if err := x.readHeader(&l); err != nil {
		return nil, err
	}
	if err := x.readSections(&l); err != nil {
		return nil, err
	}
	return x, nil
}

func (x *Index) readHeader(l *limits) error {
	n, start, err := readLength(x.b, 0, "header")
	if err != nil {
		return err
	}
	if err := l.checkHeader(n, int64(start)); err != nil {
		return err
	}
	if n > uint64(len(x.b)-start) {
		return truncated(int64(len(x.b)), "header")
	}
	x.start = start + int(n)
	x.roots, err = parseHeader(x.b[start:x.start], int64(start), l)
	return err
}

// readSections checks the sections, one after the other, and enters their
// blocks into the table: in batches, so that the processor waits for several
// slots at once, most of which are not in its caches.
func (x *Index) readSections(l *limits) error {
	var room [64]slot
	batch := room[:0]
	for off, count := x.start, int64(1); off < len(x.b); count++ {
		content, end, err := x.readSection(off, count, l)
		if err != nil {
			return err
		}
		if len(batch) == cap(batch) {
			x.add(batch)
			batch = batch[:0]
		}
		batch = append(batch, slot{uint32(off), x.hash(content[1], content[4:cidLen])})
		off = end
	}
	x.add(batch)
	return nil
}

// readSection checks section number count, which stands at off.
func (x *Index) readSection(off int, count int64, l *limits) (content []byte, end int, err error) {
	n, size, err := readLength(x.b[off:], int64(off), "section length")
	if err != nil {
		return nil, 0, err
	}
	start := off + size
	if err := l.checkSection(n, int64(off), int64(start), count); err != nil {
		return nil, 0, err
	}
	if n > uint64(len(x.b)-start) {
		return nil, 0, truncated(int64(len(x.b)), "section")
	}
	end = start + int(n)
	content = x.b[start:end]
	return content, end, checkBlock(content, int64(start))
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
func (x *Index) Len() int { return x.unique }

// Get returns the block that c names and whether the file has it. The slice
// aliases the file.
func (x *Index) Get(c dagcbor.CID) (data []byte, found bool) {
	if x.unique == 0 {
		return nil, false
	}
	digest := c.Digest()
	hash := x.hash(byte(c.Codec()), digest[:])
	for i := x.first(hash); x.slots[i].off != 0; i = x.after(i) {
		if x.slots[i].hash != hash {
			continue
		}
		b, _ := x.section(int(x.slots[i].off))
		if b[1] == byte(c.Codec()) && string(b[4:cidLen]) == string(digest[:]) {
			return b[cidLen:], true
		}
	}
	return nil, false
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
