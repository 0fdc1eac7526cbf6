package car

import (
	"io"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Reader reads the blocks of a CAR file from a stream, in the order in which
// they stand. It holds one block at a time in memory.
//
// A Reader must not be used by several goroutines at once.
type Reader struct {
	in    input
	l     limits
	roots []dagcbor.CID
	n     int64 // blocks read
	err   error // what Next returns from now on
}

// NewReader reads the header of the CAR file in r and returns a Reader for its
// blocks. It reads ahead; what is in r after the file is lost. A nil o means
// the default limits.
//
// An error of r, other than [io.EOF], is wrapped in an [*Error].
func NewReader(r io.Reader, o *Options) (*Reader, error) {
	cr := &Reader{in: newInput(r), l: o.limits()}
	if err := cr.readHeader(); err != nil {
		return nil, err
	}
	return cr, nil
}

func (r *Reader) readHeader() error {
	n, size, err := r.length("header")
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
	r.roots, err = parseHeader(b[size:], int64(size), &r.l)
	r.in.skip(len(b))
	return err
}

// Roots returns the roots that the header names. The slice is the Reader's.
func (r *Reader) Roots() []dagcbor.CID { return r.roots }

// Offset returns the offset in the file at which the next section begins: how
// many bytes the header and the blocks returned so far have. After an error
// that is where the section begins that could not be read.
func (r *Reader) Offset() int64 { return r.in.off }

// Next returns the next block, checked against its CID. Its Data is valid only
// until the next call. The error is [io.EOF], itself, at the end of the file;
// after any error every further call returns the same.
func (r *Reader) Next() (Block, error) {
	if r.err != nil {
		return Block{}, r.err
	}
	b, err := r.next()
	if err != nil {
		r.err = err
		return Block{}, err
	}
	return b, nil
}

func (r *Reader) next() (Block, error) {
	if r.in.atEnd() {
		return Block{}, io.EOF
	}
	n, size, err := r.length("section length")
	if err != nil {
		return Block{}, err
	}
	start := r.in.off + int64(size)
	if err := r.l.checkSection(n, r.in.off, start, r.n+1); err != nil {
		return Block{}, err
	}
	b, err := r.in.peek(size+int(n), "section")
	if err != nil {
		return Block{}, err
	}
	content := b[size:]
	if err := checkBlock(content, start); err != nil {
		return Block{}, err
	}
	r.in.skip(len(b))
	r.n++
	return blockIn(content), nil
}

// length looks at the length that comes next in the input. It waits for no
// byte that is not part of it.
func (r *Reader) length(what string) (n uint64, size int, err error) {
	var b []byte
	for size := 1; size <= maxVarint; size++ {
		if b, err = r.in.peek(size, what); err != nil {
			return 0, 0, err
		}
		if b[size-1] < 0x80 {
			break
		}
	}
	return readLength(b, r.in.off, what)
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
