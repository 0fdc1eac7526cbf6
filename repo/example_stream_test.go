package repo_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// exported returns a repository as a server exports it, and the account's key.
func exported(ctx context.Context) ([]byte, *crypto.PublicKey) {
	key, err := crypto.GenerateKey(crypto.K256)
	if err != nil {
		log.Fatal(err)
	}
	r := repo.New(syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), key, nil)
	var writes []repo.Write
	for _, path := range []string{"com.example.note/a", "com.example.note/b", "com.example.profile/self"} {
		p, err := syntax.ParseRepoPath(path)
		if err != nil {
			log.Fatal(err)
		}
		record, err := data.Marshal(map[string]any{"$type": p.Collection().String(), "name": path}, nil)
		if err != nil {
			log.Fatal(err)
		}
		writes = append(writes, repo.Create(p, record))
	}
	if _, err := r.Apply(ctx, writes...); err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := r.Export(ctx, &file); err != nil {
		log.Fatal(err)
	}
	return file.Bytes(), key.PublicKey()
}

// A repository is verified while it is read, for example from the body of an
// HTTP response, and is never in memory as a whole.
func ExampleReadStream() {
	ctx := context.Background()
	file, key := exported(ctx)

	s, err := repo.ReadStream(ctx, bytes.NewReader(file), &repo.Options{Key: key})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	fmt.Println(s.Commit().DID())
	for record, err := range s.Records(ctx) {
		if err != nil {
			log.Fatal(err) // what came before is verified, the rest is not
		}
		if err := record.Validate(); err != nil {
			continue // one bad record says nothing about the others
		}
		fmt.Println(record.Path())
	}
	fmt.Println("in pre-order:", s.Stats().Ordered)
	// Output:
	// did:plc:ewvi7nxzyoun6zhxrhs64oiz
	// com.example.note/a
	// com.example.note/b
	// com.example.profile/self
	// in pre-order: true
}

// One collection is read without looking at the others.
func ExampleExport_Collection() {
	ctx := context.Background()
	file, key := exported(ctx)

	export, err := repo.ReadBytes(file, &repo.Options{Key: key})
	if err != nil {
		log.Fatal(err)
	}
	for record, err := range export.Collection(ctx, syntax.MustParseNSID("com.example.note")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.Path())
	}
	// Output:
	// com.example.note/a
	// com.example.note/b
}
