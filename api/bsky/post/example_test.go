package post_test

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/post"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/session"
)

// A post with a link, for an account that is logged in.
func ExampleAuthor_Post() {
	publish := func(ctx context.Context, s *session.Session) error {
		text, err := new(richtext.Builder).Text("Linnets: ").Link("an introduction", "https://example.com/linnets").Build()
		if err != nil {
			return err
		}
		p := post.New(text)
		p.Langs = []string{"en"}
		ref, err := post.NewAuthor(s.Client(), s.DID()).Post(ctx, p)
		if err != nil {
			return err
		}
		fmt.Println(ref.URI)
		return nil
	}
	_ = publish
}

// An answer to a post, as a view or a notification has it.
func ExampleReply() {
	answer := func(ctx context.Context, a *post.Author, view *bsky.FeedDefsPostView) error {
		p := post.New(richtext.Text{Text: "So it is."})
		var err error
		if p.Reply, err = post.Reply(view.URI, view.CID, view.Record); err != nil {
			return err
		}
		_, err = a.Post(ctx, p)
		return err
	}
	_ = answer
}

// Another post is quoted, with a picture beside it.
func ExampleQuoteWith() {
	quoted, err := syntax.ParseStrongRef(postURI, postCID)
	if err != nil {
		fmt.Println(err)
		return
	}
	ref := data.NewBlob([]byte("a picture"), "image/png") // blob.Upload returns it
	p := post.New(richtext.Text{Text: "Look at this!"})
	p.Embed, err = post.QuoteWith(quoted, post.Images(post.Picture{Blob: ref, Alt: "A linnet", Width: 1600, Height: 1200}))
	fmt.Println(p.Validate(), err)
	// Output:
	// <nil> <nil>
}
