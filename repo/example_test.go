package repo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// Post is a record as a Go struct.
type Post struct {
	Type string `cbor:"$type"`
	Text string `cbor:"text"`
}

// A repository in memory: writes become signed commits, and the whole becomes a
// CAR file.
func ExampleNew() {
	ctx := context.Background()
	key, err := crypto.GenerateKey(crypto.DefaultCurve)
	if err != nil {
		log.Fatal(err)
	}
	r := repo.New(syntax.MustParseDID("did:web:alice.example.com"), key, nil)

	path := syntax.MustParseRepoPath("com.example.post/3jzfcijpj2z2a")
	post, err := dagcbor.Marshal(Post{"com.example.post", "Hello, world!"})
	if err != nil {
		log.Fatal(err)
	}
	res, err := r.Apply(ctx, repo.Create(path, post))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(res.Ops), "record written, signed:", res.Commit.Verify(key.PublicKey()) == nil)

	var file bytes.Buffer
	if err := r.Export(ctx, &file); err != nil {
		log.Fatal(err)
	}
	fmt.Println(file.Len(), "bytes of CAR")
	// Output:
	// 1 record written, signed: true
	// 486 bytes of CAR
}

// All writes of an Apply happen or none, and the error says at which it failed.
func ExampleRepo_Apply() {
	ctx := context.Background()
	r := exampleRepo()
	first := syntax.MustParseRepoPath("com.example.post/first")
	second := syntax.MustParseRepoPath("com.example.post/second")
	third := syntax.MustParseRepoPath("com.example.post/third")
	post, err := dagcbor.Marshal(Post{"com.example.post", "Edited."})
	if err != nil {
		log.Fatal(err)
	}

	before := r.Head()
	_, err = r.Apply(ctx, repo.Update(first, post), repo.Delete(third))
	if bad, found := errors.AsType[*repo.WriteError](err); found && errors.Is(err, mst.ErrNoKey) {
		fmt.Println("no record at", bad.Path, "and nothing changed:", r.Head() == before)
	}

	res, err := r.Apply(ctx, repo.Update(first, post), repo.Delete(second))
	if err != nil {
		log.Fatal(err)
	}
	for _, op := range res.Ops {
		fmt.Println(op.Path, "had", op.Prev.Defined(), "has", op.CID.Defined())
	}
	fmt.Println("follows revision", res.Since == before.Rev())
	// Output:
	// no record at com.example.post/third and nothing changed: true
	// com.example.post/first had true has true
	// com.example.post/second had true has false
	// follows revision true
}

// Verify a repository that somebody exported: whoever has the account's key can
// check that all records are as the account signed them.
func ExampleRead() {
	ctx := context.Background()
	file, did, key := exampleExport() // from com.atproto.sync.getRepo and the DID document

	export, err := repo.Read(ctx, bytes.NewReader(file), &repo.Options{DID: did, Key: key})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(export.Commit().DID(), "signed")
	for record, err := range export.Records(ctx) {
		if err != nil {
			log.Fatal(err) // what came before is right, but not all there is
		}
		json, err := data.ToJSON(record.Bytes(), nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %s\n", record.Path(), json)
	}
	// Output:
	// did:web:alice.example.com signed
	// com.example.post/first {"text":"Hello, world!","$type":"com.example.post"}
	// com.example.post/second {"text":"Linnets sing.","$type":"com.example.post"}
}

// Damage has a type that says what it hit.
func ExampleRead_damage() {
	ctx := context.Background()
	file, did, key := exampleExport()
	check := func(file []byte, key *crypto.PublicKey) error {
		export, err := repo.Read(ctx, bytes.NewReader(file), &repo.Options{DID: did, Key: key})
		if err != nil {
			return err
		}
		for _, err := range export.Records(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	}

	text := bytes.LastIndex(file, []byte("Linnets sing."))
	changed := bytes.Clone(file)
	copy(changed[text:], "Linnets bark.")
	hash, found := errors.AsType[*car.HashError](check(changed, key))
	fmt.Println("changed:", found, hash.Offset > 0)

	// A file without its last block, of which 44 bytes stand before the text,
	// looks complete until somebody looks for that block.
	missing, found := errors.AsType[*repo.MissingRecordError](check(file[:text-44], key))
	fmt.Println("cut off:", found, missing.Path)

	other, err := crypto.GenerateKey(key.Curve())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("not signed with this key:", errors.Is(check(file, other.PublicKey()), crypto.ErrInvalidSignature))
	// Output:
	// changed: true true
	// cut off: true com.example.post/second
	// not signed with this key: true
}

// What a record has to be is asked of each one: one that is wrong says nothing
// about the others.
func ExampleRecord_Validate() {
	ctx := context.Background()
	file, did, key := exampleExport()
	export, err := repo.Read(ctx, bytes.NewReader(file), &repo.Options{DID: did, Key: key})
	if err != nil {
		log.Fatal(err)
	}
	for record, err := range export.Records(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		if err := record.Validate(); err != nil {
			fmt.Println("skipped:", err)
			continue
		}
		var post Post
		if err := record.Unmarshal(&post); err != nil {
			log.Fatal(err)
		}
		fmt.Println(post.Text)
	}
	// Output:
	// Hello, world!
	// Linnets sing.
}

var exampleKey = func() *crypto.PrivateKey {
	key, err := crypto.GenerateKey(crypto.P256)
	if err != nil {
		log.Fatal(err)
	}
	return key
}()

// exampleRepo returns a repository of two posts.
func exampleRepo() *repo.Repo {
	r := repo.New(syntax.MustParseDID("did:web:alice.example.com"), exampleKey, nil)
	var writes []repo.Write
	for _, post := range []struct {
		path syntax.RepoPath
		text string
	}{
		{syntax.MustParseRepoPath("com.example.post/first"), "Hello, world!"},
		{syntax.MustParseRepoPath("com.example.post/second"), "Linnets sing."},
	} {
		record, err := dagcbor.Marshal(Post{"com.example.post", post.text})
		if err != nil {
			log.Fatal(err)
		}
		writes = append(writes, repo.Create(post.path, record))
	}
	if _, err := r.Apply(context.Background(), writes...); err != nil {
		log.Fatal(err)
	}
	return r
}

func exampleExport() ([]byte, syntax.DID, *crypto.PublicKey) {
	r := exampleRepo()
	var file bytes.Buffer
	if err := r.Export(context.Background(), &file); err != nil {
		log.Fatal(err)
	}
	return file.Bytes(), r.DID(), exampleKey.PublicKey()
}
