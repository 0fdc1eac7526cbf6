package crypto

import "crypto/sha256"

// Verify checks a signature over the SHA-256 hash of message, by the rules for
// commits, labels and PLC operations: sig is exactly 64 bytes, r and s are in
// the range 1 to n-1, and s is low (at most half of n). It returns nil if the
// signature is valid, else a [*SignatureError], which matches
// [ErrInvalidSignature], or another error if the key is nil or zero.
//
// Never compare signatures to tell whether something is authentic: verify.
//
// https://atproto.com/specs/cryptography#ecdsa-signature-malleability
func (k *PublicKey) Verify(message, sig []byte) error {
	return k.verify(sha256.Sum256(message), sig, false)
}

// VerifyDigest is [PublicKey.Verify] for a message whose SHA-256 hash is known.
// The caller must have computed the digest from the message: for a digest that
// somebody else chose, anyone can make a signature.
func (k *PublicKey) VerifyDigest(digest [32]byte, sig []byte) error {
	return k.verify(digest, sig, false)
}

// VerifyMalleable is [PublicKey.Verify] except that it also accepts a high S.
// It is for tokens (JWT): the rules of JOSE allow both forms, and anyone can
// turn one into the other. So a signature that verifies here is not unique for
// its message; do not use it as an identifier or to detect replays.
func (k *PublicKey) VerifyMalleable(message, sig []byte) error {
	return k.verify(sha256.Sum256(message), sig, true)
}

func (k *PublicKey) verify(digest [32]byte, sig []byte, allowHighS bool) error {
	if !k.valid() {
		return errZeroKey
	}
	reason := checkSignature(k.curve, sig, allowHighS)
	if reason == 0 && !k.matches(&digest, sig) {
		reason = SignatureMismatch
	}
	if reason != 0 {
		return &SignatureError{Reason: reason, Curve: k.curve, Length: len(sig)}
	}
	return nil
}

// matches runs the curve's verification of a signature of proper form.
func (k *PublicKey) matches(digest *[32]byte, sig []byte) bool {
	switch k.curve {
	case P256:
		return verifyP256(k.p256, digest, sig)
	case K256:
		return verifyK256(k.k256, digest, sig)
	}
	return false
}
