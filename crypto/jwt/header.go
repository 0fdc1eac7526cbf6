package jwt

import (
	"strings"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/internal/jose"
	"github.com/linnet-at/linnet/internal/jsontext"
)

// Values of the typ header, which keep tokens for one purpose from being taken
// for another (RFC 8725, section 3.11).
const (
	// TypeJWT is the type of service auth tokens and client assertions.
	TypeJWT = "JWT"
	// TypeDPoP is the type of DPoP proofs (RFC 9449, section 4.2).
	TypeDPoP = "dpop+jwt"
)

// A Header is what the header of a token says of its signature (RFC 7515,
// section 4.1). It is plain data.
type Header struct {
	// Alg is the algorithm, "ES256" or "ES256K". For signing, "" means that of
	// the key, and anything else is an error.
	Alg string

	// Type is the typ parameter, or "" for none. For signing, "" means
	// [TypeJWT].
	Type string

	// KeyID is the kid parameter, such as "#atproto_label" for a key of a DID
	// document, or "" for none.
	KeyID string

	// JWK is the jwk parameter, the key that the token says it is signed with,
	// or nil for none. Whoever wrote the token chose it: to verify with it
	// proves only that they have that key, as is the purpose of DPoP. For
	// signing, it must be nil or the signer's key.
	JWK *crypto.PublicKey
}

func parseHeader(o jose.Object) (Header, error) {
	var h Header
	if _, ok := o.Get("crit"); ok {
		return h, newError(Malformed, "crit", "no critical header parameter is understood")
	}
	text, _ := o.Get("alg")
	alg, ok := jose.String(text)
	if !ok {
		return h, newError(Malformed, "alg", "alg is missing or not a string")
	}
	if alg != crypto.P256.Alg() && alg != crypto.K256.Alg() {
		return h, newError(UnsupportedAlgorithm, "alg", "got %s, want ES256 or ES256K", quote(alg))
	}
	h.Alg = alg
	var err error
	if h.Type, err = stringMember(o, "typ"); err != nil {
		return h, err
	}
	if h.KeyID, err = stringMember(o, "kid"); err != nil {
		return h, err
	}
	if text, ok := o.Get("jwk"); ok {
		j, err := crypto.ParseJWK([]byte(text))
		if err != nil {
			return h, newError(Malformed, "jwk", "%s", strings.TrimPrefix(err.Error(), "crypto: "))
		}
		h.JWK = j.Key
	}
	return h, nil
}

// stringMember returns a member that must be a string, and not empty, if it is
// there, and "" if it is not.
func stringMember(o jose.Object, name string) (string, error) {
	text, ok := o.Get(name)
	if !ok {
		return "", nil
	}
	s, ok := jose.String(text)
	if !ok || s == "" {
		return "", newError(Malformed, name, "%s is not a string, or empty", name)
	}
	return s, nil
}

// append appends the JSON of h, whose JWK must be valid if it is not nil.
func (h *Header) append(dst []byte) ([]byte, error) {
	dst = append(dst, `{"typ":`...)
	dst = jsontext.AppendString(dst, h.Type)
	dst = append(dst, `,"alg":`...)
	dst = jsontext.AppendString(dst, h.Alg)
	if h.KeyID != "" {
		dst = append(dst, `,"kid":`...)
		dst = jsontext.AppendString(dst, h.KeyID)
	}
	if h.JWK != nil {
		text, err := crypto.JWK{Key: h.JWK}.MarshalJSON()
		if err != nil {
			return nil, err
		}
		dst = append(dst, `,"jwk":`...)
		dst = append(dst, text...)
	}
	return append(dst, '}'), nil
}

// sameType reports whether two values of typ name the same media type. They
// are compared as such: without regard to the case of ASCII letters, and with
// or without "application/" (RFC 7515, section 4.1.9).
func sameType(a, b string) bool {
	return a == b || equalFold(mediaType(a), mediaType(b))
}

func mediaType(s string) string {
	const prefix = "application/"
	if len(s) > len(prefix) && equalFold(s[:len(prefix)], prefix) && strings.IndexByte(s[len(prefix):], '/') < 0 {
		return s[len(prefix):]
	}
	return s
}

// equalFold is [strings.EqualFold] for ASCII letters alone.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
