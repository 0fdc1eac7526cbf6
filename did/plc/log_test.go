package plc_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

const hour = time.Hour

// A story is a log in the making.
type story struct {
	t   testing.TB
	did syntax.DID
	k   []*crypto.PrivateKey
	ops map[string]*plc.Operation
	log []plc.Entry
}

// newStory begins a log with an operation "a" that has four rotation keys, and
// which the last of them signed.
func newStory(t testing.TB) *story {
	t.Helper()
	s := &story{t: t, k: keys(t, 6), ops: map[string]*plc.Operation{}}
	op := forgeOf(dataOf(t, s.k[:4]...), null{}).sign(t, s.k[3])
	id, err := op.DID()
	require.NoError(t, err)
	s.did = id
	s.add("a", op, 0)
	return s
}

func (s *story) add(name string, op *plc.Operation, after time.Duration) *story {
	s.ops[name] = op
	s.log = append(s.log, entry(s.did, op, after))
	return s
}

// update adds an operation on top of another one, signed with the key of the
// given number.
func (s *story) update(name, prev string, signer int, after time.Duration) *story {
	s.t.Helper()
	d := dataOf(s.t, s.k[:4]...)
	d.AlsoKnownAs = []string{"at://" + name + ".example"}
	return s.add(name, forgeOf(d, s.ops[prev].CID().String()).sign(s.t, s.k[signer]), after)
}

func (s *story) tombstone(name, prev string, signer int, after time.Duration) *story {
	s.t.Helper()
	return s.add(name, forge{"type": plc.TypeTombstone, "prev": s.ops[prev].CID().String()}.sign(s.t, s.k[signer]), after)
}

// nullified sets the flags of the named operations.
func (s *story) nullified(names ...string) *story {
	for _, name := range names {
		for i := range s.log {
			if s.log[i].CID == s.ops[name].CID() {
				s.log[i].Nullified = true
			}
		}
	}
	return s
}

func (s *story) verify() (*plc.State, []plc.Verdict, error) { return plc.VerifyLog(s.did, s.log, nil) }

// stands requires that the log is valid, and that the named operations are what
// counts in the end.
func (s *story) stands(names ...string) []plc.Verdict {
	s.t.Helper()
	state, verdicts, err := s.verify()
	require.NoError(s.t, err)
	var want []*plc.Operation
	for _, name := range names {
		want = append(want, s.ops[name])
	}
	require.Equal(s.t, want, state.Operations())
	require.Equal(s.t, s.did, state.DID())
	return verdicts
}

// falls requires that the entry with the given index is the one that does not
// stand, and that all before it do.
func (s *story) falls(index int, want plc.Reason) []plc.Verdict {
	s.t.Helper()
	state, verdicts, err := s.verify()
	requireReason(s.t, err, want, index)
	require.Nil(s.t, state)
	require.Len(s.t, verdicts, len(s.log))
	require.Equal(s.t, want, verdicts[index].Err.Reason)
	require.Equal(s.t, plc.Refused, verdicts[index].Status)
	return verdicts
}

func TestUpdates(t *testing.T) {
	ledger.Covers(t, "PLC-014", "PLC-032", "PLC-035", "PLC-036", "PLC-043")
	s := newStory(t)
	for i := range 4 { // any of the keys may sign
		s.update(string(rune('b'+i)), string(rune('a'+i)), i, time.Duration(i+1)*hour)
	}
	verdicts := s.stands("a", "b", "c", "d", "e")
	require.Equal(t, 3, verdicts[0].Signer)
	for i := range 4 {
		require.Equal(t, plc.Verdict{Status: plc.Active, Signer: i}, verdicts[i+1])
	}
	state, _, err := s.verify()
	require.NoError(t, err)
	require.Equal(t, s.ops["e"].Data(), state.Data())
	require.Equal(t, epoch.Add(4*hour), state.UpdatedAt())
	require.Equal(t, s.ops["e"], state.Head())
	require.False(t, state.Deactivated())
}

