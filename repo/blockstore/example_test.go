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

// A store on a table of blocks and their references, without locks, and without
// a transaction around what Commit does: a database has both.
type table struct {
	head   dagcbor.CID
	blocks map[dagcbor.CID][]byte
	refs   map[dagcbor.CID]int
}

func (t *table) Commit(_ context.Context, b *blockstore.Batch) error {
	changes, err := b.Changes()
	if err != nil {
		return err
	}
	if b.Prev != t.head {
		return &blockstore.ConflictError{Want: b.Prev, Have: t.head}
	}
	after := make([]int, len(changes))
	for i := range changes { // nothing is written yet, for one may fail
		if after[i], err = changes[i].Apply(t.refs[changes[i].CID]); err != nil {
			return err
		}
	}
	for i, c := range changes {
		switch {
		case after[i] == 0:
			delete(t.refs, c.CID)
			delete(t.blocks, c.CID)
			continue
		case t.refs[c.CID] == 0:
			t.blocks[c.CID] = append([]byte{}, c.Data...)
		}
		t.refs[c.CID] = after[i]
	}
	t.head = b.Head
	return nil
}

// How a store does a batch.
func ExampleBatch_Changes() {
	ctx := context.Background()
	store := &table{blocks: map[dagcbor.CID][]byte{}, refs: map[dagcbor.CID]int{}}
	record := []byte("\xa1\x64text\x65Hello")
	c := dagcbor.Sum(dagcbor.DAGCBOR, record)
	block := car.Block{CID: c, Data: record}
	head := dagcbor.Sum(dagcbor.DAGCBOR, []byte("the commit"))
	err := store.Commit(ctx, &blockstore.Batch{Head: head, Put: []car.Block{block, block}})
	fmt.Println(len(store.blocks), store.refs[c], err)
	err = store.Commit(ctx, &blockstore.Batch{Prev: head, Head: head, Drop: []dagcbor.CID{c, c, c}})
	_, wrong := errors.AsType[*blockstore.BatchError](err)
	fmt.Println(len(store.blocks), store.refs[c], wrong)
	err = store.Commit(ctx, &blockstore.Batch{Prev: head, Head: head, Drop: []dagcbor.CID{c, c}})
	fmt.Println(len(store.blocks), store.refs[c], err)
	// Output:
	// 1 2 <nil>
	// 1 2 true
	// 0 0 <nil>
}
