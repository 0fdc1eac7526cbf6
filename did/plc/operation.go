package plc

import (
	"encoding/base32"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// The types of operations, as [Operation.Type] returns them.
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
const (
	TypeOperation = "plc_operation" // creates a DID or updates it
	TypeTombstone = "plc_tombstone" // deactivates a DID
	TypeCreate    = "create"        // creates a DID, in the form of long ago; never written
)

// An Operation is a signed operation: one step in the history of a DID. Those
// that [ParseOperation] returns have the right shape and size; that they are
// valid, and who signed them, is for [VerifyLog] to say.
//
// An Operation is kept as its DRISL, unknown fields included, so that its hash
// and signature are those of what was read. It is immutable and safe for
// concurrent use. The zero Operation is not valid.
type Operation struct {
	raw    []byte // DRISL, signature included
	typ    string
	cid    dagcbor.CID
	digest [32]byte    // of the DRISL without the signature
	prev   dagcbor.CID // undefined if null
	sig    span        // text of the signature, in raw
	sigAt  span        // pair of the signature, in raw
	body   int         // where raw's first pair begins
	fields int         // how many pairs
	keys   []span      // texts of the rotation keys, strongest first
	extra  []string    // unknown fields
	fault  error       // why readers refuse it, except for unusable rotation keys
}

// A span is a part of an operation's DRISL.
type span struct{ start, end uint16 }

func (op *Operation) at(s span) []byte { return op.raw[s.start:s.end] }

// Type returns the operation's type: [TypeOperation], [TypeTombstone] or
// [TypeCreate].
func (op *Operation) Type() string { return op.typ }

// IsTombstone reports whether op deactivates its DID.
func (op *Operation) IsTombstone() bool { return op.typ == TypeTombstone }

// IsGenesis reports whether op creates a DID, which is to say whether it names
// no operation before it.
func (op *Operation) IsGenesis() bool { return !op.prev.Defined() }

// CID returns the hash of the signed operation, by which the next one names it.
func (op *Operation) CID() dagcbor.CID { return op.cid }

// Prev returns the CID of the operation on which op builds. It is undefined if
// op creates a DID.
func (op *Operation) Prev() dagcbor.CID { return op.prev }

// Signature returns the text of the signature as it stands in the operation,
// valid or not.
func (op *Operation) Signature() string { return string(op.at(op.sig)) }

// ExtraFields returns the names of fields that the specification does not
// have, such as "note" and "services.atproto_pds.note". They are part of what
// is hashed and signed and mean nothing. Directories refuse them in new
// operations.
func (op *Operation) ExtraFields() []string { return append([]string(nil), op.extra...) }

// RotationKeys returns the rotation keys that op sets, strongest first, as
// did:key. In a [TypeCreate] these are the recovery key and the signing key. A
// tombstone has none.
func (op *Operation) RotationKeys() []string {
	keys := make([]string, len(op.keys))
	for i, s := range op.keys {
		keys[i] = string(op.at(s))
	}
	return keys
}

var errNotGenesis = errors.New("plc: operation does not create a DID")

// DID returns the DID that op creates: "did:plc:" and the first 24 characters
// of the base32 of the SHA-256 of the signed operation. It is an error if op is
// no genesis operation.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-creation
func (op *Operation) DID() (syntax.DID, error) {
	if !op.IsGenesis() || op.IsTombstone() {
		return syntax.DID{}, errNotGenesis
	}
	const bytes = 15 // of 24 characters
	digest := op.cid.Digest()
	id := base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").EncodeToString(digest[:bytes])
	return syntax.ParseDID("did:plc:" + id)
}

// AppendCBOR appends the operation as DRISL, the bytes of which [Operation.CID]
// is the hash.
func (op *Operation) AppendCBOR(dst []byte) []byte { return append(dst, op.raw...) }

// AppendUnsigned appends the operation as DRISL without its signature, which
// are the bytes that are signed.
func (op *Operation) AppendUnsigned(dst []byte) []byte {
	dst = dagcbor.AppendMap(dst, op.fields-1)
	dst = append(dst, op.raw[op.body:op.sigAt.start]...)
	return append(dst, op.raw[op.sigAt.end:]...)
}

// MarshalJSON implements [json.Marshaler]: the operation as it is submitted,
// unknown fields included.
func (op *Operation) MarshalJSON() ([]byte, error) {
	if len(op.raw) == 0 {
		return nil, errors.New("plc: zero Operation")
	}
	return op.appendJSON(make([]byte, 0, len(op.raw)+64)), nil
}

func (op *Operation) appendJSON(dst []byte) []byte {
	return appendJSON(dst, dagcbor.NewReader(op.raw, nil))
}

// UnmarshalJSON implements [json.Unmarshaler] like [ParseOperation]. The
// receiver must be a zero Operation, since others may hold a pointer to one
// that is set. It leaves op alone on error.
func (op *Operation) UnmarshalJSON(data []byte) error {
	if len(op.raw) > 0 {
		return errors.New("plc: UnmarshalJSON into an Operation that is already set")
	}
	parsed, err := ParseOperation(data)
	if err != nil {
		return err
	}
	*op = *parsed
	return nil
}

// String describes the operation in one line.
func (op *Operation) String() string { return fmt.Sprintf("%s %v", op.typ, op.cid) }
