package pebblestore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/stores/pebble"
)

func Example() {
	ctx := context.Background()
	db, err := pebble.Open("repositories", &pebble.Options{
		FS:     vfs.NewMem(), // leave this out for a database on disk
		Logger: quiet{},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	store := pebblestore.New(db, nil).Store("did:plc:ewvi7nxzyoun6zhxrhs64oiz")

	record := []byte("\xa1\x64text\x65Hello")
	block := car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, record), Data: record}
	// In a repository this is the commit, and its nodes are in Put as well.
	commit := dagcbor.Sum(dagcbor.DAGCBOR, []byte("the commit"))
	if err := store.Commit(ctx, &blockstore.Batch{Head: commit, Put: []car.Block{block}}); err != nil {
		fmt.Println(err)
		return
	}
	data, err := store.Block(ctx, block.CID)
	fmt.Printf("%x %v\n", data, err)
	head, err := store.Head(ctx)
	fmt.Println(head == commit, err)
	// Output:
	// a164746578746548656c6c6f <nil>
	// true <nil>
}
