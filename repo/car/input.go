package car

import (
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
}

const (
	// bufferSize is how much is read at a time, and all that is allocated on
	// the word of a length alone.
	bufferSize = 64 << 10

	maxEmptyReads = 100
)

func newInput(r io.Reader) input {
	return input{r: r, buf: make([]byte, bufferSize)}
}

// peek returns the next n bytes, which stay valid until the next call. If the
// input ends before, or fails, the error says that what is cut off.
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

// makeRoom makes room in the buffer for at least one more of the n bytes that
// are wanted. The buffer grows with what really arrives.
func (in *input) makeRoom(n int) {
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
