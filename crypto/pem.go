package crypto

import (
	"bytes"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
)

// pemType is the label of unencrypted PKCS #8 (RFC 7468, section 10).
const pemType = "PRIVATE KEY"

// AlgorithmIdentifiers, in DER, of keys on the two curves: id-ecPublicKey and
// the curve (RFC 5480, sections 2.1.1 and 2.1.1.1; SEC 2 version 2, section
// A.2.1).
const (
	algorithmP256 = "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
	algorithmK256 = "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a"

	p256OID = "1.2.840.10045.3.1.7"
)

// Why a PEM file was refused; callers add the prefix.
var (
	errNoPEM       = errors.New("no PEM block")
	errPEMType     = fmt.Errorf("the PEM block is not of type %q, unencrypted PKCS #8", pemType)
	errPEMHeaders  = errors.New("the PEM block has headers")
	errPEMAround   = errors.New("there is more than the PEM block")
	errPKCS8       = errors.New("not PKCS #8 in DER")
	errPKCS8K256   = fmt.Errorf("%w: secp256k1 in PKCS #8", ErrUnsupportedKeyType)
	errPKCS8Other  = fmt.Errorf("%w: not a key on P-256", ErrUnsupportedKeyType)
	errPKCS8Public = errors.New("the public key is not that of the private key")
)

// pkcs8 is PrivateKeyInfo (RFC 5208, section 5). Attributes may follow, which
// the decoder passes over.
type pkcs8 struct {
	Version    int // 0
	Algorithm  asn1.RawValue
	PrivateKey []byte // an ecPrivateKey
}

// ecPrivateKey is ECPrivateKey (RFC 5915, section 3).
type ecPrivateKey struct {
	Version    int // 1
	PrivateKey []byte
	Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	PublicKey  asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

// ParsePrivatePEM decodes a P-256 key from a PEM file with one block of type
// "PRIVATE KEY", which is unencrypted PKCS #8, as most tools write it; white
// space may be around the block.
//
// The error matches [ErrUnsupportedKeyType] for keys of other types. That
// includes K-256, which few tools write or read in this form, the standard
// library among those that do not: keep such a key as
// [PrivateKey.ExportMultikey] or [PrivateKey.ExportJWK]. Errors never show the
// input.
//
// https://www.rfc-editor.org/rfc/rfc7468#section-10 and
// https://www.rfc-editor.org/rfc/rfc5915
func ParsePrivatePEM(data []byte) (*PrivateKey, error) {
	k, err := parsePrivatePEM(data)
	if err != nil {
		return nil, importError("private PEM", err)
	}
	return k, nil
}

func parsePrivatePEM(data []byte) (*PrivateKey, error) {
	data = bytes.TrimSpace(data)
	block, rest := pem.Decode(data)
	switch {
	case block == nil:
		return nil, errNoPEM
	case block.Type != pemType:
		return nil, errPEMType
	case len(block.Headers) != 0:
		return nil, errPEMHeaders
	case len(rest) != 0 || !bytes.HasPrefix(data, []byte("-----BEGIN "+pemType+"-----")):
		return nil, errPEMAround
	}
	inner, err := parsePKCS8(block.Bytes)
	if err != nil {
		return nil, err
	}
	k, err := ParsePrivateKey(P256, inner.PrivateKey)
	if err != nil {
		return nil, errScalarRange
	}
	public := inner.PublicKey.Bytes
	if public != nil && !bytes.Equal(public, k.public.uncompressed()) && !bytes.Equal(public, k.public.Bytes()) {
		return nil, errPKCS8Public
	}
	return k, nil
}

// parsePKCS8 returns the private key in der, whose scalar has yet to be checked.
func parsePKCS8(der []byte) (*ecPrivateKey, error) {
	var outer pkcs8
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) != 0 || outer.Version != 0 {
		return nil, errPKCS8
	}
	switch string(outer.Algorithm.FullBytes) {
	case algorithmP256:
	case algorithmK256:
		return nil, errPKCS8K256
	default:
		return nil, errPKCS8Other
	}
	var inner ecPrivateKey
	if rest, err := asn1.Unmarshal(outer.PrivateKey, &inner); err != nil || len(rest) != 0 || inner.Version != 1 {
		return nil, errPKCS8
	}
	if inner.Curve != nil && inner.Curve.String() != p256OID {
		return nil, errPKCS8
	}
	return &inner, nil
}

// ExportPEM returns the key with its secret as a PEM file of unencrypted PKCS
// #8, which [ParsePrivatePEM] takes. Who has it can sign as the owner of the
// key. It is an error if the key is invalid, and it matches
// [ErrUnsupportedKeyType] if the key is not on P-256.
func (k *PrivateKey) ExportPEM() ([]byte, error) {
	if !k.valid() {
		return nil, errZeroKey
	}
	if k.Curve() != P256 {
		return nil, fmt.Errorf("crypto: cannot export as PEM: %w", errPKCS8K256)
	}
	inner, err := asn1.Marshal(ecPrivateKey{
		Version:    1,
		PrivateKey: k.secret().bytes(),
		PublicKey:  asn1.BitString{Bytes: k.public.uncompressed(), BitLength: 8 * uncompressedSize},
	})
	if err != nil {
		return nil, errors.New("crypto: internal error: a private key does not encode")
	}
	der, err := asn1.Marshal(pkcs8{Algorithm: asn1.RawValue{FullBytes: []byte(algorithmP256)}, PrivateKey: inner})
	if err != nil {
		return nil, errors.New("crypto: internal error: a private key does not encode")
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}
