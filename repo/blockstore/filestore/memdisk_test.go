package filestore_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

// A memDisk is a disk in memory that knows what of it would survive a loss of
// power: names since the last Sync of the disk, and bytes since the last one of
// their file, may or may not.
type memDisk struct {
	mu      sync.Mutex
	names   map[string]*memFile
	durable map[string]*memFile
	// before, if not nil, is called before each change.
	before func()
	// fail, if not 0, is the number of the change that fails, and all those
	// after it if broken is set; a write that fails has been done in part.
	fail    int
	broken  bool
	changes int
}

var errDisk = errors.New("disk is full")

func newMemDisk() *memDisk {
	return &memDisk{names: map[string]*memFile{}, durable: map[string]*memFile{}}
}

// change says that a change comes and returns an error if it is to fail. The
// caller holds mu afterwards.
func (d *memDisk) change() error {
	if d.before != nil {
		d.before()
	}
	d.mu.Lock()
	d.changes++
	if d.changes == d.fail || d.broken && d.fail != 0 && d.changes > d.fail {
		return errDisk
	}
	return nil
}

func (d *memDisk) Names() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.names)), nil
}

func (d *memDisk) Open(name string) (filestore.LogFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, found := d.names[name]
	if !found {
		return nil, fs.ErrNotExist
	}
	return f, nil
}

func (d *memDisk) Create(name string) (filestore.LogFile, error) {
	err := d.change()
	defer d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	f := &memFile{disk: d}
	d.names[name] = f
	return f, nil
}

func (d *memDisk) Rename(from, to string) error {
	err := d.change()
	defer d.mu.Unlock()
	if err == nil {
		d.names[to] = d.names[from]
		delete(d.names, from)
	}
	return err
}

func (d *memDisk) Remove(name string) error {
	err := d.change()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.names, name)
	}
	return err
}

func (d *memDisk) Sync() error {
	err := d.change()
	defer d.mu.Unlock()
	if err == nil {
		d.durable = maps.Clone(d.names)
	}
	return err
}

func (d *memDisk) Close() error { return nil }

// A memFile is a file of a memDisk.
type memFile struct {
	disk    *memDisk
	data    []byte
	durable []byte
	pending []pending // since the last Sync
}

// pending is a write, or with nil bytes a truncation.
type pending struct {
	off int64
	b   []byte
}

func (p pending) apply(data []byte) []byte {
	if p.b == nil {
		return append(data[:min(int64(len(data)), p.off)], make([]byte, max(0, p.off-int64(len(data))))...)
	}
	if more := p.off + int64(len(p.b)) - int64(len(data)); more > 0 {
		data = append(data, make([]byte, more)...)
	}
	copy(data[p.off:], p.b)
	return data
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) do(p pending) {
	f.data = p.apply(f.data)
	f.pending = append(f.pending, p)
}

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	err := f.disk.change()
	defer f.disk.mu.Unlock()
	if err != nil {
		b = b[:len(b)*2/3]
	}
	f.do(pending{off, append([]byte{}, b...)})
	return len(b), err
}

func (f *memFile) Truncate(size int64) error {
	err := f.disk.change()
	defer f.disk.mu.Unlock()
	if err == nil {
		f.do(pending{off: size})
	}
	return err
}

func (f *memFile) Sync() error {
	err := f.disk.change()
	defer f.disk.mu.Unlock()
	if err == nil {
		f.durable, f.pending = bytes.Clone(f.data), nil
	}
	return err
}

func (f *memFile) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.data)), nil
}

func (f *memFile) Close() error { return nil }

// A survival says what is left of changes that were not synced.
type survival int

const (
	nothing survival = iota
	everything
	prefix  // all up to some byte
	sectors // some sectors, in any order; the others are zero if the file became longer
)

// crash returns the disk as it may be after a loss of power now.
func (d *memDisk) crash(how survival, r *rand.Rand) *memDisk {
	names := d.durable
	if how == everything || how > everything && r.IntN(2) == 0 {
		names = d.names
	}
	after := newMemDisk()
	for name, f := range names {
		data := f.survive(how, r)
		after.names[name] = &memFile{disk: after, data: data, durable: bytes.Clone(data)}
	}
	after.durable = maps.Clone(after.names)
	return after
}

func (f *memFile) survive(how survival, r *rand.Rand) []byte {
	data := bytes.Clone(f.durable)
	last := len(f.pending)
	if how == nothing {
		last = 0
	}
	if how == prefix {
		last = r.IntN(last + 1)
	}
	for i, p := range f.pending[:last] {
		switch {
		case how == prefix && i == last-1 && len(p.b) > 0:
			p.b = p.b[:r.IntN(len(p.b))]
			data = p.apply(data)
		case how == sectors && p.b != nil:
			data = p.applySectors(data, r)
		default:
			data = p.apply(data)
		}
	}
	return data
}

// applySectors writes some of the 512-byte sectors that p touches.
func (p pending) applySectors(data []byte, r *rand.Rand) []byte {
	whole := p.apply(bytes.Clone(data))
	if r.IntN(2) == 0 { // the size arrives as well
		data = append(data, make([]byte, len(whole)-len(data))...)
	}
	for from := p.off / 512 * 512; from < int64(len(whole)); from += 512 {
		to := min(from+512, int64(len(whole)))
		if r.IntN(2) == 0 {
			continue
		}
		if to > int64(len(data)) {
			data = append(data, make([]byte, to-int64(len(data)))...)
		}
		copy(data[from:to], whole[from:to])
	}
	return data
}
