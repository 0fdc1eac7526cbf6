package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// Errors to branch on.
var (
	// ErrNoSession is the error of [Resume] when nothing is stored.
	ErrNoSession = errors.New("session: no session is stored")

	// ErrLost is in the errors of calls, and of the methods of a [Session],
	// when the session can't be used any more. The user has to log in again.
	ErrLost = errors.New("session: the session is over")

	// ErrOtherAccount means that a server speaks of another account than the
	// one that was asked for.
	ErrOtherAccount = errors.New("session: the server answered for another account")
)

// An Info is what is known of the account of a session. The server says so.
type Info struct {
	DID    syntax.DID
	Handle syntax.Handle // not verified
	Host   string        // the origin of the account's server

	// Active is false if the account is not hosted at present, for the reason
	// that Status may have: "takendown", "suspended", "deactivated", or others.
	Active bool
	Status string

	Email           string // may be empty
	EmailConfirmed  bool
	EmailAuthFactor bool // whether a login needs a code sent by e-mail
}

// A Session is an account that has logged in with a password. It may be used
// concurrently. Make one with [Login], [Resume], [Open] or [CreateAccount].
//
// It is the [xrpc.Auth] of its client, and may be that of others: it adds the
// access token to requests to the account's server, renews it shortly before it
// expires or when the server says that it has, and follows the account to the
// server that the answers name. However many calls are under way, it is renewed
// once, by one of the processes that share the store; what has begun is
// finished, even if the call that needed it is given up.
type Session struct {
	opts   Options
	key    string
	client *xrpc.Client

	current atomic.Pointer[state]

	lease string // the last one of ours; for the renewal under way alone

	mu     sync.Mutex
	over   error           // why the session can't be used; nil if it can
	flight *flight         // the renewal under way; nil for none
	hosts  map[string]bool // to which the token may be sent
	quiet  bool            // that the session is lost is not told

	refused  string    // the access token that the server has refused; "" for none
	failure  error     // of the last renewal; nil if that did not fail
	failures int       // in a row
	paused   time.Time // until when failure stands for further renewals
}

var (
	_ xrpc.ResponseAuth = (*Session)(nil)
	_ xrpc.HostAuth     = (*Session)(nil)
)

// newSession returns the session that a state is.
func newSession(opts Options, key string, st *state) (*Session, error) {
	s := &Session{opts: opts, key: key, hosts: make(map[string]bool)}
	client, err := opts.newClient(st.Host, s)
	if err != nil {
		return nil, err
	}
	s.client = client
	s.use(st)
	return s, nil
}

// use makes st the state.
func (s *Session) use(st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[st.Host] = true
	s.refused = ""
	s.current.Store(st)
}

// Client returns the client that makes calls for the account. It is always the
// same.
func (s *Session) Client() *xrpc.Client { return s.client }

// Info returns what is known of the account.
func (s *Session) Info() Info { return s.current.Load().info() }

// DID returns the account.
func (s *Session) DID() syntax.DID { return s.current.Load().DID }

// Host implements [xrpc.HostAuth].
func (s *Session) Host() string { return s.current.Load().Host }

// Err returns nil while the session can be used, and otherwise an error that
// matches [ErrLost].
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// Format keeps the tokens out of logs.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "session of %s", s.DID()) }

// Authorize implements [xrpc.Auth]. It adds the access token, renewed if it is
// about to expire. It refuses requests to servers other than the account's, so
// that the token does not get there.
//
// After a renewal that failed there is none for a time, which grows from a second
// to a minute, and is as long as the server asks for within that. Meanwhile, a
// token that has expired is not sent: the error is that of the renewal.
func (s *Session) Authorize(ctx context.Context, req *http.Request) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := s.freshen(ctx, s.current.Load()); err != nil {
		return err
	}
	st := s.current.Load()
	if !s.mayHave(req.URL, st) {
		return fmt.Errorf("session: %q is not the server of %s", req.URL.Host, st.DID)
	}
	req.Header["Authorization"] = st.header
	return nil
}

// freshen renews a session whose access token is about to expire, or has, if that
// was not tried just now. It is an error only for a token that has.
func (s *Session) freshen(ctx context.Context, st *state) error {
	s.mu.Lock()
	useless := s.refused == st.Access || s.opts.RenewBefore >= 0 && st.expired()
	failure := s.recent()
	s.mu.Unlock()
	switch {
	case useless && failure != nil:
		return failure
	case !useless && (failure != nil || !st.due(s.opts.RenewBefore)):
		return nil
	}
	if err := s.renew(ctx, st.Access); useless || st.expired() || errors.Is(err, ErrLost) {
		return err
	}
	return nil
}

// recent returns the error of a renewal that has just failed, if there is one,
// and no renewal under way. The lock must be held.
func (s *Session) recent() error {
	if s.flight == nil && time.Now().Before(s.paused) {
		return s.failure
	}
	return nil
}

// refuse notes that the server has refused the access token used, and returns
// the error of a renewal of it that has just failed, if there is one.
func (s *Session) refuse(used string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.Load().Access != used {
		return nil
	}
	s.refused = used
	return s.recent()
}

// mayHave reports whether a token may be sent to a URL: to the server that the
// account is on, or was on when the request began.
func (s *Session) mayHave(u *url.URL, st *state) bool {
	scheme, host, _ := strings.Cut(st.Host, "://")
	if u.Scheme == scheme && strings.EqualFold(u.Host, host) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hosts[u.Scheme+"://"+u.Host]
}

// HandleResponse implements [xrpc.ResponseAuth]. It renews the session if the
// server says that the access token has expired, with the status 400 or 401. If
// a renewal has just failed, that is the error; see [Session.Authorize].
//
// https://atproto.com/specs/xrpc#authentication
func (s *Session) HandleResponse(ctx context.Context, req *http.Request, _ *http.Response, e *xrpc.Error) (bool, error) {
	if e == nil || e.Name != xrpc.ExpiredToken || e.Status != http.StatusBadRequest && e.Status != http.StatusUnauthorized {
		return false, nil
	}
	used, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false, nil
	}
	if err := s.refuse(used); err != nil {
		return false, err
	}
	if err := s.renew(ctx, used); err != nil {
		return false, err
	}
	return true, nil
}

// Renew renews the tokens now, whether they need it or not, and whether it has
// just failed or not.
func (s *Session) Renew(ctx context.Context) error {
	return s.renew(ctx, s.current.Load().Access)
}

// Check asks the server about the account, with com.atproto.server.getSession.
func (s *Session) Check(ctx context.Context) (Info, error) {
	o := new(output)
	if _, err := s.client.Call(ctx, &xrpc.Call{NSID: methodGet, Output: o}); err != nil {
		return Info{}, err
	}
	st := s.current.Load()
	if o.info.DID != st.DID {
		return Info{}, mismatch(o.info.DID, st.DID)
	}
	o.info.Host = st.Host
	return o.info, nil
}
