package repo_test

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// chain returns two messages of an account, the second with all kinds of ops,
// and the states that they leave.
func chain(t testing.TB) (first, second *repo.CommitMessage, states [2]repo.State) {
	t.Helper()
	r := repo.New(account, privateKey(t, crypto.K256), clockAt(t, rev))
	var writes []repo.Write
	for i := range 60 {
		writes = append(writes, repo.Create(at(t, fmt.Sprint(i)), value(t, fmt.Sprint(i))))
	}
	one := apply(t, r, writes...)
	two := apply(t, r, repo.Create(at(t, "new"), value(t, "new")), repo.Update(at(t, "7"), value(t, "other")), repo.Delete(at(t, "20")), repo.Delete(at(t, "21")))
	return one.Message(), two.Message(), [2]repo.State{one.Commit.State(), two.Commit.State()}
}

// resigned returns a message like m whose commit is another one.
func resigned(t testing.TB, m *repo.CommitMessage, commit []byte) *repo.CommitMessage {
	t.Helper()
	out := *m
	_, blocks := sections(t, m.Blocks)
	b := blockOf(commit)
	out.Commit = b.CID
	out.Blocks = carFile([]dagcbor.CID{b.CID}, append([]car.Block{b}, blocks[1:]...)...)
	return &out
}

func fieldsOf(t testing.TB, m *repo.CommitMessage) fields {
	t.Helper()
	_, blocks := sections(t, m.Blocks)
	c, err := repo.ParseCommit(blocks[0].Data, nil)
	require.NoError(t, err)
	return commitFields().with(fields{
		"did":  dagcbor.AppendText(nil, c.DID().String()),
		"rev":  dagcbor.AppendText(nil, c.Rev().String()),
		"data": dagcbor.AppendLink(nil, c.Data()),
		"prev": dagcbor.AppendNull(nil),
	})
}

