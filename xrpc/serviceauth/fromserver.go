package serviceauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

const methodGet = "com.atproto.server.getServiceAuth"

// maxTokens is how many methods have a token that is kept.
const maxTokens = 256

// ServerOptions are options for [FromServer].
type ServerOptions struct {
	// Method is the method that tokens allow, whichever is called. Zero means
	// the one that is called. It is for services that act for the account at
	// its own server with the token that they are given, and check it for the
	// method that they will call there: services for videos want one for
	// com.atproto.repo.uploadBlob, with the account's server as its audience.
	Method syntax.NSID

	// Reuse keeps the token for a method and uses it for further calls until
	// shortly before it expires, which saves asking for one each time. By
	// default each call has its own: the protocol advises services to refuse a
	// token that was used before. Of one that does, and says so by
	// "NonceNotUnique", it is remembered.
	Reuse bool

	// Lifetime is how long tokens should be good for. Zero means
	// [DefaultLifetime]. Services refuse tokens that are older than some
	// minutes, whatever they say.
	Lifetime time.Duration
}

// FromServer returns credentials for the client of a service, with tokens that
// the account's server makes. c calls that server for the account; audience is
// the service that the tokens are for, as [Claims].Audience has it. Nil options
// mean the defaults.
//
// The server makes no tokens for methods with which an account is managed, and
// for an app password none for those of chats, unless it was made to allow
// them.
//
//	auth, err := serviceauth.FromServer(s.Client(), "did:web:video.example.com#video", nil)
//	client, err := xrpc.New("https://video.example.com", &xrpc.Options{Auth: auth})
func FromServer(c xrpc.Caller, audience string, o *ServerOptions) (xrpc.Auth, error) {
	if err := checkAudience(audience); err != nil {
		return nil, err
	}
	s := &server{caller: c, audience: audience, tokens: make(map[syntax.NSID]*token)}
	if o != nil {
		s.opts = *o
	}
	if s.opts.Lifetime <= 0 {
		s.opts.Lifetime = DefaultLifetime
	}
	return s, nil
}

type server struct {
	caller   xrpc.Caller
	audience string
	opts     ServerOptions

	mu     sync.Mutex
	tokens map[syntax.NSID]*token
	once   bool // the service refuses tokens that were used before
}

// A token is one that is kept. It is behind a pointer wherever it is, so that
// printing that does not show it.
type token struct {
	value  string
	until  time.Time
	reused bool // it was given out again
}

// Authorize implements [xrpc.Auth].
func (s *server) Authorize(ctx context.Context, req *http.Request) error {
	m, err := method(req, s.opts.Method)
	if err != nil {
		return err
	}
	value, ok := s.kept(m)
	if !ok {
		if value, err = s.fetch(ctx, m); err != nil {
			return err
		}
	}
	req.Header.Set("Authorization", "Bearer "+value)
	return nil
}

// HandleResponse implements [xrpc.ResponseAuth]. A token that was kept may be
// refused where a new one is not.
func (s *server) HandleResponse(_ context.Context, req *http.Request, _ *http.Response, e *xrpc.Error) (bool, error) {
	if e == nil || e.Status != http.StatusUnauthorized || !s.opts.Reuse {
		return false, nil
	}
	m, err := method(req, s.opts.Method)
	if err != nil {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once = s.once || e.Name == "NonceNotUnique"
	kept, ok := s.tokens[m]
	if !ok || "Bearer "+kept.value != req.Header.Get("Authorization") {
		return true, nil // it was given up already
	}
	delete(s.tokens, m)
	return kept.reused, nil
}

// kept returns the token that is kept for a method, if it is still good.
func (s *server) kept(m syntax.NSID) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[m]
	if !ok || s.once || !time.Now().Before(t.until) {
		return "", false
	}
	t.reused = true
	return t.value, true
}

// fetch asks for a token, and keeps it if that is wanted.
func (s *server) fetch(ctx context.Context, m syntax.NSID) (string, error) {
	now := time.Now()
	out := new(output)
	_, err := s.caller.Call(ctx, &xrpc.Call{
		NSID:    methodGet,
		Params:  params{s.audience, m, now.Add(s.opts.Lifetime)},
		Output:  out,
		Options: xrpc.CallOptions{NoProxy: true, NoLabelers: true},
	})
	if e, ok := errors.AsType[*xrpc.InvalidResponseError](err); ok {
		e.Body = nil // it may have the token in it
	}
	if err != nil {
		return "", fmt.Errorf("serviceauth: %w", err)
	}
	if s.opts.Reuse {
		// Clocks differ, and the request takes its time.
		s.keep(m, &token{value: out.Token, until: now.Add(s.opts.Lifetime * 3 / 4)})
	}
	return out.Token, nil
}

func (s *server) keep(m syntax.NSID, t *token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) >= maxTokens {
		clear(s.tokens)
	}
	s.tokens[m] = t
}

// Format keeps the tokens out of logs.
func (s *server) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "service tokens for %s", s.audience)
}

type params struct {
	audience string
	method   syntax.NSID
	expires  time.Time
}

// AppendQuery implements [xrpc.Params].
func (p params) AppendQuery(q []byte) []byte {
	q = xrpc.AppendParam(q, "aud", p.audience)
	q = xrpc.AppendIntParam(q, "exp", p.expires.Unix())
	return xrpc.AppendParam(q, "lxm", p.method.String())
}

type output struct {
	Token string `json:"token"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *output) UnmarshalJSON(b []byte) error {
	type plain output
	if err := strictjson.Check(b, nil); err != nil {
		return err
	}
	if err := json.Unmarshal(b, (*plain)(o)); err != nil {
		return err
	}
	for _, c := range []byte(o.Token) {
		if c <= ' ' || c > '~' {
			o.Token = ""
		}
	}
	if o.Token == "" {
		return errors.New("no valid token in it")
	}
	return nil
}
