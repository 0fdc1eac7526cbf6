package car

import (
	"encoding/binary"
	"errors"
	"io"
)

// An input is a buffer over a stream. What has been read and not yet skipped
// is buf[pos:end].
type input struct {
	r        io.Reader
	buf      []byte
	pos, end int
	off      int64 // in the file, of buf[pos]
	err      error // of r; comes after buf[pos:end]
	warmed   byte  // means nothing; it takes what warm has looked at

	// If what peek returned is not to be written over, a buffer that is full
	// is followed by another one. Those before it can be used again when
	// release says so.
	keep  bool
	reuse bool
	gen   int64 // the number of buf
	full  []buffer
	spare [][]byte
}

// A buffer is one of those that were full, with its number.
type buffer struct {
	gen int64
	buf []byte
}

const (
	// bufferSize is how much is read at a time, and all that is allocated on
	// the word of a length alone.
	bufferSize = 64 << 10

	maxEmptyReads = 100
)

func newInput(r io.Reader, o *Options) input {
	in := input{r: r, buf: make([]byte, bufferSize)}
	if o != nil {
		in.keep = o.ReadAhead || o.KeepBlocks
		in.reuse = in.keep && !o.KeepBlocks
	}
	return in
}

// bytesInput is the input of what is in memory from start on. It copies
// nothing.
func bytesInput(b []byte, start int) input {
	return input{buf: b, pos: start, end: len(b), off: int64(start), err: io.EOF}
}

// peek returns the next n bytes, which stay valid until the next call, or, with
// keep, until their buffer is released. If the input ends before, or fails, the
// error says that what is cut off.
func (in *input) peek(n int, what string) ([]byte, error) {
	if in.end-in.pos < n && !in.fill(n) {
		off := in.off + int64(in.end-in.pos)
		if isEOF(in.err) {
			return nil, truncated(off, what)
		}
		return nil, &Error{off, "reading", in.err}
	}
	return in.buf[in.pos : in.pos+n : in.pos+n], nil
}

// length looks at the length that comes next. It waits for no byte that is not
// part of it.
func (in *input) length(what string) (n uint64, size int, err error) {
	var b []byte
	for size := 1; size <= maxVarint; size++ {
		if b, err = in.peek(size, what); err != nil {
			return 0, 0, err
		}
		if b[size-1] < 0x80 {
			break
		}
	}
	return readLength(b, in.off, what)
}

// skip goes past n bytes that peek returned.
func (in *input) skip(n int) {
	in.pos += n
	in.off += int64(n)
}

// atEnd reports whether the input ends here. A failure is not the end.
func (in *input) atEnd() bool {
	return in.end == in.pos && !in.fill(1) && isEOF(in.err)
}

// fill reads until n bytes are in the buffer, and reports whether they are.
func (in *input) fill(n int) bool {
	for empty := 0; in.end-in.pos < n; {
		if in.err != nil {
			return false
		}
		in.makeRoom(n)
		got, err := in.r.Read(in.buf[in.end:])
		if got < 0 || got > len(in.buf)-in.end {
			got, err = 0, errCount
		}
		in.end += got
		if empty++; got > 0 {
			empty = 0
		}
		if err == nil && empty == maxEmptyReads {
			err = io.ErrNoProgress
		}
		in.err = err
	}
	return true
}

var errCount = errors.New("reader returned an impossible number of bytes")

// hasSection reports whether a whole section is in the buffer.
func (in *input) hasSection() bool {
	n, size := binary.Uvarint(in.buf[in.pos:in.end])
	return size > 0 && n <= uint64(in.end-in.pos-size)
}

// makeRoom makes room in the buffer for at least one more of the n bytes that
// are wanted. The buffer grows with what really arrives.
func (in *input) makeRoom(n int) {
	if in.keep {
		in.renew(n)
		return
	}
	if in.pos > 0 && in.pos+n > len(in.buf) {
		in.end = copy(in.buf, in.buf[in.pos:in.end])
		in.pos = 0
	}
	if in.end < len(in.buf) {
		return
	}
	size := n
	if len(in.buf) < n/2 {
		size = 2 * len(in.buf)
	}
	bigger := make([]byte, size)
	copy(bigger, in.buf[:in.end])
	in.buf = bigger
}

// renew is makeRoom without writing over anything: if the n bytes do not fit
// behind what was read before, they get a new buffer.
func (in *input) renew(n int) {
	have := in.end - in.pos
	if in.pos+n <= len(in.buf) || in.pos == 0 && in.end < len(in.buf) {
		return
	}
	next := in.newBuffer(min(n, max(bufferSize, 2*have)))
	in.end = copy(next, in.buf[in.pos:in.end])
	in.pos = 0
	if in.reuse && len(in.buf) == bufferSize {
		in.full = append(in.full, buffer{in.gen, in.buf})
	}
	in.buf = next
	in.gen++
}

// newBuffer returns a buffer of at least size bytes, of which few are larger
// than the others.
func (in *input) newBuffer(size int) []byte {
	last := len(in.spare) - 1
	if size > bufferSize || last < 0 {
		return make([]byte, max(size, bufferSize))
	}
	b := in.spare[last]
	in.spare = in.spare[:last]
	return b
}

// release lets the buffers before number gen be used again.
func (in *input) release(gen int64) {
	n := 0
	for n < len(in.full) && in.full[n].gen < gen {
		in.spare = append(in.spare, in.full[n].buf)
		n++
	}
	in.full = in.full[:copy(in.full, in.full[n:])]
}
