package plc_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// A chronicle makes random logs. Most of its operations are valid, and all are
// near to it.
type chronicle struct {
	t   testing.TB
	r   *rand.Rand
	k   []*crypto.PrivateKey
	did syntax.DID
	log []plc.Entry
}

func (c *chronicle) fields(prev any) forge {
	f := forgeOf(&plc.Data{}, prev).with("alsoKnownAs", []any{fmt.Sprint(c.r.Uint64())})
	var list []any
	for range 1 + c.r.IntN(4) {
		list = append(list, c.k[c.r.IntN(len(c.k))].PublicKey().DIDKey()) // also twice
	}
	return f.with("rotationKeys", list)
}

// signer returns a key of the operation, or now and then any.
func (c *chronicle) signer(keys []string) *crypto.PrivateKey {
	if len(keys) == 0 || c.r.IntN(20) == 0 {
		return c.k[c.r.IntN(len(c.k))]
	}
	want := keys[c.r.IntN(len(keys))]
	for _, k := range c.k {
		if k.PublicKey().DIDKey() == want {
			return k
		}
	}
	panic("no such key")
}

// next appends an operation to the log.
func (c *chronicle) next() {
	n := len(c.log)
	if n == 0 {
		f := c.fields(null{})
		op := f.sign(c.t, c.signer([]string{f["rotationKeys"].([]any)[0].(string)}))
		c.did, _ = op.DID()
		c.log = append(c.log, entry(c.did, op, 0))
		return
	}
	prev := c.log[n-1]
	if c.r.IntN(2) == 0 {
		prev = c.log[c.r.IntN(n)]
	}
	f := c.fields(prev.CID.String())
	if c.r.IntN(6) == 0 {
		f = forge{"type": plc.TypeTombstone, "prev": prev.CID.String()}
	}
	op := f.sign(c.t, c.signer(prev.Operation.RotationKeys()))
	if c.r.IntN(30) == 0 {
		op = f.signed(c.t, op.Signature()+"=")
	}
	steps := []time.Duration{time.Hour, time.Hour, 5 * time.Hour, 24 * time.Hour, 72 * time.Hour, 72*time.Hour + time.Millisecond, 0, -time.Hour}
	e := entry(c.did, op, c.log[n-1].CreatedAt.Sub(epoch)+steps[c.r.IntN(len(steps)-c.r.IntN(3))])
	if c.r.IntN(40) == 0 {
		e.CID = prev.CID
	}
	c.log = append(c.log, e)
}

// grow makes a log that keeps what stands and, at the end, maybe an operation
// that does not.
func (c *chronicle) grow(n int) {
	opts := &plc.VerifyOptions{Keys: new(plc.KeyCache)}
	state := plc.NewState(syntax.DID{})
	for i := range n {
		c.next()
		if i == 0 {
			state = plc.NewState(c.did)
		}
		next, v, err := state.Apply(c.log[len(c.log)-1], opts)
		if err != nil {
			if len(c.log) == 1 || c.r.IntN(30) == 0 {
				return
			}
			c.log = c.log[:len(c.log)-1]
			continue
		}
		state = next
		for i := range c.log {
			c.log[i].Nullified = c.log[i].Nullified || slices.Contains(v.Nullifies, c.log[i].CID)
		}
	}
}

// Random logs are judged as the rules do by the letter, entry by entry, and
// also if the history is kept, compacted, and read again in between.
func TestModel(t *testing.T) {
	ledger.Covers(t, "PLC-032", "PLC-035", "PLC-036", "PLC-037", "PLC-038", "PLC-039", "PLC-040", "PLC-043")
	valid, nullified := 0, 0
	for seed := range uint64(30) {
		c := &chronicle{t: t, r: rand.New(rand.NewPCG(seed, 1)), k: keys(t, 5)}
		c.grow(14)
		if seed%5 == 0 {
			i := c.r.IntN(len(c.log))
			c.log[i].Nullified = !c.log[i].Nullified
		}
		want, active := referenceLog(c.did, c.log)
		state, verdicts, err := plc.VerifyLog(c.did, c.log, nil)
		require.Equal(t, want, err == nil, "seed %d: %v", seed, err)
		requireIncremental(t, c.did, c.log, verdicts)
		for _, v := range verdicts {
			if v.Status == plc.Nullified {
				nullified++
			}
		}
		if !want {
			continue
		}
		valid++
		ops := state.Operations()
		require.Len(t, ops, len(active))
		for i, e := range active {
			require.Equal(t, e.Operation, ops[i])
		}
	}
	require.Greater(t, valid, 8)
	require.Greater(t, nullified, 5)
}

// requireIncremental applies the log one by one and compares the verdicts.
func requireIncremental(t *testing.T, did syntax.DID, log []plc.Entry, want []plc.Verdict) {
	t.Helper()
	whole, lean := plc.NewState(did), plc.NewState(did)
	keys := new(plc.KeyCache)
	opts := &plc.VerifyOptions{Keys: keys}
	for i, e := range log {
		next, v, err := whole.Apply(e, opts)
		refused := want[i].Status == plc.Refused
		require.Equal(t, refused, err != nil, "%v", err)
		if refused && want[i].Err.Reason != plc.ReasonPrevRefused {
			require.Equal(t, want[i].Err.Reason, v.Err.Reason)
		}
		if err != nil {
			require.Equal(t, whole, next)
		}
		require.Equal(t, want[i].Signer, v.Signer)
		require.Equal(t, want[i].Nullifies, v.Nullifies)
		whole = next

		raw, err2 := lean.MarshalBinary()
		require.NoError(t, err2)
		lean, err2 = plc.ParseState(raw)
		require.NoError(t, err2)
		leanNext, leanVerdict, leanErr := lean.Apply(e, opts)
		require.Equal(t, err == nil, leanErr == nil, "%v, %v", err, leanErr)
		require.Equal(t, v.Status, leanVerdict.Status)
		lean = leanNext.Compact()
		require.Equal(t, whole.Head(), lean.Head())
	}
}

