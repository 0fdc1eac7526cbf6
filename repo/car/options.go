package car

import (
	"math"
	"runtime"
)

// Default limits. The specification asks for limits without naming numbers
// (https://atproto.com/specs/repository#security-considerations): records have
// at most 1 MiB, and a header with one root has 58 bytes.
const (
	DefaultMaxBlock  = 2 << 20  // bytes of one block
	DefaultMaxHeader = 64 << 10 // bytes of the header
	DefaultMaxRoots  = 16       // root CIDs in the header
)

// Options sets what a reader accepts. A nil *Options, and a zero field, mean
// the default; a negative limit lifts it.
type Options struct {
	MaxBlock  int // bytes of one block; 0 means [DefaultMaxBlock]
	MaxHeader int // bytes of the header; 0 means [DefaultMaxHeader]
	MaxRoots  int // roots in the header; 0 means [DefaultMaxRoots]

	// MaxSize is how many bytes the whole file may have; 0 means no limit,
	// since a Reader's memory does not depend on it.
	MaxSize int64
	// MaxBlocks is how many blocks the file may have, repeated ones
	// included; 0 means no limit.
	MaxBlocks int

	// RefuseDuplicates makes [NewIndex] refuse a file in which a block stands
	// several times, with a [*DuplicateError]. A Reader, which remembers
	// nothing, can't tell.
	RefuseDuplicates bool

	// ReadAhead makes a Reader read and hash blocks before they are asked
	// for, up to about [ReadAheadSize] bytes, so that other cores hash while
	// the caller works. An Index, whose file is there as a whole, always
	// shares the work.
	ReadAhead bool
	// KeepBlocks makes the Data of the blocks that a Reader returns stay
	// valid. Buffers are then not used again, and each block keeps the memory
	// of those around it.
	KeepBlocks bool
	// Workers is how many goroutines, the caller included, hash at the same
	// time; 0 means [runtime.GOMAXPROCS], and at most 8. Those of an Index
	// have ended when it is there, those of a Reader end by themselves soon
	// after they have nothing to do: see [Reader.Stop].
	Workers int
	// TrustHashes takes the names of the blocks for true, of a file that was
	// compared with them before and could not be changed since.
	TrustHashes bool
}

// ReadAheadSize is how many bytes of blocks a Reader with [Options.ReadAhead]
// has read and not returned, or one block if that is larger. A buffer or two of
// 64 KiB come on top.
const ReadAheadSize = 256 << 10

const maxWorkers = 8

// workers returns how many goroutines hash.
func (o *Options) workers() int {
	if o == nil || o.Workers == 0 {
		return min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	return max(o.Workers, 1)
}

const (
	unlimited = math.MaxInt64

	// maxLen is the greatest length of a block or header that, with what
	// stands before it, fits in an int.
	maxLen = math.MaxInt - cidLen - maxVarint
)

// limits holds Options with the defaults filled in.
type limits struct {
	block, header, roots, size, blocks int64
	trust, unique                      bool
}

func (o *Options) limits() limits {
	if o == nil {
		o = &Options{}
	}
	return limits{
		block:  min(limitOr(int64(o.MaxBlock), DefaultMaxBlock), maxLen),
		header: min(limitOr(int64(o.MaxHeader), DefaultMaxHeader), maxLen),
		roots:  limitOr(int64(o.MaxRoots), DefaultMaxRoots),
		size:   limitOr(o.MaxSize, unlimited),
		blocks: limitOr(int64(o.MaxBlocks), unlimited),
		trust:  o.TrustHashes,
		unique: o.RefuseDuplicates,
	}
}

func limitOr(n, def int64) int64 {
	switch {
	case n == 0:
		return def
	case n < 0:
		return unlimited
	}
	return n
}

// checkHeader says what is wrong with n as the length of the header, which
// begins at start.
func (l *limits) checkHeader(n uint64, start int64) error {
	switch {
	case n == 0:
		return &Error{0, "header is empty", nil}
	case n > uint64(l.header):
		return limitError("header size", l.header, int64(n), 0)
	}
	return l.checkSize(n, 0, start)
}

// checkSection says what is wrong with n as the length of section number
// count, which stands at off and whose content begins at start.
func (l *limits) checkSection(n uint64, off, start, count int64) error {
	switch {
	case n == 0:
		return &Error{off, "section is empty", nil}
	case n < cidLen:
		return &Error{off, "section is shorter than a CID", nil}
	case n-cidLen > uint64(l.block):
		return limitError("block size", l.block, int64(n-cidLen), off)
	case count > l.blocks:
		return limitError("number of blocks", l.blocks, count, off)
	}
	return l.checkSize(n, off, start)
}

// checkSize refuses n bytes at start that go beyond the size of the file. Both
// numbers are below 2^63.
func (l *limits) checkSize(n uint64, off, start int64) error {
	if end := uint64(start) + n; end > uint64(l.size) {
		return limitError("file size", l.size, int64(min(end, math.MaxInt64)), off)
	}
	return nil
}
