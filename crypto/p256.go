package crypto

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
)

// parseP256Compressed decodes a point whose length and first byte have been
// checked. The standard library takes no compressed ECDSA keys, so y is
// computed first and the full point is then parsed, and checked, again.
func parseP256Compressed(b []byte) (*ecdsa.PublicKey, error) {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), b)
	if x == nil {
		return nil, errNotOnCurve
	}
	var full [uncompressedSize]byte
	full[0] = pointUncompressed
	x.FillBytes(full[1 : 1+coordinateSize])
	y.FillBytes(full[1+coordinateSize:])
	return parseP256Uncompressed(full[:])
}

func parseP256Uncompressed(b []byte) (*ecdsa.PublicKey, error) {
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), b)
	if err != nil {
		return nil, errNotOnCurve
	}
	return k, nil
}

// verifyP256 reports whether the compact signature, already known to be of the
// right length and range, is one of the key over the digest.
func verifyP256(k *ecdsa.PublicKey, digest *[32]byte, sig []byte) bool {
	var buf [maxDERSize]byte
	return ecdsa.VerifyASN1(k, digest[:], appendDER(buf[:0], sig))
}

type p256Secret struct{ k *ecdsa.PrivateKey }

func generateP256() (p256Secret, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return p256Secret{k}, err
}

func parseP256Secret(raw []byte) (p256Secret, error) {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return p256Secret{}, errScalarRange
	}
	return p256Secret{k}, nil
}

func (s p256Secret) point() []byte {
	b, err := s.k.PublicKey.Bytes()
	if err != nil {
		panic("crypto: internal error: P-256 point does not encode")
	}
	return b
}

func (s p256Secret) bytes() []byte {
	b, err := s.k.Bytes()
	if err != nil {
		panic("crypto: internal error: P-256 key does not encode")
	}
	return b
}

// sign returns the deterministic signature (RFC 6979) in compact low-S form.
// The library returns DER with s on either side of n/2.
func (s p256Secret) sign(digest *[32]byte) ([]byte, error) {
	der, err := s.k.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, errors.New("crypto: P-256 signing failed: " + err.Error())
	}
	return SignatureFromDER(P256, der)
}
