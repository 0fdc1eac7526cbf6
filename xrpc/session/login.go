package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// The methods for sessions.
const (
	methodCreate  = "com.atproto.server.createSession"
	methodRefresh = "com.atproto.server.refreshSession"
	methodDelete  = "com.atproto.server.deleteSession"
	methodGet     = "com.atproto.server.getSession"
	methodAccount = "com.atproto.server.createAccount"
	methodResolve = "com.atproto.identity.resolveHandle"
)

// ownCall returns the options for calls of this package.
func ownCall() xrpc.CallOptions {
	return xrpc.CallOptions{NoAuth: true, NoProxy: true, NoLabelers: true}
}

// Login logs in with a password; nil options mean the defaults. The password
// should be an app password, see [IsAppPassword]. identifier is a handle or a
// DID, or with Options.Host what else the server knows the user by, such as an
// e-mail address.
//
// The session is put into the store, in the place of one that is there. Servers
// limit logins tightly: a program that starts often should use [Open].
//
// The error is one of [xrpc.Client.Call], with names such as
// [xrpc.AuthFactorTokenRequired] and [xrpc.AccountTakedown], matches
// [ErrOtherAccount], or is one of the Finder or the Store.
//
// https://atproto.com/specs/xrpc#authentication
func Login(ctx context.Context, identifier, password string, o *Options) (*Session, error) {
	opts := o.withDefaults()
	want, host, err := opts.locate(ctx, identifier)
	if err != nil {
		return nil, err
	}
	in := map[string]any{"identifier": identifier, "password": password}
	if opts.AllowTakendown {
		in["allowTakendown"] = true
	}
	out, err := opts.create(ctx, host, methodCreate, in, ownCall())
	if xrpc.Is(err, xrpc.AuthFactorTokenRequired) && opts.AuthFactor != nil {
		if in["authFactorToken"], err = opts.AuthFactor(ctx); err != nil {
			return nil, err
		}
		out, err = opts.create(ctx, host, methodCreate, in, ownCall())
	}
	if err != nil {
		return nil, err
	}
	if !want.IsZero() && out.info.DID != want {
		return nil, mismatch(out.info.DID, want)
	}
	return opts.begin(ctx, host, out)
}

// locate returns the account that an identifier means, or zero if only the
// server knows, and the origin of the server to log in to.
func (o *Options) locate(ctx context.Context, identifier string) (syntax.DID, string, error) {
	id, err := syntax.ParseAtIdentifier(identifier)
	if o.Host != "" {
		account, _ := id.DID()
		return account, o.Host, nil
	}
	if err != nil {
		return syntax.DID{}, "", fmt.Errorf("session: to find the server, without Options.Host: %w", err)
	}
	f := o.Finder
	if f == nil {
		if f, err = NewFinder(nil, nil); err != nil {
			return syntax.DID{}, "", err
		}
	}
	return f.FindAccount(ctx, id)
}

// create calls a method that makes a session.
func (o *Options) create(ctx context.Context, host, method string, in map[string]any, c xrpc.CallOptions) (*output, error) {
	client, err := o.newClient(host, nil)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	out := new(output)
	_, err = client.Call(ctx, &xrpc.Call{NSID: method, Kind: xrpc.KindProcedure, Input: jsonInput(in), Output: out, Options: c})
	if err = scrub(err); err == nil {
		err = out.checkTokens()
	}
	return out, err
}

// scrub takes the body out of an error, which may have tokens in it.
func scrub(err error) error {
	if e, ok := errors.AsType[*xrpc.InvalidResponseError](err); ok {
		e.Body = nil
	}
	return err
}

// jsonInput is an input whose values are of package encoding/json.
type jsonInput map[string]any

// AppendJSON implements [xrpc.JSONAppender].
func (in jsonInput) AppendJSON(dst []byte) ([]byte, error) {
	b, err := json.Marshal(map[string]any(in))
	return append(dst, b...), err
}

// Format keeps passwords out of logs.
func (jsonInput) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("input")) }

// begin makes a session of what a server gave, and stores it in the place of
// one that is there.
func (o *Options) begin(ctx context.Context, host string, out *output) (*Session, error) {
	key := o.key(out.info.DID)
	host = out.host(host, o.Client.Development)
	for {
		old, err := o.Store.Load(ctx, key)
		if err != nil {
			return nil, err
		}
		var rev int64
		if st, err := decodeState(old); err == nil {
			rev = st.Rev + 1
		}
		st := newState(out, host, rev)
		value, err := st.encode(nil)
		if err != nil {
			return nil, err
		}
		ok, err := o.Store.Swap(ctx, key, old, value)
		if err != nil {
			return nil, err
		}
		if ok {
			return newSession(*o, key, st)
		}
	}
}

