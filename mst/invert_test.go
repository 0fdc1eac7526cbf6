package mst_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// commitOps returns the difference of two maps, in random order.
func commitOps(rng *rand.Rand, before, after map[string]dagcbor.CID) []mst.CommitOp {
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	var ops []mst.CommitOp
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		op := mst.CommitOp{Key: key, Prev: before[key], Value: after[key]}
		switch {
		case op.Prev == op.Value:
			continue
		case !op.Prev.Defined():
			op.Action = mst.Create
		case !op.Value.Defined():
			op.Action = mst.Delete
		default:
			op.Action = mst.Update
		}
		ops = append(ops, op)
	}
	rng.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	return ops
}

func opKeys(ops []mst.CommitOp) []string {
	var keys []string
	for _, op := range ops {
		keys = append(keys, op.Key)
	}
	return keys
}

// commit is a change of a random tree.
type commit struct {
	before, after map[string]dagcbor.CID
	ops           []mst.CommitOp
}

// randomCommit makes up to n changes in a tree of keys of the pool.
func randomCommit(rng *rand.Rand, keys []string, n int) commit {
	c := commit{before: map[string]dagcbor.CID{}}
	for _, key := range keys[:rng.IntN(len(keys)+1)] {
		c.before[key] = value(rng.IntN(3))
	}
	c.after = maps.Clone(c.before)
	for range 1 + rng.IntN(n) {
		key := keys[rng.IntN(len(keys))]
		_, found := c.after[key]
		switch {
		case !found, rng.IntN(3) == 0:
			c.after[key] = value(rng.IntN(6))
		default:
			delete(c.after, key)
		}
	}
	c.ops = commitOps(rng, c.before, c.after)
	return c
}

// modelSteps returns how many random changes a test of its kind shall make: n,
// or as many of those that LINNET_MODEL_STEPS asks for as are its share.
func modelSteps(t *testing.T, n, share int) int {
	t.Helper()
	s := os.Getenv("LINNET_MODEL_STEPS")
	if s == "" {
		return n
	}
	steps, err := strconv.Atoi(s)
	require.NoError(t, err)
	return steps / share
}

// The covering proof of a commit's keys, in the tree after it, is enough to take
// the ops back in any order. One block less either makes no difference or is
// reported, but where the tree before begins with the very block that is missing.
func TestInvertRandom(t *testing.T) {
	ledger.Covers(t, "MST-042", "MST-043", "MST-044", "SNC-061", "REP-033")
	for _, tc := range []struct {
		name  string
		keys  []string
		steps int
	}{
		{"tiny", pool(1, 3), 5_000},
		{"steep", pool(2, 6), 10_000},
		{"small", pool(4, 4), 10_000},
		{"flat", pool(40, 1), 2_000},
		{"real", repoKeys(200), 2_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(len(tc.keys)), 42))
			var v mst.Inverter
			trials := 0
			for steps := modelSteps(t, tc.steps, 5); steps > 0; trials++ {
				rng.Shuffle(len(tc.keys), func(i, j int) { tc.keys[i], tc.keys[j] = tc.keys[j], tc.keys[i] })
				c := randomCommit(rng, tc.keys, 1+rng.IntN(12))
				requireInverts(t, rng, &v, c)
				steps -= max(1, len(c.ops))
			}
			t.Logf("%d commits", trials)
		})
	}
}

