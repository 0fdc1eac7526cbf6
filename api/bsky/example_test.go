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
