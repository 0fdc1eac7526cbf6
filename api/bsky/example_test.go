package bsky_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/bsky"
)

func ExampleFeedPost() {
	post := bsky.FeedPost{
		Text:      "Why linnets sing",
		CreatedAt: "2026-08-19T12:34:56.789Z",
		Langs:     []string{"en"},
		Embed: bsky.FeedPostEmbed{External: &bsky.EmbedExternal{
			External: bsky.EmbedExternalExternal{URI: "https://example.com/linnets", Title: "Linnets"},
		}},
	}
	fmt.Println(post.Validate())
	record, err := post.MarshalCBOR()
	if err != nil {
		panic(err)
	}

	var again bsky.FeedPost
	if err := again.UnmarshalCBOR(record); err != nil {
		panic(err)
	}
	switch embed := again.Embed.Value().(type) {
	case *bsky.EmbedImages:
		fmt.Println(len(embed.Images), "images")
	case *bsky.EmbedExternal:
		fmt.Println("a link to", embed.External.URI)
	}
	// Output:
	// <nil>
	// a link to https://example.com/linnets
}

// A server gets the same types as a client: what a method is, and its parameters.
func ExampleFeedGetTimelineMethod() {
	m := bsky.FeedGetTimelineMethod()
	fmt.Println(m.Kind, m.NSID, m.Output.Encoding)
	for _, p := range m.Params.Properties {
		fmt.Println(p.Name, p.Type.Kind())
	}

	var params bsky.FeedGetTimelineParams
	if err := params.ParseQuery("cursor=abc"); err != nil { // the RawQuery of a URL
		fmt.Println(err)
		return
	}
	fmt.Println(*params.Cursor, *params.Limit)
	fmt.Println(params.ParseQuery("limit=1000"))
	// Output:
	// query app.bsky.feed.getTimeline application/json
	// algorithm string
	// limit integer
	// cursor string
	// abc 50
	// lexicon: limit: integer 1000 is greater than 100
}
