package plc

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
)

// Recover makes an operation that undoes the one with the CID undo, and all
// that came after it: it builds on the one before. It states data, or what was
// stated before if data is nil.
//
// That needs a rotation key that is stronger than the one that signed what is
// to be undone, and at most [RecoveryWindow] since: now is the time at which
// the operation will reach the directory. The error is an [*EntryError] with
// ReasonTooLate, or with ReasonPrevUnknown if undo is not among the operations
// that count, or the first of them; it matches [ErrNoSigner] if no signer has a
// key that is strong enough.
//
// Whoever lost a server, or was robbed of the account, recovers it like this
// with a key of their own: state a new server and signing key, submit, sign the
// token for com.atproto.server.createAccount with that signing key, import the
// repository, and update once more to the keys that the new server recommends.
//
// https://web.plc.directory/spec/v0.1/did-plc#key-rotation--account-recovery
func (s *State) Recover(ctx context.Context, undo dagcbor.CID, data *Data, now time.Time, signers ...crypto.Signer) (*Operation, error) {
	i := slices.IndexFunc(s.active, func(l link) bool { return l.op.cid == undo })
	if i < 1 {
		return nil, &EntryError{Reason: ReasonPrevUnknown, Index: -1, DID: s.did, CID: undo, Detail: "nothing to go back to"}
	}
	disputed, prev := s.active[i], s.active[i-1].op
	if age := now.UnixMilli() - disputed.at; age > RecoveryWindow.Milliseconds() {
		return nil, &EntryError{Reason: ReasonTooLate, Index: -1, DID: s.did, CID: undo}
	}
	if data == nil {
		data = prev.Data()
	}
	keys := prev.RotationKeys()
	op, err := signData(ctx, data, prev.cid, keys[:min(disputed.signer, len(keys))], signers)
	if err != nil {
		return nil, err
	}
	return op, nil
}

// Review checks an operation that somebody else made and signed, such as a
// server on com.atproto.identity.signPlcOperation, before it is submitted: that
// it builds on prev and is signed with one of its rotation keys, that a
// directory will take it, that what it states passes [Data.Check], and that the
// keys in keep are still rotation keys, in the same order and before all others
// that come after the first of them. Whether it states what was asked for is to
// be compared with [Operation.Data].
//
// https://atproto.com/guides/account-migration#updating-identity
func Review(op, prev *Operation, keep ...*crypto.PublicKey) error {
	if op.prev != prev.cid {
		return fmt.Errorf("plc: operation builds on %v, not on %v", op.prev, prev.cid)
	}
	if err := op.CheckSubmit(); err != nil {
		return err
	}
	d := op.Data()
	if d == nil {
		return &OperationError{"type", "is a tombstone"}
	}
	if err := d.Check(); err != nil {
		return err
	}
	last := -1
	for _, k := range keep {
		i := slices.Index(d.RotationKeys, k.DIDKey())
		if i < 0 {
			return &OperationError{"rotationKeys", "lacks " + k.DIDKey()}
		}
		if i < last {
			return &OperationError{"rotationKeys", "has its keys in another order"}
		}
		last = i
	}
	sig, _ := op.signature() // CheckSubmit has seen it
	var keys *KeyCache
	if keys.signer(op, prev, len(prev.keys), &sig) < 0 {
		return fmt.Errorf("plc: operation %v is not signed with a rotation key of %v: %w", op.cid, prev.cid, crypto.ErrInvalidSignature)
	}
	return nil
}
