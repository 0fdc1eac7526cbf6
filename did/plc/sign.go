package plc

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// ErrNoSigner is in the error of functions that sign when none of the signers
// has a key that may sign the operation.
var ErrNoSigner = errors.New("plc: no signer has a rotation key that may sign")

var compareKeys = dagcbor.CompareKeys

// Create makes the operation that creates a DID, and the DID. Submit it to a
// directory with [Client.Submit], or let [Client.Create] do both.
//
// The data must pass [Data.Check]. Of the signers, the one whose key comes
// first among the rotation keys signs; the error matches [ErrNoSigner] if there
// is none.
//
// The history of a DID, with its names, servers and keys, is public forever,
// and whoever uses one key for two DIDs shows that they belong together.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-creation
func Create(ctx context.Context, data *Data, signers ...crypto.Signer) (syntax.DID, *Operation, error) {
	op, err := signData(ctx, data, dagcbor.CID{}, data.RotationKeys, signers)
	if err != nil {
		return syntax.DID{}, nil, err
	}
	id, err := op.DID()
	return id, op, err
}

// Update makes an operation that builds on prev and states data, which must
// pass [Data.Check]. Take the data from prev with [Operation.Data] and change
// it. Of the signers, the one whose key comes first among the rotation keys of
// prev signs; the error matches [ErrNoSigner] if there is none.
//
// prev should be the last operation of a history that was verified: see
// [State.Head]. To undo others that came after it, see [State.Recover].
//
// https://web.plc.directory/spec/v0.1/did-plc#did-update
func Update(ctx context.Context, prev *Operation, data *Data, signers ...crypto.Signer) (*Operation, error) {
	if prev.IsTombstone() {
		return nil, errAfterTombstone
	}
	return signData(ctx, data, prev.CID(), prev.RotationKeys(), signers)
}

// Tombstone makes an operation that builds on prev and deactivates the DID. It
// is final unless a stronger rotation key undoes it within 72 hours. See
// [Update] for the signers.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-deactivation
func Tombstone(ctx context.Context, prev *Operation, signers ...crypto.Signer) (*Operation, error) {
	if prev.IsTombstone() {
		return nil, errAfterTombstone
	}
	body := dagcbor.AppendText(nil, "prev")
	body = dagcbor.AppendText(body, prev.CID().String())
	body = dagcbor.AppendText(body, "type")
	body = dagcbor.AppendText(body, TypeTombstone)
	return sign(ctx, 2, body, prev.RotationKeys(), signers)
}

var errAfterTombstone = errors.New("plc: nothing builds on a tombstone")

// signData signs an operation that states data. keys are those that may sign.
func signData(ctx context.Context, data *Data, prev dagcbor.CID, keys []string, signers []crypto.Signer) (*Operation, error) {
	if err := data.Check(); err != nil {
		return nil, err
	}
	op, err := sign(ctx, 6, data.appendPairs(nil, prev), keys, signers)
	if err != nil {
		return nil, err
	}
	if len(op.raw) > maxSubmitSize {
		return nil, limitError("size of an operation to submit", maxSubmitSize, len(op.raw))
	}
	return op, nil
}

// appendPairs appends the pairs of an operation without its signature.
func (d *Data) appendPairs(dst []byte, prev dagcbor.CID) []byte {
	dst = dagcbor.AppendText(dst, "prev")
	if prev.Defined() {
		dst = dagcbor.AppendText(dst, prev.String())
	} else {
		dst = dagcbor.AppendNull(dst)
	}
	dst = dagcbor.AppendText(dst, "type")
	dst = dagcbor.AppendText(dst, TypeOperation)
	dst = dagcbor.AppendText(dst, "services")
	dst = dagcbor.AppendMap(dst, len(d.Services))
	for name, s := range sorted(d.Services) {
		dst = dagcbor.AppendMap(dagcbor.AppendText(dst, name), 2)
		dst = dagcbor.AppendText(dagcbor.AppendText(dst, "type"), s.Type)
		dst = dagcbor.AppendText(dagcbor.AppendText(dst, "endpoint"), s.Endpoint)
	}
	dst = appendTexts(dagcbor.AppendText(dst, "alsoKnownAs"), d.AlsoKnownAs)
	dst = appendTexts(dagcbor.AppendText(dst, "rotationKeys"), d.RotationKeys)
	dst = dagcbor.AppendText(dst, "verificationMethods")
	dst = dagcbor.AppendMap(dst, len(d.VerificationMethods))
	for name, key := range sorted(d.VerificationMethods) {
		dst = dagcbor.AppendText(dagcbor.AppendText(dst, name), key)
	}
	return dst
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = dagcbor.AppendArray(dst, len(texts))
	for _, s := range texts {
		dst = dagcbor.AppendText(dst, s)
	}
	return dst
}

// sign signs the map of n pairs, which are body, with the signer whose key is
// the first in keys.
func sign(ctx context.Context, n int, body []byte, keys []string, signers []crypto.Signer) (*Operation, error) {
	unsigned := append(dagcbor.AppendMap(make([]byte, 0, len(body)+1), n), body...)
	if err := dagcbor.NewReader(unsigned, nil).Skip(); err != nil { // a text that is not UTF-8
		return nil, &OperationError{Msg: "not DRISL: " + err.Error()}
	}
	signer := choose(keys, signers)
	if signer == nil {
		return nil, fmt.Errorf("%w: %d signers, %d keys", ErrNoSigner, len(signers), len(keys))
	}
	sig, err := crypto.Sign(ctx, signer, unsigned)
	if err != nil {
		return nil, err
	}
	raw := dagcbor.AppendMap(make([]byte, 0, len(body)+128), n+1)
	raw = dagcbor.AppendText(raw, "sig") // before all others, which have longer names
	raw = dagcbor.AppendText(raw, base64.RawURLEncoding.EncodeToString(sig))
	return newOperation(append(raw, body...))
}

// choose returns the signer whose key is the first in keys.
func choose(keys []string, signers []crypto.Signer) crypto.Signer {
	best, index := crypto.Signer(nil), len(keys)
	for _, s := range signers {
		if s == nil {
			continue
		}
		key := s.PublicKey().DIDKey()
		if i := slices.Index(keys, key); key != "" && i >= 0 && i < index {
			best, index = s, i
		}
	}
	return best
}
