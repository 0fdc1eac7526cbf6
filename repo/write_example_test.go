package repo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

func examplePost(text string) []byte {
	record, err := dagcbor.Marshal(Post{"com.example.post", text})
	if err != nil {
		log.Fatal(err)
	}
	return record
}

// A host keeps the blocks of each account in a store, and opens the repository
// when there is something to do.
func ExampleOpen() {
	ctx := context.Background()
	alice := syntax.MustParseDID("did:web:alice.example.com")
	var store blockstore.Memory // or one on a disk

	r, err := repo.Open(ctx, &store, alice, exampleKey, nil)
	if err != nil {
		log.Fatal(err)
	}
	path := syntax.MustParseRepoPath("com.example.post/first")
	if _, err := r.Apply(ctx, repo.Create(path, examplePost("Hello, world!"))); err != nil {
		log.Fatal(err)
	}

	// Later, elsewhere.
	r, err = repo.Open(ctx, &store, alice, exampleKey, nil)
	if err != nil {
		log.Fatal(err)
	}
	record, found, err := r.Get(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found, record.Path())
	// Output:
	// true com.example.post/first
}

// Writes can depend on what is there, so that nobody overwrites what somebody
// else has changed in between.
func ExampleWrite_IfPrev() {
	ctx := context.Background()
	r := exampleRepo()
	path := syntax.MustParseRepoPath("com.example.post/first")
	read, _, err := r.Get(ctx, path)
	if err != nil {
		log.Fatal(err)
	}

	edit := repo.Put(path, examplePost("Hello, all!")).IfPrev(read.CID())
	_, err = r.Apply(ctx, edit)
	fmt.Println("first:", err)
	_, err = r.Apply(ctx, edit)
	fmt.Println("second:", errors.Is(err, repo.ErrSwap))
	// Output:
	// first: <nil>
	// second: true
}

// What a commit did is told to others as a message. They verify it with the key
// and with what the message before left them: two short values.
func ExampleVerifier() {
	ctx := context.Background()
	r := exampleRepo()
	known := r.Head().State()
	result, err := r.Apply(ctx,
		repo.Create(syntax.MustParseRepoPath("com.example.post/third"), examplePost("Goldfinches, too.")),
		repo.Delete(syntax.MustParseRepoPath("com.example.post/first")),
	)
	if err != nil {
		log.Fatal(err)
	}
	message := result.Message() // the fields of com.atproto.sync.subscribeRepos#commit

	var v repo.Verifier
	verified, err := v.Commit(ctx, message, exampleKey.PublicKey(), &known)
	if err != nil {
		log.Fatal(err)
	}
	for i, op := range message.Ops {
		fmt.Println(op.Action, op.Path, len(verified.Records[i].Bytes()), "bytes")
	}

	// One op is kept back.
	forged := *message
	forged.Ops = message.Ops[:1]
	_, err = v.Commit(ctx, &forged, exampleKey.PublicKey(), &known)
	bad, _ := errors.AsType[*repo.MessageError](err)
	fmt.Println("wrong:", bad.Field)

	// The same message comes again.
	known = verified.Commit.State()
	_, err = v.Commit(ctx, message, exampleKey.PublicKey(), &known)
	fmt.Println("stale:", errors.Is(err, repo.ErrStale))
	// Output:
	// create com.example.post/third 47 bytes
	// delete com.example.post/first 0 bytes
	// wrong: prevData
	// stale: true
}

// One record is proven without the rest of the repository, and so is that there
// is none.
func ExampleVerifyProof() {
	ctx := context.Background()
	r := exampleRepo()
	for _, path := range []syntax.RepoPath{
		syntax.MustParseRepoPath("com.example.post/second"),
		syntax.MustParseRepoPath("com.example.post/third"),
	} {
		var file bytes.Buffer // as com.atproto.sync.getRecord serves it
		if err := r.WriteProof(ctx, &file, path); err != nil {
			log.Fatal(err)
		}
		record, found, err := repo.VerifyProof(ctx, file.Bytes(), path, &repo.Options{DID: r.DID(), Key: exampleKey.PublicKey()})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(path, found, len(record.Bytes()), "bytes")
	}
	// Output:
	// com.example.post/second true 43 bytes
	// com.example.post/third false 0 bytes
}

