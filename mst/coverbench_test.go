package mst_test

import (
	"fmt"
	"testing"
)

// Many keys of one commit.
func BenchmarkCoveringProofMany(b *testing.B) {
	tree, keys := benchTree(b)
	for _, n := range []int{10, 200} {
		var some []string
		for i := range n {
			some = append(some, keys[i*benchSize/n])
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tree.CoveringProof(b.Context(), some...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
