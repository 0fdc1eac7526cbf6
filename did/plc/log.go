package plc

import (
	"cmp"
	"errors"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// VerifyLog verifies the audit log of a DID from its first operation to its
// last, as [Client.AuditLog] and [ParseLog] return it: that the DID is the hash
// of the first operation, that every operation is signed by a key that the one
// before it names, that what was undone was undone by a stronger key and within
// [RecoveryWindow], and that the directory's account of it is true.
//
// The state is what all of it amounts to. The verdicts, one for each entry,
// say why it stands or falls; those after an entry that falls are judged as if
// it were not there. If any entry falls, the error is the [*EntryError] of the
// first one that does, the state is nil, and the verdicts are complete; if all
// stand, but the directory is wrong about which were undone, it is that of the
// first of those. Where the network's own history does not verify, see
// [VerifyOptions].
//
// What verification cannot see is an operation that the directory keeps to
// itself, and the true time of one.
//
// https://web.plc.directory/spec/v0.1/did-plc#audit-logs
func VerifyLog(did syntax.DID, log []Entry, o *VerifyOptions) (*State, []Verdict, error) {
	return verifyLog(did, log, o, len(log))
}

// verifyLog is VerifyLog, but ends when more than so many entries were refused.
func verifyLog(did syntax.DID, log []Entry, o *VerifyOptions, maxRefused int) (*State, []Verdict, error) {
	if len(log) == 0 {
		return nil, nil, errEmptyLog
	}
	opts := o.withKeys()
	l := logVerifier{
		opts: &opts, did: did, log: log, verdicts: make([]Verdict, len(log)),
		index: make(map[dagcbor.CID]int, len(log)), places: make([]int, len(log)),
	}
	for i := range log {
		l.add(i)
		if l.verdicts[i].Status == Refused {
			if maxRefused--; maxRefused < 0 {
				break
			}
		}
	}
	return l.finish()
}

var errEmptyLog = errors.New("plc: log is empty")

// A logVerifier verifies a log, entry by entry.
type logVerifier struct {
	opts     *VerifyOptions
	did      syntax.DID
	log      []Entry
	verdicts []Verdict
	index    map[dagcbor.CID]int // of the entry that stood, or else the first one
	active   []link
	places   []int // in active, of entries that are active
	started  bool
}

// find implements fate.
func (l *logVerifier) find(c dagcbor.CID) (int, Reason) {
	i, ok := l.index[c]
	switch {
	case !ok:
		return 0, ReasonPrevUnknown
	case l.verdicts[i].Status == Nullified:
		return 0, ReasonPrevNullified
	case l.verdicts[i].Status == Refused:
		return 0, ReasonPrevRefused
	}
	return l.places[i], 0
}

func (l *logVerifier) add(i int) {
	e, v := &l.log[i], &l.verdicts[i]
	v.Signer = -1
	if e.Operation == nil {
		v.Err = &EntryError{Reason: ReasonInvalid, Index: i, DID: l.did, CID: e.CID, Detail: "no operation"}
		return
	}
	next, place, excused, err := l.opts.judge(l.did, l.active, !l.started, l.find, e)
	if v.Err = err; err != nil {
		err.Index = i
		if _, ok := l.index[e.Operation.cid]; !ok {
			l.index[e.Operation.cid] = i
		}
		return
	}
	if v.Excused = excused; excused != nil {
		excused.Index = i
	}
	l.started = true
	for _, undone := range l.active[place:] {
		v.Nullifies = append(v.Nullifies, undone.op.cid)
		u := &l.verdicts[l.index[undone.op.cid]]
		u.Status, u.NullifiedBy = Nullified, next.op.cid
	}
	v.Status, v.Signer = Active, next.signer
	l.index[next.op.cid], l.places[i] = i, place
	l.active = append(l.active[:place], next)
}

// finish checks what the directory says is nullified.
func (l *logVerifier) finish() (*State, []Verdict, error) {
	var refused, misstated *EntryError // the first of each
	s := &State{did: l.did, active: slices.Clip(l.active)}
	for i := range l.verdicts {
		v, e := &l.verdicts[i], &l.log[i]
		if v.Status != Refused && e.Seq == 0 && e.Nullified != (v.Status == Nullified) {
			v.Err = &EntryError{Reason: ReasonNullifiedFlag, Index: i, DID: l.did, CID: e.CID}
			misstated = cmp.Or(misstated, v.Err)
		}
		if v.Status == Refused { // without Err if it was not judged
			refused = cmp.Or(refused, v.Err)
		}
		if v.Status == Nullified {
			s.undone = append(s.undone, e.CID)
		}
	}
	if err := cmp.Or(refused, misstated); err != nil {
		return nil, l.verdicts, err
	}
	return s, l.verdicts, nil
}

// VerifyChain verifies the plain log of a DID, which has only the operations
// that count and not their times, as [Client.Log] returns it: each must build
// on the one before it and be signed by any of that one's rotation keys.
//
// The state knows no times. It takes updates, but nothing that would undo an
// operation. The error is an [*EntryError] of the first operation that does not
// stand.
//
// https://web.plc.directory/spec/v0.1/did-plc#audit-logs
func VerifyChain(did syntax.DID, ops []*Operation, o *VerifyOptions) (*State, error) {
	if len(ops) == 0 {
		return nil, errEmptyLog
	}
	opts := o.withKeys()
	s := &State{did: did, active: make([]link, 0, len(ops))}
	for i, op := range ops {
		find := func(c dagcbor.CID) (int, Reason) {
			if i > 0 && c == ops[i-1].cid {
				return i - 1, 0
			}
			return 0, ReasonPrevUnknown
		}
		e := &Entry{DID: did, Operation: op, CID: op.cid, CreatedAt: noTime(i)}
		next, _, _, err := opts.judge(did, s.active, i == 0, find, e)
		if err != nil {
			err.Index = i
			return nil, err
		}
		s.active = append(s.active, next)
	}
	return s, nil
}
