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
	n     int64 // blocks returned
	off   int64 // where the next one begins
	err   error // what Next returns from now on

	ahead *ahead // nil if one block is read at a time
	batch *batch
	i     int // the next one in batch
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
func (r *Reader) Offset() int64 { return r.off }

// Next returns the next block, checked against its CID. Its Data is valid only
// until the next call, unless it aliases the file or [Options.KeepBlocks] is
// set. The error is [io.EOF], itself, at the end of the file; after any error
// every further call returns the same.
func (r *Reader) Next() (Block, error) {
	if r.err != nil {
		return Block{}, r.err
	}
	if r.ahead != nil {
		return r.nextAhead()
	}
	s, err := cutSection(&r.in, &r.l, r.n+1)
	if err == nil {
		err = r.l.checkBlock(s.content, s.start)
	}
	return r.result(s, err)
}

// nextAhead returns the next block of the batch, or of the next batch.
func (r *Reader) nextAhead() (Block, error) {
	for r.batch == nil || r.i == r.batch.good {
		if r.batch != nil {
			if err := r.batch.failure(); err != nil {
				return r.result(section{}, err)
			}
		}
		r.batch, r.i = r.ahead.nextBatch(&r.in, &r.l, r.batch), 0
	}
	s := r.batch.sections[r.i]
	r.i++
	return r.result(s, nil)
}

func (r *Reader) result(s section, err error) (Block, error) {
	if err != nil {
		r.err = err
		return Block{}, err
	}
	r.n++
	r.off = s.start + int64(len(s.content))
	return blockIn(s.content), nil
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
