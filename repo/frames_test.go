package repo_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// message is what the tests read of #commit and #sync messages.
type message struct {
	Repo   syntax.DID  `cbor:"repo"` // of a #commit
	DID    syntax.DID  `cbor:"did"`  // of a #sync
	Rev    syntax.TID  `cbor:"rev"`
	Commit dagcbor.CID `cbor:"commit"`
	Blocks []byte      `cbor:"blocks"`
	Ops    []struct {
		Action string       `cbor:"action"`
		CID    *dagcbor.CID `cbor:"cid"`
		Path   string       `cbor:"path"`
		Prev   *dagcbor.CID `cbor:"prev"`
	} `cbor:"ops"`
	Since    *syntax.TID  `cbor:"since"`
	PrevData *dagcbor.CID `cbor:"prevData"`
}

// messages calls f with the messages of a captured stream.
func messages(t testing.TB, f func(typ string, m message)) {
	t.Helper()
	frames := fixtures.PDS(t, "firehose.frames")
	for len(frames) > 0 {
		n := 4 + binary.BigEndian.Uint32(frames)
		frame := frames[4:n]
		frames = frames[n:]
		head, body, err := dagcbor.SplitFirst(frame, nil)
		require.NoError(t, err)
		var header struct {
			Op   int    `cbor:"op"`
			Type string `cbor:"t"`
		}
		require.NoError(t, dagcbor.Unmarshal(head, &header))
		require.Equal(t, 1, header.Op)
		var m message
		require.NoError(t, dagcbor.Unmarshal(body, &m))
		f(header.Type, m)
	}
}

// The commits that a server sent around are signed, and the slices of CAR files
// that they come in have what was written.
func TestCapturedCommits(t *testing.T) {
	ledger.Covers(t, "REP-001", "REP-003", "REP-009", "CAR-024")
	keys := map[syntax.DID]*crypto.PublicKey{}
	for _, name := range captures {
		did, key := identity(t, name)
		keys[did] = key
	}
	kinds := map[string]int{}
	last := map[syntax.DID]syntax.TID{}
	messages(t, func(typ string, m message) {
		kinds[typ]++
		if typ != "#commit" && typ != "#sync" {
			return
		}
		x, err := car.NewIndex(m.Blocks, nil)
		require.NoError(t, err)
		require.Len(t, x.Roots(), 1)
		block, found := x.Get(x.Roots()[0])
		require.True(t, found)
		c, err := repo.ParseCommit(block, nil)
		require.NoError(t, err)
		require.Equal(t, x.Roots()[0], c.CID())
		require.Contains(t, keys, c.DID())
		require.NoError(t, c.Verify(keys[c.DID()]))
		require.Equal(t, m.Rev, c.Rev())
		if typ == "#sync" {
			require.Equal(t, m.DID, c.DID())
			return
		}
		require.Equal(t, []any{m.Repo, m.Commit}, []any{c.DID(), c.CID()})
		require.Greater(t, c.Rev().String(), last[c.DID()].String())
		last[c.DID()] = c.Rev()

		// The partial tree has the records that were written, and only those.
		tree, err := mst.Load(t.Context(), indexSource(x), c.Data(), nil)
		require.NoError(t, err)
		for _, op := range m.Ops {
			value, found, err := tree.Get(t.Context(), op.Path)
			require.NoError(t, err)
			require.Equal(t, op.CID != nil, found)
			if !found {
				continue
			}
			require.Equal(t, *op.CID, value)
			_, found = x.Get(value)
			require.True(t, found)
		}
	})
	require.Equal(t, map[string]int{"#commit": 432, "#sync": 5, "#account": 8, "#identity": 6}, kinds)
	for _, name := range captures {
		c := captured(t, name)
		require.Equal(t, c.rev, last[c.did].String(), name)
	}
}

// A record proof is a CAR file like others, with a part of the tree.
func TestCapturedProofs(t *testing.T) {
	ledger.Covers(t, "CAR-024")
	did, key := identity(t, "alice")
	for name, path := range map[string]string{"alice.profile": "app.bsky.actor.profile/self", "alice.deleted-post": ""} {
		file := fixtures.PDS(t, name+".proof.car")
		e, err := repo.ReadBytes(file, &repo.Options{Now: later, Key: key, DID: did})
		require.NoError(t, err, name)
		_, blocks := sections(t, file)
		tree, err := mst.Load(t.Context(), source(blocks), e.Commit().Data(), nil)
		require.NoError(t, err)
		if path == "" {
			continue
		}
		value, found, err := tree.Get(t.Context(), path)
		require.NoError(t, err)
		require.True(t, found)
		require.Contains(t, source(blocks), value)
		_, err = list(t, file, &repo.Options{Now: later, Key: key, DID: did}) // no complete repository
		require.Error(t, err)
	}
}

func indexSource(x *car.Index) mst.SourceFunc {
	return func(_ context.Context, c dagcbor.CID) ([]byte, error) {
		if b, found := x.Get(c); found {
			return b, nil
		}
		return nil, mst.ErrNotFound
	}
}
