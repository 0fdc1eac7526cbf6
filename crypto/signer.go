package crypto

import (
	"context"
	"errors"
	"fmt"
)

// A Signer signs messages with a private key that it holds or has access to.
// [*PrivateKey] is one; others may keep the key in a hardware module or a key
// management service. A Signer must be safe for concurrent use.
type Signer interface {
	// PublicKey returns the key that verifies the signatures. It does not
	// change and is never nil.
	PublicKey() *PublicKey

	// Sign returns an ECDSA signature over the SHA-256 hash of message: exactly
	// 64 bytes, r and then s, with s at most half the order of the curve. Sign
	// hashes; the caller does not. Two signatures of one message may differ.
	//
	// A service that returns DER needs [SignatureFromDER]. Sign does not keep or
	// modify message, and returns ctx.Err(), possibly wrapped, when it gave up
	// because of ctx.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// Sign signs message with s. Unless s is a [*PrivateKey], the signature is
// verified before it is returned, so that a misconfigured service or a faulty
// module cannot make the caller publish an invalid signature. Code that takes a
// [Signer] should sign with this function.
func Sign(ctx context.Context, s Signer, message []byte) ([]byte, error) {
	if k, ok := s.(*PrivateKey); ok {
		return k.Sign(ctx, message)
	}
	if s == nil {
		return nil, errors.New("crypto: nil Signer")
	}
	sig, err := s.Sign(ctx, message)
	if err != nil {
		return nil, err
	}
	if err := s.PublicKey().Verify(message, sig); err != nil {
		return nil, fmt.Errorf("crypto: %T returned a signature that does not verify: %w", s, err)
	}
	return sig, nil
}
