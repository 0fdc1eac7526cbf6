// Lexicon shows what a schema of one's own takes: schemas/sighting.json is the
// schema, package birds the Go that is generated from it, and this program checks
// a record, writes it and reads it; on the server of an account, if it is given:
//
//	go generate ./examples/lexicon && go run ./examples/lexicon
//	PASSWORD=abcd-efgh-ijkl-mnop go run ./examples/lexicon alice.example.com
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/examples/lexicon/birds"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

//go:generate go run ../../cmd/lexgen -config lexgen.json

func main() {
	host := flag.String("host", "", "`URL` of the account's server; without it, the name is looked up")
	dev := flag.Bool("dev", false, "admit servers on this machine")
	flag.Parse()
	o := &session.Options{Host: *host, Client: xrpc.Options{Development: *dev}}
	if err := run(context.Background(), os.Stdout, flag.Arg(0), o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, account string, o *session.Options) error {
	seen := &birds.Sighting{
		Species: "Linnet", SeenAt: "2026-08-19T12:34:56.789Z",
		Count:     new(int64(2)), // a property that is optional
		Behaviour: new(birds.SightingBehaviourSinging),
		Place:     birds.SightingPlace{Area: &birds.SightingArea{Name: "Galloway"}}, // one of several types
	}
	if err := seen.Validate(); err != nil {
		return err
	}
	record := lex.Of(seen) // as those who do not know the schema have it
	if account != "" {
		s, err := session.Login(ctx, account, os.Getenv("PASSWORD"), o)
		if err != nil {
			return err
		}
		defer s.Logout(ctx) //nolint:errcheck // the session runs out by itself
		repo, key := s.DID().String(), new(syntax.TIDClock).Next().String()
		in := &atproto.RepoCreateRecordInput{Repo: repo, Collection: birds.SightingNSID, RKey: &key, Record: record}
		if _, err := atproto.RepoCreateRecord(ctx, s.Client(), in); err != nil {
			return err
		}
		stored, err := atproto.RepoGetRecord(ctx, s.Client(), &atproto.RepoGetRecordParams{Repo: repo, Collection: birds.SightingNSID, RKey: key})
		if err != nil {
			return err
		}
		record = stored.Value
	}
	var again birds.Sighting
	if err := record.Decode(&again); err != nil {
		return err
	}
	switch place := again.Place.Value().(type) {
	case *birds.SightingArea:
		fmt.Fprintln(out, *again.Count, again.Species, *again.Behaviour, "in", place.Name)
	case *birds.SightingSpot:
		fmt.Fprintln(out, *again.Count, again.Species, "at", place.Latitude, place.Longitude)
	}
	again.Count = new(int64(0)) // nobody sees no bird
	fmt.Fprintln(out, again.Validate())
	return nil
}
