package record_test

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/record"
)

// A record from anywhere in the network, verified.
func Example() {
	dids, err := did.NewResolver(nil)
	if err != nil {
		panic(err)
	}
	directory := did.NewDirectory(dids, did.NewHandleResolver(nil), nil)
	defer directory.Close()
	fetcher := record.New(directory, nil)

	uri, err := syntax.ParseATURI("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.actor.profile/self")
	if err != nil {
		panic(err)
	}
	profile, err := fetcher.Get(context.Background(), uri)
	if err != nil {
		panic(err)
	}
	text, err := data.ToJSON(profile.Bytes(), nil)
	fmt.Println(string(text), err)
}
