package xrpc

import (
	"context"
	"errors"
	"io"
	"sync"
)

var errAbandoned = errors.New("xrpc: the request is over")

// sendSize is how much of a source is read at once, in bytes.
const sendSize = 32 << 10

// A sender is the body of one attempt, on its way to the server. The transport
// reads it on a goroutine of its own, which may go on when the answer has
// begun, and does not end before its Read does. So the source is read on yet
// another one: a source that hangs must not keep the call from ending.
type sender struct {
	body   io.Reader
	size   int64 // -1 if not known
	dog    *watchdog
	report func(int64)

	turn chan struct{} // holds one token while nobody reads the source
	done chan struct{} // closed when nothing is to be read any more
	buf  []byte
	rest []byte // of buf: what was read, and not taken yet
	err  error  // of the source, after rest

	mu    sync.Mutex
	sent  int64 // bytes that the transport has taken
	told  int64
	muted bool // the answer has begun: what is left is nobody's business
	over  bool // done is closed

	broken error // with which the source has failed; nil if it has not
}

func newSender(b *Body, dog *watchdog) (*sender, error) {
	r, err := b.open()
	if err != nil {
		return nil, err
	}
	s := &sender{
		body: r, size: b.size, dog: dog, report: b.Progress,
		turn: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.turn <- struct{}{}
	return s, nil
}

// Read implements [io.Reader]. The time that the source takes is not the
// network's, so that the watchdog sleeps meanwhile.
func (s *sender) Read(p []byte) (int, error) {
	if !s.before() {
		return 0, errAbandoned
	}
	if len(s.rest) == 0 && s.err == nil && !s.fill() {
		return 0, errAbandoned
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	if !s.after(n) {
		return 0, errAbandoned
	}
	if len(s.rest) > 0 {
		return n, nil
	}
	return n, s.err
}

// fill reads the source, unless the request ends before that has an end.
func (s *sender) fill() bool {
	select {
	case <-s.turn:
	case <-s.done:
		return false
	}
	if s.buf == nil {
		s.buf = make([]byte, sendSize)
	}
	type result struct {
		n   int
		err error
	}
	read := make(chan result, 1)
	go func() {
		n, err := s.body.Read(s.buf)
		read <- result{n, err}
		s.turn <- struct{}{}
	}()
	select {
	case r := <-read:
		s.rest, s.err = s.buf[:r.n], r.err
		if errors.Is(r.err, io.EOF) && s.sent+int64(r.n) < s.size {
			s.err = io.ErrUnexpectedEOF
		}
		if s.err != nil && !errors.Is(s.err, io.EOF) {
			s.mu.Lock()
			s.broken = s.err
			s.mu.Unlock()
		}
		return true
	case <-s.done:
		return false
	}
}

// before reports whether the transport may go on. That it asks for more means
// that it has sent what it had.
func (s *sender) before() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && !s.muted {
		s.dog.disarm()
		s.tell()
	}
	return !s.over
}

func (s *sender) after(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent += int64(n)
	if !s.over && !s.muted {
		s.dog.arm()
	}
	return !s.over
}

// tell reports what was sent.
func (s *sender) tell() {
	if s.report != nil && s.sent > s.told {
		s.told = s.sent
		s.report(s.sent)
	}
}

// Close implements [io.Closer]. The transport closes the body when the request
// was sent, or is given up.
func (s *sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.over = true
		close(s.done)
	}
	return nil
}

// mute leaves the watchdog to the answer, which has begun. If it is one of
// success, all was sent.
func (s *sender) mute(success bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if success {
		s.tell()
	}
	s.muted = true
	s.dog.arm()
}

// failed returns the error of the source, if it was that which failed, and not
// the network.
func (s *sender) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// abandon ends the reading of the source, except for a Read that is under way.
func (s *sender) abandon() { _ = s.Close() }

// settle abandons and waits for a Read that is under way, so that the source can
// be used again.
func (s *sender) settle(ctx context.Context) error {
	s.abandon()
	select {
	case <-s.turn:
		s.turn <- struct{}{}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
