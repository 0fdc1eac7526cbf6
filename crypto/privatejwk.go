package crypto

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto/internal/jose"
)

var (
	errNoScalar      = fmt.Errorf("d is not base64url of exactly %d bytes", scalarSize)
	errOtherKeyShare = errors.New("x and y are not of the key that d is")
)

// ParsePrivateJWK decodes a private key from a JSON Web Key, such as
// [PrivateKey.ExportJWK] returns, and also returns what the JWK is without its
// secret, for its kid. It must be as [ParseJWK] wants it, and hold the scalar d
// in base64url of exactly 32 bytes, of which x and y must be the public key.
//
// The error matches [ErrUnsupportedKeyType] for keys of other types, curves and
// uses. Errors never show the input.
func ParsePrivateJWK(data []byte) (*PrivateKey, *JWK, error) {
	k, j, err := parsePrivateJWK(data)
	if err != nil {
		return nil, nil, importError("private JWK", err)
	}
	return k, j, nil
}

func parsePrivateJWK(data []byte) (*PrivateKey, *JWK, error) {
	o, err := parseJOSE(data, MaxJWKSize)
	if err != nil {
		return nil, nil, err
	}
	j, err := publicJWK(o, "sign")
	if err != nil {
		return nil, nil, err
	}
	d, _ := stringMember(o, "d")
	var scalar [scalarSize]byte
	if !jose.DecodeInto(scalar[:], d) {
		return nil, nil, errNoScalar
	}
	k, err := ParsePrivateKey(j.Key.Curve(), scalar[:])
	if err != nil {
		return nil, nil, errScalarRange
	}
	if !k.PublicKey().Equal(j.Key) {
		return nil, nil, errOtherKeyShare
	}
	j.Key = k.PublicKey()
	return k, j, nil
}

// ExportJWK returns the key with its secret as a JSON Web Key of the members
// crv, kty, x, y and d, which [ParsePrivateJWK] takes, or nil if the key is
// invalid. Who has it can sign as the owner of the key. To publish the public
// key, marshal a [JWK].
//
// https://www.rfc-editor.org/rfc/rfc7518#section-6.2.2
func (k *PrivateKey) ExportJWK() []byte {
	if !k.valid() {
		return nil
	}
	b := k.public.appendJWK(make([]byte, 0, 256))
	b = append(b, `,"d":"`...)
	b = jose.AppendBase64(b, k.secret().bytes())
	return append(b, `"}`...)
}
