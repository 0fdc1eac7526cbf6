package serviceauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// DefaultLifetime is how long a token is good for by default.
//
// https://atproto.com/specs/xrpc#inter-service-authentication-jwt
const DefaultLifetime = time.Minute

// Claims are what a token says.
type Claims struct {
	// Issuer is the account.
	Issuer syntax.DID
	// Audience is the service that the token is for, such as
	// "did:web:video.example.com#video_service", or a DID alone for services
	// that expect that still.
	Audience string
	// Method is the only method that the token allows. Zero means for [New]
	// the one that a request calls; [Sign] needs one.
	Method syntax.NSID

	// KeyID is the fragment of the key's id in the account's DID document,
	// without "#". Empty means "atproto", the account's signing key.
	KeyID string
	// Lifetime is how long the token is good for from now on. Zero means
	// [DefaultLifetime].
	Lifetime time.Duration
}

// Sign returns a token with the given claims and an id of its own, signed with
// the key of the account. It is always of the type for service tokens: keys
// of accounts must sign no others here.
func Sign(ctx context.Context, key crypto.Signer, c Claims) (string, error) {
	if c.Issuer.IsZero() || c.Method.IsZero() {
		return "", errors.New("serviceauth: a token needs an issuer and a method")
	}
	if err := checkAudience(c.Audience); err != nil {
		return "", err
	}
	var h jwt.Header
	// Verifiers take the signing key where there is no kid, and some know none.
	if c.KeyID != "" && c.KeyID != did.SigningKeyFragment {
		h.KeyID = "#" + c.KeyID
	}
	now := time.Now()
	return jwt.Sign(ctx, key, h, jwt.Claims{
		Issuer:   c.Issuer.String(),
		Audience: []string{c.Audience},
		Method:   c.Method.String(),
		ID:       jwt.NewID(),
		IssuedAt: now,
		Expires:  now.Add(cmp.Or(c.Lifetime, DefaultLifetime)),
	})
}

// checkAudience checks that s is a DID, or one with the fragment of a service.
func checkAudience(s string) error {
	if _, err := syntax.ParseServiceRef(s); err == nil {
		return nil
	}
	if _, err := syntax.ParseDID(s); err != nil {
		return fmt.Errorf("serviceauth: audience: %w", err)
	}
	return nil
}

// New returns credentials for the client of a service: each request has a token
// of its own, for the method that it calls unless c.Method says otherwise.
func New(key crypto.Signer, c Claims) (xrpc.Auth, error) {
	if key == nil || c.Issuer.IsZero() {
		return nil, errors.New("serviceauth: tokens need a key and an issuer")
	}
	if err := checkAudience(c.Audience); err != nil {
		return nil, err
	}
	return &signer{key, c}, nil
}

type signer struct {
	key    crypto.Signer
	claims Claims
}

// Authorize implements [xrpc.Auth].
func (s *signer) Authorize(ctx context.Context, req *http.Request) error {
	c := s.claims
	var err error
	if c.Method, err = method(req, c.Method); err != nil {
		return err
	}
	token, err := Sign(ctx, s.key, c)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// Format keeps the key out of logs.
func (s *signer) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "service tokens of %s", s.claims.Issuer)
}

// method returns the method that a token for a request allows: the one that is
// fixed, or else the one that the request calls.
func method(req *http.Request, fixed syntax.NSID) (syntax.NSID, error) {
	if !fixed.IsZero() {
		return fixed, nil
	}
	m, err := syntax.ParseNSID(path.Base(req.URL.Path))
	if err != nil {
		return syntax.NSID{}, fmt.Errorf("serviceauth: %w", err)
	}
	return m, nil
}
