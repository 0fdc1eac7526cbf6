package post

import (
	"fmt"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/syntax"
)

// Ref returns a reference to a version of a record as generated types have it.
// [syntax.ParseStrongRef] is the way back.
func Ref(r syntax.StrongRef) atproto.RepoStrongRef {
	return atproto.RepoStrongRef{URI: r.URI.String(), CID: r.CID.String()}
}

// Reply returns what makes a post an answer to another one, which is given by
// its URI, its CID, and its record, as views and notifications have them:
//
//	p.Reply, err = post.Reply(view.URI, view.CID, view.Record)
//
// The thread is that of the other post, if this is an answer itself, and
// otherwise begins with it. Nothing else in the record matters, so that a post
// with mistakes can be answered. The error says that it is no post, or answers
// something that can't be.
//
// https://docs.bsky.app/docs/advanced-guides/posts#replies-quote-posts-and-embeds
func Reply(uri, cid string, record lex.Unknown) (*bsky.FeedPostReplyRef, error) {
	parent, err := syntax.ParseStrongRef(uri, cid)
	if err != nil {
		return nil, fmt.Errorf("post: reply: %w", err)
	}
	if err := isPost(parent); err != nil {
		return nil, fmt.Errorf("post: reply: %w", err)
	}
	if typ := record.LexType(); typ != bsky.FeedPostNSID {
		return nil, fmt.Errorf("post: reply: %q is a %q", parent.URI, typ)
	}
	root, err := rootOf(parent, record)
	if err != nil {
		return nil, fmt.Errorf("post: reply: root: %w", err)
	}
	return &bsky.FeedPostReplyRef{Root: Ref(root), Parent: Ref(parent)}, nil
}

// rootOf returns where the thread of a post begins.
func rootOf(post syntax.StrongRef, record lex.Unknown) (syntax.StrongRef, error) {
	v, err := record.View()
	if err != nil {
		return syntax.StrongRef{}, err
	}
	if reply, ok := v.Get("reply"); !ok || reply.IsNull() {
		return post, nil
	}
	text := func(field string) string {
		member, _ := v.Get("reply", "root", field)
		s, _ := member.Text()
		return s
	}
	root, err := syntax.ParseStrongRef(text("uri"), text("cid"))
	if err != nil {
		return syntax.StrongRef{}, err
	}
	return root, isPost(root)
}

// isPost reports whether a reference is one to a post that lasts.
func isPost(r syntax.StrongRef) error {
	if collection, _ := r.URI.Collection(); !r.IsRecordRef() || collection.String() != bsky.FeedPostNSID {
		return fmt.Errorf("%q does not refer to a post", r.URI)
	}
	return nil
}
