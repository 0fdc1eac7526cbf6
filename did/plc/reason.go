package plc

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// A Reason says why an entry of a log does not stand.
type Reason uint8

// The reasons, in the order in which they are looked for.
const (
	// ReasonDID means that the entry is of another DID.
	ReasonDID Reason = 1 + iota
	// ReasonCID means that the entry's CID is not that of its operation.
	ReasonCID
	// ReasonDuplicate means that the operation is in the log already.
	ReasonDuplicate
	// ReasonGenesis means that the first operation is not one that creates a
	// DID, or that a later one is.
	ReasonGenesis
	// ReasonGenesisHash means that the first operation creates another DID.
	ReasonGenesisHash
	// ReasonPrevUnknown means that prev names no operation that came before.
	ReasonPrevUnknown
	// ReasonPrevRefused means that prev names one that does not stand.
	ReasonPrevRefused
	// ReasonPrevNullified means that prev names one that has been undone.
	ReasonPrevNullified
	// ReasonPrevTombstone means that prev names a tombstone, on which nothing
	// builds.
	ReasonPrevTombstone
	// ReasonInvalid means that the operation breaks a rule of
	// [Operation.Validate], other than the form of the signature.
	ReasonInvalid
	// ReasonSignatureForm means that the signature is not written in its only
	// form.
	ReasonSignatureForm
	// ReasonSignature means that none of the keys that may sign made the
	// signature.
	ReasonSignature
	// ReasonWeakKey means that the operation builds on one that is not the last,
	// and that the key that signed it is not stronger than the one that signed
	// what it would undo. That is also what becomes of an update which another
	// one came before.
	ReasonWeakKey
	// ReasonTime means that the operation came no later than one before it.
	ReasonTime
	// ReasonTooLate means that the operation would undo one that is older than
	// [RecoveryWindow].
	ReasonTooLate
	// ReasonNullifiedFlag means that the entry says it is nullified and is not,
	// or the other way round.
	ReasonNullifiedFlag
)

var reasonTexts = [...]string{
	ReasonDID:           "is of another DID",
	ReasonCID:           "has another CID than its operation",
	ReasonDuplicate:     "is there twice",
	ReasonGenesis:       "is out of place: only the first operation creates a DID",
	ReasonGenesisHash:   "creates another DID",
	ReasonPrevUnknown:   "builds on an operation that is not there",
	ReasonPrevRefused:   "builds on an operation that does not stand",
	ReasonPrevNullified: "builds on an operation that was undone",
	ReasonPrevTombstone: "builds on a tombstone",
	ReasonInvalid:       "is invalid",
	ReasonSignatureForm: "has a malformed signature",
	ReasonSignature:     "is not signed by a key that may sign it",
	ReasonWeakKey:       "is not signed by a key stronger than that of what it would undo",
	ReasonTime:          "is no later than what came before",
	ReasonTooLate:       "would undo what is older than 72 hours",
	ReasonNullifiedFlag: "has a wrong nullified flag",
}

// String describes the reason, to be read after the entry.
func (r Reason) String() string {
	if int(r) < len(reasonTexts) && reasonTexts[r] != "" {
		return reasonTexts[r]
	}
	return fmt.Sprintf("has reason %d", uint8(r))
}

// An EntryError says which entry does not stand, and why. The text returned by
// the Error method may change between releases.
type EntryError struct {
	Reason Reason
	Index  int         // of the entry in the log, or -1
	DID    syntax.DID  // whose log it is
	CID    dagcbor.CID // of the operation
	Detail string      // more, for people; may be empty
}

func (e *EntryError) Error() string {
	s := "plc: operation " + e.CID.String()
	if e.Index >= 0 {
		s = fmt.Sprintf("plc: entry %d, operation %v", e.Index, e.CID)
	}
	s += " of " + e.DID.String() + " " + e.Reason.String()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}