// Everything that can be wrong with a message, alone, one after the other. What
// is named is where it is found.
func TestHostileMessages(t *testing.T) {
	ledger.Covers(t, "SNC-037", "SNC-038", "SNC-040", "SNC-052", "SNC-053", "SNC-060", "SNC-061", "SNC-063", "SNC-068", "REP-008", "REP-013", "REP-024")
	_, good, states := chain(t)
	key := privateKey(t, crypto.K256)
	wrongCurve := privateKey(t, crypto.P256)
	v := verifier()
	_, err := v.Commit(t.Context(), good, key.PublicKey(), &states[0])
	require.NoError(t, err)

	_, blocks := sections(t, good.Blocks)
	without := func(c dagcbor.CID) []byte {
		return carFile([]dagcbor.CID{good.Commit}, slices.DeleteFunc(slices.Clone(blocks), func(b car.Block) bool { return b.CID == c })...)
	}
	other := value(t, "unrelated")
	otherCID := blockOf(other).CID
	f := fieldsOf(t, good)
	signature := func(change func(sig []byte) []byte) []byte {
		c, err := repo.ParseCommit(blocks[0].Data, nil)
		require.NoError(t, err)
		return f.with(fields{"sig": dagcbor.AppendBytes(nil, change(slices.Clone(c.Signature())))}).bytes()
	}
	for _, tc := range []struct {
		name   string
		change func(m *repo.CommitMessage)
		want   string
	}{
		{"201 ops", func(m *repo.CommitMessage) { m.Ops = slices.Repeat(m.Ops[:1], 201) }, "repo: ops of a commit 201 exceeds the limit of 200"},
		{"blocks of 2 MB + 1", func(m *repo.CommitMessage) { m.Blocks = pad(m.Blocks, 2_000_001) }, "repo: size of blocks of a commit 2000001 exceeds the limit of 2000000"},
		{"no blocks", func(m *repo.CommitMessage) { m.Blocks = nil }, "car: "},
		{"cut", func(m *repo.CommitMessage) { m.Blocks = m.Blocks[:len(m.Blocks)-1] }, "car: "},
		{"wrong hash", func(m *repo.CommitMessage) { m.Blocks = flip(true, m.Blocks) }, "car: "},
		{"no root", func(m *repo.CommitMessage) { m.Blocks = carFile(nil, blocks...) }, "repo: CAR file has no root"},
		{"no repo", func(m *repo.CommitMessage) { m.Repo = syntax.DID{} }, "of (none): repo: is missing"},
		{"no rev", func(m *repo.CommitMessage) { m.Rev = syntax.TID{} }, "message (none) of"},
		{"no commit", func(m *repo.CommitMessage) { m.Commit = dagcbor.CID{} }, "commit: is missing"},
		{"other repo", func(m *repo.CommitMessage) { m.Repo = syntax.MustParseDID("did:web:x.example.com") }, "not of did:web:x.example.com"},
		{"other rev", func(m *repo.CommitMessage) { m.Rev = syntax.MustParseTID("3jzfcijpj2z2z") }, "rev: is not that of the commit, " + good.Rev.String()},
		{"other commit", func(m *repo.CommitMessage) { m.Commit = blocks[1].CID }, "commit: is not the root of the blocks"},
		{"root is a node", func(m *repo.CommitMessage) { m.Blocks = carFile([]dagcbor.CID{blocks[1].CID}, blocks...) }, `field "version": is missing`},
		{"commit block missing", func(m *repo.CommitMessage) { m.Blocks = without(m.Commit) }, "is the root, and missing"},
		{"since after rev", func(m *repo.CommitMessage) { m.Since = m.Rev }, "since: is " + good.Rev.String() + ", not before rev"},
		{"prevData missing", func(m *repo.CommitMessage) { m.PrevData = dagcbor.CID{} }, "prevData: is missing"},
		{"prevData without since", func(m *repo.CommitMessage) { m.Since = syntax.TID{} }, "prevData: is not the empty tree, although since is null"},
		{"genesis that is none", func(m *repo.CommitMessage) { m.Since, m.PrevData = syntax.TID{}, dagcbor.CID{} }, "prevData: is " + emptyTree + ", but the ops lead back to " + good.PrevData.String()},
		{"prevData wrong", func(m *repo.CommitMessage) { m.PrevData = states[1].Data }, "prevData: is " + states[1].Data.String() + ", but the ops lead back to " + good.PrevData.String()},
		{"prevData raw", func(m *repo.CommitMessage) { m.PrevData = dagcbor.Sum(dagcbor.Raw, nil) }, "prevData: is not the link of a node"},

		{"update lacks prev", func(m *repo.CommitMessage) { m.Ops[1].Prev = dagcbor.CID{} }, `ops 1: update of "com.example.record/7": has no prev`},
		{"delete lacks prev", func(m *repo.CommitMessage) { m.Ops[3].Prev = dagcbor.CID{} }, "ops 3: delete of"},
		{"create with prev", func(m *repo.CommitMessage) { m.Ops[0].Prev = otherCID }, "has a prev"},
		{"create without cid", func(m *repo.CommitMessage) { m.Ops[0].CID = dagcbor.CID{} }, "has no cid"},
		{"update without cid", func(m *repo.CommitMessage) { m.Ops[1].CID = dagcbor.CID{} }, "has no cid"},
		{"delete with cid", func(m *repo.CommitMessage) { m.Ops[2].CID = otherCID }, "has a cid"},
		{"no action", func(m *repo.CommitMessage) { m.Ops[2].Action = 0 }, "no such action"},
		{"put", func(m *repo.CommitMessage) { m.Ops[0].Action = mst.Put }, "no such action"},
		{"no path", func(m *repo.CommitMessage) { m.Ops[2].Path = syntax.RepoPath{} }, "has no path"},
		{"path twice", func(m *repo.CommitMessage) { m.Ops = append(m.Ops, m.Ops[0]) }, `ops: path "com.example.record/new" occurs twice`},
		{"created and deleted", func(m *repo.CommitMessage) {
			m.Ops = append(m.Ops, repo.Op{Action: mst.Delete, Path: m.Ops[0].Path, Prev: otherCID})
		}, "occurs twice"},

		{"op left out", func(m *repo.CommitMessage) { m.Ops = m.Ops[1:] }, "prevData: is"},
		{"all ops left out", func(m *repo.CommitMessage) { m.Ops = nil }, "prevData: is"},
		{"op too many", func(m *repo.CommitMessage) {
			m.Ops = append(m.Ops, repo.Op{Action: mst.Delete, Path: at(t, "newer"), Prev: otherCID})
		}, ""},
		{"update that is a create", func(m *repo.CommitMessage) { m.Ops[1].Action, m.Ops[1].Prev = mst.Create, dagcbor.CID{} }, "prevData: is"},
		{"create that is an update", func(m *repo.CommitMessage) { m.Ops[0].Action, m.Ops[0].Prev = mst.Update, otherCID }, "prevData: is"},
		{"wrong prev of update", func(m *repo.CommitMessage) { m.Ops[1].Prev = otherCID }, "prevData: is"},
		{"wrong prev of delete", func(m *repo.CommitMessage) { m.Ops[2].Prev = otherCID }, "prevData: is"},
		{"delete of what is there", func(m *repo.CommitMessage) {
			m.Ops[0] = repo.Op{Action: mst.Delete, Path: m.Ops[0].Path, Prev: otherCID}
		}, "ops 0: "},
		{"create of what is not there", func(m *repo.CommitMessage) {
			m.Ops[2] = repo.Op{Action: mst.Create, Path: m.Ops[2].Path, CID: m.Ops[0].CID}
		}, "ops 2: "},
		{"other record", func(m *repo.CommitMessage) {
			m.Blocks = car.AppendBlock(m.Blocks, otherCID, other)
			m.Ops[0].CID = otherCID
		}, "ops 0: "},
		{"record missing", func(m *repo.CommitMessage) { m.Blocks = without(m.Ops[0].CID) }, "repo: record \"com.example.record/new\" (" + good.Ops[0].CID.String() + ") is missing"},

		{"root node missing", func(m *repo.CommitMessage) { m.Blocks = without(blocks[1].CID) }, "missing"},
		{"node missing", func(m *repo.CommitMessage) { m.Blocks = without(blocks[2].CID) }, ""},

		{"high-S", func(m *repo.CommitMessage) { *m = *resigned(t, m, signature(highS)) }, "signature"},
		{"DER", func(m *repo.CommitMessage) { *m = *resigned(t, m, signature(der)) }, `field "sig": has 7`},
		{"63 bytes", func(m *repo.CommitMessage) {
			*m = *resigned(t, m, signature(func(sig []byte) []byte { return sig[:63] }))
		}, `field "sig": has 63 bytes, not 64`},
		{"65 bytes", func(m *repo.CommitMessage) {
			*m = *resigned(t, m, signature(func(sig []byte) []byte { return append(sig, 0) }))
		}, `field "sig": has 65 bytes, not 64`},
		{"version 2", func(m *repo.CommitMessage) {
			*m = *resigned(t, m, f.with(fields{"version": dagcbor.AppendInt(nil, 2)}).signed(t))
		}, `field "version": is 2, not 3`},
	} {
		m := *good
		m.Ops = slices.Clone(good.Ops)
		m.Blocks = slices.Clone(good.Blocks)
		tc.change(&m)
		got, err := v.Commit(t.Context(), &m, key.PublicKey(), &states[0])
		require.Error(t, err, tc.name)
		require.Nil(t, got, tc.name)
		require.ErrorContains(t, err, tc.want, tc.name)
		require.NotErrorIs(t, err, repo.ErrStale, tc.name)
		require.NotErrorIs(t, err, repo.ErrDesynchronized, tc.name)
	}

	for name, k := range map[string]*crypto.PublicKey{"wrong curve": wrongCurve.PublicKey(), "wrong key": must(crypto.GenerateKey(crypto.K256)).PublicKey()} {
		_, err := v.Commit(t.Context(), good, k, &states[0])
		errorIs[*repo.SignatureError](t, err)
		require.ErrorIs(t, err, crypto.ErrInvalidSignature, name)
	}
	_, err = v.Commit(t.Context(), good, nil, &states[0])
	require.Error(t, err)
	// And the same Verifier still works.
	_, err = v.Commit(t.Context(), good, key.PublicKey(), &states[0])
	require.NoError(t, err)
}