// Keys that are not rotation keys of the operation before have no say.
func TestForeignSigner(t *testing.T) {
	ledger.Covers(t, "PLC-013", "PLC-014")
	newStory(t).update("b", "a", 4, hour).falls(1, plc.ReasonSignature)

	// The signing key of the account is not one.
	s := newStory(t)
	signing := privateKey(t, crypto.P256, p256Hex)
	require.Equal(t, signing.PublicKey().DIDKey(), s.ops["a"].Data().VerificationMethods["atproto"])
	s.add("b", forgeOf(dataOf(t, s.k[0]), s.ops["a"].CID().String()).sign(t, signing), hour).falls(1, plc.ReasonSignature)

	// Neither is a key that the operation itself sets, unless it is the first.
	s = newStory(t)
	s.add("b", forgeOf(dataOf(t, s.k[5]), s.ops["a"].CID().String()).sign(t, s.k[5]), hour).falls(1, plc.ReasonSignature)
	op := forgeOf(dataOf(t, s.k[0]), null{}).sign(t, s.k[1])
	id, err := op.DID()
	require.NoError(t, err)
	_, _, err = plc.VerifyLog(id, history(id, op), nil)
	requireReason(t, err, plc.ReasonSignature, 0)

	// Keys go out of use with the operation that no longer has them.
	s = newStory(t)
	s.add("b", forgeOf(dataOf(t, s.k[4]), s.ops["a"].CID().String()).sign(t, s.k[0]), hour)
	s.update("c", "b", 0, 2*hour).falls(2, plc.ReasonSignature)
}

