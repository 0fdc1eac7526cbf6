package repo

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/syntax"
)

// A KeyFunc returns the signing key of an account, as the account's DID document
// names it (https://atproto.com/specs/did#public-keys): a method of whatever
// resolves DIDs. If refresh is set the key must not come from a cache, since it
// may have been changed: it is up to the KeyFunc to bound how often it fetches
// one account's document anew, for anybody can send commits with bad signatures.
// It is called by several goroutines at once if [VerifyWith] is.
type KeyFunc func(ctx context.Context, account syntax.DID, refresh bool) (*crypto.PublicKey, error)

// VerifyWith calls verify with the signing key of an account, and returns what it
// returns. If the signature is not one of that key, which is an error that
// matches [crypto.ErrInvalidSignature], the key may have been changed since it
// was cached: VerifyWith asks for it anew, once, and if it is another one calls
// verify once more, whose answer is final. Neither a commit nor its message says
// which key has signed it, only the account's DID document
// (https://atproto.com/specs/repository#commit-objects and
// https://atproto.com/specs/sync#message-validation-checklist).
//
// It goes with whatever takes a key: [Verifier.Commit] and [Verifier.Sync],
// [ReadBytes] and [VerifyProof]. What can be read only once is read with
// [Options.SkipSignature], and then [Commit.Verify] is called.
//
// When keys fails its error comes back. That of the second call is wrapped, and
// says nothing about the signature.
func VerifyWith[T any](ctx context.Context, keys KeyFunc, account syntax.DID, verify func(key *crypto.PublicKey) (T, error)) (T, error) {
	var none T
	key, err := keys(ctx, account, false)
	if err != nil {
		return none, err
	}
	got, err := verify(key)
	if !errors.Is(err, crypto.ErrInvalidSignature) {
		return got, err
	}
	fresh, keyErr := keys(ctx, account, true)
	switch {
	case keyErr != nil:
		return none, fmt.Errorf("repo: signing key of %s has to be fetched anew: %w", account, keyErr)
	case fresh.Equal(key):
		return got, err
	}
	return verify(fresh)
}