// pad adds a block that nobody needs, so that the file has size bytes.
func pad(file []byte, size int) []byte {
	for n := size - len(file) - 37; ; n-- {
		b := make([]byte, n)
		padded := car.AppendBlock(slices.Clone(file), blockOf(b).CID, b)
		if len(padded) == size {
			return padded
		}
	}
}

// At the limits a message is taken.
func TestMessageLimits(t *testing.T) {
	ledger.Covers(t, "SNC-038", "REP-023")
	key := privateKey(t, crypto.K256)
	_, m, states := chain(t)
	m.Blocks = pad(m.Blocks, repo.MaxCommitBlocks)
	v := verifier()
	_, err := v.Commit(t.Context(), m, key.PublicKey(), &states[0])
	require.NoError(t, err)

	r := newRepo(t)
	var writes []repo.Write
	for i := range repo.MaxWrites {
		writes = append(writes, repo.Create(at(t, fmt.Sprint(i)), value(t, fmt.Sprint(i))))
	}
	requireVerified(t, apply(t, r, writes...), key.PublicKey())

	// Two records of a million bytes do not fit, one does.
	big := func(i int) []byte { return sized(t, repo.MaxRecordWrite-i) }
	r = newRepo(t)
	requireVerified(t, apply(t, r, repo.Create(at(t, "1"), big(0))), key.PublicKey())
	before := stateOf(t, r)
	_, err = r.Apply(t.Context(), repo.Create(at(t, "2"), big(1)), repo.Create(at(t, "3"), big(2)))
	limit := errorIs[*repo.LimitError](t, err)
	require.Equal(t, []any{"repo: size of blocks of a commit", int64(2_000_000)}, []any{limit.Name, limit.Limit})
	require.Equal(t, before, stateOf(t, r))

	// To the byte.
	over := int(limit.Got) - repo.MaxCommitBlocks
	_, err = r.Apply(t.Context(), repo.Create(at(t, "2"), big(1)), repo.Create(at(t, "3"), big(2+over-1)))
	require.Equal(t, int64(2_000_001), errorIs[*repo.LimitError](t, err).Got)
	res := apply(t, r, repo.Create(at(t, "2"), big(1)), repo.Create(at(t, "3"), big(2+over)))
	require.Len(t, res.CAR(), repo.MaxCommitBlocks)
	requireVerified(t, res, key.PublicKey())

	// A record of a million bytes and one is refused although it fits.
	_, first, _ := chain(t)
	rec := sized(t, repo.MaxRecordWrite+1)
	first.Ops = []repo.Op{{Action: mst.Create, Path: at(t, "1"), CID: blockOf(rec).CID}}
	first.Blocks = car.AppendBlock(first.Blocks, blockOf(rec).CID, rec)
	_, err = v.Commit(t.Context(), first, key.PublicKey(), nil)
	require.Equal(t, &repo.LimitError{Name: "repo: size of record", Limit: 1_000_000, Got: 1_000_001, Offset: -1}, err)
}

