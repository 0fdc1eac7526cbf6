package mst_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/mst"
)

// A covering proof fetches what it returns, but for the root, and each node once.
// It takes little memory beside the nodes, however many keys there are.
func TestCoveringProofFetches(t *testing.T) {
	keys := repoKeys(3000)
	whole := build(t, numbered(keys))
	var some []string
	for i := range 100 {
		some = append(some, keys[29*i], keys[29*i]+"x")
	}
	src, order := recorder(t, whole)
	cold, err := mst.Load(t.Context(), src, whole.Root(), nil)
	require.NoError(t, err)
	*order = nil
	proof, err := cold.CoveringProof(t.Context(), some...)
	require.NoError(t, err)
	require.Equal(t, cids(t, proof)[1:], *order)
	require.Greater(t, len(proof), 100)

	if raceDetector {
		return
	}
	require.LessOrEqual(t, testing.AllocsPerRun(5, func() {
		if _, err := whole.CoveringProof(t.Context(), some...); err != nil {
			t.Error(err)
		}
	}), 8.0)
}

// Without keys nothing is fetched, not even a root that is not in memory.
func TestCoveringProofOfNothing(t *testing.T) {
	tree, err := mst.New().Apply(t.Context(),
		mst.Op{Action: mst.Create, Key: on(1, "a"), Value: leafValue}, mst.Op{Action: mst.Create, Key: on(2, "b"), Value: leafValue})
	require.NoError(t, err)
	part, err := mst.Load(t.Context(), mst.MapSource{tree.Root(): blocks(t, tree)[tree.Root()]}, tree.Root(), nil)
	require.NoError(t, err)
	part, err = part.Delete(t.Context(), on(2, "b"))
	require.NoError(t, err)
	nodes, err := part.CoveringProof(t.Context())
	require.NoError(t, err)
	require.Empty(t, nodes)
	same, err := part.Prefetch(t.Context())
	require.NoError(t, err)
	require.Same(t, part, same)
	missing := &mst.MissingBlockError{CID: part.Root()}
	_, err = part.CoveringProof(t.Context(), "k")
	require.Equal(t, missing, err)
	_, err = part.Prefetch(t.Context(), "k")
	require.Equal(t, missing, err)
}

// Layers are computed to check a proof whatever the options say.
func TestProofTrustLayers(t *testing.T) {
	f := newForest()
	bad := f.leaf(on(1, "b"))
	root := f.add(bad, leaves{key: on(1, "m")})
	o := &mst.Options{TrustLayers: true}
	want := &mst.NodeError{CID: bad, Offset: -1, Key: on(1, "b"), Msg: "key lies on another layer than its node"}
	for _, err := range []error{
		mst.VerifyInclusion(t.Context(), f, root, on(1, "b"), leafValue, o),
		mst.VerifyExclusion(t.Context(), f, root, "a", o),
	} {
		require.Equal(t, want, err)
	}
	_, err := mst.Invert(t.Context(), f, root, []mst.CommitOp{{Action: mst.Create, Key: on(1, "b"), Value: leafValue}}, o)
	require.Equal(t, want, err)
}
