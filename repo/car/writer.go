package car

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
)

// AppendHeader appends the header of a CAR file with these roots, for those
// who assemble one in memory. It panics if a root is undefined.
func AppendHeader(dst []byte, roots ...dagcbor.CID) []byte {
	h := make([]byte, 0, 20+41*len(roots))
	h = dagcbor.AppendMap(h, 2)
	h = dagcbor.AppendText(h, "roots")
	h = dagcbor.AppendArray(h, len(roots))
	for _, c := range roots {
		h = dagcbor.AppendLink(h, c)
	}
	h = dagcbor.AppendText(h, "version")
	h = dagcbor.AppendInt(h, 1)
	return append(binary.AppendUvarint(dst, uint64(len(h))), h...)
}

// AppendBlock appends a section. That c is the CID of data is the caller's
// duty. It panics if c is undefined.
func AppendBlock(dst []byte, c dagcbor.CID, data []byte) []byte {
	return append(appendSection(dst, c, len(data)), data...)
}

// appendSection appends what stands before the data of a section.
func appendSection(dst []byte, c dagcbor.CID, size int) []byte {
	dst, err := c.AppendBinary(binary.AppendUvarint(dst, uint64(cidLen+size)))
	if err != nil {
		panic("car: block with an undefined CID")
	}
	return dst
}

// A Writer writes a CAR file. It writes the header when it is made and each
// block when it is given, in two calls of Write, and buffers nothing: give it a
// [bufio.Writer] if that matters.
//
// A Writer must not be used by several goroutines at once.
type Writer struct {
	w   io.Writer
	buf []byte // for what stands before the data of a section
	n   int64
	err error
}

// NewWriter writes the header of a CAR file with these roots to w. For a
// repository there is one root, its commit. The error is that of w, or says
// that a root is undefined; nothing is written in that case.
func NewWriter(w io.Writer, roots ...dagcbor.CID) (*Writer, error) {
	for _, c := range roots {
		if !c.Defined() {
			return nil, errors.New("car: root is an undefined CID")
		}
	}
	cw := &Writer{w: w, buf: make([]byte, 0, 64)}
	cw.write(AppendHeader(nil, roots...))
	if cw.err != nil {
		return nil, cw.err
	}
	return cw, nil
}

// Put writes a block. That c is the CID of data is the caller's duty; an
// undefined c is an error. After any error every further call returns the same,
// and the file is not to be used. An error of the underlying writer is returned
// as it is.
func (w *Writer) Put(c dagcbor.CID, data []byte) error {
	if w.err == nil && !c.Defined() {
		w.err = errors.New("car: block with an undefined CID")
	}
	if w.err == nil {
		w.buf = appendSection(w.buf[:0], c, len(data))
		w.write(w.buf)
		w.write(data)
	}
	return w.err
}

// Size returns how many bytes have been written.
func (w *Writer) Size() int64 { return w.n }

func (w *Writer) write(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.w.Write(b)
	if n < len(b) && err == nil {
		err = io.ErrShortWrite
	}
	w.n += int64(n)
	w.err = err
}
