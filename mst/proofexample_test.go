package mst_test

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// threeRecords is the tree of three records with the same value.
func threeRecords() (*mst.Tree, dagcbor.CID) {
	record := dagcbor.MustParseCID("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454")
	tree, err := mst.Build(func(yield func(string, dagcbor.CID) bool) {
		for _, rkey := range []string{"3jqfcqzm3fp2j", "3jqfcqzm3fs2j", "3jqfcqzm3ft2j"} {
			if !yield("com.example.record/"+rkey, record) {
				return
			}
		}
	})
	if err != nil {
		panic(err)
	}
	return tree, record
}

// sourceOf makes a source of the nodes that somebody sent, as car.Index does of
// a CAR file.
func sourceOf(nodes []mst.Node) mst.MapSource {
	src := mst.MapSource{}
	for _, b := range nodes {
		src[b.CID] = b.Bytes
	}
	return src
}

// A server proves what it has by the nodes on the way to a key. Whoever knows
// the root, from a signed commit, checks them.
func ExampleVerifyInclusion() {
	ctx := context.Background()
	tree, record := threeRecords()
	const key = "com.example.record/3jqfcqzm3ft2j"
	proof, err := tree.Proof(ctx, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(proof), "nodes")

	fmt.Println(mst.VerifyInclusion(ctx, sourceOf(proof), tree.Root(), key, record, nil))
	// A part of the proof proves nothing.
	fmt.Println(mst.VerifyInclusion(ctx, sourceOf(proof[:1]), tree.Root(), key, record, nil))
	// Output:
	// 2 nodes
	// <nil>
	// mst: node bafyreic7viy36qabdlxzeguqyojwl4qobai57wq6hexjjmsjlj4vrrirje is missing
}

// That a record was deleted, or never was, can be proven as well.
func ExampleVerifyExclusion() {
	ctx := context.Background()
	tree, _ := threeRecords()
	const gone, here = "com.example.record/3jqfcqzm3fz2j", "com.example.record/3jqfcqzm3fs2j"
	proof, err := tree.Proof(ctx, gone)
	if err != nil {
		fmt.Println(err)
		return
	}
	src := sourceOf(proof)
	fmt.Println(mst.VerifyExclusion(ctx, src, tree.Root(), gone, nil))
	fmt.Println(mst.VerifyExclusion(ctx, src, tree.Root(), here, nil))
	// Output:
	// <nil>
	// mst: proof shows key "com.example.record/3jqfcqzm3fs2j" with value bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454, not absent
}

// A commit's message has its ops, and so much of the tree that they can be taken
// back. The root that comes out must be that of the commit before.
func ExampleInvert() {
	ctx := context.Background()
	before, record := threeRecords()
	const key = "com.example.record/3jqfcqzm3fx2j"
	after, err := before.Put(ctx, key, record)
	if err != nil {
		fmt.Println(err)
		return
	}
	nodes, err := after.CoveringProof(ctx, key)
	if err != nil {
		fmt.Println(err)
		return
	}

	ops := []mst.CommitOp{{Action: mst.Create, Key: key, Value: record}}
	prevData, err := mst.Invert(ctx, sourceOf(nodes), after.Root(), ops, nil)
	fmt.Println(prevData == before.Root(), err)

	// A server that keeps silent about a change is caught.
	ops[0] = mst.CommitOp{Action: mst.Update, Key: key, Value: record, Prev: record}
	prevData, err = mst.Invert(ctx, sourceOf(nodes), after.Root(), ops, nil)
	fmt.Println(prevData == before.Root(), err)
	// Output:
	// true <nil>
	// false <nil>
}

// One Inverter serves a stream of commits without allocating for each.
func ExampleInverter() {
	ctx := context.Background()
	tree, record := threeRecords()
	var v mst.Inverter
	for _, rkey := range []string{"3jqfcqzm3fn2j", "3jqfcqzm3fo2j", "3jqfcqzm3fx2j"} {
		before := tree.Root()
		op := mst.CommitOp{Action: mst.Create, Key: "com.example.record/" + rkey, Value: record}
		var err error
		if tree, err = tree.Put(ctx, op.Key, op.Value); err != nil {
			fmt.Println(err)
			return
		}
		nodes, err := tree.CoveringProof(ctx, op.Key)
		if err != nil {
			fmt.Println(err)
			return
		}
		prevData, err := v.Invert(ctx, sourceOf(nodes), tree.Root(), []mst.CommitOp{op}, nil)
		fmt.Println(prevData == before, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// true <nil>
}