func TestGenesis(t *testing.T) {
	ledger.Covers(t, "PLC-003", "PLC-015", "PLC-033", "PLC-034")
	k := keys(t, 2)
	first := forgeOf(dataOf(t, k[0]), null{}).sign(t, k[0])
	id, err := first.DID()
	require.NoError(t, err)
	second := forgeOf(dataOf(t, k[0]), first.CID().String()).sign(t, k[0])
	other := forgeOf(dataOf(t, k[1]), null{}).sign(t, k[1])
	end := forge{"type": plc.TypeTombstone, "prev": first.CID().String()}.sign(t, k[0])
	for _, c := range []struct {
		log  []plc.Entry
		want plc.Reason
		at   int
	}{
		{history(id, second), plc.ReasonGenesis, 0},
		{history(id, end), plc.ReasonGenesis, 0},
		{history(id, other), plc.ReasonGenesisHash, 0},
		{history(id, first, other), plc.ReasonGenesis, 1},
		{history(id, first, first), plc.ReasonDuplicate, 1},
		{history(id, first, second, first), plc.ReasonDuplicate, 2},
		{history(id, first, second, second), plc.ReasonDuplicate, 2},
		{append(history(id, first), history(syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"), second)...), plc.ReasonDID, 1},
	} {
		_, _, err := plc.VerifyLog(id, c.log, nil)
		requireReason(t, err, c.want, c.at)
	}
	_, _, err = plc.VerifyLog(id, nil, nil)
	require.EqualError(t, err, "plc: log is empty")
	_, _, err = plc.VerifyLog(id, make([]plc.Entry, 1), nil)
	requireReason(t, err, plc.ReasonInvalid, 0)
	log := history(id, first)
	log[0].Nullified = true
	_, _, err = plc.VerifyLog(id, log, nil)
	requireReason(t, err, plc.ReasonNullifiedFlag, 0)

	// The old form, signed by the second of its keys, which is the signing key.
	old := forge{"type": plc.TypeCreate, "prev": null{}, "handle": "a.example", "service": "https://pds.example", "recoveryKey": k[0].PublicKey().DIDKey(), "signingKey": k[1].PublicKey().DIDKey()}
	op := old.sign(t, k[1])
	id, err = op.DID()
	require.NoError(t, err)
	state, verdicts, err := plc.VerifyLog(id, history(id, op, forgeOf(dataOf(t, k[0]), op.CID().String()).sign(t, k[0])), nil)
	require.NoError(t, err)
	require.Equal(t, 1, verdicts[0].Signer)
	require.Equal(t, 0, verdicts[1].Signer)
	require.Equal(t, plc.TypeOperation, state.Head().Type())
	_, _, err = plc.VerifyLog(id, history(id, op, old.with("handle", "b.example").sign(t, k[0])), nil)
	requireReason(t, err, plc.ReasonGenesis, 1)
}

// What an operation builds on has to be there, and to stand.
func TestPrev(t *testing.T) {
	ledger.Covers(t, "PLC-028", "PLC-035", "PLC-042")
	s := newStory(t)
	s.add("x", forgeOf(dataOf(t, s.k[0]), anyCID).sign(t, s.k[0]), hour).falls(1, plc.ReasonPrevUnknown)

	// In listed order: what comes later is not there yet.
	s = newStory(t).update("b", "a", 0, hour).update("c", "b", 0, 2*hour)
	s.log[1], s.log[2] = s.log[2], s.log[1]
	verdicts := s.falls(1, plc.ReasonPrevUnknown)
	require.Equal(t, plc.Active, verdicts[2].Status)

	verdicts = newStory(t).update("b", "a", 4, hour).update("c", "b", 0, 2*hour).falls(1, plc.ReasonSignature)
	require.Equal(t, plc.ReasonPrevRefused, verdicts[2].Err.Reason)

	newStory(t).update("b", "a", 1, hour).update("c", "a", 0, 2*hour).update("d", "b", 0, 3*hour).nullified("b").
		falls(3, plc.ReasonPrevNullified)

	for signer := range 4 {
		newStory(t).tombstone("b", "a", 1, hour).update("c", "b", signer, 2*hour).falls(2, plc.ReasonPrevTombstone)
	}
}

func TestTombstone(t *testing.T) {
	ledger.Covers(t, "PLC-042", "PLC-043")
	s := newStory(t).tombstone("b", "a", 2, hour)
	s.stands("a", "b")
	state, _, err := s.verify()
	require.NoError(t, err)
	require.True(t, state.Deactivated())
	require.Nil(t, state.Data())
	require.False(t, state.Locked())
	_, err = state.Document()
	require.ErrorIs(t, err, plc.ErrDeactivated)

	// It is undone by a stronger key, and in time.
	newStory(t).tombstone("b", "a", 2, hour).update("c", "a", 1, 73*hour).nullified("b").stands("a", "c")
	newStory(t).tombstone("b", "a", 2, hour).update("c", "a", 2, 73*hour).falls(2, plc.ReasonWeakKey)
	newStory(t).tombstone("b", "a", 2, hour).update("c", "a", 1, 74*hour).falls(2, plc.ReasonTooLate)
	newStory(t).tombstone("b", "a", 2, hour).tombstone("c", "a", 0, 2*hour).nullified("b").stands("a", "c")
}

// Whoever wants to undo an operation needs a key that is stronger than the one
// that signed it.
func TestRecoveryKeys(t *testing.T) {
	ledger.Covers(t, "PLC-031", "PLC-037", "PLC-040")
	for disputed := range 4 {
		for signer := range 5 {
			s := newStory(t).update("b", "a", disputed, hour).update("c", "b", 0, 2*hour).update("d", "a", signer, 3*hour)
			switch {
			case signer < disputed:
				verdicts := s.nullified("b", "c").stands("a", "d")
				undone := []dagcbor.CID{s.ops["b"].CID(), s.ops["c"].CID()}
				require.Equal(t, plc.Verdict{Status: plc.Active, Signer: signer, Nullifies: undone}, verdicts[3])
				require.Equal(t, plc.Verdict{Status: plc.Nullified, Signer: disputed, NullifiedBy: s.ops["d"].CID()}, verdicts[1])
			case signer < 4:
				s.falls(3, plc.ReasonWeakKey)
			default:
				s.falls(3, plc.ReasonSignature)
			}
		}
	}
}

// The key that counts is the one that signed what comes first after the fork,
// by its first place in the list.
func TestRecoveryOfDuplicateKey(t *testing.T) {
	ledger.Covers(t, "PLC-018", "PLC-037")
	for _, c := range []struct {
		order    []int // keys of the first operation
		disputed int
		signer   int
		stands   bool
	}{
		{[]int{0, 0, 1}, 0, 0, false},
		{[]int{0, 1, 0}, 0, 1, false},
		{[]int{1, 0, 1}, 0, 1, true},
		{[]int{1, 0, 0}, 0, 1, true},
		{[]int{0, 1, 1}, 1, 0, true},
	} {
		k := keys(t, 2)
		f := forgeOf(dataOf(t, k[0]), null{})
		var list []any
		for _, i := range c.order {
			list = append(list, k[i].PublicKey().DIDKey())
		}
		first := f.with("rotationKeys", list).sign(t, k[0])
		id, err := first.DID()
		require.NoError(t, err)
		one := f.with("prev", first.CID().String()).sign(t, k[c.disputed])
		two := f.with("prev", first.CID().String()).with("alsoKnownAs", []any{}).sign(t, k[c.signer])
		log := history(id, first, one, two)
		log[1].Nullified = c.stands
		_, _, err = plc.VerifyLog(id, log, nil)
		require.Equal(t, c.stands, err == nil, "%v: %v", c, err)
	}
}

// Every fork from the same operation takes a stronger key than the one before.
func TestRepeatedRecovery(t *testing.T) {
	ledger.Covers(t, "PLC-037", "PLC-038", "PLC-040")
	fork := func(signers ...int) *story {
		s := newStory(t)
		for i, signer := range signers {
			s.update(string(rune('b'+i)), "a", signer, time.Duration(i+1)*hour)
		}
		return s
	}
	fork(3, 2, 1, 0).nullified("b", "c", "d").stands("a", "e")
	fork(3, 1, 0).nullified("b", "c").stands("a", "d")
	fork(3, 1, 2).nullified("b").falls(3, plc.ReasonWeakKey)
	fork(3, 1, 1).nullified("b").falls(3, plc.ReasonWeakKey)
	fork(0, 1).falls(2, plc.ReasonWeakKey)

	// A fork in a fork, and one that undoes both:
	//
	//	a - b - c - d - e
	//	 \   \   \
	//	  \   \   f - g
	//	   \   h
	//	    i
	newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour).update("d", "c", 3, 3*hour).update("e", "d", 3, 4*hour).
		update("f", "c", 2, 5*hour).update("g", "f", 2, 6*hour).update("h", "b", 1, 7*hour).update("i", "a", 0, 8*hour).
		nullified("b", "c", "d", "e", "f", "g", "h").stands("a", "i")
}

// 72 hours, counted from the first operation that is undone.
func TestRecoveryWindow(t *testing.T) {
	ledger.Covers(t, "PLC-039")
	ms := time.Millisecond
	for late, want := range map[time.Duration]bool{-hour: true, -ms: true, 0: true, ms: false, time.Second: false, hour: false} {
		s := newStory(t).update("b", "a", 2, hour).update("c", "b", 1, 20*hour).update("d", "a", 0, hour+72*hour+late)
		if want {
			s.nullified("b", "c").stands("a", "d")
		} else {
			s.falls(3, plc.ReasonTooLate)
		}
	}
	// Only what is undone counts: this takes back the second operation alone.
	newStory(t).update("b", "a", 2, hour).update("c", "b", 1, 20*hour).update("d", "b", 0, 90*hour).nullified("c").stands("a", "b", "d")
}

// Time goes on.
func TestTimes(t *testing.T) {
	ledger.Covers(t, "PLC-041")
	newStory(t).update("b", "a", 0, 0).falls(1, plc.ReasonTime)
	newStory(t).update("b", "a", 0, -hour).falls(1, plc.ReasonTime)
	newStory(t).update("b", "a", 0, time.Millisecond).stands("a", "b")
	newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour).update("d", "a", 0, 2*hour).falls(3, plc.ReasonTime)
	newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour).update("d", "a", 0, 2*hour-time.Second).falls(3, plc.ReasonTime)
}

