package mst_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// FuzzNode reads a root, to whose links any of the others may be the answer:
// they are what the reference says; a tree that is accepted and whose hashes
// are right is made again, byte for byte, from its entries.
func FuzzNode(f *testing.F) {
	f.Add([]byte(oneEntry), []byte(nil))
	f.Add([]byte("\xa2\x61e\x80\x61l\xf6"), []byte(nil))
	f.Add([]byte("\xa2\x61e\x9a\xff\xff\xff\xff"), []byte(nil))
	for _, keys := range []string{"3fp2j 3fr2j 3fs2j 3ft2j 4fc2j", "A0/374913 C2/014073", "3fx2j"} {
		tree := build(f, examples(keys))
		for _, node := range blocks(f, tree) {
			f.Add(blocks(f, tree)[tree.Root()], node)
		}
	}
	hostile := newForest()
	shared := hostile.leaf(on(0, "k"))
	twice := hostile.add(shared, leaves{on(1, "m"), shared})
	f.Add(hostile.MapSource[twice], hostile.MapSource[shared])
	f.Add(hostile.MapSource[hostile.add(none, leaves{on(1, "m"), leafValue})], []byte(oneEntry))
	f.Add(encodeNode(none, rawEntry{prefix: 1, suffix: "x", value: leafValue}), []byte(nil))
	f.Add(encodeNode(none, rawEntry{prefix: -1, suffix: "x", value: leafValue}), []byte(nil))
	f.Fuzz(func(t *testing.T, root, other []byte) {
		honest := mst.MapSource{}
		c, d := dagcbor.Sum(dagcbor.DAGCBOR, root), dagcbor.Sum(dagcbor.DAGCBOR, other)
		honest[d], honest[c] = other, root
		// Every link that is in one of them leads to other.
		liar := maps.Clone(honest)
		for _, node := range [][]byte{root, other} {
			left, entries, err := decodeNode(node)
			for _, e := range append(entries, rawEntry{tree: left}) {
				if _, found := liar[e.tree]; err == nil && !found && e.tree.Defined() {
					liar[e.tree] = other
				}
			}
		}
		compareWithReference(t, liar, c, &mst.Options{TrustHashes: true})
		if entries, ok := compareWithReference(t, honest, c, nil); ok {
			again := mst.MapSource{}
			b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
				again[c] = slices.Clone(node)
				return nil
			})
			for _, e := range entries {
				require.NoError(t, b.Add(e.Key, e.Value))
			}
			made, err := b.Finish()
			require.NoError(t, err)
			require.Equal(t, c, made)
			require.Equal(t, root, again[c])
		}
	})
}

// compareWithReference reads a tree by Walker, Tree and reference and returns
// its entries if it is valid.
func compareWithReference(t *testing.T, src mst.MapSource, root dagcbor.CID, o *mst.Options) ([]mst.Entry, bool) {
	ctx := context.Background()
	want, wantErr := refVerify(src, root, -1, "", "")
	got, err := collect(mst.NewWalker(src, root, o).Entries(ctx))
	require.Equal(t, wantErr == nil, err == nil, "%v, not %v", err, wantErr)
	if err == nil {
		require.Equal(t, want, got)
	} else {
		requireTyped(t, err)
	}
	tree, loadErr := mst.Load(ctx, src, root, o)
	if loadErr == nil {
		for _, key := range []string{"a", "n", "z"} { // none of them panics
			_, _, _ = tree.Get(ctx, key)
			_, _ = tree.Put(ctx, key, leafValue)
			_, _ = tree.Delete(ctx, key)
		}
		var again []mst.Entry
		again, loadErr = collect(tree.Entries(ctx))
		require.Equal(t, got, again)
	}
	require.Equal(t, err, loadErr)
	return got, err == nil
}

// requireTyped checks that err is one of the errors that a tree may have.
func requireTyped(t *testing.T, err error) {
	t.Helper()
	_, node := errors.AsType[*mst.NodeError](err)
	_, limit := errors.AsType[*mst.LimitError](err)
	_, missing := errors.AsType[*mst.MissingBlockError](err)
	require.True(t, node || limit || missing, "%T", err)
}

// FuzzOps makes changes as the bytes say, two for each: which key, and what to
// do with it. After each batch tree and reference agree.
func FuzzOps(f *testing.F) {
	keys := slices.Concat(pool(5, 5), []string{"a", "b", "\xff", "\x00"})
	f.Add([]byte{})
	f.Add([]byte{0, 0, 5, 1, 5, 3})
	f.Add([]byte("\x05\x01\x04\x01\x03\x01\x02\x81\x01\x01\x00\x01\x05\x03\x04\x03\x03\x83"))
	every := []byte{}
	for i := range keys {
		every = append(every, byte(i), 1)
	}
	for i := range keys {
		every = append(every, byte(i), 0x83)
	}
	f.Add(every)
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx := context.Background()
		tree, m := mst.New(), map[string]dagcbor.CID{}
		for len(b) > 1 {
			var ops []mst.Op
			next := maps.Clone(m)
			var want error
			for end := false; len(b) > 1 && !end; b = b[2:] {
				op := mst.Op{Action: mst.Put + mst.Action(b[1]&3), Key: keys[int(b[0])%len(keys)], Value: value(int(b[1]>>2) & 3)}
				ops = append(ops, op)
				if want == nil {
					want = applyToMap(next, op)
				}
				end = b[1]&0x80 != 0
			}
			if b0 := len(ops); b0%3 == 0 {
				tree = lazy(t, tree)
			}
			after, err := tree.Apply(ctx, ops...)
			require.ErrorIs(t, err, want)
			if want == nil {
				require.NoError(t, err)
				tree, m = after, next
			}
			require.Equal(t, refRoot(m), tree.Root())
		}
		requireTree(t, m, tree)
	})
}
