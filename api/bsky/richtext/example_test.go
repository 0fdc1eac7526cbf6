package richtext_test

import (
	"context"
	"fmt"
	"html"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// A text that somebody wrote becomes a post. A real program has a Directory of
// package did, which asks the network, in the place of a list.
func ExampleNew() {
	accounts := did.StaticHandles{
		syntax.MustParseHandle("alice.example.com"): syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
	}
	text, err := richtext.New(context.Background(), "Привет @alice.example.com, see example.com! #linnets", accounts, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	post := bsky.FeedPost{Text: text.Text, Facets: text.Facets, CreatedAt: "2026-11-22T12:00:00Z"}
	for _, f := range post.Facets {
		fmt.Println(f.Index.ByteStart, f.Index.ByteEnd)
	}
	fmt.Println(post.Validate())
	// Output:
	// 13 31
	// 37 48
	// 50 58
	// <nil>
}

// A program that knows what it wants to say says it part by part.
func ExampleBuilder() {
	alice := syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	text, err := new(richtext.Builder).Text("Hello ").Mention("@alice", alice).
		Text(", read ").Link("this", "https://example.com/linnets").Text(" ").Tag("birds").Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text.Text, len(text.Facets))
	// Output:
	// Hello @alice, read this #birds 3
}

// The text of a post is shown as HTML. Whatever the facets are, the text is
// there once, and links of strangers lead to the web and nowhere else.
func ExampleSegments() {
	text, err := new(richtext.Builder).Text("1 < 2, see ").Link("here", "https://example.com/?a&b").Text(" or ").Link("there", "javascript:alert(1)").Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	for s := range richtext.Segments(text.Text, text.Facets) {
		part := html.EscapeString(s.Text)
		if uri, ok := s.Link(); ok && uri.Scheme() == "https" {
			part = fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(uri.String()), part)
		}
		fmt.Print(part)
	}
	// Output:
	// 1 &lt; 2, see <a href="https://example.com/?a&amp;b">here</a> or there
}

// A text that is too long for a post is cut, and its facets with it.
func ExampleText_Truncate() {
	text, err := new(richtext.Builder).Text("Linnets ").Link("sing 🐦🐦🐦 all day", "https://example.com").Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	short := text.Truncate(16, richtext.MaxPostBytes, "…")
	fmt.Println(short.Text)
	fmt.Println(short.Text[short.Facets[0].Index.ByteStart:short.Facets[0].Index.ByteEnd])
	// Output:
	// Linnets sing 🐦🐦…
	// sing 🐦🐦
}