// What is too big for a #commit can be made on demand, and announced by #sync.
func TestTooBig(t *testing.T) {
	ledger.Covers(t, "REP-023", "SNC-042", "SNC-043")
	r := newRepo(t)
	first := apply(t, r, repo.Create(at(t, "x"), value(t, "x")))
	require.False(t, first.TooBig)
	var writes []repo.Write
	for i := range repo.MaxWrites + 1 {
		writes = append(writes, repo.Create(at(t, fmt.Sprint(i)), value(t, fmt.Sprint(i))))
	}
	res, err := r.ApplyWith(t.Context(), &repo.ApplyOptions{AllowTooBig: true}, writes...)
	require.NoError(t, err)
	require.True(t, res.TooBig)
	require.Len(t, content(t, r), 202)
	for _, big := range [][]repo.Write{{repo.Create(at(t, "a"), sized(t, 1_000_000)), repo.Create(at(t, "b"), sized(t, 999_999)), repo.Delete(at(t, "x"))}} {
		res, err = r.ApplyWith(t.Context(), &repo.ApplyOptions{AllowTooBig: true}, big...)
		require.NoError(t, err)
		require.True(t, res.TooBig)
	}

	key := privateKey(t, crypto.K256)
	sync := &repo.SyncMessage{DID: account, Rev: res.Commit.Rev(), Blocks: res.SyncCAR()}
	_, blocks := sections(t, sync.Blocks)
	require.Equal(t, []car.Block{{CID: res.Commit.CID(), Data: res.Commit.Bytes()}}, blocks)
	v := &repo.Verifier{}
	old := first.Commit.State()
	for _, tc := range []struct {
		last *repo.State
		want string
	}{
		{nil, ""},
		{&repo.State{Rev: old.Rev, Data: res.Commit.Data()}, ""},
		{&old, "has the root " + res.Commit.Data().String() + ", not " + old.Data.String()},
		{new(res.Commit.State()), "does not follow on"},
	} {
		c, err := v.Sync(sync, key.PublicKey(), tc.last)
		if tc.want == "" {
			require.NoError(t, err)
			require.Equal(t, res.Commit, c)
			continue
		}
		require.ErrorContains(t, err, tc.want)
		require.Nil(t, c)
	}
	_, err = v.Sync(sync, key.PublicKey(), &old)
	require.ErrorIs(t, err, repo.ErrDesynchronized)
	_, err = v.Sync(sync, key.PublicKey(), new(res.Commit.State()))
	require.ErrorIs(t, err, repo.ErrStale)

	for want, bad := range map[string]*repo.SyncMessage{
		"repo: size of blocks of a sync message 10001 exceeds the limit of 10000": {DID: account, Rev: sync.Rev, Blocks: pad(sync.Blocks, 10_001)},
		"of (none): did: is missing":                                  {Rev: sync.Rev, Blocks: sync.Blocks},
		"message (none) of " + account.String() + ": rev: is missing": {DID: account, Blocks: sync.Blocks},
		"rev: is not that":                                            {DID: account, Rev: rev, Blocks: sync.Blocks},
		"not of did:web:x.example.com":                                {DID: syntax.MustParseDID("did:web:x.example.com"), Rev: sync.Rev, Blocks: sync.Blocks},
		"car: ":                                                       {DID: account, Rev: sync.Rev, Blocks: sync.Blocks[:100]},
	} {
		_, err := v.Sync(bad, key.PublicKey(), nil)
		require.ErrorContains(t, err, want)
	}
	_, err = v.Sync(&repo.SyncMessage{DID: account, Rev: sync.Rev, Blocks: pad(sync.Blocks, 10_000)}, key.PublicKey(), nil)
	require.NoError(t, err)
	_, err = v.Sync(sync, privateKey(t, crypto.P256).PublicKey(), nil)
	errorIs[*repo.SignatureError](t, err)
}

