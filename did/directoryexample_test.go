package did_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/session"
)

// exampleNetwork stands for the network: alice, whose handle is hers, and mallory,
// who claims it.
func exampleNetwork() (did.Static, did.StaticHandles) {
	alice := syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	mallory := syntax.MustParseDID("did:web:mallory.example.com")
	claim := []string{"at://alice.example.com"}
	return did.Static{
			alice: {
				ID: alice, AlsoKnownAs: claim,
				VerificationMethods: []did.VerificationMethod{{
					ID: "#atproto", Type: crypto.TypeMultikey, Controller: alice.String(), PublicKeyMultibase: "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc",
				}},
				Services: []did.Service{{ID: "#atproto_pds", Type: did.PDSType, Endpoint: "https://pds.example.com"}},
			},
			mallory: {ID: mallory, AlsoKnownAs: claim},
		}, did.StaticHandles{
			syntax.MustParseHandle("alice.example.com"):   alice,
			syntax.MustParseHandle("mallory.example.com"): mallory,
		}
}

// Who is it? With a real network, the resolvers are those of did.NewResolver and
// did.NewHandleResolver.
func ExampleDirectory() {
	directory := did.NewDirectory(exampleResolvers())
	defer directory.Close()
	ctx := context.Background()

	alice, err := directory.LookupHandle(ctx, syntax.MustParseHandle("Alice.Example.com"))
	if err != nil {
		panic(err)
	}
	pds, err := alice.PDS()
	fmt.Println(alice.DID(), alice.Handle(), pds, err)
	key, err := alice.SigningKey()
	fmt.Println(key, err)

	mallory, err := directory.LookupDID(ctx, syntax.MustParseDID("did:web:mallory.example.com"))
	fmt.Println(mallory.Handle(), err)
	fmt.Println(mallory.HandleError())

	_, err = directory.LookupHandle(ctx, syntax.MustParseHandle("mallory.example.com"))
	fmt.Println(errors.Is(err, did.ErrHandleMismatch))
	// Output:
	// did:plc:ewvi7nxzyoun6zhxrhs64oiz alice.example.com https://pds.example.com <nil>
	// did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc <nil>
	// handle.invalid <nil>
	// did: handle "alice.example.com" is declared by "did:web:mallory.example.com", but leads to "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
	// true
}

func exampleResolvers() (did.Resolver, did.HandleResolver, *did.DirectoryOptions) {
	dids, handles := exampleNetwork()
	return dids, handles, nil
}

func ExampleNewDirectory() {
	resolver, err := did.NewResolver(nil)
	if err != nil {
		panic(err)
	}
	directory := did.NewDirectory(resolver, did.NewHandleResolver(nil), &did.DirectoryOptions{MaxEntries: 1_000_000})
	defer directory.Close()

	// What is not a name is known without asking.
	_, err = directory.LookupHandle(context.Background(), syntax.MustParseHandle("handle.invalid"))
	fmt.Println(err)
	// Output: syntax: handle "handle.invalid" can't be resolved: placeholder for a missing handle
}

// The authors of a page of posts.
func ExampleDirectory_LookupAll() {
	directory := did.NewDirectory(exampleResolvers())
	defer directory.Close()
	authors := []syntax.AtIdentifier{
		syntax.MustParseAtIdentifier("alice.example.com"),
		syntax.MustParseAtIdentifier("did:web:nobody.example.com"),
		syntax.MustParseAtIdentifier("did:web:mallory.example.com"),
	}
	for r := range directory.LookupAll(context.Background(), slices.Values(authors)) {
		if r.Err != nil {
			fmt.Println(r.Name, "not found:", errors.Is(r.Err, did.ErrDIDNotFound))
			continue
		}
		fmt.Println(r.Name, r.Identity.Handle())
	}
	// Output:
	// alice.example.com alice.example.com
	// did:web:nobody.example.com not found: true
	// did:web:mallory.example.com handle.invalid
}

// A commit whose signature does not verify may be signed with a new key: the
// account is looked up again, if that was not done a short time ago, and the
// commit is verified once more.
func ExampleDirectory_Recheck() {
	docs, handles := exampleNetwork()
	id := syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	directory := did.NewDirectory(docs, handles, nil)
	defer directory.Close()

	verify := func(key *crypto.PublicKey) error { // stands for repo.Verifier.Commit
		return &repo.SignatureError{}
	}
	handle := func(ctx context.Context, id syntax.DID) error {
		account, err := directory.LookupDID(ctx, id)
		if err != nil {
			return err
		}
		key, err := account.SigningKey()
		if err != nil {
			return err
		}
		err = verify(key)
		if _, bad := errors.AsType[*repo.SignatureError](err); !bad {
			return err
		}
		fresh, changed, lookupErr := directory.Recheck(ctx, account)
		switch {
		case errors.Is(lookupErr, did.ErrRecheckLimited):
			return err // a bad signature, as far as is known
		case lookupErr != nil:
			return lookupErr // not known: try again later
		case !changed:
			return err
		}
		if key, err = fresh.SigningKey(); err != nil {
			return err
		}
		return verify(key)
	}
	_, bad := errors.AsType[*repo.SignatureError](handle(context.Background(), id))
	fmt.Println("bad signature:", bad)
	// Output: bad signature: true
}

// A bot logs in at the server of its account, which a directory finds.
func ExampleDirectory_FindAccount() {
	directory := did.NewDirectory(exampleResolvers())
	defer directory.Close()
	options := session.Options{Finder: directory} // for session.Open

	account, host, err := options.Finder.FindAccount(context.Background(), syntax.MustParseAtIdentifier("alice.example.com"))
	fmt.Println(account, host, err)
	// Output: did:plc:ewvi7nxzyoun6zhxrhs64oiz https://pds.example.com <nil>
}

// Schemas are fetched from accounts that a directory knows.
func ExampleDirectory_lexicons() {
	directory := did.NewDirectory(exampleResolvers())
	defer directory.Close()
	config := resolve.Config{Accounts: directory} // and the rest, for resolve.New

	host, key, err := config.Accounts.LocateAccount(context.Background(), syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"))
	fmt.Println(host, key != nil, err)
	// Output: https://pds.example.com true <nil>
}
