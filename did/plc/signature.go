package plc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/linnet-at/linnet/crypto"
)

// sigTextLen is the length of a signature in base64url without padding.
const sigTextLen = 86

// signature decodes the signature from its only form: 86 characters of
// base64url, the last of which encodes two bits, without padding or line ends.
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
func (op *Operation) signature() (sig [crypto.SignatureSize]byte, ok bool) {
	text := op.at(op.sig)
	if len(text) != sigTextLen {
		return sig, false
	}
	// The decoder passes over line ends, but then there are fewer than 64 bytes.
	var buf [crypto.SignatureSize + 2]byte
	n, err := base64.RawURLEncoding.Strict().Decode(buf[:], text)
	copy(sig[:], buf[:])
	return sig, err == nil && n == crypto.SignatureSize
}

// looseSignature decodes what signatures of old look like: with padding, line
// ends, stray bits or the characters of plain base64, and maybe in DER.
func (op *Operation) looseSignature() []byte {
	text := strings.NewReplacer("=", "", "\r", "", "\n", "", "+", "-", "/", "_").Replace(op.Signature())
	sig, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return sig
}

// VerifySignature checks that op was signed with one of the given keys and
// returns the index of the first of them that signed it. It holds the text of
// the signature to its only form, and s to its lower value.
//
// The error is an [*OperationError] if the signature is malformed, and matches
// [crypto.ErrInvalidSignature] if none of the keys made it.
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
func (op *Operation) VerifySignature(keys ...*crypto.PublicKey) (int, error) {
	sig, ok := op.signature()
	if !ok {
		return -1, &OperationError{"sig", "is not 64 bytes in base64url without padding: " + quote(op.Signature())}
	}
	err := error(&crypto.SignatureError{Reason: crypto.SignatureMismatch, Length: len(sig)})
	for i, k := range keys {
		if err = k.VerifyDigest(op.digest, sig[:]); err == nil {
			return i, nil
		}
	}
	return -1, err
}

// signer returns the index of the first rotation key of prev that signed op,
// among the first n of them, or -1.
//
// The key that has signed most often is tried first: no two different keys
// verify one signature, since both are fixed by the hash that is signed before
// it is, so that only a key that is there twice has to be told from its first
// place.
func (c *KeyCache) signer(op, prev *Operation, n int, sig *[crypto.SignatureSize]byte) int {
	first, wins := 0, uint32(0)
	for i, s := range prev.keys[:n] {
		if k, err := c.load(prev.at(s)); err == nil && k.wins.Load() > wins {
			first, wins = i, k.wins.Load()
		}
	}
	for j := range n {
		i := j
		switch { // first, then the others in order
		case j == 0:
			i = first
		case j <= first:
			i = j - 1
		}
		text := prev.at(prev.keys[i])
		k, err := c.load(text)
		if err != nil || k.key.VerifyDigest(op.digest, sig[:]) != nil {
			continue
		}
		k.wins.Add(1)
		return prev.place(text)
	}
	return -1
}

// place returns the index of the first rotation key with the given text. It is
// what counts, in whatever order keys are tried.
func (op *Operation) place(text []byte) int {
	for i, s := range op.keys {
		if bytes.Equal(op.at(s), text) {
			return i
		}
	}
	return -1
}

// looseSigner is signer for signatures of old.
func (c *KeyCache) looseSigner(op, prev *Operation, n int) int {
	sig := op.looseSignature()
	message := op.AppendUnsigned(nil)
	for i, s := range prev.keys[:n] {
		k, err := c.load(prev.at(s))
		if err != nil {
			continue
		}
		if k.key.VerifyMalleable(message, sig) == nil {
			return i
		}
		compact, err := crypto.SignatureFromDER(k.key.Curve(), sig)
		if err == nil && k.key.VerifyMalleable(message, compact) == nil {
			return i
		}
	}
	return -1
}

// highS reports whether the signature is refused whoever made it, because of
// its high s. It goes by the curve of the first of prev's keys.
func (c *KeyCache) highS(op, prev *Operation) bool {
	sig, ok := op.signature()
	if !ok || len(prev.keys) == 0 {
		return false
	}
	k, err := c.load(prev.at(prev.keys[0]))
	if err != nil {
		return false
	}
	e, ok := errors.AsType[*crypto.SignatureError](k.key.VerifyDigest(op.digest, sig[:]))
	return ok && e.Reason == crypto.SignatureHighS
}
