package jwt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/internal/jose"
)

// Sign returns a compact token with the given header and claims, signed with
// low s by [crypto.Sign]. It adds nothing to the claims: a service auth token
// needs Issuer, Audience, Method, ID, IssuedAt and Expires, about a minute
// later.
//
// It is an error, and nothing is signed, if the header does not fit the signer's
// key, if a claim cannot be written, or if [Parse] would not read the token:
// then it is the [*Error] that Parse would give.
//
// https://www.rfc-editor.org/rfc/rfc7515#section-5.1
func Sign(ctx context.Context, signer crypto.Signer, h Header, c Claims) (string, error) {
	if err := h.fit(signer); err != nil {
		return "", err
	}
	header, err := h.append(make([]byte, 0, 256))
	if err != nil {
		return "", err
	}
	claims, err := c.append(make([]byte, 0, 512))
	if err != nil {
		return "", err
	}
	if err := checkParts(header, claims); err != nil {
		return "", err
	}
	sigLen := jose.EncodedLen(crypto.SignatureSize)
	size := jose.EncodedLen(len(header)) + 1 + jose.EncodedLen(len(claims)) + 1 + sigLen
	if size > MaxSize {
		return "", newError(TooLarge, "", "got %d bytes, want at most %d", size, MaxSize)
	}
	token := jose.AppendBase64(make([]byte, 0, size), header)
	token = append(token, '.')
	token = jose.AppendBase64(token, claims)
	sig, err := crypto.Sign(ctx, signer, token)
	if err != nil {
		return "", err
	}
	return string(jose.AppendBase64(append(token, '.'), sig)), nil
}

// fit fills in the defaults of h and checks the rest against the signer's key.
func (h *Header) fit(signer crypto.Signer) error {
	if signer == nil {
		return errors.New("jwt: nil Signer")
	}
	key := signer.PublicKey()
	alg := key.Curve().Alg()
	if alg == "" {
		return errZeroKey
	}
	if h.Alg == "" {
		h.Alg = alg
	}
	if h.Type == "" {
		h.Type = TypeJWT
	}
	if h.Alg != alg {
		return newError(WrongAlgorithm, "alg", "the header says %s, the signer's key is for %s", quote(h.Alg), alg)
	}
	if h.JWK != nil && !h.JWK.Equal(key) {
		return errors.New("jwt: cannot sign: the key in the header is not the signer's")
	}
	return nil
}

// checkParts reads what is about to be signed as a verifier will.
func checkParts(header, claims []byte) error {
	o, err := jose.ParseObject(header)
	if err != nil {
		return newError(Malformed, "", "the header part: %v", err)
	}
	if _, err := parseHeader(o); err != nil {
		return err
	}
	if o, err = jose.ParseObject(claims); err != nil {
		return newError(Malformed, "", "the claims part: %v", err)
	}
	_, err = parseClaims(o)
	return err
}

// NewID returns a new value for the claim jti: 128 random bits as 32
// hexadecimal digits.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
