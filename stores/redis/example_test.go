package redisstore_test

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/stores/redis"
	"github.com/linnet-at/linnet/syntax"
)

// A directory asks the server before the network.
func Example() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	defer func() { _ = client.Close() }()
	dids, err := did.NewResolver(nil)
	if err != nil {
		panic(err)
	}
	directory := did.NewDirectory(dids, did.NewHandleResolver(nil), &did.DirectoryOptions{Cache: redisstore.New(client, nil)})
	defer func() { _ = directory.Close() }()
	_, _ = directory.LookupHandle(context.Background(), syntax.MustParseHandle("alice.example.com"))
}
