package repo_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// FuzzVerifyCommit changes messages as whoever passes them on could: the ops and
// the blocks, but not what the account signed. If a message is accepted in the
// state that the account was in, its ops are the true ones.
func FuzzVerifyCommit(f *testing.F) {
	ledger.Covers(f, "SNC-060", "SNC-061", "SNC-063")
	type genuine struct {
		m    *repo.CommitMessage
		last *repo.State
	}
	known := map[dagcbor.CID]genuine{}
	keys := map[syntax.DID]*crypto.PublicKey{account: privateKey(f, crypto.K256).PublicKey()}
	for _, name := range captures {
		did, key := identity(f, name)
		keys[did] = key
	}
	states := map[syntax.DID]*repo.State{}
	add := func(m *repo.CommitMessage, last *repo.State) {
		known[m.Commit] = genuine{m, last}
		ops := encodeOps(m.Ops)
		f.Add(m.Commit.Bytes(), ops, m.Blocks, 0, byte(0), false)
		f.Add(m.Commit.Bytes(), ops, m.Blocks, len(m.Blocks)/2, byte(1), false)
		f.Add(m.Commit.Bytes(), ops, m.Blocks, len(ops)/2, byte(1), true)
	}
	n := 0
	messages(f, func(typ string, raw message) {
		if typ != "#commit" {
			return
		}
		m := commitMessage(f, raw)
		if n++; n%20 == 0 {
			add(m, states[m.Repo])
		}
		_, blocks := sections(f, m.Blocks)
		c, err := repo.ParseCommit(blocks[slices.IndexFunc(blocks, func(b car.Block) bool { return b.CID == m.Commit })].Data, nil)
		require.NoError(f, err)
		states[m.Repo] = new(c.State())
	})
	first, second, ours := chain(f)
	add(first, nil)
	add(second, &ours[0])
	v := verifier()
	f.Fuzz(func(t *testing.T, commit, ops, blocks []byte, at int, flip byte, inOps bool) {
		c, err := dagcbor.CIDFromBytes(commit)
		real, found := known[c]
		if err != nil || !found {
			return
		}
		ops, blocks = bytes.Clone(ops), bytes.Clone(blocks)
		target := blocks
		if inOps {
			target = ops
		}
		if at >= 0 && at < len(target) {
			target[at] ^= flip
		}
		m := *real.m
		m.Ops, m.Blocks = decodeOps(ops), blocks
		got, err := v.Commit(t.Context(), &m, keys[m.Repo], real.last)
		if err != nil {
			require.Nil(t, got)
			require.NotErrorIs(t, err, repo.ErrStale)
			return
		}
		byPath := func(a, b repo.Op) int { return a.Path.Compare(b.Path) }
		want := slices.SortedFunc(slices.Values(real.m.Ops), byPath)
		require.True(t, slices.Equal(want, slices.SortedFunc(slices.Values(m.Ops), byPath)))
		require.Equal(t, c, got.Commit.CID())
		for i, op := range m.Ops {
			require.Equal(t, op.CID, got.Records[i].CID())
			require.True(t, !op.CID.Defined() || op.CID.Matches(got.Records[i].Bytes()))
		}
	})
}

// encodeOps writes ops in a form whose every byte can be changed.
func encodeOps(ops []repo.Op) []byte {
	var b []byte
	for _, op := range ops {
		b = append(b, byte(op.Action), byte(len(op.Path.String())))
		b = append(b, op.Path.String()...)
		for _, c := range []dagcbor.CID{op.CID, op.Prev} {
			digest := c.Digest()
			b = append(b, byte(c.Codec()))
			b = append(b, digest[:]...)
		}
	}
	return b
}

func decodeOps(b []byte) (ops []repo.Op) {
	for len(b) >= 2 {
		op := repo.Op{Action: mst.Action(b[0])}
		n := int(b[1])
		if len(b) < 2+n+66 {
			return ops
		}
		op.Path, _ = syntax.ParseRepoPath(string(b[2 : 2+n]))
		b = b[2+n:]
		op.CID, op.Prev = cidFrom(b), cidFrom(b[33:])
		b = b[66:]
		ops = append(ops, op)
	}
	return ops
}

func cidFrom(b []byte) dagcbor.CID {
	c := dagcbor.Codec(b[0])
	if c != dagcbor.DAGCBOR && c != dagcbor.Raw {
		return dagcbor.CID{}
	}
	return dagcbor.CIDFromDigest(c, [32]byte(b[1:33]))
}
