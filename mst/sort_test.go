package mst_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// The changes of one key are made in their order, however many there are of
// others between them and however long the beginnings are that keys share.
func TestApplyAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	keys := repoKeys(300)
	for _, end := range []string{"", "\x00", "\x00\x00", strings.Repeat("\x00", 9), strings.Repeat("z", 40), "\xff"} {
		for _, begin := range []string{"a", "app", "app.bsky.feed.like/3k", strings.Repeat("b", 30)} {
			keys = append(keys, begin+end)
		}
	}
	for _, n := range []int{2, 15, 16, 511, 512, 5000} {
		for _, choice := range [][]string{keys, keys[300:], keys[:300], keys[:1]} {
			m := map[string]dagcbor.CID{}
			ops := make([]mst.Op, n)
			for i := range ops {
				ops[i] = mst.Op{Action: mst.Put, Key: choice[rng.IntN(len(choice))], Value: value(i)}
				require.NoError(t, applyToMap(m, ops[i]))
			}
			tree, err := mst.New().Apply(t.Context(), ops...)
			require.NoError(t, err)
			require.Equal(t, build(t, m).Root(), tree.Root())

			// The first one that fails is the one that is reported.
			bad := slices.Concat(ops, []mst.Op{{Action: mst.Create, Key: ops[0].Key, Value: value(0)}, {Action: mst.Delete, Key: "~"}})
			_, err = mst.New().Apply(t.Context(), bad...)
			var failed *mst.OpError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, n, failed.Index)
			require.ErrorIs(t, err, mst.ErrExists)
		}
	}
}