// What the directory says about the past is checked, but does not make the
// operations fall.
func TestNullifiedFlags(t *testing.T) {
	ledger.Covers(t, "PLC-040")
	tell := func() *story {
		return newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour).update("d", "a", 0, 3*hour)
	}
	for flip, want := range []plc.Status{plc.Active, plc.Nullified, plc.Nullified, plc.Active} {
		s := tell().nullified("b", "c")
		s.log[flip].Nullified = !s.log[flip].Nullified
		_, verdicts, err := s.verify()
		requireReason(t, err, plc.ReasonNullifiedFlag, flip)
		require.Equal(t, want, verdicts[flip].Status)
	}
	// Entries of sequenced exports have no flag.
	s := tell()
	for i := range s.log {
		s.log[i].Seq = int64(i + 1)
	}
	s.stands("a", "d")
	// An operation that was refused comes before a flag as the reason.
	tell().update("e", "d", 5, 4*hour).falls(4, plc.ReasonSignature)
}

func TestEntryError(t *testing.T) {
	s := newStory(t).update("b", "a", 5, hour)
	_, _, err := s.verify()
	require.EqualError(t, err, "plc: entry 1, operation "+s.ops["b"].CID().String()+" of "+s.did.String()+" is not signed by a key that may sign it")
	e, _ := errors.AsType[*plc.EntryError](err)
	require.Equal(t, &plc.EntryError{Reason: plc.ReasonSignature, Index: 1, DID: s.did, CID: s.ops["b"].CID()}, e)
	e.Index, e.Detail = -1, "more"
	require.Equal(t, "plc: operation "+s.ops["b"].CID().String()+" of "+s.did.String()+" is not signed by a key that may sign it: more", e.Error())
	for r := plc.ReasonDID; r <= plc.ReasonNullifiedFlag; r++ {
		require.NotContains(t, r.String(), "reason")
	}
	require.Equal(t, "has reason 99", plc.Reason(99).String())
	require.Equal(t, "refused active nullified", plc.Refused.String()+" "+plc.Active.String()+" "+plc.Nullified.String())
}

