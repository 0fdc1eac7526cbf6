package repo

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
)

// pathTest is a node as far as a nodePath looks at it: the links in it.
func pathTest(size int, links ...dagcbor.CID) []byte {
	b := make([]byte, size)
	for _, c := range links {
		digest := c.Digest()
		b = append(b, digest[:]...)
	}
	return b
}

func named(i int) dagcbor.CID { return dagcbor.Sum(dagcbor.DAGCBOR, []byte{byte(i), byte(i >> 8)}) }

func TestNodePath(t *testing.T) {
	root := pathTest(40, named(2), named(3), named(1)) // the left subtree is named last
	inner := pathTest(7, named(20))
	leaf, other := pathTest(100), pathTest(90)
	other[0] = 1
	var p nodePath
	keep := func(i int, b []byte) []byte {
		kept := p.keep(named(i), b)
		require.Equal(t, b, kept)
		require.Equal(t, len(kept), cap(kept), "what is appended must not run over the next node")
		require.NotSame(t, &b[0], &kept[0])
		return kept
	}
	r := keep(0, root)
	one := keep(1, leaf)
	two := keep(2, inner)
	require.Same(t, &one[0], &two[0], "the left leaf was done with")
	below := keep(20, other)
	require.Equal(t, inner, two)
	three := keep(3, other)
	require.Same(t, &two[0], &three[0], "both were done with")
	require.Equal(t, root, r)
	require.NotSame(t, &below[0], &three[0])
	next := keep(4, leaf)
	require.Same(t, &r[0], &next[0], "nothing is above it")
}

// Each link is looked for behind the one before: a node of many links is not
// searched from its beginning each time.
func TestNodePathSeen(t *testing.T) {
	var p nodePath
	p.keep(named(0), pathTest(0, named(1), named(2), named(1), named(9)))
	for i, seen := range []int{32, 64, 96} {
		p.leave(named([]int{1, 2, 1}[i]))
		require.Equal(t, []pathNode{{0, seen}}, p.nodes)
	}
	p.leave(named(9)) // the last one may be the left subtree, which is asked for first
	require.Equal(t, []pathNode{{0, 96}}, p.nodes)
	p.leave(named(1))
	require.Empty(t, p.nodes)
}

// However large and however many they are, nodes that may be open stay.
func TestNodePathRoom(t *testing.T) {
	for _, size := range []int{1, 300, pathMemory - 32, pathMemory - 31, pathMemory, 5 * pathMemory} {
		var p nodePath
		var kept, want [][]byte
		for i := range 3 * pathNodes {
			b := bytes.Repeat([]byte{byte(i)}, size)
			digest := named(i + 1).Digest()
			b = append(b, digest[:]...)
			want = append(want, b)
			kept = append(kept, p.keep(named(i), b))
			require.LessOrEqual(t, len(p.nodes), pathNodes)
			require.LessOrEqual(t, cap(p.buf), max(pathMemory, len(b)))
		}
		require.Equal(t, want, kept)
	}
}
