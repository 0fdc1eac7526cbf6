package blockstore_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// The same record at two paths is one block with two references.
func Example() {
	ctx := context.Background()
	var store blockstore.Store = new(blockstore.Memory)
	record := []byte("\xa1\x64text\x65Hello")
	c := dagcbor.Sum(dagcbor.DAGCBOR, record)
	block := car.Block{CID: c, Data: record}
	commits := []dagcbor.CID{
		dagcbor.Sum(dagcbor.DAGCBOR, []byte("first commit")),
		dagcbor.Sum(dagcbor.DAGCBOR, []byte("second commit")),
		dagcbor.Sum(dagcbor.DAGCBOR, []byte("third commit")),
	}
	for _, batch := range []*blockstore.Batch{
		{Head: commits[0], Put: []car.Block{block, block}},
		{Prev: commits[0], Head: commits[1], Drop: []dagcbor.CID{c}},
		{Prev: commits[0], Head: commits[1], Drop: []dagcbor.CID{c}}, // somebody who is late
		{Prev: commits[1], Head: commits[2], Drop: []dagcbor.CID{c}},
	} {
		err := store.Commit(ctx, batch)
		_, missing := store.Block(ctx, c)
		fmt.Println("conflict:", errors.Is(err, blockstore.ErrConflict), "there:", missing == nil)
	}
	// Output:
	// conflict: false there: true
	// conflict: false there: true
	// conflict: true there: true
	// conflict: false there: false
}
