package jwt

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/internal/jose"
)

// Default limits of [Options].
const (
	// DefaultClockSkew is how far two clocks may be apart.
	DefaultClockSkew = 5 * time.Second
	// DefaultMaxAge is how long a token is accepted after iat. Tokens of the
	// protocol live for about a minute.
	DefaultMaxAge = 5 * time.Minute
	// DefaultMaxLifetime is the longest time from iat to exp: what
	// com.atproto.server.getServiceAuth gives at most.
	DefaultMaxLifetime = time.Hour
)

// Options say what a token must be to be accepted. A nil *Options, and the zero
// Options, accept tokens of type JWT with an exp, iat and jti, which are neither
// for an audience nor for a method: to accept those, name them.
//
// Options are not changed by verifying and may be used concurrently.
type Options struct {
	// Types lists the accepted values of the typ header, compared as media
	// types: without regard to case. An empty string accepts a token without
	// typ. Nil means [TypeJWT] and none, for the sake of old issuers. There is
	// no list of types to refuse: it would have to name the types of the future.
	Types []string

	// KeyIDs lists the accepted values of the kid header, compared exactly. An
	// empty string accepts a token without kid. Nil means that kid does not
	// matter: the caller chose the key by other means.
	KeyIDs []string

	// Audiences lists who is verifying: one of these must be among the token's
	// aud, by exact equality. If it is empty, a token with aud is refused, as it
	// is for somebody else (RFC 7519, section 4.1.3).
	Audiences []string

	// Issuer and Subject are what iss and sub must be. Empty means anything,
	// or nothing.
	Issuer, Subject string

	// Method is the NSID of the endpoint that was called, which lxm must be. If
	// it is empty, a token with lxm is refused, as it is for an endpoint only.
	Method string

	// Required lists the claims that must be there, beyond those that other
	// fields ask for. Nil means exp, iat and jti. Whatever it says, a token that
	// would be good for ever is refused.
	Required []string

	// ClockSkew is how far the issuer's clock may be from ours. Zero means
	// [DefaultClockSkew], and a negative value none.
	ClockSkew time.Duration

	// MaxAge is how long ago iat may be, even if exp is later. Zero means
	// [DefaultMaxAge]; a negative value lifts the limit.
	MaxAge time.Duration

	// MaxLifetime is how long after iat, or after now if there is no iat, exp
	// may be. Zero means [DefaultMaxLifetime]; a negative value lifts the limit.
	MaxLifetime time.Duration

	// At is the time at which to judge the token, for tests and for tokens kept
	// as evidence. Zero means now. A replay store goes by its own clock.
	At time.Time

	// Replay makes each token good for one use; the token must then have a jti.
	// Nil means that tokens may be used until they expire.
	Replay ReplayStore
}

// defaultTypes and defaultRequired are what nil means.
var (
	defaultTypes    = [...]string{TypeJWT, ""}
	defaultRequired = [...]string{"exp", "iat", "jti"}
)

