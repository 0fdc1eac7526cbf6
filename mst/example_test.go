package mst_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

func ExampleBuild() {
	ctx := context.Background()
	record := dagcbor.MustParseCID("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454")
	tree, err := mst.Build(func(yield func(string, dagcbor.CID) bool) {
		for _, rkey := range []string{"3jqfcqzm3fp2j", "3jqfcqzm3fs2j", "3jqfcqzm3ft2j"} {
			if !yield("com.example.record/"+rkey, record) {
				return
			}
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := tree.Draw(ctx, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// layer 1  bafyreicwc5ta6xezdoh3akcoc67tmuzgppidlj6tez2fphq5yebn3glqfy
	// ├─ layer 0  bafyreigjntfwvqhweqji2fwksikbi5blcg5agga2hyy6mmf33yn57hb2kq
	// │  └─ com.example.record/3jqfcqzm3fp2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
	// ├─ com.example.record/3jqfcqzm3fs2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
	// └─ layer 0  bafyreic7viy36qabdlxzeguqyojwl4qobai57wq6hexjjmsjlj4vrrirje
	//    └─ com.example.record/3jqfcqzm3ft2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
}

// Trees are values: an earlier one stays what it was.
func ExampleTree() {
	ctx := context.Background()
	record := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextehello"))
	empty := mst.New()
	one, err := empty.Put(ctx, "com.example.record/3jqfcqzm3fo2j", record)
	if err != nil {
		fmt.Println(err)
		return
	}
	none, err := one.Delete(ctx, "com.example.record/3jqfcqzm3fo2j")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(one.Root())
	fmt.Println(none.Root(), none.Root() == empty.Root())

	_, err = none.Delete(ctx, "com.example.record/3jqfcqzm3fo2j")
	fmt.Println(errors.Is(err, mst.ErrNoKey), err)
	// Output:
	// bafyreig2dz7kkiwjtcczoqhb4y5xi5n5jessxod563xuzc4bxczgboxdpq
	// bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm true
	// true mst: op 0, delete of key "com.example.record/3jqfcqzm3fo2j": no such key
}

func ExampleTree_Apply() {
	ctx := context.Background()
	record := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextehello"))
	tree, err := mst.New().Apply(ctx,
		mst.Op{Action: mst.Create, Key: "com.example.record/a", Value: record},
		mst.Op{Action: mst.Create, Key: "com.example.record/b", Value: record},
		mst.Op{Action: mst.Delete, Key: "com.example.record/a"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range tree.Entries(ctx) {
		fmt.Println(e.Key, err)
	}

	_, err = tree.Apply(ctx,
		mst.Op{Action: mst.Put, Key: "com.example.record/c", Value: record},
		mst.Op{Action: mst.Create, Key: "com.example.record/b", Value: record},
	)
	if bad, found := errors.AsType[*mst.OpError](err); found {
		fmt.Println(bad.Index, bad.Op.Key, errors.Is(err, mst.ErrExists))
	}
	// Output:
	// com.example.record/b <nil>
	// 1 com.example.record/b true
}

// Nodes that somebody sent: what comes out has been checked, and what is wrong
// or missing ends the iteration.
func ExampleNewWalker() {
	ctx := context.Background()
	record := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextehello"))
	received := mst.MapSource{}
	b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
		received[c] = bytes.Clone(node)
		return nil
	})
	for _, key := range []string{"com.example.record/3jqfcqzm3fp2j", "com.example.record/3jqfcqzm3fs2j", "com.example.record/3jqfcqzm3ft2j"} {
		if err := b.Add(key, record); err != nil {
			fmt.Println(err)
			return
		}
	}
	root, err := b.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}

	w := mst.NewWalker(received, root, nil)
	for e, err := range w.Entries(ctx) {
		fmt.Println(e.Key, err)
	}
	fmt.Println(w.Stats().Nodes, "nodes")

	received[root][4] ^= 1
	for _, err := range w.Entries(ctx) {
		fmt.Println(err)
	}
	// Output:
	// com.example.record/3jqfcqzm3fp2j <nil>
	// com.example.record/3jqfcqzm3fs2j <nil>
	// com.example.record/3jqfcqzm3ft2j <nil>
	// 3 nodes
	// mst: node bafyreidmoce5yb42hfxin5jkdnz2txqclslsv6s42kvx3q5n5qyktnz474: block does not match its CID
}

// The nodes of a tree of any size, without the tree.
func ExampleBuilder() {
	record := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextehello"))
	blocks := mst.MapSource{}
	b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
		blocks[c] = bytes.Clone(node) // valid only during the call
		return nil
	})
	for _, key := range slices.Sorted(slices.Values([]string{"com.example.record/b", "com.example.record/a"})) {
		if err := b.Add(key, record); err != nil {
			fmt.Println(err)
			return
		}
	}
	root, err := b.Finish()
	fmt.Println(root, len(blocks), err)
	// Output:
	// bafyreiekrby6mvtbc4a2l56veukdsucqxf7q7oaxw26yo4hls7ishsxnty 2 <nil>
}

// What a change did: to the keys, and to the nodes.
func ExampleDiff() {
	ctx := context.Background()
	record := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextehello"))
	edited := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextchi!"))
	before, err := mst.New().Apply(ctx,
		mst.Op{Action: mst.Create, Key: "com.example.record/a", Value: record},
		mst.Op{Action: mst.Create, Key: "com.example.record/b", Value: record},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := before.Apply(ctx,
		mst.Op{Action: mst.Delete, Key: "com.example.record/a"},
		mst.Op{Action: mst.Update, Key: "com.example.record/b", Value: edited},
		mst.Op{Action: mst.Create, Key: "com.example.record/c", Value: record},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for c, err := range mst.Diff(ctx, before, after) {
		fmt.Println(c.Action(), c.Key, err)
	}
	added, removed, err := mst.DiffNodes(ctx, before, after)
	fmt.Println(len(added), len(removed), err)
	// Output:
	// delete com.example.record/a <nil>
	// update com.example.record/b <nil>
	// create com.example.record/c <nil>
	// 2 2 <nil>
}

// A collection, newest record first.
func ExampleTree_PrefixBack() {
	ctx := context.Background()
	record := dagcbor.Sum(dagcbor.DAGCBOR, []byte("\xa1dtextehello"))
	tree := mst.New()
	for _, key := range []string{"com.example.like/3jqfcqzm3fo2j", "com.example.post/3jqfcqzm3fp2j", "com.example.post/3jqfcqzm3fs2j"} {
		var err error
		if tree, err = tree.Put(ctx, key, record); err != nil {
			fmt.Println(err)
			return
		}
	}
	for e, err := range tree.PrefixBack(ctx, "com.example.post/") {
		fmt.Println(e.Key, err)
	}
	// Output:
	// com.example.post/3jqfcqzm3fs2j <nil>
	// com.example.post/3jqfcqzm3fp2j <nil>
}
