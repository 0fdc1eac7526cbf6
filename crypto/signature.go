package crypto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// SignatureSize is the length of a signature in bytes: r and then s, each of
// them 32 bytes, big-endian, padded with zeros on the left.
const SignatureSize = 2 * scalarSize

// ErrInvalidSignature is matched by the errors of all signatures that do not
// verify, whatever the reason. Read the reason from the [*SignatureError].
var ErrInvalidSignature = errors.New("crypto: invalid signature")

// A SignatureReason says why a signature was refused.
type SignatureReason uint8

const (
	// SignatureMismatch means that the signature is well-formed, but was not made by this
	// key over this message.
	SignatureMismatch SignatureReason = 1 + iota
	// SignatureLength means not exactly 64 bytes. DER encodings end here.
	SignatureLength
	// SignatureRange means that r or s is zero, or not below the order of the curve.
	SignatureRange
	// SignatureHighS means that s is above half the order of the curve, so that the
	// signature is the malleable twin of the one that the protocol allows.
	SignatureHighS
)

// A SignatureError reports a signature that was refused. It matches
// [ErrInvalidSignature].
//
// The text returned by the Error method may change between releases.
type SignatureError struct {
	Reason SignatureReason
	Curve  Curve // of the key
	Length int   // of the signature, in bytes
}

// Error describes the reason.
func (e *SignatureError) Error() string {
	const prefix = "crypto: invalid signature: "
	switch e.Reason {
	case SignatureLength:
		return fmt.Sprintf("%sgot %d bytes, want %d", prefix, e.Length, SignatureSize)
	case SignatureRange:
		return fmt.Sprintf("%sr or s out of range for %v", prefix, e.Curve)
	case SignatureHighS:
		return fmt.Sprintf("%shigh S for %v", prefix, e.Curve)
	}
	return fmt.Sprintf("%smade by another key or over another message (%v)", prefix, e.Curve)
}

// Is reports whether target is [ErrInvalidSignature].
func (e *SignatureError) Is(target error) bool {
	return target == ErrInvalidSignature
}

// checkSignature returns what is wrong with the form of a compact signature, or
// zero. Signatures are public: nothing here needs constant time.
//
// https://atproto.com/specs/cryptography#ecdsa-signature-malleability
func checkSignature(c Curve, sig []byte, allowHighS bool) SignatureReason {
	const zero = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	if len(sig) != SignatureSize {
		return SignatureLength
	}
	r, s, n := sig[:scalarSize], sig[scalarSize:], c.order()
	if string(r) == zero || string(r) >= n || string(s) == zero || string(s) >= n {
		return SignatureRange
	}
	if !allowHighS && string(s) > c.halfOrder() {
		return SignatureHighS
	}
	return 0
}

// lowerS replaces s by n-s if it is high. Either value may be computed from the
// other by anyone who sees the signature, so this needs no constant time.
func lowerS(c Curve, sig *[SignatureSize]byte) {
	s := sig[scalarSize:]
	if string(s) <= c.halfOrder() {
		return
	}
	n := []byte(c.order())
	var borrow uint64
	for i := scalarSize - 8; i >= 0; i -= 8 {
		var d uint64
		d, borrow = bits.Sub64(binary.BigEndian.Uint64(n[i:]), binary.BigEndian.Uint64(s[i:]), borrow)
		binary.BigEndian.PutUint64(s[i:], d)
	}
}
