package xrpc

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/linnet-at/linnet/syntax"
)

// A Response is the answer to a call that succeeded.
type Response struct {
	Status int         // of HTTP, 2xx
	Header http.Header // of the response

	// Body is the output of a call with Stream, and nil for others. It must be
	// closed, may be closed at any time, and must not be read by two
	// goroutines at once. Reading fails with a [*NetworkError] if the output
	// is cut off or does not go on, and with a [*LimitError] beyond
	// [CallOptions].MaxOutput.
	Body io.ReadCloser
	// Size is the length of Body in bytes, or -1 if it is not known. The
	// server says so.
	Size int64
}

// RateLimit returns what the server says of its limits; see [ParseRateLimit].
func (r Response) RateLimit() (RateLimit, bool) { return ParseRateLimit(r.Header) }

// RepoRev returns the revision of the caller's repository that the answer takes
// into account, if the service says so.
func (r Response) RepoRev() (syntax.TID, bool) {
	rev, err := syntax.ParseTID(r.Header.Get("Atproto-Repo-Rev"))
	return rev, err == nil
}

// ContentLabelers returns the labelers whose labels are in the answer.
//
// https://atproto.com/specs/label#labeler-http-headers
func (r Response) ContentLabelers() ([]Labeler, error) {
	return ParseLabelers(r.Header[contentLabelers])
}

// A streamBody is the output of a call with Stream.
type streamBody struct {
	body   io.ReadCloser
	dog    *watchdog
	sender *sender           // of the input; may be nil
	fail   func(error) error // makes the error of one of the network
	over   func(*LimitError) error
	limit  int64 // bytes; 0 for none
	size   int64 // declared; -1 if not known

	read  atomic.Int64
	err   error // what Read returns from now on
	once  sync.Once
	onEnd func(received int64, err error)
}

// Read implements [io.Reader].
func (b *streamBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	left := b.limit - b.read.Load()
	if b.limit > 0 && int64(len(p)) > left {
		p = p[:left+1]
	}
	b.dog.arm()
	n, err := b.body.Read(p)
	b.dog.disarm()
	if b.limit > 0 && int64(n) > left {
		n = int(left)
		err = b.over(&LimitError{Name: limitOutput, Limit: b.limit, Got: max(b.limit+1, b.size), Offset: -1})
	} else if err != nil && !errors.Is(err, io.EOF) {
		err = b.fail(err)
	}
	b.read.Add(int64(n))
	if err != nil {
		b.err = err
		b.end(err)
	}
	return n, err
}

// Close implements [io.Closer]. What has not been read is not waited for.
func (b *streamBody) Close() error {
	b.end(io.EOF)
	return nil
}

// end gives the connection back once, and tells the hook.
func (b *streamBody) end(err error) {
	b.once.Do(func() {
		_ = b.body.Close() // nothing depends on it any more
		b.dog.stop()
		if b.sender != nil {
			b.sender.abandon()
		}
		if b.onEnd == nil {
			return
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		b.onEnd(b.read.Load(), err)
	})
}
