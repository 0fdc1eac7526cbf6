// Export fetches the repository of an account from the server that hosts it,
// verifies it as it comes, and prints a line for each record:
//
//	go run ./examples/export alice.example.com
//
// Nobody has to be trusted but those who say what the account's key is, and
// nothing is held in memory: the repository may be of any size.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

func main() {
	plc := flag.String("plc", "", "`URL` of another PLC directory")
	dev := flag.Bool("dev", false, "admit servers on this machine")
	flag.Parse()
	if err := export(context.Background(), flag.Arg(0), &did.Options{PLC: *plc, Development: *dev}); err != nil {
		log.Fatal(err)
	}
}

func export(ctx context.Context, name string, o *did.Options) error {
	// The name leads to the account's key and server, checked both ways.
	id, err := syntax.ParseAtIdentifier(name)
	if err != nil {
		return err
	}
	dids, err := did.NewResolver(o)
	if err != nil {
		return err
	}
	account, err := did.NewDirectory(dids, did.NewHandleResolver(o), nil).Lookup(ctx, id)
	if err != nil {
		return err
	}
	key, keyErr := account.SigningKey()
	host, hostErr := account.PDS()
	if err := errors.Join(keyErr, hostErr); err != nil {
		return err
	}

	// The answer is a stream, from which the verifier reads.
	client, err := xrpc.New(host, &xrpc.Options{Development: o.Development})
	if err != nil {
		return err
	}
	res, err := atproto.SyncGetRepo(ctx, client, &atproto.SyncGetRepoParams{DID: account.DID().String()})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	stream, err := repo.ReadStream(ctx, res.Body, &repo.Options{Key: key, DID: account.DID(), CheckRecords: true})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for record, err := range stream.Records(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, record.Path(), record.CID())
	}
	fmt.Fprintf(out, "verified: %d records at rev %s\n", stream.Stats().Records, stream.Commit().Rev())
	return out.Flush()
}
