package repo_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo"
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
