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
// otherwise begins with it. The error says that it is no post, or refers to
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
	var p bsky.FeedPost
	if typ := record.LexType(); typ != bsky.FeedPostNSID {
		return nil, fmt.Errorf("post: reply: %q is a %q", parent.URI, typ)
	}
	if err := record.Decode(&p); err != nil {
		return nil, fmt.Errorf("post: reply: %w", err)
	}
	root := parent
	if p.Reply != nil {
		if root, err = syntax.ParseStrongRef(p.Reply.Root.URI, p.Reply.Root.CID); err != nil {
			return nil, fmt.Errorf("post: reply: root: %w", err)
		}
		if err := isPost(root); err != nil {
			return nil, fmt.Errorf("post: reply: root: %w", err)
		}
	}
	return &bsky.FeedPostReplyRef{Root: Ref(root), Parent: Ref(parent)}, nil
}

// isPost reports whether a reference is one to a post that lasts.
func isPost(r syntax.StrongRef) error {
	if collection, _ := r.URI.Collection(); !r.IsRecordRef() || collection.String() != bsky.FeedPostNSID {
		return fmt.Errorf("%q does not refer to a post", r.URI)
	}
	return nil
}
