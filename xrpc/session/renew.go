package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"time"

	"github.com/linnet-at/linnet/xrpc"
)

// How long no renewal is tried after one has failed: the first pause, which
// doubles with each failure, and the longest.
const (
	minPause = time.Second
	maxPause = time.Minute
)

// A flight is one renewal, for which any number of calls wait.
type flight struct {
	done chan struct{}
	err  error // set when done is closed
}

// renew renews the session, unless it was already renewed since the access token
// used was got. It waits for the renewal that is under way, or for ctx.
func (s *Session) renew(ctx context.Context, used string) error {
	s.mu.Lock()
	if s.over != nil {
		s.mu.Unlock()
		return s.over
	}
	st := s.current.Load()
	if st.Access != used {
		s.mu.Unlock()
		return nil
	}
	f := s.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		s.flight = f
		go s.fly(context.WithoutCancel(ctx), f, st)
	}
	s.mu.Unlock()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fly makes one renewal. It does not depend on those who wait for it: tokens
// that were renewed and not taken are lost.
func (s *Session) fly(ctx context.Context, f *flight, st *state) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.RenewTimeout)
	defer cancel()
	next, err := s.renewed(ctx, st)
	lost := errors.Is(err, ErrLost)
	if next != nil {
		s.use(next)
	}
	s.mu.Lock()
	f.err, s.flight = err, nil
	if lost && s.over == nil {
		s.over = err
	}
	s.note(err)
	tell := lost && !s.quiet
	s.mu.Unlock()
	defer close(f.done)
	switch {
	case tell && s.opts.Lost != nil:
		s.opts.Lost(err)
	case next != nil && s.opts.Renewed != nil:
		s.opts.Renewed(next.info())
	}
}

// note keeps how a renewal ended, for those that come in the pause after it. The
// lock must be held.
func (s *Session) note(err error) {
	if s.failure = err; err == nil {
		s.failures, s.paused = 0, time.Time{}
		return
	}
	now := time.Now()
	pause := min(minPause<<min(s.failures, 10), maxPause)
	if e, ok := errors.AsType[*xrpc.Error](err); ok {
		pause = min(max(pause, e.RetryAfter(now)), maxPause)
	}
	s.failures++
	s.paused = now.Add(pause)
}

// renewed returns the state after st: one that another process has stored, or
// one from the server.
func (s *Session) renewed(ctx context.Context, st *state) (*state, error) {
	latest, leased, err := s.take(ctx, st, func(peer *state) bool { return !peer.expired() })
	if err != nil || leased == nil {
		return latest, err
	}
	return s.exchange(ctx, latest, leased)
}

// take gets the right to use the refresh token: of the processes that share the
// store, one at a time has a lease. It returns the latest state, which is st or
// one that another process has stored, and the value with our lease that is in
// the store now. There is none if enough, which may be nil, says that what
// another process has stored is all that is wanted.
func (s *Session) take(ctx context.Context, st *state, enough func(*state) bool) (latest *state, leased []byte, err error) {
	for {
		value, peer, err := s.load(ctx)
		if err != nil {
			return nil, nil, err
		}
		if peer.Rev > st.Rev || peer.Rev == st.Rev && peer.Access != st.Access {
			if enough != nil && enough(peer) {
				return peer, nil, nil
			}
			st = peer
		}
		if l := peer.Lease; l != nil && l.ID != s.lease && time.Now().UnixMilli() < l.Until {
			if err := wait(ctx, l); err != nil {
				return nil, nil, err
			}
			continue
		}
		l := &lease{ID: rand.Text(), Until: time.Now().Add(s.opts.RenewTimeout).UnixMilli()}
		leased, err := st.encode(l)
		if err != nil {
			return nil, nil, err
		}
		s.lease = l.ID
		ok, err := s.opts.Store.Swap(ctx, s.key, value, leased)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			return st, leased, nil
		}
	}
}

// release ends a lease; nil is none. That it can't be done is no error, as the
// lease runs out by itself.
func (s *Session) release(ctx context.Context, st *state, leased []byte) {
	if leased == nil {
		return
	}
	if value, err := st.encode(nil); err == nil {
		_, _ = s.opts.Store.Swap(ctx, s.key, leased, value)
	}
}

