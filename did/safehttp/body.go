package safehttp

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// A body is the body of a response, with a limit. The exchange ends with it.
type body struct {
	io.ReadCloser
	limit    int64 // bytes; no limit if negative
	left     int64 // bytes that may still come
	declared int64 // length of the body; -1 if it is not known
	err      error // what Read will always return from now on
	end      func()
}

// newBody returns the body of res, which calls end once when it is closed,
// read to its end, or fails.
func newBody(res *http.Response, limit int64, end func()) *body {
	return &body{ReadCloser: res.Body, limit: limit, left: limit, declared: res.ContentLength, end: sync.OnceFunc(end)}
}

// Read reads at most what the limit leaves, and one byte more to see whether
// there is one.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.limit >= 0 && int64(len(p)) > b.left {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.limit >= 0 {
		if int64(n) > b.left {
			n, err = int(b.left), limitError(b.limit, b.declared)
		}
		b.left -= int64(n)
	}
	if err != nil {
		b.err = err
		b.end()
	}
	return n, err
}

// Close ends the exchange.
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.end()
	return err
}

// limitError returns the error of a body beyond its limit.
func limitError(limit, declared int64) error {
	return &LimitError{Name: limitBody, Limit: limit, Got: max(limit+1, declared), Offset: -1}
}

// ReadBody reads the body of res to its end and closes it. If there are more
// than limit bytes, the error is a [*LimitError], and the bytes up to the limit
// are returned with it. A negative limit is none but the client's.
//
// Memory grows with what is really read, not with what the header promises.
func ReadBody(res *http.Response, limit int64) ([]byte, error) {
	defer res.Body.Close()
	var buf bytes.Buffer
	const believed = 65_536 // bytes of a promised length for which memory is taken at once
	if n := res.ContentLength; n > 0 && (limit < 0 || n <= limit) {
		buf.Grow(int(min(n, believed)) + bytes.MinRead)
	}
	r := io.Reader(res.Body)
	if limit >= 0 {
		r = io.LimitReader(res.Body, limit+1)
	}
	_, err := buf.ReadFrom(r)
	if limit >= 0 && int64(buf.Len()) > limit {
		buf.Truncate(int(limit))
		err = limitError(limit, res.ContentLength)
	}
	return buf.Bytes(), err
}
