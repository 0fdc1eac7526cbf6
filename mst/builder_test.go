package mst_test

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

func TestBuilder(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-006", "MST-007", "MST-009", "MST-034")
	keys := slices.Sorted(slices.Values(pool(10, 5)))
	for n := range len(keys) + 1 {
		for _, m := range []map[string]dagcbor.CID{numbered(keys[:n]), numbered(keys[n:]), numbered(repoKeys(8 * n))} {
			want := mst.MapSource{}
			root := refBuild(m).encode(want)
			got := mst.MapSource{}
			b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
				require.Nil(t, got[c])
				requireChildren(t, got, node)
				got[c] = slices.Clone(node)
				clear(node) // it is valid only during the call
				return nil
			})
			for k, v := range sorted(m) {
				require.NoError(t, b.Add(k, v))
			}
			c, err := b.Finish()
			require.NoError(t, err)
			require.Equal(t, root, c)
			require.Equal(t, want, got)
		}
	}
}

// Lengths and counts on both sides of where their heads grow.
func TestHeadSizes(t *testing.T) {
	ledger.Covers(t, "MST-014", "MST-021", "MST-027")
	for _, n := range []int{1, 2, 22, 23, 24, 25, 126, 127, 128, 254, 255, 256, 257, 511, 512, 1000} {
		prefix := strings.Repeat("x", n)
		m := numbered([]string{prefix, keyOn(0, prefix), keyOn(0, prefix+"/"), keyOn(0, "y"+prefix)})
		requireTree(t, m, build(t, m))
		m = bottomKeys(n)
		requireTree(t, m, build(t, m))
		entries, err := collect(mst.NewWalker(blocks(t, build(t, m)), refRoot(m), &mst.Options{MaxNodeEntries: -1}).Entries(t.Context()))
		require.NoError(t, err)
		require.Equal(t, entriesOf(m), entries)
	}
	m := bottomKeys(65_536)
	for key := range m {
		b := mst.NewBuilder(nil)
		for k, v := range sorted(m) {
			require.NoError(t, b.Add(k, v))
		}
		root, err := b.Finish()
		require.NoError(t, err)
		require.Equal(t, refRoot(m), root)
		if len(m) < 65_536 {
			break
		}
		delete(m, key)
	}
}

// requireChildren checks that the nodes to which node links are in src.
func requireChildren(t *testing.T, src mst.MapSource, node []byte) {
	t.Helper()
	left, entries, err := decodeNode(node)
	require.NoError(t, err)
	for _, e := range append(entries, rawEntry{tree: left}) {
		if e.tree.Defined() {
			require.NotNil(t, src[e.tree])
		}
	}
}

func TestBuilderErrors(t *testing.T) {
	ledger.Covers(t, "MST-005", "MST-012", "MST-027")
	for _, tc := range []struct {
		first, second string
		value         dagcbor.CID
		want          string
	}{
		{"b", "a", leafValue, `mst: key "a" is not greater than "b" before it`},
		{"b", "b", leafValue, `mst: key "b" is not greater than "b" before it`},
		{"b", "", leafValue, `mst: key "" has 0 bytes, not 1 to 1024`},
		{"b", "c", none, `mst: value of key "c" is an undefined CID`},
	} {
		b := mst.NewBuilder(nil)
		require.NoError(t, b.Add(tc.first, leafValue))
		require.EqualError(t, b.Add(tc.second, tc.value), tc.want)
		require.EqualError(t, b.Add("d", leafValue), tc.want)
		_, err := b.Finish()
		require.EqualError(t, err, tc.want)
		_, err = mst.Build(func(yield func(string, dagcbor.CID) bool) {
			require.True(t, yield(tc.first, leafValue))
			require.False(t, yield(tc.second, tc.value))
		})
		require.EqualError(t, err, tc.want)
	}
}

func TestBuilderSinkErrors(t *testing.T) {
	m := numbered(pool(3, 3))
	nodes := len(blocks(t, build(t, m)))
	full := errors.New("disk full")
	for calls := range nodes {
		n := 0
		b := mst.NewBuilder(func(dagcbor.CID, []byte) error {
			if n++; n > calls {
				return full
			}
			return nil
		})
		for k, v := range sorted(m) {
			_ = b.Add(k, v)
		}
		_, err := b.Finish()
		require.Equal(t, full, err)
		require.Equal(t, full, b.Add("zz", leafValue))
		_, err = b.Finish()
		require.Equal(t, full, err)
		require.Equal(t, calls+1, n)
	}
}

func TestBuilderFinished(t *testing.T) {
	for _, b := range []*mst.Builder{mst.NewBuilder(nil), {}} {
		c, err := b.Finish()
		require.NoError(t, err)
		require.Equal(t, emptyRoot, c.String())
		require.EqualError(t, b.Add("a", leafValue), "mst: the builder has finished")
		_, err = b.Finish()
		require.EqualError(t, err, "mst: the builder has finished")
	}
	var b mst.Builder
	m := examples("A0/374913 C2/014073")
	for _, k := range slices.Sorted(maps.Keys(m)) {
		require.NoError(t, b.Add(k, m[k]))
	}
	c, err := b.Finish()
	require.NoError(t, err)
	require.Equal(t, refRoot(m), c)
}

// One core and two make the same nodes in the same order, on both sides of the
// sizes of the batches in which layers are computed ahead.
func TestBuilderCores(t *testing.T) {
	ledger.Covers(t, "MST-034")
	keys := repoKeys(10_000)
	for _, n := range []int{0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 6144, 10_000} {
		made := map[int][]dagcbor.CID{}
		for _, cores := range []int{1, 2} {
			before := runtime.GOMAXPROCS(cores)
			b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
				require.True(t, c.Matches(node))
				made[cores] = append(made[cores], c)
				return nil
			})
			for i, k := range keys[:n] {
				require.NoError(t, b.Add(k, value(i)))
			}
			root, err := b.Finish()
			runtime.GOMAXPROCS(before)
			require.NoError(t, err)
			require.Equal(t, root, made[cores][len(made[cores])-1])
		}
		require.Equal(t, made[1], made[2])
		require.Equal(t, refRoot(numbered(keys[:n])), made[1][len(made[1])-1])
	}
}

// An error of the sink comes out, though it may do so later.
func TestBuilderLateErrors(t *testing.T) {
	full := errors.New("disk full")
	for _, after := range []int{1, 100, 1000, 2000} {
		n := 0
		b := mst.NewBuilder(func(dagcbor.CID, []byte) error {
			if n++; n > after {
				return full
			}
			return nil
		})
		for i, k := range repoKeys(9_000) {
			if b.Add(k, value(i)) != nil {
				break
			}
		}
		_, err := b.Finish()
		require.Equal(t, full, err)
		require.Equal(t, after+1, n)
	}
}
