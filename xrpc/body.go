package xrpc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DefaultMediaType is the type of a [Body] whose type is not known
// (https://atproto.com/specs/data-model#blob-type).
const DefaultMediaType = "application/octet-stream"

// ErrBodyConsumed is the error of a call with a [Body] that was read before and
// can't be read again.
var ErrBodyConsumed = errors.New("xrpc: the body was read before and can't be had again")

// A Body is the input of a procedure as a stream, such as a file. It is used by
// one call at a time. Make one with [NewBody].
type Body struct {
	// Progress is called as the body is sent, with the bytes that the network
	// has taken so far; it begins again with each attempt. It is called on
	// another goroutine than the call, must be quick, and is not called any
	// more when the call has returned. Nil is not called.
	Progress func(sent int64)

	mediaType string
	size      int64
	rewind    func() (io.Reader, error) // nil if that can't be done
	reader    io.Reader                 // for the first time, if rewind is nil; then nil
	err       error                     // why it can't be sent; may be nil
}

// NewBody returns a body of the given media type, where "" means
// [DefaultMediaType], that reads r from where it is now to its end.
//
// If r is an [io.Seeker] that can seek, such as a file or a [*bytes.Reader], or
// a [*bytes.Buffer], its size is known and sent, and the call can be repeated
// if need be: by the rules of [Retry], or when credentials had to be renewed.
// Any other reader is read once, and is sent in pieces without a size unless
// size says it; a call with it is never repeated.
//
// size is the number of bytes to be read, or negative for all that there are.
// If there are fewer, the call fails with [io.ErrUnexpectedEOF]: before anything
// is sent if r can seek, and otherwise at the end of r, without being complete.
//
// A call with a media type that is none, or is "*/*" or the like, fails before
// anything is sent.
//
// If r fails, so does the call, with that error, and is not repeated. The server
// may have a part of the content then.
//
// r is not closed. If a call returns before all was sent, a Read of r may still
// be under way.
func NewBody(mediaType string, r io.Reader, size int64) *Body {
	if mediaType == "" {
		mediaType = DefaultMediaType
	}
	b := &Body{mediaType: mediaType, size: max(size, -1), reader: r}
	if !validMediaType(mediaType) {
		b.err = fmt.Errorf("invalid media type %s", quote(mediaType))
	}
	switch r := r.(type) {
	case nil:
		b.setBytes(nil)
	case *bytes.Buffer:
		b.setBytes(r.Bytes())
	case *strings.Reader:
		b.setSeeker(r)
	case io.ReadSeeker:
		b.setSeeker(r)
	}
	return b
}

func (b *Body) setBytes(content []byte) {
	b.setSeeker(bytes.NewReader(content))
}

// setSeeker lets b read r, if it can really seek.
func (b *Body) setSeeker(r io.ReadSeeker) {
	start, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return
	}
	end, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return
	}
	if _, err = r.Seek(start, io.SeekStart); err != nil {
		return
	}
	switch rest := max(end-start, 0); {
	case b.size < 0:
		b.size = rest
	case rest < b.size && b.err == nil:
		b.err = fmt.Errorf("%d bytes instead of %d: %w", rest, b.size, io.ErrUnexpectedEOF)
	}
	b.rewind = func() (io.Reader, error) {
		_, err := r.Seek(start, io.SeekStart)
		return r, err
	}
}

// MediaType returns the media type.
func (b *Body) MediaType() string { return b.mediaType }

// Size returns the number of bytes, or -1 if that is not known.
func (b *Body) Size() int64 { return b.size }

// Rewinds reports whether the body can be read more than once.
func (b *Body) Rewinds() bool { return b.rewind != nil }

// open returns the content from its beginning.
func (b *Body) open() (io.Reader, error) {
	if b.err != nil {
		return nil, b.err
	}
	r, err := b.reader, error(nil)
	switch {
	case b.rewind != nil:
		r, err = b.rewind()
	case r == nil:
		err = ErrBodyConsumed
	default:
		b.reader = nil
	}
	if err == nil && b.size >= 0 {
		r = io.LimitReader(r, b.size)
	}
	return r, err
}
