package plc

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// A State is the verified history of a DID: the operations that count, and so
// what the DID stands for. Only verification makes one: [VerifyLog],
// [VerifyChain], and [State.Apply] from [NewState] on. It is immutable and safe
// for concurrent use.
type State struct {
	did    syntax.DID
	active []link
	undone []dagcbor.CID // operations that were undone
	cut    bool          // whether active lacks its beginning
}

// NewState returns the empty history of a DID, which takes the operation that
// creates it.
func NewState(did syntax.DID) *State { return &State{did: did} }

// noTime returns a time for the operation with the given index where none is
// known: in order, and so long ago that nothing can be undone.
func noTime(i int) time.Time { return time.UnixMilli(int64(i) - 1<<50) }

// DID returns the DID.
func (s *State) DID() syntax.DID { return s.did }

// Head returns the last operation that counts, on which an update builds. It is
// nil if the history is empty.
func (s *State) Head() *Operation {
	if len(s.active) == 0 {
		return nil
	}
	return s.active[len(s.active)-1].op
}

// UpdatedAt returns when the directory took the last operation. It is zero
// where that is not known.
func (s *State) UpdatedAt() time.Time {
	if len(s.active) == 0 || s.active[len(s.active)-1].at < -1<<49 {
		return time.Time{}
	}
	return time.UnixMilli(s.active[len(s.active)-1].at).UTC()
}

// Operations returns the operations that count, oldest first. After
// [State.Compact] the first ones are missing.
func (s *State) Operations() []*Operation {
	ops := make([]*Operation, len(s.active))
	for i, l := range s.active {
		ops[i] = l.op
	}
	return ops
}

// Deactivated reports whether the last operation is a tombstone.
func (s *State) Deactivated() bool {
	head := s.Head()
	return head != nil && head.IsTombstone()
}

// Data returns what the DID stands for. It is nil if the DID is deactivated, or
// the history empty. The caller may change it.
func (s *State) Data() *Data {
	if head := s.Head(); head != nil {
		return head.Data()
	}
	return nil
}

// Document returns the DID document, or an error that matches [ErrDeactivated]
// if the DID is deactivated. Its handle and server are claims.
//
// https://web.plc.directory/spec/v0.1/did-plc#presentation-as-did-document
func (s *State) Document() (*did.Document, error) {
	d := s.Data()
	if d == nil {
		return nil, fmt.Errorf("%w: %s", ErrDeactivated, s.did)
	}
	return d.Document(s.did), nil
}

// Locked reports whether nobody can change the DID any more, because the last
// operation states no rotation key. For [RecoveryWindow] after that operation,
// keys that are stronger than the one that signed it still can.
func (s *State) Locked() bool {
	head := s.Head()
	return head != nil && !head.IsTombstone() && len(head.keys) == 0
}

// Apply verifies the next entry against the history and returns the history
// with it, by the rules of [VerifyLog]. s stays as it is. For entries of audit
// logs, Apply does not look at their flag, since it tells what happened later.
//
// The error is the verdict's, an [*EntryError], if the entry does not stand; s
// is then what is returned with it.
func (s *State) Apply(e Entry, o *VerifyOptions) (*State, Verdict, error) {
	if e.Operation == nil {
		return s, Verdict{Signer: -1}, errors.New("plc: entry without an operation")
	}
	opts := o.withKeys()
	next, place, excused, err := opts.judge(s.did, s.active, len(s.active) == 0 && !s.cut, s.find, &e)
	v := Verdict{Signer: -1, Excused: excused, Err: err}
	if err != nil {
		return s, v, err
	}
	v.Status, v.Signer = Active, next.signer
	for _, l := range s.active[place:] {
		v.Nullifies = append(v.Nullifies, l.op.cid)
	}
	grown := &State{did: s.did, active: make([]link, place+1), undone: s.undone, cut: s.cut}
	copy(grown.active, s.active[:place])
	grown.active[place] = next
	if len(v.Nullifies) > 0 {
		grown.undone = slices.Concat(s.undone, v.Nullifies)
	}
	return grown, v, nil
}

