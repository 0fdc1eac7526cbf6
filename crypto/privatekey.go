package crypto

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/mr-tron/base58"
)

// A PrivateKey is a signing key on P-256 or K-256. It is a [Signer].
//
// Its secret leaves it only through the methods whose names begin with Export:
// every verb of package fmt prints the public key in place of the private one,
// and marshalling it as text or JSON is an error. PrivateKey values do not
// compare by ==; use [PrivateKey.Equal].
//
// A PrivateKey is immutable and safe for concurrent use. The nil and the zero
// PrivateKey are invalid: they sign nothing and equal nothing. Memory that held
// a key is not wiped: the garbage collector may have copied it.
type PrivateKey struct {
	_ [0]func() // not comparable

	public *PublicKey

	// The secret is captured by a function, because printers that follow
	// pointers by reflection, and ignore methods, stop there.
	secret func() secretKey
}

// secretKey is a private scalar in the range 1 to n-1 of its curve. Methods
// that touch it run in constant time.
type secretKey interface {
	point() []byte // of the public key, uncompressed
	bytes() []byte // the scalar, 32 bytes
	sign(digest *[32]byte) ([]byte, error)
}

var (
	errScalarRange   = errors.New("not in the range 1 to n-1") // callers add prefix
	errMarshalSecret = errors.New("crypto: private keys do not marshal; see the Export methods")
)

// GenerateKey returns a new key on the given curve, from the operating system's
// random numbers. [DefaultCurve] is the curve for keys of the network. It is an
// error if the curve is not valid.
func GenerateKey(c Curve) (*PrivateKey, error) {
	switch c {
	case P256:
		s, err := generateP256()
		return newPrivateKey(P256, s, err)
	case K256:
		s, err := generateK256()
		return newPrivateKey(K256, s, err)
	}
	return nil, errInvalidCurve
}

// ParsePrivateKey decodes a key from its scalar: 32 bytes, big-endian, in the
// range 1 to n-1. The protocol has no canonical encoding of private keys; this
// is the one that all tools share. Errors never show the input.
func ParsePrivateKey(c Curve, raw []byte) (*PrivateKey, error) {
	if c.order() == "" {
		return nil, errInvalidCurve
	}
	if len(raw) != scalarSize {
		return nil, fmt.Errorf("crypto: invalid %v private key: got %d bytes, want %d", c, len(raw), scalarSize)
	}
	if c == P256 {
		s, err := parseP256Secret(raw)
		return newPrivateKey(P256, s, err)
	}
	s, err := parseK256Secret(raw)
	return newPrivateKey(K256, s, err)
}

// ParsePrivateHex is [ParsePrivateKey] for a scalar written as 64 hexadecimal
// digits, as servers have it in their configuration.
func ParsePrivateHex(c Curve, s string) (*PrivateKey, error) {
	if len(s) != hex.EncodedLen(scalarSize) {
		return nil, fmt.Errorf("crypto: invalid private key: got %d hex digits, want %d", len(s), hex.EncodedLen(scalarSize))
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return nil, errors.New("crypto: invalid private key: not hexadecimal")
	}
	return ParsePrivateKey(c, raw)
}

// ParsePrivateMultikey decodes a key from the text that
// [PrivateKey.ExportMultikey] returns: "z" and the base58btc encoding of a
// multicodec code, which names the curve, and the 32-byte scalar. The error
// matches [ErrUnsupportedKeyType] if the code is that of another type of key,
// which includes public keys. Errors never show the input.
func ParsePrivateMultikey(s string) (*PrivateKey, error) {
	raw, err := decodeBase58btc(s)
	if err != nil {
		return nil, fmt.Errorf("crypto: invalid private multikey: %v", err)
	}
	c, scalar, err := cutMulticodec(raw, p256PrivatePrefix, k256PrivatePrefix)
	if err != nil {
		if errors.Is(err, ErrUnsupportedKeyType) {
			// The code that was found may be bytes of a bare secret: leave it out.
			return nil, fmt.Errorf("crypto: invalid private multikey: %w", ErrUnsupportedKeyType)
		}
		return nil, fmt.Errorf("crypto: invalid private multikey: %v", err)
	}
	if base58btcPrefix+base58.Encode(raw) != s {
		return nil, fmt.Errorf("crypto: invalid private multikey: %v", errNotCanonical)
	}
	return ParsePrivateKey(c, scalar)
}

// newPrivateKey wraps what a curve returned. The public key is parsed like any
// other, which checks once more that it is on the curve.
func newPrivateKey(c Curve, s secretKey, err error) (*PrivateKey, error) {
	if err != nil {
		return nil, fmt.Errorf("crypto: invalid %v private key: %v", c, err)
	}
	public, err := parseUncompressed(c, s.point())
	if err != nil {
		return nil, fmt.Errorf("crypto: invalid %v private key: %v", c, err)
	}
	return &PrivateKey{public: public, secret: func() secretKey { return s }}, nil
}

// valid reports whether k is neither nil nor zero.
func (k *PrivateKey) valid() bool {
	return k != nil && k.secret != nil
}

// PublicKey returns the key that verifies the signatures of k, always the same
// pointer. It is nil if k is invalid.
func (k *PrivateKey) PublicKey() *PublicKey {
	if k == nil {
		return nil
	}
	return k.public
}

// Curve returns the key's curve, or zero if the key is invalid.
func (k *PrivateKey) Curve() Curve {
	return k.PublicKey().Curve()
}

// Sign returns the signature over the SHA-256 hash of message: 64 bytes, r and
// then s, with low s. It is deterministic (RFC 6979): the same key and message
// give the same bytes. It does not block and does not look at ctx. It is an
// error if the key is invalid.
//
// https://atproto.com/specs/repository#commit-objects
func (k *PrivateKey) Sign(_ context.Context, message []byte) ([]byte, error) {
	if !k.valid() {
		return nil, errZeroKey
	}
	digest := sha256.Sum256(message)
	return k.secret().sign(&digest)
}

// Equal reports whether both keys are valid and are the same scalar on the same
// curve. It compares the scalars in constant time.
func (k *PrivateKey) Equal(other *PrivateKey) bool {
	if !k.valid() || !other.valid() || k.Curve() != other.Curve() {
		return false
	}
	return subtle.ConstantTimeCompare(k.secret().bytes(), other.secret().bytes()) == 1
}

// ExportBytes returns the secret scalar: 32 bytes, big-endian, which
// [ParsePrivateKey] takes, or nil if the key is invalid. Who has it can sign as
// the owner of the key.
func (k *PrivateKey) ExportBytes() []byte {
	if !k.valid() {
		return nil
	}
	return k.secret().bytes()
}

// ExportMultikey returns the secret scalar as text, which
// [ParsePrivateMultikey] takes, or "" if the key is invalid. Who has it can
// sign as the owner of the key.
func (k *PrivateKey) ExportMultikey() string {
	if !k.valid() {
		return ""
	}
	prefix := k256PrivatePrefix
	if k.Curve() == P256 {
		prefix = p256PrivatePrefix
	}
	return base58btcPrefix + base58.Encode(append([]byte(prefix), k.secret().bytes()...))
}

// Format implements [fmt.Formatter] for all verbs and flags: it prints which
// key it is, by its public key, and nothing of the secret.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	// A failed write is the printer's to notice.
	_, _ = fmt.Fprintf(f, "PrivateKey(%s)", k.public.DIDKey())
}

// MarshalText implements [encoding.TextMarshaler], and always fails, so that
// encoders of JSON, XML and the like refuse private keys.
func (k PrivateKey) MarshalText() ([]byte, error) {
	return nil, errMarshalSecret
}
