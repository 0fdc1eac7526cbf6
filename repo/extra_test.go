package repo_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

func TestRefuseExtra(t *testing.T) {
	c := captured(t, "alice")
	o := c.options()
	o.RefuseExtra = true
	blocks := preorder(t, c.file)
	root := []dagcbor.CID{blocks[0].CID}
	for _, skip := range []bool{false, true} {
		o.SkipRecords = skip
		for _, good := range [][]car.Block{blocks, slices.Concat(blocks, blocks)} {
			got, err := list(t, carFile(root, good...), o)
			require.NoError(t, err)
			require.Equal(t, c.records, got)
		}
		one, two := blockOf([]byte("one")), blockOf([]byte("two"))
		for _, bad := range [][]car.Block{slices.Concat(blocks, []car.Block{one, two, one}), slices.Concat([]car.Block{one, two}, blocks)} {
			got, err := list(t, carFile(root, bad...), o)
			require.Equal(t, &repo.ExtraBlockError{CID: one.CID, Count: 2}, err)
			require.EqualError(t, err, "repo: CAR file has 2 blocks that do not belong to the repository, the first is "+one.CID.String())
			require.Equal(t, c.records, got)
		}
	}
	// A part of a repository has blocks of the others.
	e, err := repo.ReadBytes(c.file, o)
	require.NoError(t, err)
	for _, err := range e.Range(t.Context(), c.records[0][0], "") {
		require.NoError(t, err)
		break
	}
}

// An option that a way of reading cannot heed is an error, not a promise.
func TestRefuseExtraElsewhere(t *testing.T) {
	extra, twice := options(t), options(t)
	extra.RefuseExtra, twice.CAR = true, &car.Options{RefuseDuplicates: true}
	for _, o := range []*repo.Options{extra, twice} {
		const streams = "repo: a stream refuses extra blocks and duplicates only with RequirePreorder"
		_, err := repo.ReadStream(t.Context(), bytes.NewReader(nil), o)
		require.EqualError(t, err, streams)
		_, err = repo.Import(t.Context(), &blockstore.Memory{}, bytes.NewReader(nil), o)
		require.EqualError(t, err, streams)
		strict := *o
		strict.RequirePreorder = true
		_, err = repo.ReadStream(t.Context(), bytes.NewReader(nil), &strict)
		require.NotEqual(t, streams, err.Error())
	}
	_, _, err := repo.ImportDiff(t.Context(), &blockstore.Memory{}, bytes.NewReader(nil), extra)
	require.EqualError(t, err, "repo: RefuseExtra is for whole repositories")
	_, _, err = repo.VerifyProof(t.Context(), nil, at(t, "1"), extra)
	require.EqualError(t, err, "repo: RefuseExtra is for whole repositories")
}
