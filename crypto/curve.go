package crypto

import "strconv"

// A Curve identifies one of the two elliptic curves of the protocol. The zero
// Curve is not valid.
//
// https://atproto.com/specs/cryptography
type Curve uint8

const (
	// P256 is NIST P-256, also known as secp256r1 and prime256v1.
	P256 Curve = 1 + iota
	// K256 is secp256k1, called k256 in the protocol's documents.
	K256
)

// DefaultCurve is the curve to generate keys on when nothing asks for the
// other one: accounts of the network use K-256 nearly without exception.
const DefaultCurve = K256

// Byte lengths that both curves share (SEC 1, sections 2.3.3 to 2.3.6).
const (
	coordinateSize   = 32
	scalarSize       = 32
	compressedSize   = 1 + coordinateSize
	uncompressedSize = 1 + 2*coordinateSize
)

// Group orders n and floor(n/2), big-endian. They are strings so that nothing
// can modify them, and compare as numbers because the lengths are equal.
//
// P-256: FIPS 186-4, section D.1.2.3. K-256: SEC 2 version 2, section 2.4.1.
const (
	p256Order     = "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
	p256HalfOrder = "\x7f\xff\xff\xff\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xde\x73\x7d\x56\xd3\x8b\xcf\x42\x79\xdc\xe5\x61\x7e\x31\x92\xa8"
	k256Order     = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xba\xae\xdc\xe6\xaf\x48\xa0\x3b\xbf\xd2\x5e\x8c\xd0\x36\x41\x41"
	k256HalfOrder = "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x5d\x57\x6e\x73\x57\xa4\x50\x1d\xdf\xe9\x2f\x46\x68\x1b\x20\xa0"
)

// String returns the curve's name in the IANA registry "JSON Web Key Elliptic
// Curve": "P-256" (RFC 7518, section 6.2.1.1) or "secp256k1" (RFC 8812,
// section 3.1).
func (c Curve) String() string {
	switch c {
	case P256:
		return "P-256"
	case K256:
		return "secp256k1"
	}
	return "Curve(" + strconv.Itoa(int(c)) + ")"
}

// Alg returns the JOSE name of ECDSA with SHA-256 on the curve: "ES256"
// (RFC 7518, section 3.4) or "ES256K" (RFC 8812, section 3.2). It is empty for
// an invalid curve.
func (c Curve) Alg() string {
	switch c {
	case P256:
		return "ES256"
	case K256:
		return "ES256K"
	}
	return ""
}

// order returns n as 32 big-endian bytes, and "" for an invalid curve.
func (c Curve) order() string {
	switch c {
	case P256:
		return p256Order
	case K256:
		return k256Order
	}
	return ""
}

// halfOrder returns floor(n/2) as 32 big-endian bytes, and "" for an invalid
// curve. A signature is low-S when its s does not exceed it.
func (c Curve) halfOrder() string {
	switch c {
	case P256:
		return p256HalfOrder
	case K256:
		return k256HalfOrder
	}
	return ""
}
