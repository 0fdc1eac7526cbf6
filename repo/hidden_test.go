package repo_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// rightOrLeft returns a node with one key and a subtree before or behind it.
func rightOrLeft(key string, value, tree dagcbor.CID, before bool) []byte {
	link := func(b []byte, here bool) []byte {
		if here {
			return dagcbor.AppendLink(b, tree)
		}
		return dagcbor.AppendNull(b)
	}
	b := dagcbor.AppendText(dagcbor.AppendMap(nil, 2), "e")
	b = dagcbor.AppendMap(dagcbor.AppendArray(b, 1), 4)
	b = dagcbor.AppendBytes(dagcbor.AppendText(b, "k"), []byte(key))
	b = dagcbor.AppendInt(dagcbor.AppendText(b, "p"), 0)
	b = link(dagcbor.AppendText(b, "t"), !before)
	b = dagcbor.AppendLink(dagcbor.AppendText(b, "v"), value)
	return link(dagcbor.AppendText(b, "l"), before)
}

// An owner creates one record, and has all that was there before on the wrong
// side of it: nobody would find it by its path again, and no op says so. Neither
// a message nor a later revision is taken that does this.
func TestNothingHidden(t *testing.T) {
	ledger.Covers(t, "SNC-061", "SNC-070", "MST-024")
	key := privateKey(t, crypto.K256)
	for _, before := range []bool{true, false} {
		clock := clockAt(t, rev)
		r := repo.New(account, key, clock)
		var writes []repo.Write
		for i := range 200 {
			writes = append(writes, repo.Create(at(t, fmt.Sprintf("r%03d", i)), value(t, fmt.Sprint(i))))
		}
		first := apply(t, r, writes...).Commit
		store := &blockstore.Memory{}
		var whole bytes.Buffer
		require.NoError(t, r.Export(t.Context(), &whole))
		_, err := repo.Import(t.Context(), store, &whole, options(t))
		require.NoError(t, err)

		top := 0
		for s, err := range r.Tree().Preorder(t.Context()) {
			require.NoError(t, err)
			top = max(top, s.Layer)
		}
		name := "zz"
		if before {
			name = "a"
		}
		path := at(t, name)
		for i := 0; mst.Layer(path.String()) != top+1; i++ {
			path = at(t, fmt.Sprint(name, i))
		}
		created := blockOf(value(t, "new"))
		root := blockOf(rightOrLeft(path.String(), created.CID, first.Data(), before))
		c, err := repo.SignCommit(t.Context(), key, repo.UnsignedCommit{DID: account, Rev: clock.Next(), Data: root.CID})
		require.NoError(t, err)
		blocks := []car.Block{{CID: c.CID(), Data: c.Bytes()}, root, created}
		for s, err := range r.Tree().Preorder(t.Context()) { // the message may have all that there is
			require.NoError(t, err)
			if s.Node != nil {
				blocks = append(blocks, car.Block{CID: s.CID, Data: s.Node})
			}
		}
		for _, few := range []bool{true, false} {
			part := blocks
			if few {
				part = blocks[:3]
			}
			m := &repo.CommitMessage{
				Repo: account, Rev: c.Rev(), Since: first.Rev(), Commit: c.CID(), PrevData: first.Data(),
				Ops: []repo.Op{{Action: mst.Create, Path: path, CID: created.CID}}, Blocks: carFile([]dagcbor.CID{c.CID()}, part...),
			}
			last := first.State()
			var v repo.Verifier
			_, err := v.Commit(t.Context(), m, key.PublicKey(), &last)
			_, missing := errors.AsType[*mst.MissingBlockError](err)
			require.Equal(t, few, missing, err)
			if !few {
				require.ErrorContains(t, err, "keys are out of order between nodes")
			}
			_, _, err = repo.ImportDiff(t.Context(), store, bytes.NewReader(m.Blocks), options(t))
			require.ErrorContains(t, err, "keys are out of order between nodes")
			head, err := store.Head(t.Context())
			require.NoError(t, err)
			require.Equal(t, first.CID(), head, "nothing has changed")
		}
	}
}
