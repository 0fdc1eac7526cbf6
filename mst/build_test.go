package mst_test

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// atCores runs f with so many cores.
func atCores(n int, f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	f()
}

// numberedSeq gives ascending keys the values 0, 1, 2…
func numberedSeq(keys []string) iter.Seq2[string, dagcbor.CID] {
	return func(yield func(string, dagcbor.CID) bool) {
		for i, k := range keys {
			if !yield(k, value(i)) {
				return
			}
		}
	}
}

// However many parts a tree is made of, it is the same.
func TestBuildInParts(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-034")
	const piece = 4096
	keys := repoKeys(5*piece + 100)
	for _, n := range []int{0, 1, piece - 1, piece, piece + 1, 2 * piece, 5*piece - 1, 5 * piece, len(keys)} {
		want := mst.MapSource{}
		root := refBuild(numbered(keys[:n])).encode(want)
		for _, cores := range []int{1, 2, 3, 16} {
			atCores(cores, func() {
				tree, err := mst.Build(numberedSeq(keys[:n]))
				require.NoError(t, err)
				require.Equal(t, root, tree.Root())
				require.Equal(t, want, blocks(t, tree))
				for i := 0; i < n; i += 97 {
					got, found, err := tree.Get(t.Context(), keys[i])
					require.NoError(t, err)
					require.True(t, found)
					require.Equal(t, value(i), got)
					_, found, err = tree.Get(t.Context(), keys[i]+"x")
					require.NoError(t, err)
					require.False(t, found)
				}
			})
		}
	}
}

// Parts may begin and end with keys of any layer, and lie within one another's
// nodes.
func TestBuildInPartsHigh(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-034")
	const piece = 4096
	for _, layers := range [][2]int{{0, 0}, {0, 3}, {3, 0}, {3, 3}, {5, 4}, {1, 8}, {8, 1}} {
		keys := repoKeys(3 * piece)
		// The keys on both sides of a boundary.
		keys[piece-1] = on(layers[0], keys[piece-1])
		keys[piece] = on(layers[1], keys[piece])
		keys[2*piece-1] = on(layers[1], keys[2*piece-1])
		keys[2*piece] = on(layers[0], keys[2*piece])
		require.True(t, slices.IsSorted(keys))
		want := refRoot(numbered(keys))
		atCores(2, func() {
			tree, err := mst.Build(numberedSeq(keys))
			require.NoError(t, err)
			require.Equal(t, want, tree.Root())
		})
	}
	// All on one layer: each part is one node, the tree too.
	flat := slices.Sorted(func(yield func(string) bool) {
		for key := range bottomKeys(2*piece + 10) {
			if !yield(key) {
				return
			}
		}
	})
	atCores(2, func() {
		tree, err := mst.Build(numberedSeq(flat))
		require.NoError(t, err)
		require.Equal(t, refRoot(numbered(flat)), tree.Root())
	})
}

// An entry that is refused ends the building, wherever it is.
func TestBuildRefusesLate(t *testing.T) {
	keys := repoKeys(10_000)
	for _, at := range []int{1, 4095, 4096, 4097, 9_999} {
		for _, cores := range []int{1, 2} {
			atCores(cores, func() {
				wrong := slices.Clone(keys)
				wrong[at] = keys[at-1]
				tree, err := mst.Build(numberedSeq(wrong))
				require.EqualError(t, err, fmt.Sprintf("mst: key %q is not greater than %q before it", wrong[at], keys[at-1]))
				require.Nil(t, tree)
				wrong[at] = strings.Repeat("z", mst.MaxKeyLen+1)
				_, err = mst.Build(numberedSeq(wrong))
				_, found := errors.AsType[*mst.KeyError](err)
				require.True(t, found)
			})
		}
	}
}

// ofLength returns a key of n digits, at least 3, on the given layer.
func ofLength(n, layer int) string {
	for i := 0; ; i++ {
		if key := fmt.Sprintf("%0*d", n, i); refLayer(key) == layer {
			return key
		}
	}
}

// Keys are hashed in one block or in several, with different code: of all lengths
// around the boundaries they come out on the layers on which they lie.
func TestLayersOfManyKeys(t *testing.T) {
	ledger.Covers(t, "MST-002", "MST-024")
	m := map[string]dagcbor.CID{}
	for n := 3; n <= 200; n++ {
		for layer := range 3 {
			m[ofLength(n, layer)] = value(n)
		}
	}
	want := refRoot(m)
	for _, cores := range []int{1, 2} {
		atCores(cores, func() {
			b := mst.NewBuilder(nil)
			for k, v := range sorted(m) {
				require.NoError(t, b.Add(k, v))
			}
			root, err := b.Finish()
			require.NoError(t, err)
			require.Equal(t, want, root)
			require.Equal(t, want, build(t, m).Root())
		})
	}
	entries, err := collect(mst.NewWalker(blocks(t, build(t, m)), want, &mst.Options{MaxNodeEntries: -1}).Entries(t.Context()))
	require.NoError(t, err)
	require.Equal(t, entriesOf(m), entries)
}

// A key on a wrong layer is found as well when many were hashed before it.
func TestLateWrongLayer(t *testing.T) {
	ledger.Covers(t, "MST-024")
	f := newForest()
	var entries []leaves
	for i := range 40 {
		entries = append(entries, leaves{key: on(0, fmt.Sprintf("%02d", i))})
	}
	for _, n := range []int{55, 56} {
		wrong := "z"
		for i := 0; refLayer(wrong) != 1; i++ {
			wrong = "z" + fmt.Sprintf("%0*d", n-1, i)
		}
		bad := f.add(none, append(slices.Clip(entries), leaves{key: wrong})...)
		_, err := collect(mst.NewWalker(f, bad, nil).Entries(t.Context()))
		require.Equal(t, &mst.NodeError{CID: bad, Offset: -1, Key: wrong, Msg: "key lies on another layer than its node"}, err)
	}
}
