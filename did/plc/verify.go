package plc

import (
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// RecoveryWindow is how long after an operation a stronger key can undo it.
//
// https://web.plc.directory/spec/v0.1/did-plc#key-rotation--account-recovery
const RecoveryWindow = 72 * time.Hour

// VerifyOptions are options for verification. Nil means the defaults.
type VerifyOptions struct {
	// Keys keeps decoded keys. Nil means that every call has a cache of its own,
	// so set it where many logs are verified.
	Keys *KeyCache

	// KnownBad reports whether an operation is known to be in the history of
	// the network although it should never have been accepted. Of such an
	// operation ReasonInvalid, ReasonSignatureForm and ReasonSignature are
	// excused, and ReasonTime unless it undoes others. Nil excuses nothing.
	KnownBad func(dagcbor.CID) bool

	// Lenient excuses signatures that are malformed or have a high s, as
	// thousands of operations from before 2024 have, if one of the right keys
	// made them. Such a signature can be changed by anybody into another one, so
	// that there is no telling which operation was the one signed.
	Lenient bool
}

// withKeys returns a copy of o, or the defaults, with a cache of keys.
func (o *VerifyOptions) withKeys() VerifyOptions {
	var opts VerifyOptions
	if o != nil {
		opts = *o
	}
	if opts.Keys == nil {
		opts.Keys = new(KeyCache)
	}
	return opts
}

// A Status says what became of an operation.
type Status uint8

const (
	// Refused means that the operation does not stand.
	Refused Status = iota
	// Active means that it is part of the history that counts.
	Active
	// Nullified means that a stronger key has undone it.
	Nullified
)

// String names the status.
func (s Status) String() string {
	return [...]string{"refused", "active", "nullified"}[s%3]
}

// A Verdict says whether an operation stands, and why.
type Verdict struct {
	Status Status

	// Signer is the index of the key that signed the operation, among the
	// rotation keys of the one that it builds on, or its own if it is the first.
	// It is -1 if the operation was refused, and the number of those keys if it
	// is excused and none of them signed it.
	Signer int

	// Nullifies are the operations that this one undid, oldest first.
	Nullifies []dagcbor.CID

	// NullifiedBy is the operation that undid this one, if its status is
	// Nullified.
	NullifiedBy dagcbor.CID

	// Excused is why the operation would not stand but for [VerifyOptions].
	Excused *EntryError

	// Err is why the operation does not stand, or what the directory says about
	// it wrongly.
	Err *EntryError
}

// A link is an operation of the history that counts.
type link struct {
	op     *Operation
	at     int64 // when the directory took it, in milliseconds
	signer int   // see Verdict.Signer
}

// fate returns what became of the operation with the given CID: its place in
// the history that counts, or why nothing can build on it.
type fate func(dagcbor.CID) (int, Reason)

// judge holds an entry against the history before it. It returns the link to
// put after active[:place], and why it stands in spite of something, or why it
// does not.
//
// https://web.plc.directory/spec/v0.1/did-plc#audit-logs
func (o *VerifyOptions) judge(did syntax.DID, active []link, first bool, find fate, e *Entry) (l link, place int, excused, err *EntryError) {
	refuse := func(r Reason, detail string) *EntryError {
		return &EntryError{Reason: r, Index: -1, DID: did, CID: e.Operation.cid, Detail: detail}
	}
	op := e.Operation
	l = link{op: op, at: e.CreatedAt.UnixMilli(), signer: -1}
	switch {
	case e.DID != did:
		return l, 0, nil, refuse(ReasonDID, quote(e.DID.String()))
	case e.CID != op.cid:
		return l, 0, nil, refuse(ReasonCID, "stated is "+e.CID.String())
	}
	prev := op // a genesis operation is signed with its own keys
	if first {
		if r, detail := checkGenesis(did, op); r != 0 {
			return l, 0, nil, refuse(r, detail)
		}
	} else {
		var r Reason
		if place, r = o.findPrev(op, active, find); r != 0 {
			return l, 0, nil, refuse(r, "")
		}
		prev = active[place-1].op
	}
	undone := active[place:]
	known := o.KnownBad != nil && o.KnownBad(op.cid)
	if bad := op.validate(o.Keys); bad != nil {
		err = refuse(ReasonInvalid, bad.Error())
		if !known {
			return l, 0, nil, err
		}
		excused = err
	}
	signer, r := o.signer(op, prev, undone, known)
	if r != 0 {
		err = refuse(r, "")
		if o.Keys.highS(op, prev) {
			err.Detail = "s is high"
		}
		if signer < 0 {
			return l, 0, nil, err
		}
		excused = err
	}
	l.signer = signer
	if r := checkTime(l.at, active, place); r != 0 {
		err = refuse(r, "")
		if r != ReasonTime || !known || len(undone) > 0 {
			return l, 0, nil, err
		}
		excused = err
	}
	return l, place, excused, nil
}

// checkGenesis checks what is asked of the first operation, but its signature.
func checkGenesis(did syntax.DID, op *Operation) (Reason, string) {
	id, err := op.DID()
	switch {
	case err != nil:
		return ReasonGenesis, ""
	case id != did:
		return ReasonGenesisHash, id.String()
	}
	return 0, ""
}

// findPrev returns the place after the operation that op builds on.
func (o *VerifyOptions) findPrev(op *Operation, active []link, find fate) (int, Reason) {
	if _, r := find(op.cid); r != ReasonPrevUnknown && r != ReasonPrevRefused {
		return 0, ReasonDuplicate
	}
	if op.IsGenesis() {
		return 0, ReasonGenesis
	}
	i, r := find(op.prev)
	switch {
	case r != 0:
		return 0, r
	case active[i].op.IsTombstone():
		return 0, ReasonPrevTombstone
	}
	return i + 1, 0
}

// signer returns the index of the key that signed op. If there is a reason
// against the signature, it is -1 unless that is excused.
func (o *VerifyOptions) signer(op, prev *Operation, undone []link, known bool) (int, Reason) {
	keys := len(prev.keys)
	if len(undone) > 0 {
		keys = undone[0].signer // only stronger ones
	}
	reason := ReasonSignatureForm
	if sig, ok := op.signature(); ok {
		if i := o.Keys.signer(op, prev, keys, &sig); i >= 0 {
			return i, 0
		}
		reason = ReasonSignature
	}
	if o.Lenient || known {
		if i := o.Keys.looseSigner(op, prev, keys); i >= 0 {
			return i, reason
		}
	}
	if len(undone) == 0 {
		if known {
			return keys, reason
		}
		return -1, reason
	}
	if o.weak(op, prev) {
		reason = ReasonWeakKey
	}
	return -1, reason
}

// weak reports whether any of prev's keys signed op.
func (o *VerifyOptions) weak(op, prev *Operation) bool {
	sig, ok := op.signature()
	return ok && o.Keys.signer(op, prev, len(prev.keys), &sig) >= 0
}

// checkTime checks the time of an operation that is to stand at the given place.
func checkTime(at int64, active []link, place int) Reason {
	if len(active) == 0 {
		return 0
	}
	if at <= active[len(active)-1].at {
		return ReasonTime
	}
	if place < len(active) && at-active[place].at > RecoveryWindow.Milliseconds() {
		return ReasonTooLate
	}
	return 0
}