// A mirror takes a repository over whole, and then what is new.
func ExampleImportDiff() {
	ctx := context.Background()
	r := exampleRepo()
	o := &repo.Options{DID: r.DID(), Key: exampleKey.PublicKey()}
	var mirror blockstore.Memory

	var file bytes.Buffer // from com.atproto.sync.getRepo
	if err := r.Export(ctx, &file); err != nil {
		log.Fatal(err)
	}
	if _, err := repo.Import(ctx, &mirror, &file, o); err != nil {
		log.Fatal(err)
	}

	result, err := r.Apply(ctx,
		repo.Create(syntax.MustParseRepoPath("com.example.post/third"), examplePost("Goldfinches, too.")),
		repo.Delete(syntax.MustParseRepoPath("com.example.post/first")),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := r.ExportSinceOps(ctx, &file, result.PrevData, result.Ops...); err != nil { // and with the parameter since
		log.Fatal(err)
	}
	commit, changes, err := repo.ImportDiff(ctx, &mirror, &file, o)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range changes {
		fmt.Println(c.Action() == mst.Create, c.Key)
	}
	fmt.Println("up to date:", commit.CID() == r.Head().CID())
	// Output:
	// false com.example.post/first
	// true com.example.post/third
	// up to date: true
}

// A host takes a repository over from a CAR file. What it has then is verified.
func ExampleImport() {
	ctx := context.Background()
	file, did, key := exampleExport() // from com.atproto.sync.getRepo and the DID document
	var store blockstore.Memory       // or one on a disk

	commit, err := repo.Import(ctx, &store, bytes.NewReader(file), &repo.Options{DID: did, Key: key})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("imported", commit.DID())

	// The same again is not later than what is there.
	_, err = repo.Import(ctx, &store, bytes.NewReader(file), &repo.Options{DID: did, Key: key})
	fmt.Println("stale:", errors.Is(err, repo.ErrStale))
	// Output:
	// imported did:web:alice.example.com
	// stale: true
}

// A repository is served to whoever asks for it, while others write to it.
func ExampleRepo_Export() {
	ctx := context.Background()
	r := exampleRepo()
	var answer bytes.Buffer // of com.atproto.sync.getRepo: application/vnd.ipld.car
	if err := r.Export(ctx, &answer); err != nil {
		log.Fatal(err)
	}
	export, err := repo.ReadBytes(answer.Bytes(), &repo.Options{DID: r.DID(), Key: exampleKey.PublicKey()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(export.Commit().Rev() == r.Head().Rev(), export.Blocks(), "blocks")
	// Output:
	// true 4 blocks
}

// One collection can be verified without the others, and that it is all of it.
func ExampleRepo_ExportCollection() {
	ctx := context.Background()
	r := exampleRepo()
	posts := syntax.MustParseNSID("com.example.post")
	var file bytes.Buffer
	if err := r.ExportCollection(ctx, &file, posts); err != nil {
		log.Fatal(err)
	}
	part, err := repo.ReadBytes(file.Bytes(), &repo.Options{DID: r.DID(), Key: exampleKey.PublicKey()})
	if err != nil {
		log.Fatal(err)
	}
	for record, err := range part.Collection(ctx, posts) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.Path())
	}
	// Output:
	// com.example.post/first
	// com.example.post/second
}

// A tree that is to be read while others write is held.
func ExampleRepo_Hold() {
	ctx := context.Background()
	r := exampleRepo()
	release, err := r.Hold(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer release()
	tree := r.Tree()
	if _, err := r.Apply(ctx, repo.Delete(syntax.MustParseRepoPath("com.example.post/first"))); err != nil {
		log.Fatal(err)
	}
	n, err := tree.Count(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "records before")
	// Output:
	// 2 records before
}

// More than a message can carry is announced by a #sync.
func ExampleRepo_ApplyWith() {
	ctx := context.Background()
	r := exampleRepo()
	var writes []repo.Write
	var clock syntax.TIDClock
	for range 500 {
		path, err := syntax.ParseRepoPath("com.example.post/" + clock.Next().String())
		if err != nil {
			log.Fatal(err)
		}
		writes = append(writes, repo.Create(path, examplePost("Linnets sing.")))
	}
	_, err := r.Apply(ctx, writes...)
	fmt.Println(err)

	result, err := r.ApplyWith(ctx, &repo.ApplyOptions{SwapCommit: r.Head().CID(), AllowTooBig: true}, writes...)
	if err != nil {
		log.Fatal(err)
	}
	if result.TooBig {
		fmt.Println("announced by a #sync:", result.Commit.Rev() == r.Head().Rev()) // with result.SyncCAR
	}
	// Output:
	// repo: writes in a commit 500 exceeds the limit of 200
	// announced by a #sync: true
}

// Who asks for what is new since a revision gets it from the ops that a host has
// kept for its event stream, with the root of the tree before the first of them.
func ExampleRepo_ExportSinceOps() {
	ctx := context.Background()
	r := exampleRepo()
	since := r.Head()
	var ops []repo.Op // of all commits since then
	for _, text := range []string{"Goldfinches, too.", "Only goldfinches."} {
		result, err := r.Apply(ctx, repo.Put(syntax.MustParseRepoPath("com.example.post/third"), examplePost(text)))
		if err != nil {
			log.Fatal(err)
		}
		ops = append(ops, result.Ops...)
	}

	var file bytes.Buffer
	err := r.ExportSinceOps(ctx, &file, since.Data(), ops...)
	fmt.Println("exported:", err == nil)

	// Some ops have been forgotten.
	err = r.ExportSinceOps(ctx, &file, since.Data(), ops[1:]...)
	fmt.Println("the whole is needed:", errors.Is(err, repo.ErrDesynchronized))
	// Output:
	// exported: true
	// the whole is needed: true
}

// What changed since then can also be looked at.
func ExampleRepo_TreeBefore() {
	ctx := context.Background()
	r := exampleRepo()
	since := r.Head()
	var ops []repo.Op // of all commits since then
	for _, text := range []string{"Goldfinches, too.", "Only goldfinches."} {
		result, err := r.Apply(ctx, repo.Put(syntax.MustParseRepoPath("com.example.post/third"), examplePost(text)))
		if err != nil {
			log.Fatal(err)
		}
		ops = append(ops, result.Ops...)
	}

	release, err := r.Hold(ctx) // the tree is read from the repository
	if err != nil {
		log.Fatal(err)
	}
	defer release()
	before, err := r.TreeBefore(ctx, ops...)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the same tree:", since.Data() == before.Root())
	for change, err := range mst.Diff(ctx, before, r.Tree()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Action(), change.Key)
	}
	// Output:
	// the same tree: true
	// create com.example.post/third
}

// After a change of its key an account's content is signed again.
func ExampleRepo_Resign() {
	ctx := context.Background()
	r := exampleRepo()
	newKey, err := crypto.GenerateKey(crypto.K256)
	if err != nil {
		log.Fatal(err)
	}
	r.SetKey(newKey)
	result, err := r.Resign(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("same content:", result.Commit.Data() == result.PrevData)
	fmt.Println("new signature:", result.Commit.Verify(newKey.PublicKey()) == nil)
	// Output:
	// same content: true
	// new signature: true
}

// Records of one collection are read and exported without the others.
func ExampleRepo_Collection() {
	ctx := context.Background()
	r := exampleRepo()
	for record, err := range r.Collection(ctx, syntax.MustParseNSID("com.example.post")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.Path())
	}
	// Output:
	// com.example.post/first
	// com.example.post/second
}

// A picture of a commit shows which nodes went and which came, and leaves out
// those that it did not touch.
func ExampleResult_Draw() {
	ctx := context.Background()
	r := repo.New(syntax.MustParseDID("did:web:alice.example.com"), exampleKey, nil)
	var writes []repo.Write
	for _, key := range []syntax.RepoPath{
		syntax.MustParseRepoPath("com.example.post/3jqfcqzm3fp2j"),
		syntax.MustParseRepoPath("com.example.post/3jqfcqzm3fr2j"),
		syntax.MustParseRepoPath("com.example.post/3jqfcqzm3fs2j"),
		syntax.MustParseRepoPath("com.example.post/3jqfcqzm3ft2j"),
		syntax.MustParseRepoPath("com.example.post/3jqfcqzm4fd2j"),
	} {
		writes = append(writes, repo.Create(key, examplePost("Hello!")))
	}
	if _, err := r.Apply(ctx, writes...); err != nil {
		log.Fatal(err)
	}
	result, err := r.Apply(ctx, repo.Delete(writes[0].Path()))
	if err != nil {
		log.Fatal(err)
	}
	if err := result.Draw(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// before
	// layer 1  bafyreidpfftunfeztjj3kssglkddnezljigkximyqsum7ckbrlb3rm4b5q *
	// ├─ layer 0  bafyreibdb6zucwsolbu5hcppoxzaukgyt3ctwdmopzwqqpbdji56ct2tgi *
	// │  ├─ com.example.post/3jqfcqzm3fp2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4 -
	// │  ├─ com.example.post/3jqfcqzm3fr2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4
	// │  └─ com.example.post/3jqfcqzm3fs2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4
	// ├─ com.example.post/3jqfcqzm3ft2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4
	// └─ layer 0  bafyreiaghxxw5blscegh4iety7cr6smw772lzeowvxtnaw3ok6bvhyuldy …
	//
	// after
	// layer 1  bafyreie3htpeddyacbvxtg3qatodiglyovxl7hir74x4qs3mvzlgggfiwy *
	// ├─ layer 0  bafyreifm2ouu4jzflkenh334bslvtrjengvfcukqalp22nqwtuhn4ojkpi *
	// │  ├─ com.example.post/3jqfcqzm3fr2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4
	// │  └─ com.example.post/3jqfcqzm3fs2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4
	// ├─ com.example.post/3jqfcqzm3ft2j  bafyreih2uaaz5o4vhl7dfjz2o5zt7gopr7vbhr4lnky4ep6aep4kd75ay4
	// └─ layer 0  bafyreiaghxxw5blscegh4iety7cr6smw772lzeowvxtnaw3ok6bvhyuldy …
}
