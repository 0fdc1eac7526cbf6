package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/syntax"
)

// directory stands for one of package did, and host for an HTTP client.
type directory struct{}

func (directory) LocateAccount(context.Context, syntax.DID) (host string, key *crypto.PublicKey, err error) {
	return "https://pds.example.com", nil, nil
}

type host struct{}

func (host) FetchProof(context.Context, string, syntax.DID, syntax.RepoPath) (io.ReadCloser, error) {
	return nil, fs.ErrNotExist
}

type dns struct{}

func (dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// Every step that can fail has an error of its own.
func Example() {
	r, err := resolve.New(resolve.Config{TXT: dns{}, Accounts: directory{}, Proofs: host{}, Cache: &resolve.MemoryCache{}})
	if err != nil {
		panic(err)
	}
	id := syntax.MustParseNSID("com.example.feed.note")
	fmt.Println(resolve.AuthorityName(id))
	_, err = r.Resolve(context.Background(), id)
	fmt.Println(errors.Is(err, resolve.ErrNoAuthority))
	// Output:
	// _lexicon.feed.example.com
	// true
}
