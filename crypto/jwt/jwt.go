// Package jwt signs and verifies the tokens that the AT Protocol makes of JSON
// Web Signatures: service auth tokens between servers, DPoP proofs, and client
// assertions. It implements the compact serialization of RFC 7515
// (https://www.rfc-editor.org/rfc/rfc7515#section-7.1) and the claims of RFC
// 7519 (https://www.rfc-editor.org/rfc/rfc7519), by the advice of RFC 8725
// (https://www.rfc-editor.org/rfc/rfc8725), for the algorithms ES256 and ES256K
// alone. What each kind of token must say is in
// https://atproto.com/specs/xrpc#inter-service-authentication-jwt and
// https://atproto.com/specs/oauth#dpop.
//
// To make a token, call [Sign]. To take one, call [Parse], find the key that
// should have signed it, and call [Token.Verify] with the [Options] for its
// purpose. What Parse returns is a claim of a stranger: it serves to find the
// key. What Verify returns, a [*Verified], is the word of the key's owner.
//
// # One reading
//
// A token is read in one way or not at all. Its three parts are base64url
// without padding, line breaks or stray bits; header and claims are JSON objects
// without repeated names, told apart by case; a signature is 64 bytes, with a
// high or low s. A registered claim of the wrong type, null or empty is an
// error. Times may have a fraction of a second, as RFC 7519 allows, but neither
// sign nor exponent. A header parameter that is marked critical is refused, and
// the jku, x5u and x5c parameters are never followed. Tokens are limited to
// [MaxSize] bytes.
//
// # Security
//
// The zero Options are strict: see there. The algorithm is that of the key,
// and what the header says of it must agree. An audience matches by exact
// equality: a bare DID is not a pattern for its services, nor the reverse.
// Tokens are secrets until they expire; errors quote claims, but never a token.
// A signature is not an identifier of a token, as another one can be made from
// it: replays are told by the claim jti, see [ReplayStore]. Who may do what, and
// whether an issuer's account is active, is for the caller to know.
//
// Not here: encrypted tokens, other algorithms, and fetching keys. Nothing is
// registered globally. Tokens are immutable and safe for concurrent use; nil and
// zero ones are invalid and safe to use: they are refused, and say nothing.
package jwt

import (
	"encoding/json"
	"strings"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/internal/jose"
)

// MaxSize is the longest token, in bytes, that is made or read. Those of the
// protocol take under 1,000; servers commonly refuse headers above 8 KiB.
const MaxSize = 8192

// A Token is a token that has been taken apart, but not verified: anyone may
// have written it. Its claims serve to find the key to verify it with.
type Token struct {
	signed string // the first two parts, which the signature is over
	sig    [crypto.SignatureSize]byte
	header Header
	claims Claims
	object jose.Object // of the claims
}

// Parse takes a compact token apart: header, claims and signature, see the
// package's documentation. The error is an [*Error] with the reason [TooLarge],
// [UnsupportedAlgorithm] or [Malformed].
func Parse(token string) (*Token, error) {
	if len(token) > MaxSize {
		return nil, newError(TooLarge, "", "got %d bytes, want at most %d", len(token), MaxSize)
	}
	i, j := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
	if i == j || strings.IndexByte(token[i+1:j], '.') >= 0 {
		return nil, newError(Malformed, "", "not three parts between dots")
	}
	t := &Token{signed: token[:j]}
	header, err := parsePart("header", token[:i])
	if err != nil {
		return nil, err
	}
	if t.header, err = parseHeader(header); err != nil {
		return nil, err
	}
	if t.object, err = parsePart("claims", token[i+1:j]); err != nil {
		return nil, err
	}
	if t.claims, err = parseClaims(t.object); err != nil {
		return nil, err
	}
	if !jose.DecodeInto(t.sig[:], token[j+1:]) {
		return nil, newError(Malformed, "", "the signature is not base64url of exactly %d bytes", crypto.SignatureSize)
	}
	return t, nil
}

// parsePart decodes one of the first two parts.
func parsePart(what, text string) (jose.Object, error) {
	b, ok := jose.Decode(text)
	if !ok {
		return jose.Object{}, newError(Malformed, "", "the %s part is not base64url", what)
	}
	o, err := jose.ParseObject(b)
	if err != nil {
		return jose.Object{}, newError(Malformed, "", "the %s part: %v", what, err)
	}
	return o, nil
}

// valid reports whether t is neither nil nor zero.
func (t *Token) valid() bool {
	return t != nil && t.signed != ""
}

// Header returns what the header says.
func (t *Token) Header() Header {
	if !t.valid() {
		return Header{}
	}
	return t.header
}

// Claims returns the registered claims. Other is nil; see [Token.Claim].
func (t *Token) Claims() Claims {
	if !t.valid() {
		return Claims{}
	}
	return t.claims.clone()
}

// Claim returns the JSON text of the claim with exactly the given name, and
// whether it is there. No object in it names a member twice, but decoders may
// still mistake names that differ in case.
func (t *Token) Claim(name string) (json.RawMessage, bool) {
	if !t.valid() {
		return nil, false
	}
	text, ok := t.object.Get(name)
	if !ok {
		return nil, false
	}
	return json.RawMessage(text), true
}

// StringClaim returns the claim with exactly the given name, and whether it is
// there and a string.
func (t *Token) StringClaim(name string) (string, bool) {
	if !t.valid() {
		return "", false
	}
	text, _ := t.object.Get(name)
	return jose.String(text)
}

// A Verified is a token that [Token.Verify] found to be signed by the key that
// it was given, and fit for the purpose that its options describe. Only Verify
// makes one.
type Verified struct {
	token *Token
	key   *crypto.PublicKey
}

// Key returns the key that signed the token.
func (v *Verified) Key() *crypto.PublicKey {
	if v == nil {
		return nil
	}
	return v.key
}

// Header is [Token.Header].
func (v *Verified) Header() Header { return v.unwrap().Header() }

// Claims is [Token.Claims].
func (v *Verified) Claims() Claims { return v.unwrap().Claims() }

// Claim is [Token.Claim].
func (v *Verified) Claim(name string) (json.RawMessage, bool) { return v.unwrap().Claim(name) }

// StringClaim is [Token.StringClaim].
func (v *Verified) StringClaim(name string) (string, bool) { return v.unwrap().StringClaim(name) }

func (v *Verified) unwrap() *Token {
	if v == nil {
		return nil
	}
	return v.token
}