func requireInverts(t *testing.T, rng *rand.Rand, v *mst.Inverter, c commit) {
	t.Helper()
	want := refRoot(c.before)
	tree := build(t, c.after)
	proof, err := tree.CoveringProof(t.Context(), opKeys(c.ops)...)
	require.NoError(t, err)
	got, err := v.Invert(t.Context(), source(proof), tree.Root(), c.ops, nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
	if len(proof) == 0 {
		return
	}
	less := source(proof)
	missing := proof[rng.IntN(len(proof))].CID
	delete(less, missing)
	got, err = v.Invert(t.Context(), less, tree.Root(), c.ops, nil)
	switch {
	case err != nil:
		require.Equal(t, &mst.MissingBlockError{CID: missing}, err)
	case got != want:
		require.Equal(t, missing, got)
		left, entries, err := decodeNode(source(proof)[missing])
		require.NoError(t, err)
		require.Empty(t, entries)
		require.True(t, left.Defined())
	}
}

// requireRoot checks that the ops lead from after to before, with the covering
// proof and nothing else.
func requireRoot(t *testing.T, before, after map[string]dagcbor.CID) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	requireInverts(t, rng, new(mst.Inverter), commit{before, after, commitOps(rng, before, after)})
}

// Trees that come, go, rise and sink.
func TestInvertShapes(t *testing.T) {
	ledger.Covers(t, "MST-044", "SNC-061")
	none := map[string]dagcbor.CID{}
	low, high := numbered(pool(3, 1)), numbered(pool(3, 5))
	flat := numbered(pool(67, 2)) // 201 keys
	one := map[string]dagcbor.CID{on(0, "a"): value(1)}
	top := with(one, on(5, "m"), value(2))
	for _, pair := range [][2]map[string]dagcbor.CID{
		{none, one}, {none, top}, {none, high}, {none, flat}, {low, high}, {one, top}, {one, low}, {top, high},
		{with(top, on(0, "z"), value(3)), with(one, on(0, "z"), value(3))},
	} {
		requireRoot(t, pair[0], pair[1])
		requireRoot(t, pair[1], pair[0])
	}
	// An update of a value to itself changes nothing, and is compared.
	key := on(0, "a")
	same := []mst.CommitOp{{Action: mst.Update, Key: key, Value: value(1), Prev: value(1)}}
	tree := build(t, one)
	got, err := mst.Invert(t.Context(), blocks(t, tree), tree.Root(), same, nil)
	require.NoError(t, err)
	require.Equal(t, tree.Root(), got)
	// Without ops nothing is read.
	got, err = mst.Invert(t.Context(), nil, tree.Root(), nil, nil)
	require.NoError(t, err)
	require.Equal(t, tree.Root(), got)
}

func TestInvertOpErrors(t *testing.T) {
	ledger.Covers(t, "SNC-061", "REP-024")
	tree := build(t, map[string]dagcbor.CID{"a": value(1), "b": value(2), "c": value(3)})
	is := func(action mst.Action, key string, v, prev dagcbor.CID) mst.CommitOp {
		return mst.CommitOp{Action: action, Key: key, Value: v, Prev: prev}
	}
	first := is(mst.Create, "c", value(3), none)
	for _, tc := range []struct {
		op    mst.CommitOp
		found dagcbor.CID
		text  string
	}{
		{is(mst.Create, "a", value(2), none), value(1), `create of key "a": the tree has the value ` + value(1).String()},
		{is(mst.Create, "x", value(2), none), none, `create of key "x": the tree does not have the key`},
		{is(mst.Create, "0", value(2), none), none, `create of key "0": the tree does not have the key`},
		{is(mst.Update, "b", value(1), value(2)), value(2), `update of key "b": the tree has the value ` + value(2).String()},
		{is(mst.Update, "bb", value(1), value(2)), none, `update of key "bb": the tree does not have the key`},
		{is(mst.Delete, "b", none, value(2)), value(2), `delete of key "b": the tree has the key, with value ` + value(2).String()},
		{is(mst.Delete, "x", none, none), none, `delete of key "x": no previous value`},
		{is(mst.Update, "b", value(2), none), none, `update of key "b": no previous value`},
		{is(mst.Create, "b", none, none), none, `create of key "b": no value`},
		{is(mst.Update, "b", none, value(1)), none, `update of key "b": no value`},
		{is(mst.Delete, "x", value(1), value(1)), none, `delete of key "x": a value where none can be`},
		{is(mst.Create, "b", value(2), value(1)), none, `create of key "b": a previous value where none can be`},
		{is(mst.Put, "b", value(2), none), none, `put of key "b": no action of a commit`},
		{is(0, "b", value(2), none), none, `action(0) of key "b": no action of a commit`},
		{is(mst.Create, "", value(2), none), none, `create of key "": key has 0 bytes, not 1 to 1024`},
		{is(mst.Delete, strings.Repeat("k", 1025), none, value(1)), none,
			`delete of key "` + strings.Repeat("k", 128) + `"…: key has 1025 bytes, not 1 to 1024`},
		{is(mst.Delete, "c", none, value(1)), none, `delete of key "c": an op before it has the same key`},
		{first, none, `create of key "c": an op before it has the same key`},
	} {
		_, err := mst.Invert(t.Context(), blocks(t, tree), tree.Root(), []mst.CommitOp{first, tc.op}, nil)
		require.Equal(t, &mst.CommitOpError{Index: 1, Op: tc.op, Msg: err.(*mst.CommitOpError).Msg, Found: tc.found}, err)
		require.EqualError(t, err, "mst: op 1, "+tc.text)
	}
	// Ops are compared with the empty tree too.
	_, err := mst.Invert(t.Context(), blocks(t, mst.New()), mst.New().Root(), []mst.CommitOp{first}, nil)
	require.ErrorContains(t, err, "does not have the key")
}

