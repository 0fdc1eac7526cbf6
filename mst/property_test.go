package mst_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// A model is a tree together with the map that it should be.
type model struct {
	t    *testing.T
	rng  *rand.Rand
	pool []string
	m    map[string]dagcbor.CID
	tree *mst.Tree
	kept []snapshot
}

type snapshot struct {
	m    map[string]dagcbor.CID
	tree *mst.Tree
}

// op returns a random change. Most succeed on m.
func (x *model) op(m map[string]dagcbor.CID) mst.Op {
	key := x.pool[x.rng.IntN(len(x.pool))]
	op := mst.Op{Key: key, Value: value(x.rng.IntN(3))}
	_, found := m[key]
	if x.rng.IntN(40) == 0 {
		found = !found // will fail, unless it is a Put
	}
	switch {
	case x.rng.IntN(4) == 0:
		op.Action = mst.Put
	case !found:
		op.Action = mst.Create
	case x.rng.IntN(3) == 0:
		op.Action = mst.Update
	default:
		op.Action, op.Value = mst.Delete, dagcbor.CID{}
	}
	return op
}

// applyToMap makes op in m and returns the error that a tree should give.
func applyToMap(m map[string]dagcbor.CID, op mst.Op) error {
	_, found := m[op.Key]
	switch {
	case op.Action == mst.Create && found:
		return mst.ErrExists
	case (op.Action == mst.Update || op.Action == mst.Delete) && !found:
		return mst.ErrNoKey
	case op.Action == mst.Delete:
		delete(m, op.Key)
	default:
		m[op.Key] = op.Value
	}
	return nil
}

// step applies a batch of n random changes to both.
func (x *model) step(n int) {
	t, m := x.t, maps.Clone(x.m)
	var ops []mst.Op
	var want error
	failed := 0
	for i := range n {
		op := x.op(m)
		ops = append(ops, op)
		if want == nil {
			want, failed = applyToMap(m, op), i
		}
	}
	before := x.tree.Root()
	tree, err := x.tree.Apply(t.Context(), ops...)
	if want == nil {
		require.NoError(t, err)
		x.m, x.tree = m, tree
		return
	}
	require.Nil(t, tree)
	opErr, found := errors.AsType[*mst.OpError](err)
	require.True(t, found)
	require.ErrorIs(t, err, want)
	require.Equal(t, failed, opErr.Index)
	require.Equal(t, ops[failed], opErr.Op)
	require.Equal(t, before, x.tree.Root())
}

// check compares tree and map, and a snapshot with the map of its time.
func (x *model) check() {
	require.Equal(x.t, refRoot(x.m), x.tree.Root())
	key := x.pool[x.rng.IntN(len(x.pool))]
	got, found, err := x.tree.Get(x.t.Context(), key)
	require.NoError(x.t, err)
	want, expected := x.m[key]
	require.Equal(x.t, expected, found)
	require.Equal(x.t, want, got)
	if x.rng.IntN(32) > 0 {
		return
	}
	if x.kept = append(x.kept, snapshot{maps.Clone(x.m), x.tree}); len(x.kept) > 8 {
		i := x.rng.IntN(len(x.kept))
		requireTree(x.t, x.kept[i].m, x.kept[i].tree)
		x.kept = slices.Delete(x.kept, i, i+1)
	}
	if x.rng.IntN(2) == 0 {
		x.tree = lazy(x.t, x.tree)
	}
}

// Trees agree with a map and the tree built from it after each of 200,000
// random changes, whether their nodes are in memory or come from a source;
// snapshots stay what they were; what fails changes nothing.
func TestRandomOps(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-034", "MST-035", "MST-036", "MST-037", "MST-045")
	for _, tc := range []struct {
		name            string
		perLayer, top   int
		ops, batch      int
		checkEveryBatch int
	}{
		{"tiny", 1, 3, 20_000, 1, 1},
		{"small", 3, 4, 60_000, 3, 1},
		{"steep", 2, 6, 60_000, 6, 1},
		{"large", 60, 3, 60_000, 4, 16},
		{"flat", 100, 0, 20_000, 10, 32},
		{"batches", 40, 4, 20_000, 60, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				tc.ops /= 20
			}
			x := &model{t: t, rng: rand.New(rand.NewPCG(7, uint64(tc.ops+tc.batch))), pool: pool(tc.perLayer, tc.top), tree: mst.New()}
			x.m = map[string]dagcbor.CID{}
			for batches := 0; tc.ops > 0; batches++ {
				n := 1 + x.rng.IntN(tc.batch)
				tc.ops -= n
				x.step(n)
				if batches%tc.checkEveryBatch == 0 {
					x.check()
				}
			}
			for _, s := range x.kept {
				requireTree(t, s.m, s.tree)
			}
			requireTree(t, x.m, x.tree)
		})
	}
}