// Single operations are excused by their CID, and the verdict says so.
func TestKnownBad(t *testing.T) {
	ledger.Covers(t, "PLC-045")
	s := newStory(t)
	bad := forgeOf(dataOf(t, s.k[0], s.k[1]), s.ops["a"].CID().String()).with("verificationMethods", map[string]any{"a": "nonsense"})
	for name, c := range map[string]struct {
		op    *plc.Operation
		after time.Duration
		want  plc.Reason
		as    int
	}{
		"key":       {bad.sign(t, s.k[2]), hour, plc.ReasonInvalid, 2},
		"signature": {bad.with("verificationMethods", map[string]any{}).sign(t, s.k[5]), hour, plc.ReasonSignature, 4},
		"form":      {bad.with("verificationMethods", map[string]any{}).signed(t, "==="), hour, plc.ReasonSignatureForm, 4},
		"time":      {bad.with("verificationMethods", map[string]any{}).sign(t, s.k[2]), 0, plc.ReasonTime, 2},
	} {
		t.Run(name, func(t *testing.T) {
			log := append(s.log[:1:1], entry(s.did, c.op, c.after))
			_, _, err := plc.VerifyLog(s.did, log, nil)
			requireReason(t, err, c.want, 1)
			known := &plc.VerifyOptions{KnownBad: func(c2 dagcbor.CID) bool { return c2 == c.op.CID() }}
			state, verdicts, err := plc.VerifyLog(s.did, log, known)
			require.NoError(t, err)
			require.Equal(t, c.op, state.Head())
			require.Equal(t, c.want, verdicts[1].Excused.Reason)
			require.Equal(t, 1, verdicts[1].Excused.Index)
			require.Equal(t, plc.Active, verdicts[1].Status)
			require.Equal(t, c.as, verdicts[1].Signer)
			require.Nil(t, verdicts[1].Err)
			_, _, err = plc.VerifyLog(s.did, log, &plc.VerifyOptions{KnownBad: func(dagcbor.CID) bool { return false }})
			requireReason(t, err, c.want, 1)
			// Any key of the operation before can undo what none of them signed.
			if c.as == 4 {
				undo := forgeOf(dataOf(t, s.k[0]), s.ops["a"].CID().String()).sign(t, s.k[3])
				log[1].Nullified = true
				_, _, err = plc.VerifyLog(s.did, append(log, entry(s.did, undo, 2*hour)), known)
				require.NoError(t, err)
			}
		})
	}
	// Recovery is never excused: no list gives power over what others did.
	all := &plc.VerifyOptions{KnownBad: func(dagcbor.CID) bool { return true }, Lenient: true}
	for want, s := range map[plc.Reason]*story{
		plc.ReasonWeakKey:   newStory(t).update("b", "a", 1, hour).update("c", "a", 2, 2*hour),
		plc.ReasonSignature: newStory(t).update("b", "a", 1, hour).update("c", "a", 5, 2*hour),
		plc.ReasonTooLate:   newStory(t).update("b", "a", 1, hour).update("c", "a", 0, 200*hour),
		plc.ReasonTime:      newStory(t).update("b", "a", 1, hour).update("c", "a", 0, hour),
	} {
		_, _, err := plc.VerifyLog(s.did, s.log, all)
		requireReason(t, err, want, 2)
	}
}

