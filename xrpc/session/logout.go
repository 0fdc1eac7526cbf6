package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/xrpc"
)

// Logout ends the session: at the server, with the tokens that it gave last, to
// this process or another one, and in the store. It waits for a renewal that is
// under way in any of them. That the server has ended the session before is no
// error. If the store or the server can't be asked, the session stays as it is,
// and Logout can be called again; [Session.Forget] drops it anyway.
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
	for {
		if again, err := s.end(ctx); !again {
			return err
		}
	}
}

// end ends the session that is in the store, with a lease, so that nobody renews
// it meanwhile, or if there is none the one in memory. again says that the lease
// has run out and somebody has stored newer tokens, which are to end as well.
func (s *Session) end(ctx context.Context) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.RenewTimeout)
	defer cancel()
	st, leased, err := s.take(ctx, s.current.Load(), nil)
	if errors.Is(err, ErrLost) {
		st, err = s.current.Load(), nil
	}
	if err != nil {
		return false, err
	}
	_, err = s.client.Call(ctx, &xrpc.Call{
		NSID: methodDelete, Kind: xrpc.KindProcedure, Options: refreshOptions(st),
	})
	ctx, finish := afterwards(ctx)
	defer finish()
	if err != nil && !xrpc.Is(err, xrpc.ExpiredToken, xrpc.InvalidToken) {
		s.release(ctx, st, leased)
		return false, err
	}
	ok := true
	if err = nil; leased != nil {
		ok, err = s.opts.Store.Swap(ctx, s.key, leased, nil)
	}
	if err == nil && !ok {
		return true, nil
	}
	s.drop()
	return false, err
}

// drop takes the session out of use.
func (s *Session) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == nil {
		s.over = fmt.Errorf("%w: logged out", ErrLost)
	}
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
// the server: the tokens stay good until they expire. A session of another
// account that has taken its place in the store stays there.
func (s *Session) Forget(ctx context.Context) error {
	s.drop()
	for {
		value, err := s.opts.Store.Load(ctx, s.key)
		if err != nil || value == nil {
			return err
		}
		if st, err := decodeState(value); err == nil && st.DID != s.DID() {
			return nil
		}
		if ok, err := s.opts.Store.Swap(ctx, s.key, value, nil); ok || err != nil {
			return err
		}
	}
}