// withDefaults returns the options that o stands for. A limit that is lifted is
// negative.
func (o *Options) withDefaults() Options {
	var p Options
	if o != nil {
		p = *o
	}
	if p.Types == nil {
		p.Types = defaultTypes[:]
	}
	if p.Required == nil {
		p.Required = defaultRequired[:]
	}
	if p.ClockSkew == 0 {
		p.ClockSkew = DefaultClockSkew
	}
	p.ClockSkew = max(p.ClockSkew, 0)
	if p.MaxAge == 0 {
		p.MaxAge = DefaultMaxAge
	}
	if p.MaxLifetime == 0 {
		p.MaxLifetime = DefaultMaxLifetime
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	return p
}

// Verify checks that the token was signed by key and is what the options ask
// for. The key must come from whom the token is said to be of, such as the DID
// document of its issuer; see [Header] for the key in a token.
//
// A token that is refused gives an [*Error] with a reason to branch on. The
// reasons are looked for in the order of their values, and the replay store is
// only asked about tokens that are good otherwise. Other errors are those of an
// invalid key and of the replay store, which are wrapped.
func (t *Token) Verify(ctx context.Context, key *crypto.PublicKey, o *Options) (*Verified, error) {
	if key.Curve() == 0 {
		return nil, errZeroKey
	}
	p := o.withDefaults()
	if alg := key.Curve().Alg(); t.valid() && t.header.Alg != alg {
		return nil, newError(WrongAlgorithm, "alg", "the token says %s, the key is for %s", t.header.Alg, alg)
	}
	if err := t.check(&p); err != nil {
		return nil, err
	}
	if err := key.VerifyMalleable([]byte(t.signed), t.sig[:]); err != nil {
		return nil, newError(BadSignature, "", "%s", strings.TrimPrefix(err.Error(), "crypto: invalid signature: "))
	}
	if p.Replay != nil {
		if err := t.checkReplay(ctx, key, &p); err != nil {
			return nil, err
		}
	}
	return &Verified{t, key}, nil
}

// Precheck makes the checks of [Token.Verify] that need no key, so that a token
// can be refused before its issuer's key is looked up. It says nothing about
// who wrote the token.
func (t *Token) Precheck(o *Options) error {
	p := o.withDefaults()
	return t.check(&p)
}

// check makes all checks but those of key, signature and replay.
func (t *Token) check(p *Options) error {
	if !t.valid() {
		return newError(Malformed, "", "nil or zero Token")
	}
	if !slices.ContainsFunc(p.Types, func(s string) bool { return sameType(s, t.header.Type) }) {
		return newError(WrongType, "typ", "got %s", quote(t.header.Type))
	}
	if p.KeyIDs != nil && !slices.Contains(p.KeyIDs, t.header.KeyID) {
		return newError(WrongKeyID, "kid", "got %s", quote(t.header.KeyID))
	}
	if err := t.checkRequired(p); err != nil {
		return err
	}
	if err := t.checkParties(p); err != nil {
		return err
	}
	return t.checkTimes(p)
}

func (t *Token) checkRequired(p *Options) error {
	for _, name := range p.Required {
		if _, ok := t.object.Get(name); !ok {
			return newError(MissingClaim, name, "no %s", name)
		}
	}
	c := &t.claims
	switch {
	case c.Issuer == "" && p.Issuer != "":
		return newError(MissingClaim, "iss", "no iss")
	case c.Subject == "" && p.Subject != "":
		return newError(MissingClaim, "sub", "no sub")
	case c.Audience == nil && len(p.Audiences) > 0:
		return newError(MissingClaim, "aud", "no aud")
	case c.Method == "" && p.Method != "":
		return newError(MissingClaim, "lxm", "no lxm")
	case c.ID == "" && p.Replay != nil:
		return newError(MissingClaim, "jti", "no jti")
	case c.Expires.IsZero() && (c.IssuedAt.IsZero() || p.MaxAge < 0):
		return newError(MissingClaim, "exp", "no exp, and nothing else that ends the token's life")
	}
	return nil
}

func (t *Token) checkParties(p *Options) error {
	c := &t.claims
	switch {
	case p.Issuer != "" && c.Issuer != p.Issuer:
		return newError(WrongIssuer, "iss", "got %s, want %s", quote(c.Issuer), quote(p.Issuer))
	case p.Subject != "" && c.Subject != p.Subject:
		return newError(WrongSubject, "sub", "got %s, want %s", quote(c.Subject), quote(p.Subject))
	case c.Audience != nil && !slices.ContainsFunc(c.Audience, func(s string) bool { return slices.Contains(p.Audiences, s) }):
		return newError(WrongAudience, "aud", "the token is for %s", quote(strings.Join(c.Audience, " ")))
	case c.Method != p.Method:
		return newError(WrongMethod, "lxm", "got %s, want %s", quote(c.Method), quote(p.Method))
	}
	return nil
}

func (t *Token) checkTimes(p *Options) error {
	c, now := &t.claims, p.At
	latest, earliest := now.Add(p.ClockSkew), now.Add(-p.ClockSkew)
	switch {
	case c.IssuedAt.After(latest):
		return timeError(NotYetValid, "iat", c.IssuedAt, now)
	case c.NotBefore.After(latest):
		return timeError(NotYetValid, "nbf", c.NotBefore, now)
	case !c.Expires.IsZero() && !c.Expires.After(earliest):
		return timeError(Expired, "exp", c.Expires, now)
	case !c.IssuedAt.IsZero() && p.MaxAge >= 0 && now.Sub(c.IssuedAt) > p.MaxAge:
		return newError(TooOld, "iat", "issued %v ago, want at most %v", now.Sub(c.IssuedAt), p.MaxAge)
	}
	start := c.IssuedAt
	if start.IsZero() {
		start = latest
	}
	if !c.Expires.IsZero() && p.MaxLifetime >= 0 && c.Expires.Sub(start) > p.MaxLifetime {
		return newError(LifetimeTooLong, "exp", "good for %v, want at most %v", c.Expires.Sub(start), p.MaxLifetime)
	}
	return nil
}

func timeError(r Reason, claim string, t, now time.Time) error {
	return newError(r, claim, "%s is %s, and it is %s", claim, t.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
}

func (t *Token) checkReplay(ctx context.Context, key *crypto.PublicKey, p *Options) error {
	seen, err := p.Replay.Seen(ctx, t.replayKey(key), t.lastUse(p))
	if err != nil {
		return fmt.Errorf("jwt: replay store: %w", err)
	}
	if seen {
		return newError(Replayed, "jti", "the token has been used before")
	}
	return nil
}

// lastUse returns the time at which the token, which passed the checks, stops
// passing them.
func (t *Token) lastUse(p *Options) time.Time {
	c := &t.claims
	var last time.Time
	if !c.Expires.IsZero() {
		last = c.Expires.Add(p.ClockSkew)
	}
	if !c.IssuedAt.IsZero() && p.MaxAge >= 0 {
		if aged := c.IssuedAt.Add(p.MaxAge).Add(1); last.IsZero() || aged.Before(last) {
			last = aged
		}
	}
	return last
}

// replayKey returns a text that is the same for tokens of the same issuer, key
// and jti. The key is part of it because iss need not be bound to the key, as
// in DPoP proofs; the issuer, because a key may serve several.
func (t *Token) replayKey(key *crypto.PublicKey) string {
	c := &t.claims
	buf := make([]byte, 0, 256)
	buf = append(buf, byte(key.Curve()))
	buf = append(buf, key.Bytes()...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(len(c.Issuer)))
	buf = append(buf, c.Issuer...)
	buf = append(buf, c.ID...)
	sum := sha256.Sum256(buf)
	return string(jose.AppendBase64(nil, sum[:]))
}
