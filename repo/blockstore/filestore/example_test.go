package filestore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
	"github.com/linnet-at/linnet/repo/car"
)

func Example() {
	ctx := context.Background()
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(parent) }()
	dir := filepath.Join(parent, "repository")

	store, err := filestore.Open(dir, nil)
	if err != nil {
		log.Fatal(err)
	}
	record := []byte("\xa1\x64text\x65Hello")
	block := car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, record), Data: record}
	commit := dagcbor.Sum(dagcbor.DAGCBOR, []byte("the commit"))
	err = store.Commit(ctx, &blockstore.Batch{Head: commit, Put: []car.Block{block}})
	fmt.Println("committed:", err)
	fmt.Println("closed:", store.Close())

	store, err = filestore.Open(dir, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	head, _ := store.Head(ctx)
	data, err := store.Block(ctx, block.CID)
	fmt.Println(head == commit, len(data), err)
	// Output:
	// committed: <nil>
	// closed: <nil>
	// true 12 <nil>
}
