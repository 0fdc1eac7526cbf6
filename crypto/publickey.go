package crypto

import (
	"crypto/ecdsa"
	"errors"
	"fmt"

	"gitlab.com/yawning/secp256k1-voi/secec"
)

// First bytes of encoded points (SEC 1, section 2.3.3).
const (
	pointEven         = 0x02 // compressed, y is even
	pointOdd          = 0x03 // compressed, y is odd
	pointUncompressed = 0x04
)

var (
	errInvalidCurve = errors.New("crypto: invalid curve")
	errZeroKey      = errors.New("crypto: nil or zero key")
	errKeySet       = errors.New("crypto: UnmarshalText into a PublicKey that already holds a key")

	errNotOnCurve = errors.New("no point of the curve") // callers add prefix and input
)

// A PublicKey is a point on P-256 or K-256, other than the identity, that can
// verify signatures. It knows its curve: signatures and commits do not name
// one, so the curve always comes from the key.
//
// A PublicKey is immutable and safe for concurrent use. Parsing one costs about
// a sixth of a verification; keep parsed keys. The nil and the zero PublicKey
// are invalid: they verify nothing, equal nothing and encode to nothing.
//
// Compare keys with [PublicKey.Equal]; PublicKey values do not compare by ==,
// and == of two pointers says nothing about the keys.
type PublicKey struct {
	_ [0]func() // not comparable

	curve      Curve
	compressed [compressedSize]byte
	p256       *ecdsa.PublicKey // for P256, else nil
	k256       *secec.PublicKey // for K256, else nil
}

// ParsePublicKey decodes the 33-byte compressed form of a point (SEC 1, section
// 2.3.3) on the given curve. It is an error if the length differs, the first
// byte is neither 02 nor 03, or x is not below the field's prime or belongs to
// no point of the curve.
func ParsePublicKey(c Curve, compressed []byte) (*PublicKey, error) {
	if c.order() == "" {
		return nil, errInvalidCurve
	}
	k, err := parseCompressed(c, compressed)
	if err != nil {
		return nil, fmt.Errorf("crypto: invalid %v public key: %v", c, err)
	}
	return k, nil
}

// parseCompressed is ParsePublicKey for a valid curve. Its errors have no
// prefix.
func parseCompressed(c Curve, b []byte) (*PublicKey, error) {
	if len(b) != compressedSize {
		return nil, fmt.Errorf("got %d bytes, want %d", len(b), compressedSize)
	}
	if b[0] != pointEven && b[0] != pointOdd {
		return nil, fmt.Errorf("first byte 0x%02x, want 0x02 or 0x03", b[0])
	}
	k := &PublicKey{curve: c, compressed: [compressedSize]byte(b)}
	var err error
	if c == P256 {
		k.p256, err = parseP256Compressed(b)
	} else {
		k.k256, err = parseK256(b)
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// parseUncompressed decodes the 65-byte form 04 x y, for a valid curve. Its
// errors have no prefix.
func parseUncompressed(c Curve, b []byte) (*PublicKey, error) {
	if len(b) != uncompressedSize {
		return nil, fmt.Errorf("got %d bytes, want %d", len(b), uncompressedSize)
	}
	if b[0] != pointUncompressed {
		return nil, fmt.Errorf("first byte 0x%02x, want 0x04", b[0])
	}
	k := &PublicKey{curve: c}
	k.compressed[0] = pointEven | b[uncompressedSize-1]&1
	copy(k.compressed[1:], b[1:])
	var err error
	if c == P256 {
		k.p256, err = parseP256Uncompressed(b)
	} else {
		k.k256, err = parseK256(b)
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// valid reports whether k is neither nil nor zero.
func (k *PublicKey) valid() bool {
	return k != nil && k.curve != 0
}

// Curve returns the key's curve, or zero if the key is invalid.
func (k *PublicKey) Curve() Curve {
	if k == nil {
		return 0
	}
	return k.curve
}

// Bytes returns the 33-byte compressed form of the point (SEC 1, section
// 2.3.3), which [ParsePublicKey] takes, or nil if the key is invalid.
func (k *PublicKey) Bytes() []byte {
	if !k.valid() {
		return nil
	}
	b := k.compressed
	return b[:]
}

// Equal reports whether both keys are valid and are the same point on the same
// curve.
func (k *PublicKey) Equal(other *PublicKey) bool {
	return k.valid() && other.valid() && k.curve == other.curve && k.compressed == other.compressed
}

// String is the same as [PublicKey.DIDKey].
func (k *PublicKey) String() string {
	return k.DIDKey()
}

// MarshalText implements [encoding.TextMarshaler]: the did:key of k. It is an
// error if the key is invalid.
func (k *PublicKey) MarshalText() ([]byte, error) {
	return k.AppendText(nil)
}

// AppendText implements [encoding.TextAppender]: it appends the did:key of k.
// It is an error if the key is invalid.
func (k *PublicKey) AppendText(dst []byte) ([]byte, error) {
	if !k.valid() {
		return dst, errZeroKey
	}
	return append(dst, k.DIDKey()...), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It accepts what
// [ParsePublicKeyText] does. The receiver must be a zero PublicKey: a key that
// is already set is never changed, because others may hold the same pointer. On
// error the receiver is left alone.
func (k *PublicKey) UnmarshalText(text []byte) error {
	if k == nil {
		return errZeroKey
	}
	if k.valid() {
		return errKeySet
	}
	parsed, err := ParsePublicKeyText(string(text))
	if err != nil {
		return err
	}
	k.curve, k.compressed, k.p256, k.k256 = parsed.curve, parsed.compressed, parsed.p256, parsed.k256
	return nil
}