// find implements fate.
func (s *State) find(c dagcbor.CID) (int, Reason) {
	for i, l := range slices.Backward(s.active) {
		if l.op.cid == c {
			return i, 0
		}
	}
	if slices.Contains(s.undone, c) {
		return 0, ReasonPrevNullified
	}
	return 0, ReasonPrevUnknown
}

// Compact returns the history without the operations on which nothing can build
// any more, because what followed them can no longer be undone. That is all
// that is needed to verify what comes next, and mostly one operation. What
// builds on one that was left out has ReasonPrevUnknown.
func (s *State) Compact() *State {
	last := len(s.active) - 1
	if last <= 0 {
		return s
	}
	// What comes next is later than the last operation.
	oldest := s.active[last].at - RecoveryWindow.Milliseconds()
	from := 0
	for from < last && s.active[from+1].at <= oldest {
		from++
	}
	if from == 0 {
		return s
	}
	return &State{did: s.did, active: slices.Clone(s.active[from:]), cut: true}
}

// stateVersion is the first element of a state in binary form.
const stateVersion = 1

// AppendBinary implements [encoding.BinaryAppender]: the history in a form to
// keep, for [ParseState].
func (s *State) AppendBinary(dst []byte) ([]byte, error) {
	dst = dagcbor.AppendArray(dst, 5)
	dst = dagcbor.AppendInt(dst, stateVersion)
	dst = dagcbor.AppendText(dst, s.did.String())
	dst = dagcbor.AppendBool(dst, s.cut)
	dst = dagcbor.AppendArray(dst, 3*len(s.active))
	for _, l := range s.active {
		dst = dagcbor.AppendBytes(dst, l.op.raw)
		dst = dagcbor.AppendInt(dst, l.at)
		dst = dagcbor.AppendInt(dst, int64(l.signer))
	}
	dst = dagcbor.AppendArray(dst, len(s.undone))
	for _, c := range s.undone {
		dst = dagcbor.AppendLink(dst, c)
	}
	return dst, nil
}

// MarshalBinary implements [encoding.BinaryMarshaler] like
// [State.AppendBinary].
func (s *State) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// ParseState reads a history that [State.AppendBinary] wrote. It takes the
// caller's word that the bytes are those, and verifies nothing again: keep them
// where nobody else can write.
func ParseState(data []byte) (*State, error) {
	s, err := readState(dagcbor.NewReader(data, &dagcbor.Options{MaxSize: -1, MaxContainer: -1}))
	if err != nil {
		return nil, fmt.Errorf("plc: invalid state: %v", err)
	}
	return s, nil
}

func readState(r *dagcbor.Reader) (*State, error) {
	if n, err := r.Array(); err != nil || n != 5 {
		return nil, errNoState
	}
	if v, err := r.Int(); err != nil || v != stateVersion {
		return nil, errNoState
	}
	text, err := r.Text()
	if err != nil {
		return nil, err
	}
	id, err := syntax.ParseDID(string(text))
	if err != nil {
		return nil, err
	}
	s := &State{did: id}
	if s.cut, err = r.Bool(); err != nil {
		return nil, err
	}
	n, err := r.Array()
	if err != nil || n%3 != 0 {
		return nil, errNoState
	}
	for range n / 3 {
		l, err := readLink(r)
		if err != nil {
			return nil, err
		}
		s.active = append(s.active, l)
	}
	if n, err = r.Array(); err != nil {
		return nil, err
	}
	for range n {
		c, err := r.CID()
		if err != nil {
			return nil, err
		}
		s.undone = append(s.undone, c)
	}
	return s, r.End()
}

var errNoState = errors.New("not one of this version")

func readLink(r *dagcbor.Reader) (l link, err error) {
	raw, err := r.Bytes()
	if err != nil {
		return l, err
	}
	if l.op, err = ParseOperationCBOR(raw); err != nil {
		return l, err
	}
	if l.at, err = r.Int(); err != nil {
		return l, err
	}
	signer, err := r.Int()
	if err != nil || signer < 0 || signer > MaxOperationSize {
		return l, errNoState
	}
	l.signer = int(signer)
	return l, nil
}
