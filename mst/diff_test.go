package mst_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
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
	for name, keys := range map[string][]string{
		"real":  slices.Concat(pool(4, 5), repoKeys(60)),
		"short": words("ab", 5), // of which the same part may be written out, behind others
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := range 200 {
				diffRandom(t, rand.New(rand.NewPCG(5, uint64(n))), keys, n)
			}
		})
	}
}

// words returns all strings of some letters, up to a length.
func words(letters string, length int) []string {
	if length == 0 {
		return nil
	}
	var all []string
	for _, c := range letters {
		all = append(all, string(c))
		for _, rest := range words(letters, length-1) {
			all = append(all, string(c)+rest)
		}
	}
	return all
}

// diffRandom compares trees that have little to do with each other, and such of
// which one was made of the other.
func diffRandom(t *testing.T, rng *rand.Rand, keys []string, n int) {
	t.Helper()
	random := func(n int) map[string]dagcbor.CID {
		m := map[string]dagcbor.CID{}
		for range n {
			m[keys[rng.IntN(len(keys))]] = value(rng.IntN(2))
		}
		return m
	}
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

// only loads a tree of which there are some nodes only.
func only(t *testing.T, tree *mst.Tree, nodes mst.MapSource) *mst.Tree {
	t.Helper()
	nodes[tree.Root()] = blocks(t, tree)[tree.Root()]
	part, err := mst.Load(t.Context(), nodes, tree.Root(), nil)
	require.NoError(t, err)
	return part
}

// What only one of the trees has is all that a diff needs, and of what both have
// the nodes beside new keys, those of their covering proof: also if something new
// stands before what both have, in the same node or right above.
func TestDiffNeeds(t *testing.T) {
	ledger.Covers(t, "MST-041")
	same := []string{on(0, "m"), on(0, "n"), on(1, "o"), on(0, "p"), on(2, "q"), on(1, "r"), on(0, "s")}
	for name, more := range map[string][]string{
		"nothing":                   nil,
		"key before":                {on(1, "a")},
		"two keys before":           {on(1, "a"), on(1, "b")},
		"key and subtree before":    {on(0, "a"), on(1, "b")},
		"subtree and more before":   {on(0, "a"), on(1, "b"), on(0, "c"), on(1, "d")},
		"key behind":                {on(1, "z")},
		"key between":               {on(1, "nn")},
		"subtree and key between":   {on(0, "ra"), on(1, "rb")},
		"key above, before":         {on(2, "a")},
		"root above, before":        {on(3, "a")},
		"root above, behind":        {on(3, "z")},
		"root and subtree before":   {on(1, "a"), on(3, "b")},
		"subtrees of root, before":  {on(1, "a"), on(2, "b"), on(1, "c"), on(2, "d")},
		"subtree before, and after": {on(1, "a"), on(0, "b"), on(1, "z")},
	} {
		from, to := numbered(same), map[string]dagcbor.CID{}
		maps.Copy(to, from)
		for _, key := range more {
			to[key] = leafValue
		}
		a, b := build(t, from), build(t, to)
		added, removed, err := mst.DiffNodes(t.Context(), a, b)
		require.NoError(t, err)
		beside, err := b.CoveringProof(t.Context(), more...)
		require.NoError(t, err)
		few, many := only(t, a, source(removed)), only(t, b, source(append(added, beside...)))
		got, err := collectChanges(mst.Diff(t.Context(), few, many))
		require.NoError(t, err, name)
		require.Equal(t, refDiff(from, to), got, name)
		many = only(t, b, source(added))
		got, err = collectChanges(mst.Diff(t.Context(), many, few))
		require.NoError(t, err, name)
		require.Equal(t, refDiff(to, from), got, name)
	}
}

// In a tree of many layers hardly anything else is fetched.
func TestDiffFetches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	keys := repoKeys(3000)
	whole := build(t, numbered(keys))
	all := blocks(t, whole)
	fetched, needed := 0, 0
	for n := range 120 {
		var ops []mst.Op
		for _, i := range rng.Perm(len(keys))[:1+n%20] {
			op := mst.Op{Action: mst.Action(1 + rng.IntN(4)), Key: keys[i], Value: leafValue}
			switch op.Action {
			case mst.Create, mst.Put:
				op.Key += strconv.Itoa(rng.IntN(1000))
			case mst.Delete:
				op.Value = none
			}
			ops = append(ops, op)
		}
		changed, err := whole.Apply(t.Context(), ops...)
		require.NoError(t, err)
		added, removed, err := mst.DiffNodes(t.Context(), whole, changed)
		require.NoError(t, err)
		src := &flaky{Source: both(all, source(added)), left: 1 << 20}
		a, err := mst.Load(t.Context(), src, whole.Root(), nil)
		require.NoError(t, err)
		b, err := mst.Load(t.Context(), src, changed.Root(), nil)
		require.NoError(t, err)
		got, err := collectChanges(mst.Diff(t.Context(), a, b))
		require.NoError(t, err)
		require.Len(t, got, len(ops))
		fetched += 1<<20 - src.left
		needed += len(added) + len(removed)
	}
	require.LessOrEqual(t, fetched-needed, needed/100) // the edges beside new keys
}

