package mst_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// twoNodes adds seeds to a fuzz target that takes a root and another node, with
// more behind them.
func twoNodes(f *testing.F, more ...any) {
	add := func(root, other []byte) { f.Add(append([]any{root, other}, more...)...) }
	add([]byte(oneEntry), nil)
	add([]byte("\xa2\x61e\x80\x61l\xf6"), nil)
	add([]byte("\xa2\x61e\x9a\xff\xff\xff\xff"), nil)
	for _, keys := range []string{"3fp2j 3fr2j 3fs2j 3ft2j 4fc2j", "A0/374913 C2/014073", "3ft2j 3fx2j 3fz2j 4fd2j"} {
		tree := build(f, examples(keys))
		for _, node := range blocks(f, tree) {
			add(blocks(f, tree)[tree.Root()], node)
		}
	}
	forest := newForest()
	for _, p := range brokenPaths(forest) {
		add(forest.MapSource[p.root], forest.MapSource[p.bad])
	}
}

// linked returns root and other as a source in which their CIDs are right, and
// one in which every link that is in them leads to other.
func linked(root, other []byte) (honest, liar mst.MapSource, c dagcbor.CID) {
	c = dagcbor.Sum(dagcbor.DAGCBOR, root)
	honest = mst.MapSource{dagcbor.Sum(dagcbor.DAGCBOR, other): other, c: root}
	liar = maps.Clone(honest)
	for _, node := range [][]byte{root, other} {
		left, entries, err := decodeNode(node)
		for _, e := range append(entries, rawEntry{tree: left}) {
			if _, found := liar[e.tree]; err == nil && !found && e.tree.Defined() {
				liar[e.tree] = other
			}
		}
	}
	return honest, liar, c
}

// FuzzVerifyProof looks for a key in nodes that may be anything: what is proven
// is so in a tree that is valid as a whole, and what cannot be proven fails with
// an error of the known kinds.
func FuzzVerifyProof(f *testing.F) {
	twoNodes(f, example("3fr2j"))
	f.Fuzz(func(t *testing.T, root, other []byte, key string) {
		honest, liar, c := linked(root, other)
		for _, src := range []mst.MapSource{honest, liar} {
			o := &mst.Options{TrustHashes: true} // of which the honest one has no need
			value, included, err := mst.VerifyProof(context.Background(), src, c, key, o)
			require.Equal(t, included, value.Defined())
			if err != nil {
				if _, wrongKey := errors.AsType[*mst.KeyError](err); !wrongKey {
					requireTyped(t, err)
				}
				require.False(t, included)
			}
			entries, treeErr := refVerify(src, c, -1, "", "")
			if treeErr != nil || len(key) == 0 || len(key) > mst.MaxKeyLen {
				continue
			}
			require.NoError(t, err)
			i, found := slices.BinarySearchFunc(entries, key, func(e mst.Entry, key string) int { return strings.Compare(e.Key, key) })
			require.Equal(t, found, included)
			if found {
				require.Equal(t, entries[i].Value, value)
			}
		}
	})
}

// FuzzInvert takes ops back in nodes that may be anything. Two bytes make an op:
// of which key, and what it did. In a valid tree the result is that of the map
// before; else it is that or an error of the known kinds.
func FuzzInvert(f *testing.F) {
	twoNodes(f, []byte{0, 1, 1, 2, 2, 3})
	twoNodes(f, []byte{7, 3, 8, 3, 9, 3})
	var v mst.Inverter
	f.Fuzz(func(t *testing.T, root, other, script []byte) {
		honest, liar, c := linked(root, other)
		for i, src := range []mst.MapSource{honest, liar} {
			o := &mst.Options{TrustHashes: true} // of which the honest one has no need
			entries, treeErr := refVerify(src, c, -1, "", "")
			after := map[string]dagcbor.CID{}
			keys := []string{"a", "k", "z", example("3fs2j"), example("3fx2j"), on(1, "q"), on(2, "b")}
			for _, e := range entries {
				after[e.Key] = e.Value
				keys = append(keys, e.Key)
			}
			_, raw, _ := decodeNode(root)
			for _, e := range raw {
				keys = append(keys, e.suffix)
			}
			ops, before := opsOf(script, keys, after)
			got, err := v.Invert(context.Background(), src, c, ops, o)
			if err != nil {
				requireInvertError(t, err)
			} else {
				requireProven(t, src, c, ops)
			}
			if treeErr != nil {
				continue
			}
			if before == nil {
				require.Error(t, err)
				continue
			}
			switch {
			case err == nil && i == 0:
				require.Equal(t, refRoot(before), got)
			case err == nil: // subtrees that stay go in by the CIDs that the liar gave them
			default:
				_, limit := errors.AsType[*mst.LimitError](err)
				require.True(t, limit, "%v", err)
			}
		}
	})
}

// requireProven checks that what the ops say of the tree can be proven of it.
func requireProven(t *testing.T, src mst.Source, root dagcbor.CID, ops []mst.CommitOp) {
	t.Helper()
	for _, op := range ops {
		value, _, err := mst.VerifyProof(context.Background(), src, root, op.Key, &mst.Options{TrustHashes: true})
		require.NoError(t, err)
		require.Equal(t, op.Value, value)
	}
}

// requireInvertError checks that err is one of those that Invert may return.
func requireInvertError(t *testing.T, err error) {
	t.Helper()
	if _, found := errors.AsType[*mst.CommitOpError](err); !found {
		requireTyped(t, err)
	}
}

// opsOf makes ops of the script's bytes. before is the map before them, if
// after is that after them, or nil if they contradict it.
func opsOf(script []byte, keys []string, after map[string]dagcbor.CID) (ops []mst.CommitOp, before map[string]dagcbor.CID) {
	before = maps.Clone(after)
	valid := true
	for ; len(script) > 1 && len(ops) < 32; script = script[2:] {
		op := mst.CommitOp{Action: mst.Action(script[1] & 7), Key: keys[int(script[0])%len(keys)]}
		now, found := after[op.Key]
		op.Value, op.Prev = now, value(int(script[1]>>3))
		if len(after) == 0 && op.Action != mst.Delete { // the tree is not valid
			op.Value = leafValue
		}
		switch op.Action {
		case mst.Create:
			op.Prev = none
			delete(before, op.Key)
			valid = valid && found
		case mst.Update:
			before[op.Key] = op.Prev
			valid = valid && found
		case mst.Delete:
			before[op.Key] = op.Prev
			valid = valid && !found && len(op.Key) > 0 && len(op.Key) <= mst.MaxKeyLen
		default:
			valid = false
		}
		for _, other := range ops {
			valid = valid && other.Key != op.Key
		}
		ops = append(ops, op)
	}
	if !valid {
		return ops, nil
	}
	rand.New(rand.NewPCG(1, uint64(len(ops)))).Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	return ops, before
}