// TestModel is TestRandomOps with as many single changes as the environment
// says, each of them followed by a comparison of root, a get, a diff and a
// range: LINNET_MODEL_STEPS=1000000.
func TestModel(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-034", "MST-035", "MST-036", "MST-037", "MST-040", "MST-041", "MST-045")
	steps := 2_000
	if s := os.Getenv("LINNET_MODEL_STEPS"); s != "" {
		var err error
		steps, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	x := &model{t: t, rng: rand.New(rand.NewPCG(11, uint64(steps))), pool: pool(2, 5), tree: mst.New(), m: map[string]dagcbor.CID{}}
	for range steps {
		old, oldMap := x.tree, x.m
		x.step(1 + x.rng.IntN(3))
		changes, err := collectChanges(mst.Diff(t.Context(), old, x.tree))
		require.NoError(t, err)
		require.Equal(t, refDiff(oldMap, x.m), changes)
		x.checkRange()
		x.check()
	}
	for _, s := range x.kept {
		requireTree(t, s.m, s.tree)
	}
}

// checkRange compares a random range in both directions with the map.
func (x *model) checkRange() {
	lo, hi := x.pool[x.rng.IntN(len(x.pool))], x.pool[x.rng.IntN(len(x.pool))]
	var want []mst.Entry
	for k, v := range sorted(x.m) {
		if k >= lo && k < hi {
			want = append(want, mst.Entry{Key: k, Value: v})
		}
	}
	got, err := collect(x.tree.Range(x.t.Context(), lo, hi))
	require.NoError(x.t, err)
	require.Equal(x.t, want, got)
	got, err = collect(x.tree.RangeBack(x.t.Context(), lo, hi))
	require.NoError(x.t, err)
	slices.Reverse(got)
	require.Equal(x.t, want, got)
}

// Any way to a set of keys leads to one tree.
func TestOneShape(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-034", "MST-005", "MST-006", "MST-007", "MST-021")
	keys := slices.Concat(pool(20, 5), repoKeys(300))
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 60 {
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		m := numbered(keys[:min(len(keys), n*n/8)])
		tree := build(t, m)
		requireTree(t, m, tree)

		one, all := mst.New(), make([]mst.Op, 0, len(m))
		for k, v := range m { // in random order
			var err error
			one, err = one.Put(t.Context(), k, v)
			require.NoError(t, err)
			all = append(all, mst.Op{Action: mst.Create, Key: k, Value: v})
		}
		require.Equal(t, tree.Root(), one.Root())
		batch, err := mst.New().Apply(t.Context(), all...)
		require.NoError(t, err)
		requireTree(t, m, batch)

		entries, err := collect(mst.NewWalker(blocks(t, tree), tree.Root(), nil).Entries(t.Context()))
		require.NoError(t, err)
		require.Equal(t, entriesOf(m), entries)
	}
}

// Taking the keys out one by one, in random order, ends in the empty tree.
func TestDeleteAll(t *testing.T) {
	ledger.Covers(t, "MST-008", "MST-010", "MST-037", "MST-038")
	m := numbered(slices.Concat(pool(8, 5), repoKeys(100)))
	tree := build(t, m)
	for k := range maps.Clone(m) {
		var err error
		tree, err = tree.Delete(t.Context(), k)
		require.NoError(t, err)
		delete(m, k)
		require.Equal(t, refRoot(m), tree.Root())
	}
	require.Equal(t, "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm", tree.Root().String())
}

// A large batch, in any order and with changes of one key in it, does what its
// changes do one after the other.
func TestLargeBatch(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-034")
	rng := rand.New(rand.NewPCG(12, 13))
	keys := slices.Concat(repoKeys(2000), pool(20, 3))
	for _, k := range repoKeys(50) {
		for n := range 20 { // equal but for zeros at the end, and prefixes of each other
			keys = append(keys, k[:len(k)-n], k+string(make([]byte, n+1)))
		}
	}
	for _, n := range []int{2, 15, 16, 17, 500, 6000} {
		m := map[string]dagcbor.CID{}
		ops := make([]mst.Op, n)
		for i := range ops {
			ops[i] = mst.Op{Action: mst.Put, Key: keys[rng.IntN(len(keys))], Value: value(i)}
			if _, found := m[ops[i].Key]; found && rng.IntN(2) == 0 {
				ops[i].Action, ops[i].Value = mst.Delete, none
			}
			require.NoError(t, applyToMap(m, ops[i]))
		}
		tree, err := mst.New().Apply(t.Context(), ops...)
		require.NoError(t, err)
		requireTree(t, m, tree)
		_, err = tree.Apply(t.Context(), append(slices.Clip(ops), mst.Op{Action: mst.Delete, Key: "nobody"}, mst.Op{Action: mst.Update, Key: "a", Value: leafValue})...)
		bad, found := errors.AsType[*mst.OpError](err)
		require.True(t, found)
		require.Equal(t, firstFailure(m, append(slices.Clip(ops), mst.Op{Action: mst.Delete, Key: "nobody"})), bad.Index)
	}
}

// firstFailure returns the index of the first op that cannot be made in m.
func firstFailure(m map[string]dagcbor.CID, ops []mst.Op) int {
	m = maps.Clone(m)
	for i, op := range ops {
		if applyToMap(m, op) != nil {
			return i
		}
	}
	return -1
}
