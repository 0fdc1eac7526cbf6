// Quickstart is a walk through the life of a repository, with nothing but Go:
// no network, no server, no file. Run it with
//
//	go run ./examples/quickstart
//
// It makes a key, writes records, signs a commit, exports the repository, and
// then changes sides: it reads the export as a stranger would, who trusts
// nothing but the key.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// A record is a struct with field tags, cbor or json. Its $type says which
// schema it follows.
type profile struct {
	Type        string `json:"$type"`
	DisplayName string `json:"displayName"`
}

type post struct {
	Type      string `json:"$type"`
	Text      string `json:"text"`
	CreatedAt string `json:"createdAt"`
}

type follow struct {
	Type      string     `json:"$type"`
	Subject   syntax.DID `json:"subject"`
	CreatedAt string     `json:"createdAt"`
}

const createdAt = "2026-11-22T09:00:00.000Z"

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	// 1. A key. Its public half, in the account's DID document, is what
	// everything below is verified with.
	key, err := crypto.GenerateKey(crypto.K256)
	if err != nil {
		return err
	}
	alice := syntax.MustParseDID("did:web:alice.example.com")
	fmt.Fprintf(out, "account  %s\nkey      %s\n", alice, key.PublicKey().DIDKey())

	// 2. A repository in memory, and records for it.
	r := repo.New(alice, key, nil)
	export, err := write(ctx, r, out)
	if err != nil {
		return err
	}

	// 3. A stranger gets the file and the key, and checks all of it.
	if err := read(ctx, export, alice, key.PublicKey(), out); err != nil {
		return err
	}

	// 4. What the tree of hashes below the commit looks like.
	fmt.Fprintln(out, "\nThe tree:")
	if err := r.Tree().Draw(ctx, out); err != nil {
		return err
	}

	// 5. Whoever changes a single bit is found out.
	return tamper(ctx, export, key.PublicKey(), out)
}

// write makes two commits and returns the repository as a CAR file.
func write(ctx context.Context, r *repo.Repo, out io.Writer) ([]byte, error) {
	// Record keys of posts are TIDs: timestamps that sort.
	var clock syntax.TIDClock
	newKey := func(collection syntax.NSID) syntax.RepoPath {
		return syntax.NewRepoPath(collection, clock.Next().RecordKey())
	}
	var (
		posts   = syntax.MustParseNSID("app.bsky.feed.post")
		follows = syntax.MustParseNSID("app.bsky.graph.follow")
		self    = syntax.MustParseRepoPath("app.bsky.actor.profile/self")
		first   = newKey(posts)
		second  = newKey(posts)
	)

	// Records travel as bytes in canonical DAG-CBOR.
	var writes []repo.Write
	for _, record := range []struct {
		path  syntax.RepoPath
		value any
	}{
		{self, profile{"app.bsky.actor.profile", "Alice"}},
		{first, post{"app.bsky.feed.post", "Hello, wrold!", createdAt}},
		{second, post{"app.bsky.feed.post", "I will regret this.", createdAt}},
		{newKey(posts), post{"app.bsky.feed.post", "Linnets sing.", createdAt}},
		{newKey(follows), follow{"app.bsky.graph.follow", syntax.MustParseDID("did:web:bob.example.com"), createdAt}},
	} {
		block, err := dagcbor.Marshal(record.value)
		if err != nil {
			return nil, err
		}
		writes = append(writes, repo.Create(record.path, block))
	}

	// All writes of a commit happen, or none of them.
	result, err := r.Apply(ctx, writes...)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "commit   %s  rev %s  %d records created\n", result.Commit.CID(), result.Commit.Rev(), len(result.Ops))

	// Records are replaced and removed by path.
	edited, err := dagcbor.Marshal(post{"app.bsky.feed.post", "Hello, world!", createdAt})
	if err != nil {
		return nil, err
	}
	result, err = r.Apply(ctx, repo.Update(first, edited), repo.Delete(second))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "commit   %s  rev %s  one edited, one deleted\n", result.Commit.CID(), result.Commit.Rev())

	var file bytes.Buffer
	if err := r.Export(ctx, &file); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "export   %d bytes of CAR\n", file.Len())
	return file.Bytes(), nil
}

// read verifies the file: the signature, every hash, the structure of the tree
// and the order of its keys. It prints the records as JSON.
func read(ctx context.Context, file []byte, account syntax.DID, key *crypto.PublicKey, out io.Writer) error {
	export, err := repo.Read(ctx, bytes.NewReader(file), &repo.Options{Key: key, DID: account})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nVerified: %s signed revision %s, which has\n", export.Commit().DID(), export.Commit().Rev())
	for record, err := range export.Records(ctx) {
		if err != nil {
			return err
		}
		value, err := data.ToJSON(record.Bytes(), nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n\t%s\n", record.Path(), value)
	}
	return nil
}

// tamper flips the lowest bit of the file's last byte, in the text of a record,
// and reads it again.
func tamper(ctx context.Context, file []byte, key *crypto.PublicKey, out io.Writer) error {
	file[len(file)-1] ^= 1
	_, err := repo.Read(ctx, bytes.NewReader(file), &repo.Options{Key: key})
	bad, found := errors.AsType[*car.HashError](err)
	if !found {
		return fmt.Errorf("the flipped bit went unnoticed: %w", err)
	}
	fmt.Fprintf(out, "\nOne bit flipped: %T\n\t%s\n", bad, bad)
	return nil
}
