package mst_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// refDiff compares two maps.
func refDiff(from, to map[string]dagcbor.CID) []mst.Change {
	keys := map[string]bool{}
	for _, m := range []map[string]dagcbor.CID{from, to} {
		for k := range m {
			keys[k] = true
		}
	}
	var changes []mst.Change
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if from[k] != to[k] {
			changes = append(changes, mst.Change{Key: k, Old: from[k], New: to[k]})
		}
	}
	return changes
}

func collectChanges(seq iter.Seq2[mst.Change, error]) (changes []mst.Change, err error) {
	for c, err := range seq {
		if err != nil {
			return changes, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// requireDiff checks what differs between the trees of two maps, both ways.
func requireDiff(t *testing.T, from, to map[string]dagcbor.CID, a, b *mst.Tree) {
	t.Helper()
	got, err := collectChanges(mst.Diff(t.Context(), a, b))
	require.NoError(t, err)
	require.Equal(t, refDiff(from, to), got)
	for _, c := range got {
		_, before := from[c.Key]
		_, after := to[c.Key]
		require.Equal(t, map[[2]bool]mst.Action{{true, true}: mst.Update, {false, true}: mst.Create, {true, false}: mst.Delete}[[2]bool{before, after}], c.Action())
	}
	added, removed, err := mst.DiffNodes(t.Context(), a, b)
	require.NoError(t, err)
	old, new := blocks(t, a), blocks(t, b)
	requireNodesOf(t, b, added, old)
	requireNodesOf(t, a, removed, new)
}

// requireNodesOf checks that got are the nodes of tree that are not in other.
func requireNodesOf(t *testing.T, tree *mst.Tree, got []mst.Node, other mst.MapSource) {
	t.Helper()
	var want []mst.Node
	for s, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		if s.Node != nil && other[s.CID] == nil {
			want = append(want, mst.Node{CID: s.CID, Bytes: s.Node, Layer: s.Layer})
		}
	}
	require.Equal(t, want, got)
}

func TestDiff(t *testing.T) {
	ledger.Covers(t, "MST-041")
	rng := rand.New(rand.NewPCG(5, 6))
	keys := slices.Concat(pool(4, 5), repoKeys(60))
	random := func(n int) map[string]dagcbor.CID {
		m := map[string]dagcbor.CID{}
		for range n {
			m[keys[rng.IntN(len(keys))]] = value(rng.IntN(2))
		}
		return m
	}
	for n := range 400 {
		from, to := random(n%90), random(rng.IntN(90))
		a, b := build(t, from), build(t, to)
		if n%2 == 0 {
			a = lazy(t, a)
		}
		if n%3 == 0 {
			b = lazy(t, b)
		}
		requireDiff(t, from, to, a, b)

		// A few changes of one tree.
		to = maps.Clone(from)
		var ops []mst.Op
		for range rng.IntN(4) {
			op := mst.Op{Action: mst.Put, Key: keys[rng.IntN(len(keys))], Value: value(rng.IntN(3))}
			if _, found := to[op.Key]; found && rng.IntN(2) == 0 {
				op.Action, op.Value = mst.Delete, none
			}
			require.NoError(t, applyToMap(to, op))
			ops = append(ops, op)
		}
		b, err := a.Apply(t.Context(), ops...)
		require.NoError(t, err)
		requireDiff(t, from, to, a, b)
		requireDiff(t, to, from, b, a)
	}
}

// What two trees share is not fetched, whatever their heights.
func TestDiffCost(t *testing.T) {
	ledger.Covers(t, "MST-041")
	keys := repoKeys(3000)
	whole := build(t, numbered(keys))
	for name, ops := range map[string][]mst.Op{
		"nothing":   nil,
		"update":    {{Action: mst.Update, Key: keys[1500], Value: leafValue}},
		"create":    {{Action: mst.Create, Key: keys[1500] + "x", Value: leafValue}},
		"delete":    {{Action: mst.Delete, Key: keys[1500]}},
		"split":     {{Action: mst.Create, Key: keyOn(4, keys[1500]), Value: leafValue}},
		"new root":  {{Action: mst.Create, Key: keyOn(8, keys[1500]), Value: leafValue}},
		"both ends": {{Action: mst.Delete, Key: keys[0]}, {Action: mst.Delete, Key: keys[2999]}},
	} {
		changed, err := whole.Apply(t.Context(), ops...)
		require.NoError(t, err)
		src := &flaky{Source: both(blocks(t, whole), blocks(t, changed)), left: 1 << 20}
		a, err := mst.Load(t.Context(), src, whole.Root(), nil)
		require.NoError(t, err)
		b, err := mst.Load(t.Context(), src, changed.Root(), nil)
		require.NoError(t, err)
		before := src.left
		got, err := collectChanges(mst.Diff(t.Context(), a, b))
		require.NoError(t, err)
		require.Len(t, got, len(ops), name)
		require.LessOrEqual(t, before-src.left, 40*len(ops), name)
	}
}

func both(a, b mst.MapSource) mst.MapSource {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

func TestDiffBreak(t *testing.T) {
	tree := build(t, numbered(pool(3, 3)))
	for stop := range 12 {
		n := 0
		for range mst.Diff(t.Context(), mst.New(), tree) {
			if n++; n > stop {
				break
			}
		}
		require.Equal(t, stop+1, min(n, stop+1))
	}
}

// Errors of either side end a diff.
func TestDiffErrors(t *testing.T) {
	ledger.Covers(t, "MST-030")
	m := numbered(pool(4, 3))
	tree := build(t, m)
	boom := errors.New("disk on fire")
	failed := 0
	for calls := range 60 {
		for _, from := range []bool{true, false} {
			src := &flaky{blocks(t, tree), calls + 1, boom}
			part, err := mst.Load(t.Context(), src, tree.Root(), nil)
			require.NoError(t, err)
			a, b := part, mst.New()
			if from {
				a, b = b, a
			}
			_, err = collectChanges(mst.Diff(t.Context(), a, b))
			_, _, nodesErr := mst.DiffNodes(t.Context(), a, b)
			if err != nil {
				require.ErrorIs(t, err, boom)
				require.ErrorIs(t, nodesErr, boom)
				failed++
			}
		}
	}
	require.NotZero(t, failed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := collectChanges(mst.Diff(ctx, mst.New(), tree))
	require.ErrorIs(t, err, context.Canceled)
}

// FuzzDiff makes two trees of the input, each byte of which puts a key into one
// of them or into both, and compares them as maps: in memory, from a source, and
// with one made of the other.
func FuzzDiff(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x41\x82\xc3"))
	f.Add([]byte("the quick brown fox jumps over the lazy dog"))
	f.Add(slices.Repeat([]byte{0x01, 0x7f, 0x88, 0xff, 0x3c}, 9))
	keys := slices.Concat(pool(4, 8), repoKeys(32))
	f.Fuzz(func(t *testing.T, input []byte) {
		from, to := map[string]dagcbor.CID{}, map[string]dagcbor.CID{}
		for i, b := range input[:min(len(input), 200)] {
			key := keys[(int(b&0x3f)+i/16)%len(keys)]
			if b>>6 != 1 {
				from[key] = value(0)
			}
			if b>>6 != 2 {
				to[key] = value(int(b >> 7))
			}
		}
		a, b := build(t, from), build(t, to)
		requireDiff(t, from, to, a, b)
		requireDiff(t, from, to, lazy(t, a), b)
		var ops []mst.Op
		for _, c := range refDiff(from, to) {
			ops = append(ops, mst.Op{Action: c.Action(), Key: c.Key, Value: c.New})
		}
		made, err := a.Apply(t.Context(), ops...)
		require.NoError(t, err)
		require.Equal(t, b.Root(), made.Root())
		requireDiff(t, to, from, made, a)
	})
}
