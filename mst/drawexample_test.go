package mst_test

import (
	"context"
	"fmt"
	"os"

	"github.com/linnet-at/linnet/mst"
)

// What a change did: signs stand behind the nodes that only one of the trees has,
// the entry that went and the one that came. The subtree on the left, which both
// have, stays closed.
func ExampleDiffPicture() {
	ctx := context.Background()
	before, record := threeRecords()
	after, err := before.Apply(ctx,
		mst.Op{Action: mst.Create, Key: "com.example.record/3jqfcqzm3fu2j", Value: record},
		mst.Op{Action: mst.Delete, Key: "com.example.record/3jqfcqzm3ft2j"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	picture, err := mst.DiffPicture(ctx, before, after)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := picture.Text(ctx, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// before
	// layer 1  bafyreicwc5ta6xezdoh3akcoc67tmuzgppidlj6tez2fphq5yebn3glqfy *
	// ├─ layer 0  bafyreigjntfwvqhweqji2fwksikbi5blcg5agga2hyy6mmf33yn57hb2kq …
	// ├─ com.example.record/3jqfcqzm3fs2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
	// └─ layer 0  bafyreic7viy36qabdlxzeguqyojwl4qobai57wq6hexjjmsjlj4vrrirje *
	//    └─ com.example.record/3jqfcqzm3ft2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454 -
	//
	// after
	// layer 1  bafyreidpfgw6qdltoi5wiubbdjatdygjdsdlawxu44kfegazo4aaooo6fi *
	// ├─ layer 0  bafyreigjntfwvqhweqji2fwksikbi5blcg5agga2hyy6mmf33yn57hb2kq …
	// ├─ com.example.record/3jqfcqzm3fs2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
	// └─ layer 0  bafyreibir7ij2kf5us7d5erclhrbk7j72sgtvnhmjk5kciup7xui5ssctm *
	//    └─ com.example.record/3jqfcqzm3fu2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454 +
}

// The nodes that prove that a record is there, as somebody sees them who has got
// nothing else of the tree.
func ExamplePicture() {
	ctx := context.Background()
	tree, _ := threeRecords()
	const key = "com.example.record/3jqfcqzm3ft2j"
	proof, err := tree.Proof(ctx, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	received, err := mst.Load(ctx, sourceOf(proof), tree.Root(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	picture := mst.Picture{{
		Tree:    received,
		Caption: "proof of " + key,
		Partial: true,
		Entry: func(e mst.Entry) mst.Mark {
			if e.Key == key {
				return mst.Marked
			}
			return mst.Plain
		},
	}}
	if err := picture.Text(ctx, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// proof of com.example.record/3jqfcqzm3ft2j
	// layer 1  bafyreicwc5ta6xezdoh3akcoc67tmuzgppidlj6tez2fphq5yebn3glqfy
	// ├─ layer 0  bafyreigjntfwvqhweqji2fwksikbi5blcg5agga2hyy6mmf33yn57hb2kq …
	// ├─ com.example.record/3jqfcqzm3fs2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454
	// └─ layer 0  bafyreic7viy36qabdlxzeguqyojwl4qobai57wq6hexjjmsjlj4vrrirje
	//    └─ com.example.record/3jqfcqzm3ft2j  bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454 *
}