// afterwards returns a context for what is left to do in the store when the
// server has answered, whatever became of the call that needed it.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

// load returns what is stored. That there is nothing means that the session was
// ended elsewhere.
func (s *Session) load(ctx context.Context) ([]byte, *state, error) {
	value, err := s.opts.Store.Load(ctx, s.key)
	if err != nil {
		return nil, nil, err
	}
	if value == nil {
		return nil, nil, fmt.Errorf("%w: it was ended elsewhere", ErrLost)
	}
	st, err := decodeState(value)
	if err == nil && st.DID != s.DID() {
		err = fmt.Errorf("%w: the stored session is of another account", ErrLost)
	}
	return value, st, err
}

// wait waits a while for somebody else's renewal.
func wait(ctx context.Context, l *lease) error {
	d := min(20*time.Millisecond+mathrand.N(80*time.Millisecond), time.Until(time.UnixMilli(l.Until)))
	t := time.NewTimer(max(d, time.Millisecond))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// exchange gives the refresh token for new tokens, and stores them in the place
// of leased.
func (s *Session) exchange(ctx context.Context, st *state, leased []byte) (*state, error) {
	out := new(output)
	_, err := s.client.Call(ctx, &xrpc.Call{
		NSID: methodRefresh, Kind: xrpc.KindProcedure, Output: out, Options: refreshOptions(st),
	})
	if err = scrub(err); err == nil {
		err = out.checkTokens()
	}
	if err == nil && out.info.DID != st.DID {
		err = fmt.Errorf("%w: %w", ErrLost, mismatch(out.info.DID, st.DID))
	}
	if err != nil {
		return s.failed(ctx, st, leased, err)
	}
	next := newState(out, out.host(st.Host, s.opts.Client.Development), st.Rev+1)
	if err := s.save(ctx, next, leased); err != nil {
		if errors.Is(err, ErrLost) {
			return nil, err
		}
		if s.opts.StoreFailed != nil {
			s.opts.StoreFailed(err)
		}
	}
	return next, nil
}

// refreshOptions are the options for a call with the refresh token.
func refreshOptions(st *state) xrpc.CallOptions {
	o := ownCall()
	o.NoAuth, o.Auth = false, &refreshAuth{host: st.Host, header: &[1]string{"Bearer " + st.Refresh}}
	return o
}

// A refreshAuth adds the refresh token, which is behind a pointer, so that
// printing what holds it does not show it.
type refreshAuth struct {
	host   string
	header *[1]string
}

// Authorize implements [xrpc.Auth].
func (a *refreshAuth) Authorize(_ context.Context, req *http.Request) error {
	req.Header["Authorization"] = a.header[:]
	return nil
}

// Host implements [xrpc.HostAuth].
func (a *refreshAuth) Host() string { return a.host }

// save stores a state in the place of what was stored. Whoever stores last has
// the tokens that the server gave last.
func (s *Session) save(ctx context.Context, next *state, stored []byte) error {
	value, err := next.encode(nil)
	if err != nil {
		return err
	}
	for {
		ok, err := s.opts.Store.Swap(ctx, s.key, stored, value)
		if ok || err != nil {
			return err
		}
		if stored, _, err = s.load(ctx); err != nil {
			return err
		}
	}
}

// failed says what err, with which a renewal failed, means: that the session is
// over, that somebody else has renewed it meanwhile, or nothing. The lease ends.
func (s *Session) failed(ctx context.Context, st *state, leased []byte, err error) (*state, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	dead := errors.Is(err, ErrLost) || xrpc.Is(err, xrpc.ExpiredToken, xrpc.InvalidToken, xrpc.AccountTakedown)
	if !dead {
		s.release(ctx, st, leased)
		return nil, err
	}
	if ok, swapErr := s.opts.Store.Swap(ctx, s.key, leased, nil); swapErr == nil && !ok {
		if value, peer, loadErr := s.load(ctx); loadErr == nil && !bytes.Equal(value, leased) && peer.Access != st.Access {
			return peer, nil
		}
	}
	if errors.Is(err, ErrLost) {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", ErrLost, err)
}
