package mst_test

import (
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// proofBench is a tree of benchSize keys, and one of the keys.
func proofBench(b *testing.B) (tree *mst.Tree, key string, value dagcbor.CID) {
	b.Helper()
	keys := repoKeys(benchSize)
	tree = buildKeys(b, keys)
	key = keys[benchSize/3]
	value, _, err := tree.Get(b.Context(), key)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	return tree, key, value
}

func BenchmarkProof(b *testing.B) {
	tree, key, _ := proofBench(b)
	for b.Loop() {
		if _, err := tree.Proof(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCoveringProof(b *testing.B) {
	tree, key, _ := proofBench(b)
	for b.Loop() {
		if _, err := tree.CoveringProof(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyInclusion(b *testing.B) {
	tree, key, value := proofBench(b)
	proof, err := tree.Proof(b.Context(), key)
	if err != nil {
		b.Fatal(err)
	}
	src := source(proof)
	for b.Loop() {
		if err := mst.VerifyInclusion(b.Context(), src, tree.Root(), key, value, nil); err != nil {
			b.Fatal(err)
		}
	}
}
