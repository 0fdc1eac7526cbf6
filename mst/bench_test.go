package mst_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

const benchSize = 100_000

func BenchmarkLayer(b *testing.B) {
	keys := repoKeys(1024)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		mst.Layer(keys[i&1023])
		i++
	}
}

func BenchmarkBuilder(b *testing.B) {
	keys := repoKeys(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		builder := mst.NewBuilder(nil)
		for i, k := range keys {
			if err := builder.Add(k, value(i)); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := builder.Finish(); err != nil {
			b.Fatal(err)
		}
	}
	perEntry(b)
}

// perEntry reports the time for one of the entries of a round.
func perEntry(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSize, "ns/entry")
}

// buildKeys makes the tree of ascending keys.
func buildKeys(b *testing.B, keys []string) *mst.Tree {
	b.Helper()
	tree, err := mst.Build(func(yield func(string, dagcbor.CID) bool) {
		for i, k := range keys {
			if !yield(k, value(i)) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return tree
}

func benchTree(b *testing.B) (*mst.Tree, []string) {
	b.Helper()
	keys := repoKeys(benchSize)
	return buildKeys(b, keys), keys
}

func BenchmarkBuild(b *testing.B) {
	keys := repoKeys(benchSize)
	b.ReportAllocs()
	for b.Loop() {
		buildKeys(b, keys)
	}
	perEntry(b)
}

func BenchmarkWalker(b *testing.B) {
	tree, _ := benchTree(b)
	src := blocks(b, tree)
	for name, o := range map[string]*mst.Options{"hash": nil, "trust": {TrustHashes: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := mst.NewWalker(src, tree.Root(), o)
			for b.Loop() {
				for _, err := range w.Entries(context.Background()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.SetBytes(w.Stats().Bytes)
			perEntry(b)
		})
	}
}

func BenchmarkEntries(b *testing.B) {
	tree, _ := benchTree(b)
	part := lazy(b, tree)
	for name, tree := range map[string]*mst.Tree{"memory": tree, "source": part} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range tree.Entries(context.Background()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			perEntry(b)
		})
	}
}

func BenchmarkGet(b *testing.B) {
	tree, keys := benchTree(b)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, found, err := tree.Get(ctx, keys[i%len(keys)]); err != nil || !found {
			b.Fatal(found, err)
		}
		i++
	}
}

func BenchmarkPut(b *testing.B) {
	tree, keys := benchTree(b)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	fresh := make([]string, 4096)
	for i := range fresh {
		fresh[i] = keys[rng.IntN(len(keys))] + "x"
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := tree.Put(ctx, fresh[i%len(fresh)], value(i)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkDelete(b *testing.B) {
	tree, keys := benchTree(b)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := tree.Delete(ctx, keys[i%len(keys)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkApplyRandomOrder(b *testing.B) {
	keys := repoKeys(benchSize)
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	ops := make([]mst.Op, len(keys))
	for i, k := range keys {
		ops[i] = mst.Op{Action: mst.Create, Key: k, Value: value(i)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mst.New().Apply(context.Background(), ops...); err != nil {
			b.Fatal(err)
		}
	}
	perEntry(b)
}
