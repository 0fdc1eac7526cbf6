// Package crypto has the keys and signatures of the AT Protocol: ECDSA with
// SHA-256 on the curves P-256 and K-256 (secp256k1), and the text forms of keys,
// did:key, multikey and JSON Web Key. It implements
// https://atproto.com/specs/cryptography, the representation of public keys in
// https://atproto.com/specs/did#representation-of-public-keys, and of RFC 7517,
// 7518 and 7638 what tokens need (https://www.rfc-editor.org/rfc/rfc7517).
//
// To verify, get a [*PublicKey] from a did:key or multikey with
// [ParsePublicKeyText], or from an entry of a DID document with
// [ParseVerificationMethod], and call [PublicKey.Verify]. To sign, make a
// [*PrivateKey] with [GenerateKey] or [ParsePrivateKey], or implement [Signer],
// and call [Sign]. Secrets are kept as what the methods of PrivateKey that begin
// with Export return. For tokens, see package jwt below this one, and [JWK] and
// [JWKSet] for the keys that clients publish for them.
//
// # Signatures
//
// A signature is 64 bytes, r and then s, over the SHA-256 hash of the message.
// Of the two values of s that verify, only the lower one is valid, on both
// curves, so that nobody can turn a signature into another. [PublicKey.Verify]
// requires this. Tokens (JWT) may carry either, which
// [PublicKey.VerifyMalleable] is for. Signatures say nothing about the curve: it
// is that of the key. This package signs deterministically (RFC 6979), but
// signatures of others need not be: never compare them to tell authenticity.
//
// # Keys
//
// There is one text per key and form; everything else is refused: other lengths,
// uncompressed points in did:key and multikey, points off the curve, base58 that
// does not give itself back, JWK coordinates that are not padded to 32 bytes, and
// private keys where public ones are due. Keys of other types, such as Ed25519, give
// [ErrUnsupportedKeyType]. The zero and nil values of the key types are invalid
// and safe to use: they give errors and empty results. All values are immutable
// and safe for concurrent use.
//
// # Security
//
// Key generation and signing run in constant time, by the standard library on
// P-256 and by gitlab.com/yawning/secp256k1-voi on K-256; verification, which
// sees only public values, does not. Reading and writing private keys as text is
// not in constant time either: do it at start, not on request. Private keys do
// not print, marshal or compare by ==. Nothing is registered globally: importing
// this package changes nothing elsewhere in the process.
//
// Not here: encryption, key agreement, key storage, and identity. Whether a key
// speaks for a DID is for the DID's document to say.
package crypto
