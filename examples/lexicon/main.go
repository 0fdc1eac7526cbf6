// Lexicon shows what a schema of one's own takes: schemas/sighting.json is the
// schema, package birds the Go that is generated from it, and this program writes
// a record, reads it and checks it. It needs no network:
//
//	go generate ./examples/lexicon && go run ./examples/lexicon
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/examples/lexicon/birds"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

//go:generate go run ../../cmd/lexgen -config lexgen.json

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	key, err := crypto.GenerateKey(crypto.DefaultCurve)
	if err != nil {
		return err
	}
	r := repo.New(syntax.MustParseDID("did:web:alice.example.com"), key, nil)

	// Write.
	seen := birds.Sighting{
		Species: "Linnet", SeenAt: "2026-08-19T12:34:56.789Z",
		Count:     new(int64(2)), // a property that is optional
		Behaviour: new(birds.SightingBehaviourSinging),
		Place:     birds.SightingPlace{Area: &birds.SightingArea{Name: "Galloway"}}, // one of several types
	}
	if err := seen.Validate(); err != nil {
		return err
	}
	record, err := seen.MarshalCBOR()
	if err != nil {
		return err
	}
	path := syntax.MustParseRepoPath(birds.SightingNSID + "/3jzfcijpj2z2a")
	if _, err := r.Apply(ctx, repo.Create(path, record)); err != nil {
		return err
	}

	// Read.
	stored, _, err := r.Get(ctx, path)
	if err != nil {
		return err
	}
	var again birds.Sighting
	if err := again.UnmarshalCBOR(stored.Bytes()); err != nil {
		return err
	}
	switch place := again.Place.Value().(type) {
	case *birds.SightingArea:
		fmt.Fprintln(out, *again.Count, again.Species, *again.Behaviour, "in", place.Name)
	case *birds.SightingSpot:
		fmt.Fprintln(out, *again.Count, again.Species, "at", place.Latitude, place.Longitude)
	}

	// Check: nobody sees no bird.
	again.Count = new(int64(0))
	fmt.Fprintln(out, again.Validate())
	return nil
}