// The plain log is a chain.
func TestVerifyChain(t *testing.T) {
	ledger.Covers(t, "PLC-044")
	s := newStory(t).update("b", "a", 0, hour).update("c", "b", 3, 2*hour).tombstone("d", "c", 1, 3*hour)
	ops := []*plc.Operation{s.ops["a"], s.ops["b"], s.ops["c"], s.ops["d"]}
	state, err := plc.VerifyChain(s.did, ops, nil)
	require.NoError(t, err)
	require.True(t, state.Deactivated())
	require.True(t, state.UpdatedAt().IsZero(), "a plain log has no times")
	state, err = plc.VerifyChain(s.did, ops[:3], nil)
	require.NoError(t, err)
	require.Equal(t, s.ops["c"].Data(), state.Data())
	_, _, err = state.Apply(entry(s.did, s.ops["d"], 0), nil)
	require.NoError(t, err)
	undo := newStory(t).update("x", "a", 0, hour)
	_, _, err = state.Apply(entry(s.did, undo.ops["x"], 0), nil)
	require.Error(t, err, "without times nothing is undone")

	_, err = plc.VerifyChain(s.did, nil, nil)
	require.EqualError(t, err, "plc: log is empty")
	_, err = plc.VerifyChain(s.did, ops[1:], nil)
	requireReason(t, err, plc.ReasonGenesis, 0)
	_, err = plc.VerifyChain(syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"), ops, nil)
	requireReason(t, err, plc.ReasonGenesisHash, 0)
	_, err = plc.VerifyChain(s.did, []*plc.Operation{ops[0], ops[2]}, nil)
	requireReason(t, err, plc.ReasonPrevUnknown, 1)
	fork := newStory(t).update("b", "a", 2, hour).update("c", "a", 0, 2*hour)
	_, err = plc.VerifyChain(fork.did, []*plc.Operation{fork.ops["a"], fork.ops["b"], fork.ops["c"]}, nil)
	requireReason(t, err, plc.ReasonPrevUnknown, 2)
	_, err = plc.VerifyChain(s.did, append(ops, fork.ops["b"]), nil)
	require.Error(t, err)
	foreign := newStory(t).update("b", "a", 5, hour)
	_, err = plc.VerifyChain(foreign.did, []*plc.Operation{foreign.ops["a"], foreign.ops["b"]}, nil)
	requireReason(t, err, plc.ReasonSignature, 1)
}