func (o *Options) key(account syntax.DID) string {
	if o.Key != "" {
		return o.Key
	}
	return account.String()
}

// Resume continues the session of an account that is in Options.Store. It asks
// nobody but the store. The error is [ErrNoSession] if there is none.
func Resume(ctx context.Context, account syntax.DID, o *Options) (*Session, error) {
	opts := o.withDefaults()
	key := opts.key(account)
	value, err := opts.Store.Load(ctx, key)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, ErrNoSession
	}
	st, err := decodeState(value)
	if err != nil {
		return nil, err
	}
	if st.DID != account && !account.IsZero() {
		return nil, fmt.Errorf("session: the stored session is of %s instead of %s", st.DID, account)
	}
	return newSession(opts, key, st)
}

// Open continues the session that is in Options.Store, and if there is none that
// can be used logs in, as [Resume] and [Login] do. identifier is a handle or a
// DID, or with Options.Key and Options.Host anything that Login takes.
//
// A stored session can't be used if it can't be read, such as one of another
// version of this package, or if it is over. To know that, Open asks the server
// if the access token has expired, or does not say when it does; a session about
// which the server can't be asked now is continued. What is stored is replaced
// when the login has succeeded, and never if it is of another account than the
// one that identifier means. A session that is lost later, as [Session.Err] then
// says, can be opened anew.
func Open(ctx context.Context, identifier, password string, o *Options) (*Session, error) {
	account, err := o.account(ctx, identifier)
	if err != nil {
		return nil, err
	}
	s, err := Resume(ctx, account, o)
	if err == nil {
		err = s.revive(ctx)
	}
	_, rubbish := errors.AsType[unreadable](err)
	switch {
	case err == nil:
		return s, nil
	case rubbish, errors.Is(err, ErrNoSession), errors.Is(err, ErrLost):
		return Login(ctx, identifier, password, o)
	}
	return nil, err
}

// revive finds out whether a session from a store is over, where it may well be,
// and tells nobody else so. It fails if it is, or if ctx is done.
func (s *Session) revive(ctx context.Context) (err error) {
	st := s.current.Load()
	s.setQuiet(true)
	switch {
	case st.expires.IsZero():
		_, err = s.Check(ctx)
	case st.expired():
		err = s.renew(ctx, st.Access)
	}
	if err != nil && (errors.Is(err, ErrLost) || ctx.Err() != nil) {
		return err // a renewal may still be under way
	}
	s.setQuiet(false)
	return nil
}

func (s *Session) setQuiet(quiet bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = quiet
}

// account returns the account that an identifier means, or zero if Options.Key
// stands for it.
func (o *Options) account(ctx context.Context, identifier string) (syntax.DID, error) {
	opts := o.withDefaults()
	id, err := syntax.ParseAtIdentifier(identifier)
	if account, ok := id.DID(); ok {
		return account, nil
	}
	if opts.Key != "" {
		return syntax.DID{}, nil
	}
	if err != nil {
		return syntax.DID{}, fmt.Errorf("session: to find a session without Options.Key: %w", err)
	}
	if opts.Host == "" {
		account, _, err := opts.locate(ctx, identifier)
		return account, err
	}
	client, err := opts.newClient(opts.Host, nil)
	if err != nil {
		return syntax.DID{}, err
	}
	defer client.CloseIdleConnections()
	type answer struct {
		DID syntax.DID `json:"did"`
	}
	a, err := xrpc.Query[answer](ctx, xrpc.With(client, ownCall()), methodResolve, xrpc.Values{"handle": {identifier}})
	return a.DID, err
}

// IsAppPassword reports whether a password has the form of an app password,
// such as "abcd-efgh-ijkl-mnop". Those give less power than the password of the
// account, and can be taken back one by one: programs can warn of others.
//
// https://atproto.com/specs/xrpc#app-passwords
func IsAppPassword(password string) bool {
	if len(password) != 19 {
		return false
	}
	for i, c := range []byte(password) {
		dash := i%5 == 4
		if dash && c != '-' || !dash && (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