// Whatever was wrong with a commit, the next one is inverted like any other.
func TestInverterAfterErrors(t *testing.T) {
	ledger.Covers(t, "MST-024", "MST-031", "MST-030")
	before := numbered(pool(4, 4))
	good := commit{before: before, after: with(before, on(3, "n"), value(77))}
	good.ops = commitOps(rand.New(rand.NewPCG(1, 1)), good.before, good.after)
	rng := rand.New(rand.NewPCG(8, 8))
	f := newForest()
	var v mst.Inverter
	for _, p := range brokenPaths(f) {
		ops := []mst.CommitOp{{Action: mst.Delete, Key: p.key, Prev: value(1)}}
		_, err := v.Invert(t.Context(), f, p.root, ops, nil)
		bad, found := errors.AsType[*mst.NodeError](err)
		require.True(t, found, "%s: %v", p.name, err)
		require.Equal(t, []any{p.bad, p.msg}, []any{bad.CID, bad.Msg}, p.name)
		requireInverts(t, rng, &v, good)

		less := maps.Clone(f.MapSource)
		delete(less, p.bad)
		_, err = v.Invert(t.Context(), less, p.root, ops, nil)
		require.Equal(t, &mst.MissingBlockError{CID: p.bad}, err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.Invert(canceled, f, mst.New().Root(), good.ops, nil)
	require.Equal(t, context.Canceled, err)
	requireInverts(t, rng, &v, good)
}

// A broken node is refused where it is opened to be joined with its neighbour,
// too: on either side of a key that was created.
func TestInvertBrokenNeighbours(t *testing.T) {
	ledger.Covers(t, "MST-024", "MST-031")
	m1 := on(1, "m")
	ops := []mst.CommitOp{{Action: mst.Create, Key: m1, Value: leafValue}}
	f := newForest()
	good, far, high := f.leaf(on(0, "e")), f.leaf(on(0, "z")), f.leaf(on(1, "d"))
	for _, tc := range []struct {
		name        string
		left, right dagcbor.CID
		bad         dagcbor.CID
	}{
		{"left one beyond the key", far, far, far},
		{"left one too high", high, far, high},
		{"right one before the key", good, good, good},
		{"right one too high", good, f.leaf(on(1, "y")), f.leaf(on(1, "y"))},
	} {
		root := f.add(tc.left, leaves{m1, tc.right})
		_, err := mst.Invert(t.Context(), f, root, ops, nil)
		bad, found := errors.AsType[*mst.NodeError](err)
		require.True(t, found, "%s: %v", tc.name, err)
		require.Equal(t, tc.bad, bad.CID, tc.name)
	}
}

func TestInvertLimits(t *testing.T) {
	ledger.Covers(t, "MST-028")
	m := numbered(pool(12, 0))
	less := maps.Clone(m)
	key := slices.Sorted(maps.Keys(m))[5]
	delete(less, key)
	tree := build(t, less)
	ops := []mst.CommitOp{{Action: mst.Delete, Key: key, Prev: value(1)}}
	for _, tc := range []struct {
		limit int
		err   string
	}{
		{12, ""},
		{11, "mst: entries in node 12 exceeds the limit of 11"},
		{10, "mst: entries in node " + tree.Root().String()},
	} {
		_, err := mst.Invert(t.Context(), blocks(t, tree), tree.Root(), ops, &mst.Options{MaxNodeEntries: tc.limit})
		if tc.err == "" {
			require.NoError(t, err)
			continue
		}
		_, found := errors.AsType[*mst.LimitError](err)
		require.True(t, found)
		require.ErrorContains(t, err, tc.err)
	}
	ops[0].Key = on(4, "h")
	_, err := mst.Invert(t.Context(), blocks(t, tree), tree.Root(), ops, &mst.Options{MaxLayer: 3})
	require.ErrorContains(t, err, "mst: layer of key 4 exceeds the limit of 3")
	high := build(t, map[string]dagcbor.CID{on(4, "h"): value(1)})
	_, err = mst.Invert(t.Context(), blocks(t, high), high.Root(), ops, &mst.Options{MaxLayer: 3})
	require.ErrorContains(t, err, "mst: layer of node "+high.Root().String())
	_, err = mst.Invert(t.Context(), blocks(t, high), high.Root(), []mst.CommitOp{{Action: mst.Create, Key: on(4, "h"), Value: value(1)}}, &mst.Options{MaxLayer: 4})
	require.NoError(t, err)
}

// The budget of nodes is that of one commit.
func TestInvertMaxNodes(t *testing.T) {
	ledger.Covers(t, "MST-029")
	m := numbered(pool(1, 4))
	key := on(0, "k")
	tree := build(t, with(m, key, value(9)))
	proof, err := tree.Proof(t.Context(), key)
	require.NoError(t, err)
	ops := []mst.CommitOp{{Action: mst.Create, Key: key, Value: value(9)}}
	var v mst.Inverter
	for range 3 {
		_, err = v.Invert(t.Context(), blocks(t, tree), tree.Root(), ops, &mst.Options{MaxNodes: int64(len(proof))})
		require.NoError(t, err)
		_, err = v.Invert(t.Context(), blocks(t, tree), tree.Root(), ops, &mst.Options{MaxNodes: int64(len(proof)) - 1})
		_, found := errors.AsType[*mst.LimitError](err)
		require.True(t, found)
	}
}

// Memory follows the bytes of the nodes that are opened, also when their
// prefixes expand to the longest keys.
func TestInvertMemory(t *testing.T) {
	ledger.Covers(t, "MST-028")
	m := map[string]dagcbor.CID{}
	for i := range 26_000 {
		key := strings.Repeat("x", mst.MaxKeyLen-2) + string([]byte{byte(i >> 8), byte(i)})
		if refLayer(key) == 0 {
			m[key] = leafValue
		}
	}
	src := mst.MapSource{}
	root := refBuild(m).encode(src)
	ops := []mst.CommitOp{{Action: mst.Create, Key: slices.Min(slices.Collect(maps.Keys(m))), Value: leafValue}}
	for _, o := range []*mst.Options{nil, {MaxNodeEntries: -1}} {
		var err error
		got := allocated(func() { _, err = mst.Invert(t.Context(), src, root, ops, o) })
		if o == nil {
			require.ErrorContains(t, err, "exceeds the limit")
			require.Less(t, got, uint64(len(src[root])/50))
			continue
		}
		require.NoError(t, err)
		require.Less(t, got, uint64(25*len(src[root])))
	}
}
