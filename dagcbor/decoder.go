package dagcbor

import (
	"errors"
	"fmt"
	"io"
	"iter"
)

// minRead is the least room for which a Decoder asks its reader.
const minRead = 4096

// A Decoder reads values that follow each other from a stream, one after the
// other without anything between them, and refuses what is not canonical as soon
// as it comes. [Values] does the same for a slice.
//
// It holds one value and what came with its last bytes, in a buffer of at most
// 4 KiB and twice the largest value so far, which [Options.MaxSize] limits. What
// a value claims to hold sets nothing aside. However small the pieces are in
// which a value comes, it is gone through once.
//
// A Decoder must not be used by several goroutines at once.
type Decoder struct {
	r       io.Reader
	l       limits
	room    []byte  // the buffer
	buf     []byte  // the part of room that was read and is not done with
	base    int64   // offset in the stream of buf[0]
	done    int     // bytes of buf that belong to the value returned last
	open    []frame // containers that are open where the scan of buf stopped
	err     error   // what ended the decoder
	readErr error   // what r returned last, to be looked at when buf is used up
}

// NewDecoder returns a Decoder on r. A nil o means the default limits;
// [Options.MaxSize] is the limit on each value, and the stream has none. The
// Decoder may read more of r than the values that it has returned.
func NewDecoder(r io.Reader, o *Options) *Decoder {
	return &Decoder{r: r, l: o.limits()}
}

// Offset returns how many bytes of the stream the values returned so far take.
func (d *Decoder) Offset() int64 { return d.base + int64(d.done) }

// ReadValue returns the next value, checked as by [Valid], in a buffer of the
// Decoder: it is good until the next call. At the end of the stream the error is
// [io.EOF]; if that is inside of a value, it wraps [io.ErrUnexpectedEOF]. Errors
// of the reader come as they are, after all values that came before them. An
// [*Error] or [*LimitError] has the offset in the stream. After an error every
// further call returns the same.
func (d *Decoder) ReadValue() ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	d.base += int64(d.done)
	d.buf = d.buf[d.done:]
	d.done = 0
	d.open = d.open[:0]
	for off := 0; ; {
		window := d.buf[:min(len(d.buf), d.l.size)]
		var p problem
		off, d.open, p = scanOn(window, off, d.open, &d.l, 0)
		switch {
		case p.f == ok:
			d.done = off
			return d.buf[:d.done:d.done], nil
		case p.f != faultTruncated:
			d.err = atOffset(p.err(&d.l), d.base)
		case len(d.buf) > d.l.size:
			d.err = limitError(faultSize, &d.l, d.l.size+1, int(d.base))
		default:
			d.err = d.fill()
		}
		if d.err != nil {
			return nil, d.err
		}
	}
}

// fill reads more, as much as there is room for. What is wrong with the reader
// is told only when there is nothing more to be read.
func (d *Decoder) fill() error {
	if d.readErr == nil {
		d.makeRoom()
		n := len(d.buf)
		d.read()
		if len(d.buf) > n {
			return nil
		}
	}
	switch {
	case !errors.Is(d.readErr, io.EOF):
		return d.readErr
	case len(d.buf) == 0:
		return io.EOF
	}
	return fmt.Errorf("dagcbor: stream ends inside of the value at offset %d: %w", d.base, io.ErrUnexpectedEOF)
}

// makeRoom sees to it that minRead bytes can be read behind buf. Where that
// takes copying, it makes room for as much as is copied.
func (d *Decoder) makeRoom() {
	n := len(d.buf)
	if cap(d.buf)-n >= minRead {
		return
	}
	if len(d.room)-n < max(minRead, n) {
		d.room = make([]byte, n+max(minRead, n))
	}
	copy(d.room, d.buf)
	d.buf = d.room[:n]
}

// maxEmptyReads is how often in a row a reader may return nothing, not even an
// error.
const maxEmptyReads = 100

// read appends what r has to buf, and notes its error.
func (d *Decoder) read() {
	free := d.buf[len(d.buf):cap(d.buf)]
	for range maxEmptyReads {
		n, err := d.r.Read(free)
		if n < 0 || n > len(free) {
			n, err = 0, errors.New("dagcbor: reader returned an impossible count")
		}
		d.buf, d.readErr = d.buf[:len(d.buf)+n], err
		if n > 0 || err != nil {
			return
		}
	}
	d.readErr = io.ErrNoProgress
}

// Decode reads the next value into the Go value that v points to, as
// [Unmarshal] does and within its limits. A value that does not fit v is passed
// over: the next call goes on behind it.
func (d *Decoder) Decode(v any) error {
	b, err := d.ReadValue()
	if err != nil {
		return err
	}
	return atOffset(Unmarshal(b, v), d.base)
}

// Values returns the values that are left in the stream, as
// [Decoder.ReadValue] reads them: each is good until the loop goes on. An error
// other than the end of the stream is the last pair, with a nil value.
func (d *Decoder) Values() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			b, err := d.ReadValue()
			if errors.Is(err, io.EOF) || !yield(b, err) || err != nil {
				return
			}
		}
	}
}
