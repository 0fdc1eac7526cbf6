package repo_test

import (
	"context"
	"fmt"
	"log"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// An account changed its key. Whoever has the old one in a cache looks once more,
// and only then believes that a signature is bad.
func ExampleVerifyWith() {
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

	cache := map[syntax.DID]*crypto.PublicKey{r.DID(): exampleKey.PublicKey()}
	keys := func(_ context.Context, account syntax.DID, refresh bool) (*crypto.PublicKey, error) {
		fmt.Println("asked for the key, refresh:", refresh)
		if refresh {
			cache[account] = newKey.PublicKey() // from the DID document
		}
		return cache[account], nil
	}
	var v repo.Verifier
	message := result.Message()
	verified, err := repo.VerifyWith(ctx, keys, message.Repo, func(key *crypto.PublicKey) (*repo.Verified, error) {
		return v.Commit(ctx, message, key, nil)
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("verified:", verified.Commit.CID() == r.Head().CID())
	// Output:
	// asked for the key, refresh: false
	// asked for the key, refresh: true
	// verified: true
}