// Revisions that are not new are dropped, whatever else is wrong with the
// message; those from the future are refused; and a message that does not begin
// where the last one ended says that something was missed.
func TestChain(t *testing.T) {
	ledger.Covers(t, "SNC-035", "SNC-036", "SNC-058", "SNC-059", "SNC-064", "SNC-065", "SNC-067", "SNC-068")
	first, second, states := chain(t)
	key := privateKey(t, crypto.K256).PublicKey()
	earlier := syntax.MustParseTID("3jzfcijpj2z22")
	otherRoot := blockOf([]byte{0xa0}).CID
	verify := func(o repo.VerifyOptions, m *repo.CommitMessage, last *repo.State) error {
		v := &repo.Verifier{Options: o}
		got, err := v.Commit(t.Context(), m, key, last)
		require.Equal(t, err == nil, got != nil)
		return err
	}
	strict := repo.VerifyOptions{}
	for _, tc := range []struct {
		name string
		o    repo.VerifyOptions
		m    *repo.CommitMessage
		last *repo.State
		want error // nil for none
	}{
		{"nothing known", strict, first, nil, nil},
		{"nothing known, in the middle", strict, second, nil, nil},
		{"in order", strict, second, &states[0], nil},
		{"the same again", strict, second, &states[1], repo.ErrStale},
		{"back", strict, first, &states[1], repo.ErrStale},
		{"gap", strict, second, &repo.State{Rev: earlier, Data: otherRoot}, repo.ErrDesynchronized},
		{"another tree", strict, second, &repo.State{Rev: states[0].Rev, Data: otherRoot}, repo.ErrDesynchronized},
		{"another tree", repo.VerifyOptions{AllowSince: true}, second, &repo.State{Rev: states[0].Rev, Data: otherRoot}, repo.ErrDesynchronized},
		{"another since", strict, second, &repo.State{Rev: earlier, Data: states[0].Data}, repo.ErrDesynchronized},
		{"another since", repo.VerifyOptions{AllowSince: true}, second, &repo.State{Rev: earlier, Data: states[0].Data}, nil},
		{"begins anew", strict, first, &repo.State{Rev: earlier, Data: otherRoot}, repo.ErrDesynchronized},
		{"begins anew", repo.VerifyOptions{AllowSince: true}, first, &repo.State{Rev: earlier, Data: dagcbor.MustParseCID(emptyTree)}, nil},
	} {
		require.ErrorIs(t, verify(tc.o, tc.m, tc.last), tc.want, tc.name)
	}
	bad := *second
	bad.Blocks = nil
	require.ErrorIs(t, verify(strict, &bad, &states[1]), repo.ErrStale)
	// Only since differs: whoever wants may go on.
	require.True(t, errorIs[*repo.ChainError](t, verify(strict, second, &repo.State{Rev: earlier, Data: states[0].Data})).SameTree())
	gap := errorIs[*repo.ChainError](t, verify(strict, second, &repo.State{Rev: earlier, Data: otherRoot}))
	require.False(t, gap.SameTree())
	require.Equal(t, []any{account, second.Rev, first.Rev, states[0].Data, earlier}, []any{gap.Repo, gap.Rev, gap.Since, gap.PrevData, gap.Last.Rev})
	require.EqualError(t, gap, "repo: message "+second.Rev.String()+" of "+account.String()+" follows on "+first.Rev.String()+
		" with the root "+states[0].Data.String()+", not on "+earlier.String()+" with "+otherRoot.String())
	require.EqualError(t, verify(strict, second, &states[1]), "repo: revision "+second.Rev.String()+" of "+account.String()+" does not follow on "+second.Rev.String())

	// Early hosts sent no prevData.
	legacy := *second
	legacy.PrevData = dagcbor.CID{}
	require.ErrorContains(t, verify(strict, &legacy, nil), "prevData: is missing")
	lenient := repo.VerifyOptions{AllowMissingPrevData: true}
	require.NoError(t, verify(lenient, &legacy, nil))
	require.NoError(t, verify(lenient, &legacy, &states[0]))
	lenient.AllowSince = true
	require.ErrorIs(t, verify(lenient, &legacy, &repo.State{Rev: earlier, Data: states[0].Data}), repo.ErrDesynchronized)
	for _, change := range []func(op []repo.Op){
		func(op []repo.Op) { op[0].CID = op[1].CID },
		func(op []repo.Op) { op[2].Path = at(t, "new") },
	} {
		wrong := legacy
		wrong.Ops = slices.Clone(legacy.Ops)
		change(wrong.Ops)
		require.Error(t, verify(lenient, &wrong, nil))
	}

	// The future is what is more than five minutes away.
	for ahead, ok := range map[time.Duration]bool{0: true, repo.MaxRevSkew: true, repo.MaxRevSkew + time.Microsecond: false, 6 * time.Minute: false} {
		now := func() time.Time { return second.Rev.Time().Add(-ahead) }
		err := verify(repo.VerifyOptions{Now: now}, second, nil)
		require.Equal(t, ok, err == nil, ahead)
		if !ok {
			require.Equal(t, &repo.FutureRevError{CID: second.Commit, Rev: second.Rev, Now: now()}, err)
		}
		require.NoError(t, verify(repo.VerifyOptions{Now: now, AllowFutureRev: true}, second, nil))
	}
}

