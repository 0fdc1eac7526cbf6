package repo_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// rawBlock is the block with this content under the codec of blobs.
func rawBlock(content []byte) car.Block {
	return car.Block{CID: dagcbor.Sum(dagcbor.Raw, content), Data: content}
}

// Commits, nodes and records have one codec, blobs the other.
func TestCodecs(t *testing.T) {
	ledger.Covers(t, "CID-007")
	r := newRepo(t)
	blob := data.NewBlob([]byte("image"), "image/png")
	require.Equal(t, dagcbor.Raw, blob.Ref.Codec())
	var writes []repo.Write
	for i := range 60 {
		b, err := data.Marshal(map[string]any{"$type": collection, "blob": blob, "n": int64(i)}, nil)
		require.NoError(t, err)
		writes = append(writes, repo.Create(at(t, fmt.Sprint(i)), b))
	}
	res := apply(t, r, writes...)
	cids := []dagcbor.CID{res.Commit.CID(), res.Commit.Data()}
	for _, op := range res.Ops {
		cids = append(cids, op.CID)
	}
	for _, file := range [][]byte{res.CAR(), export(t, r)} {
		roots, blocks := sections(t, file)
		require.Len(t, roots, 1)
		require.Greater(t, len(blocks), 60+2)
		for _, b := range blocks {
			cids = append(cids, b.CID)
		}
	}
	for _, c := range cids {
		require.Equal(t, dagcbor.DAGCBOR, c.Codec())
	}
}

func TestWrongCodecs(t *testing.T) {
	ledger.Covers(t, "CID-007")
	one := blockOf(value(t, "one"))

	// A commit.
	roots, blocks := sections(t, forge(t, []mst.Entry{{Key: collection + "/a", Value: one.CID}}, one))
	i := slices.IndexFunc(blocks, func(b car.Block) bool { return b.CID == roots[0] })
	commit := rawBlock(blocks[i].Data)
	_, err := sameEverywhere(t, carFile([]dagcbor.CID{commit.CID}, append(blocks, commit)...), options(t))
	require.EqualError(t, err, "repo: commit "+commit.CID.String()+": is not DAG-CBOR by its CID")

	// A root node, and one below.
	root := rawBlock(leafNode(collection+"/a", one.CID))
	bad := commitErr(t, commitFields().with(fields{"data": dagcbor.AppendLink(nil, root.CID)}).signed(t), nil)
	require.Equal(t, "data", bad.Field)
	_, err = repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: rev, Data: root.CID})
	require.Error(t, err)
	high, low := "", ""
	for i := 0; high == "" || low == "" || low > high; i++ {
		switch key := at(t, fmt.Sprint(i)).String(); mst.Layer(key) {
		case 0:
			low = key
		case 1:
			high = key
		}
	}
	inner := rawBlock(leafNode(low, one.CID))
	b := leafNode(high, one.CID)
	top := blockOf(append(b[:len(b)-1], dagcbor.AppendLink(nil, inner.CID)...))
	_, err = sameEverywhere(t, forgeTree(t, top.CID, top, inner, blockOf(inner.Data), one), options(t))
	errorIs[*mst.NodeError](t, err)

	// A record: it is what the tree names, and not one that was to be written.
	record := rawBlock(one.Data)
	require.ErrorContains(t, check(t, forge(t, []mst.Entry{{Key: collection + "/a", Value: record.CID}}, record), collection+"/a"), "CID of a record with codec raw")

	// A blob.
	blob := data.NewBlob([]byte("image"), "image/png")
	for _, codec := range []dagcbor.Codec{dagcbor.Raw, dagcbor.DAGCBOR} {
		ref := dagcbor.CIDFromDigest(codec, blob.Ref.Digest())
		b := dagcbor.AppendText(dagcbor.AppendMap(nil, 2), "blob")
		b = dagcbor.AppendMap(b, 4)
		b = dagcbor.AppendLink(dagcbor.AppendText(b, "ref"), ref)
		b = dagcbor.AppendInt(dagcbor.AppendText(b, "size"), 5)
		b = dagcbor.AppendText(dagcbor.AppendText(b, "$type"), "blob")
		b = dagcbor.AppendText(dagcbor.AppendText(b, "mimeType"), "image/png")
		b = dagcbor.AppendText(dagcbor.AppendText(b, "$type"), collection)
		_, err := newRepo(t).Apply(t.Context(), repo.Create(at(t, "a"), b))
		if codec == dagcbor.Raw {
			require.NoError(t, err)
			continue
		}
		errorIs[*repo.WriteError](t, err)
		require.ErrorContains(t, err, "data: blob")
		x := blockOf(b)
		require.ErrorContains(t, check(t, forge(t, []mst.Entry{{Key: collection + "/a", Value: x.CID}}, x), collection+"/a"), "data: blob")
	}
}