func both(a, b mst.MapSource) mst.MapSource {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

func TestDiffBreak(t *testing.T) {
	m := numbered(pool(3, 3))
	updated := maps.Clone(m)
	for key := range m {
		updated[key] = leafValue
	}
	tree := build(t, m)
	for _, from := range []*mst.Tree{mst.New(), build(t, updated)} {
		for stop := range len(m) + 1 {
			n := 0
			for range mst.Diff(t.Context(), from, tree) {
				if n++; n > stop {
					break
				}
			}
			require.Equal(t, min(stop+1, len(m)), n)
		}
	}
}

// Values are compared to their last byte.
func TestDiffValues(t *testing.T) {
	keys := pool(8, 0)
	for at := range 32 {
		from, to := map[string]dagcbor.CID{}, map[string]dagcbor.CID{}
		for i, key := range keys {
			digest := [32]byte{31: byte(i)}
			from[key] = dagcbor.CIDFromDigest(dagcbor.DAGCBOR, digest)
			digest[at] ^= byte(i % 2)
			to[key] = dagcbor.CIDFromDigest(dagcbor.DAGCBOR, digest)
		}
		requireDiff(t, from, to, build(t, from), build(t, to))
	}
}

// Nodes that differ in a few entries are compared without expanding their keys.
func TestDiffAllocs(t *testing.T) {
	keys := repoKeys(3000)
	whole := build(t, numbered(keys))
	changed, err := whole.Apply(t.Context(), mst.Op{Action: mst.Update, Key: keys[1500], Value: leafValue})
	require.NoError(t, err)
	require.LessOrEqual(t, testing.AllocsPerRun(10, func() {
		n, err := collectChanges(mst.Diff(t.Context(), whole, changed))
		require.Len(t, n, 1)
		require.NoError(t, err)
	}), 16.0)
}

// A node that both trees have is one subtree only where it lies on one layer:
// elsewhere it is entered, and found to be wrong.
func TestDiffOtherLayer(t *testing.T) {
	f := newForest()
	b0, m1, m2 := on(0, "b"), on(1, "m"), on(2, "m")
	shared := f.leaf(b0)
	right, wrong := f.add(shared, leaves{key: m1}), f.add(shared, leaves{key: m2})
	for _, roots := range [][2]dagcbor.CID{{right, wrong}, {wrong, right}, {shared, wrong}, {wrong, shared}} {
		a, err := mst.Load(t.Context(), f, roots[0], nil)
		require.NoError(t, err)
		b, err := mst.Load(t.Context(), f, roots[1], nil)
		require.NoError(t, err)
		_, err = collectChanges(mst.Diff(t.Context(), a, b))
		bad, found := errors.AsType[*mst.NodeError](err)
		require.True(t, found)
		require.Equal(t, shared, bad.CID)
	}
}

// Each side has its own limits, and all ways of going past an entry count it.
func TestDiffLimits(t *testing.T) {
	ledger.Covers(t, "MST-029")
	few := numbered(repoKeys(40))
	more := maps.Clone(few)
	for key := range few {
		more[key] = leafValue // another value
	}
	src := both(blocks(t, build(t, few)), blocks(t, build(t, more)))
	load := func(m map[string]dagcbor.CID, limit int64) *mst.Tree {
		tree, err := mst.Load(t.Context(), src, refRoot(m), &mst.Options{MaxEntries: limit})
		require.NoError(t, err)
		return tree
	}
	for _, to := range []map[string]dagcbor.CID{more, nil} {
		other := func(limit int64) *mst.Tree {
			if len(to) == 0 {
				return mst.New()
			}
			return load(to, limit)
		}
		for _, limit := range []int64{1, 2, 20, 39} {
			want := &mst.LimitError{Name: "mst: entries in tree", Limit: limit, Got: limit + 1, Offset: -1}
			_, err := collectChanges(mst.Diff(t.Context(), load(few, limit), other(100)))
			require.Equal(t, want, err)
			_, err = collectChanges(mst.Diff(t.Context(), other(100), load(few, limit)))
			require.Equal(t, want, err)
		}
		got, err := collectChanges(mst.Diff(t.Context(), load(few, 40), other(40)))
		require.NoError(t, err)
		require.Len(t, got, 40)
	}
	// Entries that are the same in nodes that differ, written out alike or not.
	keys := slices.Sorted(slices.Values(pool(30, 0)))
	a, b, c := map[string]dagcbor.CID{}, map[string]dagcbor.CID{}, map[string]dagcbor.CID{}
	for i, key := range keys {
		a[key], b[key] = leafValue, leafValue
		if i%2 > 0 {
			c[key] = leafValue
		}
	}
	b[keys[len(keys)-1]] = value(1)
	for _, to := range []map[string]dagcbor.CID{b, c} {
		src = both(blocks(t, build(t, a)), blocks(t, build(t, to)))
		for limit := range int64(30) {
			for _, sides := range [][2]int64{{limit + 1, 100}, {100, limit + 1}} {
				_, err := collectChanges(mst.Diff(t.Context(), load(a, sides[0]), load(to, sides[1])))
				if sides[0] >= 30 && sides[1] >= int64(len(to)) {
					require.NoError(t, err)
				} else {
					require.Equal(t, &mst.LimitError{Name: "mst: entries in tree", Limit: limit + 1, Got: limit + 2, Offset: -1}, err)
				}
			}
		}
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
	keys := slices.Concat(pool(4, 5), repoKeys(10), words("ab", 4))
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

// A large tree and one with ten changes, in memory.
func BenchmarkDiff(b *testing.B) {
	keys := repoKeys(100_000)
	tree := build(b, numbered(keys))
	var ops []mst.Op
	for i := range 10 {
		ops = append(ops, mst.Op{Action: mst.Update, Key: keys[i*9_973+17], Value: leafValue})
	}
	changed, err := tree.Apply(b.Context(), ops...)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range mst.Diff(b.Context(), tree, changed) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, 10, n)
	}
}
