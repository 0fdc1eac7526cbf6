package car

import (
	"io"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Reader reads the blocks of a CAR file, in the order in which they stand. It
// holds one block at a time in memory, or some hundred kilobytes of them with
// [Options.ReadAhead].
//
// A Reader must not be used by several goroutines at once. It needs no closing.
type Reader struct {
	in    input
	l     limits
	roots []dagcbor.CID
	ready []section // cut and checked
	i     int       // of the next one of them
	off   int64     // where the first one begins
	err   error     // what Next returns after them

	// One block is read at a time, or a batch.
	n     int64 // blocks read so
	room  [1]section
	ahead *ahead
	batch *batch
}

// NewReader reads the header of the CAR file in r and returns a Reader for its
// blocks. It reads ahead; what is in r after the file is lost. A nil o means
// the default limits.
//
// An error of r, other than [io.EOF], is wrapped in an [*Error].
func NewReader(r io.Reader, o *Options) (*Reader, error) {
	return newReader(newInput(r, o), o)
}

// NewBytesReader is [NewReader] for a file that is in memory. Nothing of it is
// copied: the Data of the blocks aliases b.
func NewBytesReader(b []byte, o *Options) (*Reader, error) {
	return newReader(bytesInput(b, 0), o)
}

func newReader(in input, o *Options) (*Reader, error) {
	r := &Reader{in: in, l: o.limits()}
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	r.off = r.in.off
	if o != nil && o.ReadAhead {
		r.ahead = &ahead{workers: o.workers()}
	}
	return r, nil
}

func (r *Reader) readHeader() error {
	n, size, err := r.in.length("header")
	if err != nil {
		return err
	}
	if err := r.l.checkHeader(n, int64(size)); err != nil {
		return err
	}
	b, err := r.in.peek(size+int(n), "header")
	if err != nil {
		return err
	}
	r.roots, err = parseHeader(b[size:], int64(size), &r.l, r.roots)
	r.in.skip(len(b))
	return err
}

// Roots returns the roots that the header names. The slice is the Reader's.
func (r *Reader) Roots() []dagcbor.CID { return r.roots }

// Offset returns the offset in the file at which the next section begins: how
// many bytes the header and the blocks returned so far have. After an error
// that is where the section begins that could not be read.
func (r *Reader) Offset() int64 {
	if r.i == 0 {
		return r.off
	}
	s := &r.ready[r.i-1]
	return s.start + int64(len(s.content))
}

// Next returns the next block, checked against its CID. Its Data is valid only
// until the next call, unless it aliases the file or [Options.KeepBlocks] is
// set. The error is [io.EOF], itself, at the end of the file; after any error
// every further call returns the same.
func (r *Reader) Next() (Block, error) {
	if r.i == len(r.ready) {
		if err := r.more(); err != nil {
			return Block{}, err
		}
	}
	s := &r.ready[r.i]
	r.i++
	return blockIn(s.content), nil
}

// NextIf returns the data of the next block and goes past it, as Next does, if
// it is the block that c names. Otherwise it returns false, and what comes next
// is for Next to tell. Who knows what to expect is spared much by it.
func (r *Reader) NextIf(c dagcbor.CID) (data []byte, found bool) {
	if r.i == len(r.ready) && r.more() != nil {
		return nil, false
	}
	s := &r.ready[r.i]
	if !isOf(s.content, c) {
		return nil, false
	}
	r.i++
	return s.content[cidLen:], true
}

// more makes ready what comes next: the sections of a batch, or one.
func (r *Reader) more() error {
	if r.err != nil {
		return r.err
	}
	r.off = r.Offset()
	r.ready, r.i = nil, 0
	if r.ahead != nil {
		r.err = r.moreAhead()
	} else {
		r.err = r.one()
	}
	if r.err != nil {
		r.Stop()
	}
	return r.err
}

func (r *Reader) one() error {
	s, err := cutSection(&r.in, &r.l, r.n+1)
	if err == nil {
		err = r.l.checkBlock(s.content, s.start)
	}
	if err != nil {
		return err
	}
	r.n++
	r.room[0] = s
	r.ready = r.room[:]
	return nil
}

func (r *Reader) moreAhead() error {
	for len(r.ready) == 0 {
		if r.batch != nil {
			if err := r.batch.failure(); err != nil {
				return err
			}
		}
		r.batch = r.ahead.nextBatch(&r.in, &r.l, r.batch)
		r.ready = r.batch.sections[:r.batch.good]
	}
	return nil
}

// Stop returns when nobody works for the Reader any more, for which it waits a
// fraction of a millisecond at most: with [Options.ReadAhead] others may be
// hashing what was read. It need not be called, since they end by themselves,
// and have ended when Next has returned an error. Next can go on after it.
func (r *Reader) Stop() {
	if r.ahead != nil {
		r.ahead.stop()
	}
}

// cutSection returns section number count, which comes next in the input, and
// goes past it. Its hash is not compared. The error is io.EOF, itself, at the
// end.
func cutSection(in *input, l *limits, count int64) (section, error) {
	if in.atEnd() {
		return section{}, io.EOF
	}
	n, size, err := in.length("section length")
	if err != nil {
		return section{}, err
	}
	at, start := in.off, in.off+int64(size)
	if err := l.checkSection(n, at, start, count); err != nil {
		return section{}, err
	}
	b, err := in.peek(size+int(n), "section")
	if err != nil {
		return section{}, err
	}
	in.skip(len(b))
	return section{b[size:], at, start}, nil
}

// Blocks returns the blocks that are left, as [Reader.Next] gives them. A pair
// with an error is the last one. A loop that is left early can be taken up
// again by another one, or by Next.
func (r *Reader) Blocks() iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		for {
			b, err := r.Next()
			if isEOF(err) {
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// isEOF reports whether err is the end of the input. An error that only wraps
// io.EOF is a failure of the reader that returned it.
func isEOF(err error) bool {
	return err == io.EOF //nolint:errorlint // see above
}
