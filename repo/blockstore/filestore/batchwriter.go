package filestore

import (
	"encoding/binary"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
)

// flushSize is how much of a batch is kept until it is written: most batches
// are one write.
const flushSize = 256 << 10

// A batchWriter writes one batch. If that takes several writes, the one that
// makes it a batch, that of the prefix, comes last.
type batchWriter struct {
	w     io.WriterAt
	h     *header
	start int64  // where the batch begins
	pos   int64  // where buf goes
	buf   []byte // what is not written yet
	sum   uint32 // checksum of the part of the body that is
	err   error
}

// newBatchWriter begins a batch at an offset. It uses the room of buf.
func newBatchWriter(w io.WriterAt, h *header, off int64, buf []byte) *batchWriter {
	return &batchWriter{w: w, h: h, start: off, pos: off, buf: append(buf[:0], make([]byte, prefixLen)...)}
}

func (w *batchWriter) head(c dagcbor.CID) { w.buf = appendCID(w.buf, c) }

// block adds a new block and returns its place.
func (w *batchWriter) block(c dagcbor.CID, refs uint32, data []byte) place {
	w.room(cidLen + 16 + len(data))
	w.buf = append(w.buf, entryNew)
	w.buf = binary.AppendUvarint(w.buf, uint64(refs))
	w.buf = binary.AppendUvarint(w.buf, uint64(len(data)))
	at := placeOf(w.pos+int64(len(w.buf)), len(data))
	w.buf = appendCID(w.buf, c)
	if len(data) < flushSize {
		w.buf = append(w.buf, data...)
		return at
	}
	w.flush()
	w.write(data)
	return at
}

// refs adds the new references of a block that is there.
func (w *batchWriter) refs(c dagcbor.CID, at place, refs uint32) {
	w.room(cidLen + 16)
	w.buf = append(w.buf, entryRefs)
	w.buf = appendCID(w.buf, c)
	w.buf = binary.AppendUvarint(w.buf, uint64(at.offset()))
	w.buf = binary.AppendUvarint(w.buf, uint64(refs))
}

// room makes room for n bytes, if it is less than there can be.
func (w *batchWriter) room(n int) {
	if len(w.buf)+n > flushSize {
		w.flush()
	}
}

func (w *batchWriter) flush() {
	w.write(w.buf)
	w.buf = w.buf[:0]
}

// write writes the next part of the batch.
func (w *batchWriter) write(b []byte) {
	if w.err != nil {
		return
	}
	body := b
	if w.pos == w.start {
		body = b[prefixLen:]
	}
	w.sum = checksum(w.sum, body)
	_, w.err = w.w.WriteAt(b, w.pos)
	w.pos += int64(len(b))
}

// finish writes what is left and returns where the batch ends.
func (w *batchWriter) finish() (end int64, err error) {
	end = w.pos + int64(len(w.buf))
	bodyLen := end - w.start - int64(prefixLen)
	if w.pos == w.start {
		w.h.appendPrefix(w.buf[:0], w.start, bodyLen, checksum(0, w.buf[prefixLen:]))
		w.flush()
		return end, w.err
	}
	w.flush()
	if w.err == nil {
		_, w.err = w.w.WriteAt(w.h.appendPrefix(w.buf[:0], w.start, bodyLen, w.sum), w.start)
	}
	return end, w.err
}
