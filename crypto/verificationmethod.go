package crypto

import (
	"fmt"

	"github.com/mr-tron/base58"
)

// Types of verification methods in DID documents whose keys this package
// decodes. Documents of today use [TypeMultikey]; the other two are a legacy
// form, to be read and never written.
//
// https://atproto.com/specs/did#representation-of-public-keys
const (
	TypeMultikey                          = "Multikey"
	TypeEcdsaSecp256r1VerificationKey2019 = "EcdsaSecp256r1VerificationKey2019" // P-256
	TypeEcdsaSecp256k1VerificationKey2019 = "EcdsaSecp256k1VerificationKey2019" // K-256
)

// ParseVerificationMethod decodes the key of an entry in a DID document's
// verificationMethod list from its type and its publicKeyMultibase.
//
// For [TypeMultikey] see [ParseMultikey]. The two legacy types name the curve,
// and their text is "z" and the base58btc encoding of the bare point, 65 bytes
// uncompressed or 33 bytes compressed, without a multicodec code.
//
// The error matches [ErrUnsupportedKeyType] for any other type, and for a
// multikey of another type of key.
func ParseVerificationMethod(typ, publicKeyMultibase string) (*PublicKey, error) {
	switch typ {
	case TypeMultikey:
		return ParseMultikey(publicKeyMultibase)
	case TypeEcdsaSecp256r1VerificationKey2019:
		return parseLegacy(P256, typ, publicKeyMultibase)
	case TypeEcdsaSecp256k1VerificationKey2019:
		return parseLegacy(K256, typ, publicKeyMultibase)
	}
	return nil, fmt.Errorf("crypto: %w: verification method of type %s", ErrUnsupportedKeyType, quote(typ))
}

func parseLegacy(c Curve, typ, s string) (*PublicKey, error) {
	raw, err := decodeBase58btc(s)
	if err != nil {
		return nil, keyTextError(typ, s, err)
	}
	var k *PublicKey
	switch len(raw) {
	case uncompressedSize:
		k, err = parseUncompressed(c, raw)
	case compressedSize:
		k, err = parseCompressed(c, raw)
	default:
		err = fmt.Errorf("got %d bytes, want %d or %d", len(raw), uncompressedSize, compressedSize)
	}
	if err != nil {
		return nil, keyTextError(typ, s, err)
	}
	if base58btcPrefix+base58.Encode(raw) != s {
		return nil, keyTextError(typ, s, errNotCanonical)
	}
	return k, nil
}
