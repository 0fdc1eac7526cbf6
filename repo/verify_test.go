package repo_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// commitMessage returns what a captured message says.
func commitMessage(t testing.TB, m message) *repo.CommitMessage {
	t.Helper()
	out := &repo.CommitMessage{Repo: m.Repo, Rev: m.Rev, Commit: m.Commit, Blocks: m.Blocks}
	if m.Since != nil {
		out.Since = *m.Since
	}
	if m.PrevData != nil {
		out.PrevData = *m.PrevData
	}
	for _, op := range m.Ops {
		o := repo.Op{Path: repoPath(t, op.Path)}
		o.Action = map[string]mst.Action{"create": mst.Create, "update": mst.Update, "delete": mst.Delete}[op.Action]
		if op.CID != nil {
			o.CID = *op.CID
		}
		if op.Prev != nil {
			o.Prev = *op.Prev
		}
		out.Ops = append(out.Ops, o)
	}
	return out
}

// verifier returns one for which all captures are of the past.
func verifier() *repo.Verifier {
	return &repo.Verifier{Options: repo.VerifyOptions{Now: func() time.Time { return later }}}
}

// All messages that a server sent are verified, each against the state that the
// one before left, and the same writes by Apply lead to the same trees.
func TestCapturedMessages(t *testing.T) {
	ledger.Covers(t, "REP-033", "SNC-060", "SNC-061", "SNC-067", "SNC-070")
	keys := map[syntax.DID]*crypto.PublicKey{}
	for _, name := range captures {
		did, key := identity(t, name)
		keys[did] = key
	}
	v := verifier()
	known := map[syntax.DID]*repo.State{}
	tables := map[syntax.DID]map[string]dagcbor.CID{}
	ours := map[syntax.DID]*repo.Repo{}
	key := privateKey(t, crypto.P256)
	commits := 0
	messages(t, func(typ string, m message) {
		switch typ {
		case "#sync":
			c, err := v.Sync(&repo.SyncMessage{DID: m.DID, Rev: m.Rev, Blocks: m.Blocks}, keys[m.DID], nil)
			require.NoError(t, err)
			if last := known[m.DID]; last != nil {
				require.Equal(t, c.State(), *last)
			}
			known[m.DID] = new(c.State())
		case "#commit":
			commits++
			msg := commitMessage(t, m)
			last := known[m.Repo]
			got, err := v.Commit(t.Context(), msg, keys[m.Repo], last)
			require.NoError(t, err)
			require.Equal(t, m.Commit, got.Commit.CID())
			require.Len(t, got.Records, len(m.Ops))
			known[m.Repo] = new(got.Commit.State())

			if ours[m.Repo] == nil {
				require.True(t, msg.Since.IsZero())
				ours[m.Repo] = repo.New(m.Repo, key, clockAt(t, m.Rev))
				tables[m.Repo] = map[string]dagcbor.CID{}
			}
			var writes []repo.Write
			for i, op := range msg.Ops {
				require.Equal(t, op.CID, got.Records[i].CID())
				switch op.Action {
				case mst.Create:
					writes = append(writes, repo.Create(op.Path, got.Records[i].Bytes()))
				case mst.Update:
					writes = append(writes, repo.Update(op.Path, got.Records[i].Bytes()).IfPrev(op.Prev))
				default:
					writes = append(writes, repo.Delete(op.Path).IfPrev(op.Prev))
				}
				if op.CID.Defined() {
					require.NoError(t, got.Records[i].Validate())
					tables[m.Repo][op.Path.String()] = op.CID
				} else {
					delete(tables[m.Repo], op.Path.String())
				}
			}
			res, err := ours[m.Repo].Apply(t.Context(), writes...)
			require.NoError(t, err)
			require.Equal(t, got.Commit.Data(), res.Commit.Data())
			require.True(t, slices.Equal(msg.Ops, res.Ops))
			if !msg.Since.IsZero() {
				require.Equal(t, msg.PrevData, res.PrevData)
			}
			requireVerified(t, res, key.PublicKey())
			requireSameSlice(t, msg, res)
		}
	})
	require.Equal(t, 432, commits)
	for _, name := range captures {
		c := captured(t, name)
		require.Len(t, tables[c.did], len(c.records), name)
		for _, r := range c.records {
			require.Equal(t, r[1], tables[c.did][r[0]].String())
		}
	}
}

// requireVerified verifies what Apply wants to be told to others.
func requireVerified(t testing.TB, res *repo.Result, key *crypto.PublicKey) {
	t.Helper()
	var last *repo.State
	if !res.Since.IsZero() {
		last = &repo.State{Rev: res.Since, Data: res.PrevData}
	}
	got, err := verifier().Commit(t.Context(), res.Message(), key, last)
	require.NoError(t, err)
	require.Equal(t, res.Commit, got.Commit)
	once := map[dagcbor.CID]bool{}
	_, blocks := sections(t, res.CAR())
	for _, b := range blocks {
		require.False(t, once[b.CID], "a block is there twice")
		once[b.CID] = true
	}
}

// requireSameSlice compares the blocks of a server's message with ours for the
// same ops: all that are not there must not be needed, the commit aside.
func requireSameSlice(t testing.TB, m *repo.CommitMessage, res *repo.Result) {
	t.Helper()
	names := func(file []byte) (all []string) {
		roots, blocks := sections(t, file)
		for _, b := range blocks {
			if b.CID != roots[0] {
				all = append(all, b.CID.String())
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	require.Equal(t, names(m.Blocks), names(res.CAR()))
}

func newReader(b []byte) *bytes.Reader { return bytes.NewReader(b) }
