package repo

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"sort"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// A blockFile finds the blocks of a CAR file that is too large for memory. Where
// they are stands in sorted runs of places, in memory as far as the budget
// goes, then in a file.
type blockFile struct {
	car  io.ReaderAt
	max  int64    // bytes of a block
	temp *os.File // with runs; nil if there are none
	runs []run

	head, places []byte // buffers for what is read of the two files
}

// A place is where the section of a block begins. Blocks that differ may have
// the same key, though it takes 2^32 attempts to find two of them.
type place struct {
	key uint64 // the first bytes of the digest
	off int64
}

const (
	placeSize = 16
	pageSize  = 256 // places that are read at a time
	// minRun is the number of places in memory, whatever the budget, so that
	// there are not too many runs.
	minRun = 64 << 10
)

// A run is a sorted sequence of places.
type run struct {
	places []byte   // nil if they are in the file
	off    int64    // there
	n      int      // how many
	first  []uint64 // the key of the first place on each page
}

func placeAt(b []byte, i int) place {
	b = b[i*placeSize:][:placeSize]
	return place{binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}
}

// newRun sorts places and makes a run of them, in memory.
func newRun(places []place) run {
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.off, b.off)) })
	r := run{places: make([]byte, 0, placeSize*len(places)), n: len(places), first: make([]uint64, 0, (len(places)+pageSize-1)/pageSize)}
	for i, p := range places {
		if i%pageSize == 0 {
			r.first = append(r.first, p.key)
		}
		r.places = binary.LittleEndian.AppendUint64(r.places, p.key)
		r.places = binary.LittleEndian.AppendUint64(r.places, uint64(p.off))
	}
	return r
}

func keyOf(c dagcbor.CID) uint64 {
	digest := c.Digest()
	return binary.BigEndian.Uint64(digest[:])
}

// newBlockFile indexes the CAR file in r. It holds so many places in memory;
// spill returns a file in which others can be written from an offset on.
func newBlockFile(ctx context.Context, r io.ReaderAt, size int64, in *car.Options, most int, spill func() (*os.File, int64, error)) (*blockFile, error) {
	cr, err := car.NewReader(boundReader(ctx, io.NewSectionReader(r, 0, size), size), in)
	if err != nil {
		return nil, err
	}
	f := &blockFile{car: r, max: maxBlock(in)}
	var places []place
	for {
		off := cr.Offset()
		b, err := cr.Next()
		if isEOF(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(places) == most {
			if err := f.write(places, spill); err != nil {
				return nil, err
			}
			places = places[:0]
		}
		places = append(places, place{keyOf(b.CID), off})
	}
	f.runs = append(f.runs, newRun(places))
	return f, nil
}

func maxBlock(o *car.Options) int64 {
	switch {
	case o.MaxBlock == 0:
		return car.DefaultMaxBlock
	case o.MaxBlock < 0:
		return 1<<31 - 1
	}
	return int64(o.MaxBlock)
}

// write makes a run of the places, in the file.
func (f *blockFile) write(places []place, spill func() (*os.File, int64, error)) error {
	r := newRun(places)
	if len(f.runs) > 0 {
		last := &f.runs[len(f.runs)-1]
		r.off = last.off + placeSize*int64(last.n)
	} else {
		var err error
		if f.temp, r.off, err = spill(); err != nil {
			return err
		}
	}
	_, err := f.temp.WriteAt(r.places, r.off)
	r.places = nil
	f.runs = append(f.runs, r)
	return spillError(err)
}

// block returns the block that c names and whether the file has it.
func (f *blockFile) block(c dagcbor.CID) (data []byte, found bool, err error) {
	for i := range f.runs {
		if data, found, err = f.blockIn(&f.runs[i], c); found || err != nil {
			return data, found, err
		}
	}
	return nil, false, nil
}

// blockIn looks for a block in one run. Equal keys stand side by side, maybe on
// several pages.
func (f *blockFile) blockIn(r *run, c dagcbor.CID) (data []byte, found bool, err error) {
	key := keyOf(c)
	first, _ := slices.BinarySearch(r.first, key)
	for page := max(first-1, 0); page < len(r.first) && r.first[page] <= key; page++ {
		b, err := f.page(r, page)
		if err != nil {
			return nil, false, err
		}
		n := len(b) / placeSize
		i := sort.Search(n, func(i int) bool { return placeAt(b, i).key >= key })
		for ; i < n && placeAt(b, i).key == key; i++ {
			if data, found, err = f.read(placeAt(b, i).off, c); found || err != nil {
				return data, found, err
			}
		}
	}
	return nil, false, nil
}

// page returns the places on a page of a run. They are valid until the next
// call.
func (f *blockFile) page(r *run, i int) ([]byte, error) {
	start, end := i*pageSize*placeSize, min((i+1)*pageSize, r.n)*placeSize
	if r.places != nil {
		return r.places[start:end], nil
	}
	if f.places == nil {
		f.places = make([]byte, pageSize*placeSize)
	}
	b := f.places[:end-start]
	_, err := f.temp.ReadAt(b, r.off+int64(start))
	return b, spillError(err)
}

var errChanged = errors.New("repo: CAR file changed while it was read")

// read returns the block at off if its name is c. It is hashed once more:
// between two looks at a file somebody may write to it.
func (f *blockFile) read(off int64, c dagcbor.CID) (data []byte, found bool, err error) {
	if f.head == nil {
		f.head = make([]byte, 4<<10) // most sections are smaller
	}
	n, err := f.car.ReadAt(f.head, off)
	if err != nil && !isEOF(err) {
		return nil, false, rereadError(err)
	}
	b := f.head[:n]
	length, size := binary.Uvarint(b)
	name := c.Bytes()
	head := size + len(name)
	switch {
	case size <= 0 || len(b) < head || length < uint64(len(name)) || length-uint64(len(name)) > uint64(f.max):
		return nil, false, errChanged
	case string(b[size:head]) != string(name):
		return nil, false, nil
	}
	data = make([]byte, length-uint64(len(name)))
	if have := copy(data, b[head:]); have < len(data) {
		if n, err := f.car.ReadAt(data[have:], off+int64(head+have)); n < len(data)-have {
			return nil, false, rereadError(err)
		}
	}
	if !c.Matches(data) {
		return nil, false, errChanged
	}
	return data, true, nil
}