// A record that is none is a matter of the record: the commit is right, and the
// next one follows on it.
func TestMessageWithBadRecords(t *testing.T) {
	ledger.Covers(t, "SNC-071")
	for _, bad := range [][]byte{{0x80}, {0xff}, {}, []byte("\xa1\x61x\x01"), sized(t, repo.MaxRecordWrite)[1:]} {
		rec := blockOf(bad)
		root, nodes := treeOf(t, mst.Entry{Key: at(t, "1").String(), Value: rec.CID})
		c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: rev, Data: root})
		require.NoError(t, err)
		m := &repo.CommitMessage{
			Repo: account, Rev: rev, Commit: c.CID(),
			Ops:    []repo.Op{{Action: mst.Create, Path: at(t, "1"), CID: rec.CID}},
			Blocks: carFile([]dagcbor.CID{c.CID()}, append(nodes, rec, car.Block{CID: c.CID(), Data: c.Bytes()})...),
		}
		got, err := verifier().Commit(t.Context(), m, privateKey(t, crypto.K256).PublicKey(), nil)
		require.NoError(t, err)
		require.Equal(t, root, got.Commit.State().Data)
		errorIs[*repo.RecordError](t, got.Records[0].Validate())
	}
}

// Any op of a message, its blocks in any order and some of them twice: it stays
// right.
func TestMessageOrder(t *testing.T) {
	ledger.Covers(t, "SNC-062", "CAR-013", "CAR-014")
	_, m, states := chain(t)
	roots, blocks := sections(t, m.Blocks)
	slices.Reverse(blocks)
	m.Blocks = carFile(roots, slices.Concat(blocks, blocks)...)
	for range m.Ops {
		m.Ops = append(m.Ops[1:], m.Ops[0])
		_, err := verifier().Commit(t.Context(), m, privateKey(t, crypto.K256).PublicKey(), &states[0])
		require.NoError(t, err)
	}
	require.False(t, bytes.Equal(nil, m.Blocks))
}

// highS returns the other signature of the same key and message, which is not
// to be accepted.
func highS(sig []byte) []byte {
	n, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	s := new(big.Int).SetBytes(sig[32:])
	return append(slices.Clone(sig[:32]), n.Sub(n, s).FillBytes(make([]byte, 32))...)
}

func der(sig []byte) []byte {
	b, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])})
	if err != nil {
		panic(err)
	}
	return b
}
