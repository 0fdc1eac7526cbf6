package post

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// New returns a post with a text, which is made now. The text must be UTF-8, as
// those that package richtext makes are, or [Author.Post] will refuse it.
func New(text richtext.Text) *bsky.FeedPost {
	return &bsky.FeedPost{Text: text.Text, Facets: text.Facets, CreatedAt: syntax.DatetimeNow().String()}
}

// An Author writes posts for an account. It may be used concurrently. Make one
// with [NewAuthor], and keep it.
type Author struct {
	caller  xrpc.Caller
	account syntax.DID
	clock   syntax.TIDClock
}

// NewAuthor returns an author of posts for an account, for which c makes calls,
// as the client of a session does.
func NewAuthor(c xrpc.Caller, account syntax.DID) *Author {
	return &Author{caller: c, account: account}
}

// Post publishes a post and returns the reference to it. A CreatedAt that is
// empty becomes the time of the call; p is not changed.
//
// The post is checked against its schema first, so that what is too long is not
// sent. It is put at a key that is chosen here, and so can be sent again without
// being there twice: it is tried again like a query, by the rules of
// [xrpc.Retry]. If the error is an [*xrpc.NetworkError] nevertheless, it may
// have been published or not; to try it again with [Author.PostAt] is safe.
//
// The errors are those of [bsky.FeedPost.Validate] and [bsky.FeedPost.MarshalCBOR],
// of which the latter says that a string is not UTF-8, and of
// [xrpc.Client.Call].
func (a *Author) Post(ctx context.Context, p *bsky.FeedPost) (syntax.StrongRef, error) {
	return a.PostAt(ctx, a.NewKey(), p)
}

// NewKey returns a key for [Author.PostAt]: one that no other post has, and that
// is greater than those before it.
//
// https://atproto.com/specs/record-key#record-key-type-tid
func (a *Author) NewKey() syntax.TID { return a.clock.Next() }

// PostAt is [Author.Post] at a key of [Author.NewKey], for programs that note it
// down before they post, so as to know after a crash what they have done. If
// there is a post at this key, p takes its place: in a post that is tried again,
// CreatedAt must be the same.
func (a *Author) PostAt(ctx context.Context, key syntax.TID, p *bsky.FeedPost) (syntax.StrongRef, error) {
	c := *p
	if c.CreatedAt == "" {
		c.CreatedAt = syntax.DatetimeNow().String()
	}
	if err := c.Validate(); err != nil {
		return syntax.StrongRef{}, fmt.Errorf("post: %w", err)
	}
	if _, err := c.AppendCBOR(nil); err != nil {
		return syntax.StrongRef{}, fmt.Errorf("post: %w", err)
	}
	out, err := atproto.RepoPutRecord(ctx, a.repeating(), &atproto.RepoPutRecordInput{
		Repo: a.account.String(), Collection: bsky.FeedPostNSID, RKey: key.String(), Record: lex.Of(&c),
	})
	if err != nil {
		return syntax.StrongRef{}, err
	}
	ref, err := syntax.ParseStrongRef(out.URI, out.CID)
	if err != nil {
		return syntax.StrongRef{}, fmt.Errorf("post: the server's answer: %w", err)
	}
	return ref, nil
}

// Delete deletes a post of the account. That there is none is no error.
func (a *Author) Delete(ctx context.Context, post syntax.ATURI) error {
	account, _ := post.Authority().DID()
	collection, _ := post.Collection()
	key, ok := post.RecordKey()
	if account != a.account || collection.String() != bsky.FeedPostNSID || !ok {
		return fmt.Errorf("post: %q is not a post of %s", post, a.account)
	}
	_, err := atproto.RepoDeleteRecord(ctx, a.repeating(), &atproto.RepoDeleteRecordInput{
		Repo: a.account.String(), Collection: bsky.FeedPostNSID, RKey: key.String(),
	})
	return err
}

// repeating returns a caller for procedures that do no harm when they are done
// twice.
func (a *Author) repeating() xrpc.Caller {
	return xrpc.With(a.caller, xrpc.CallOptions{NoProxy: true, NoLabelers: true, Idempotent: true})
}