func TestCompact(t *testing.T) {
	s := newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour).update("d", "c", 2, 74*hour)
	state, _, err := s.verify()
	require.NoError(t, err)
	require.Equal(t, []*plc.Operation{s.ops["c"], s.ops["d"]}, state.Compact().Operations(), "b and c can't be undone any more: what comes next is later than d")
	require.Equal(t, state.Compact().Operations(), state.Compact().Compact().Operations())

	s = newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 73*hour-time.Millisecond)
	state, _, err = s.verify()
	require.NoError(t, err)
	require.Equal(t, state, state.Compact(), "b can be undone for another millisecond")
	_, _, err = state.Compact().Apply(entry(s.did, s.update("d", "a", 0, 73*hour).ops["d"], 73*hour), nil)
	require.NoError(t, err)

	s = newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 73*hour)
	state, _, err = s.verify()
	require.NoError(t, err)
	require.Equal(t, []*plc.Operation{s.ops["b"], s.ops["c"]}, state.Compact().Operations())
	require.Same(t, plc.NewState(s.did).Head(), (*plc.Operation)(nil))
	require.Nil(t, plc.NewState(s.did).Compact().Data())
	// What was left out is not there to build on, and nothing begins anew.
	_, _, err = state.Compact().Apply(entry(s.did, s.update("d", "a", 0, 74*hour).ops["d"], 74*hour), nil)
	requireReason(t, err, plc.ReasonPrevUnknown, -1)
	_, _, err = state.Compact().Apply(entry(s.did, s.ops["a"], 74*hour), nil)
	requireReason(t, err, plc.ReasonGenesis, -1)
}

func TestParseState(t *testing.T) {
	s := newStory(t).update("b", "a", 2, hour).update("c", "a", 0, 2*hour).nullified("b")
	state, _, err := s.verify()
	require.NoError(t, err)
	raw, err := state.MarshalBinary()
	require.NoError(t, err)
	parsed, err := plc.ParseState(raw)
	require.NoError(t, err)
	require.Equal(t, state, parsed)
	_, _, err = parsed.Apply(entry(s.did, s.update("d", "b", 0, 3*hour).ops["d"], 3*hour), nil)
	requireReason(t, err, plc.ReasonPrevNullified, -1)
	for i := range raw {
		_, err := plc.ParseState(raw[:i])
		require.ErrorContains(t, err, "plc: invalid state: ")
	}
	_, err = plc.ParseState(append(raw, 0))
	require.Error(t, err)
	_, err = plc.ParseState(dagcbor.AppendArray(nil, 4))
	require.EqualError(t, err, "plc: invalid state: not one of this version")
	_, v, err := state.Apply(plc.Entry{DID: s.did}, nil)
	require.EqualError(t, err, "plc: entry without an operation")
	require.Equal(t, -1, v.Signer)
}

func TestRecover(t *testing.T) {
	ledger.Covers(t, "PLC-037", "PLC-039", "PLC-062")
	s := newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour)
	state, _, err := s.verify()
	require.NoError(t, err)
	at := func(after time.Duration) time.Time { return epoch.Add(after) }
	ctx := t.Context()

	op, err := state.Recover(ctx, s.ops["b"].CID(), nil, at(73*hour), s.k[1], s.k[2])
	require.NoError(t, err)
	require.Equal(t, s.ops["a"].CID(), op.Prev())
	require.Equal(t, s.ops["a"].Data(), op.Data())
	after, v, err := state.Apply(entry(s.did, op, 73*hour), nil)
	require.NoError(t, err)
	require.Equal(t, []dagcbor.CID{s.ops["b"].CID(), s.ops["c"].CID()}, v.Nullifies)
	require.Equal(t, op, after.Head())

	// Without the old server: a new one, and a key for its token in between.
	data := s.ops["a"].Data()
	data.SetPDS("https://new.example.com")
	data.SetSigningKey(s.k[4].PublicKey())
	op, err = state.Recover(ctx, s.ops["c"].CID(), data, at(3*hour), s.k[0])
	require.NoError(t, err)
	after, _, err = state.Apply(entry(s.did, op, 3*hour), nil)
	require.NoError(t, err)
	doc, err := after.Document()
	require.NoError(t, err)
	pds, err := doc.PDS()
	require.NoError(t, err)
	require.Equal(t, "https://new.example.com", pds)
	key, err := doc.SigningKey()
	require.NoError(t, err)
	require.True(t, key.Equal(s.k[4].PublicKey()))
	data.SetSigningKey(s.k[5].PublicKey())
	next, err := plc.Update(ctx, after.Head(), data, s.k[0])
	require.NoError(t, err)
	_, _, err = after.Apply(entry(s.did, next, 4*hour), nil)
	require.NoError(t, err)

	_, err = state.Recover(ctx, s.ops["b"].CID(), nil, at(2*hour), s.k[2], s.k[3])
	require.ErrorIs(t, err, plc.ErrNoSigner)
	_, err = state.Recover(ctx, s.ops["b"].CID(), nil, at(73*hour+time.Millisecond), s.k[0])
	requireReason(t, err, plc.ReasonTooLate, -1)
	_, err = state.Recover(ctx, s.ops["a"].CID(), nil, at(hour), s.k[0])
	requireReason(t, err, plc.ReasonPrevUnknown, -1)
	_, err = state.Recover(ctx, op.CID(), nil, at(hour), s.k[0])
	requireReason(t, err, plc.ReasonPrevUnknown, -1)
}
