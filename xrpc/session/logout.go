package session

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/xrpc"
)

// Logout ends the session: at the server, and in the store. That the server has
// ended it before is no error. If the server can't be asked, the session stays
// as it is, and Logout can be called again; [Session.Forget] drops it anyway.
//
// https://atproto.com/specs/xrpc#authentication
func (s *Session) Logout(ctx context.Context) (err error) {
	f, err := s.reserve(ctx)
	if err != nil {
		return err
	}
	defer func() {
		s.mu.Lock()
		f.err, s.flight = err, nil
		if s.over != nil {
			f.err = s.over
		}
		s.mu.Unlock()
		close(f.done)
	}()
	_, err = s.client.Call(ctx, &xrpc.Call{
		NSID: methodDelete, Kind: xrpc.KindProcedure, Options: refreshOptions(s.current.Load()),
	})
	if err != nil && !xrpc.Is(err, xrpc.ExpiredToken, xrpc.InvalidToken) {
		return err
	}
	return s.Forget(ctx)
}

// reserve waits until no renewal is under way, and keeps others from beginning
// until the flight that it returns is over.
func (s *Session) reserve(ctx context.Context) (*flight, error) {
	for {
		s.mu.Lock()
		running := s.flight
		if running == nil {
			f := &flight{done: make(chan struct{})}
			s.flight = f
			s.mu.Unlock()
			return f, nil
		}
		s.mu.Unlock()
		select {
		case <-running.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Forget takes the session out of the store and out of use, without a word to
// the server: the tokens stay good until they expire.
func (s *Session) Forget(ctx context.Context) error {
	s.mu.Lock()
	if s.over == nil {
		s.over = fmt.Errorf("%w: logged out", ErrLost)
	}
	s.mu.Unlock()
	for {
		value, err := s.opts.Store.Load(ctx, s.key)
		if err != nil || value == nil {
			return err
		}
		if ok, err := s.opts.Store.Swap(ctx, s.key, value, nil); ok || err != nil {
			return err
		}
	}
}
