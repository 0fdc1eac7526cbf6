package lex_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/lexicon/lex"
)

// A record of whatever type is written with Of, and read with Decode.
func ExampleUnknown() {
	input := atproto.RepoCreateRecordInput{
		Repo: "did:web:example.com", Collection: bsky.FeedPostNSID,
		Record: lex.Of(&bsky.FeedPost{Text: "Hello", CreatedAt: "2026-08-19T12:34:56.789Z"}),
	}
	text, err := input.AppendJSON(nil)
	fmt.Println(string(text), err)

	var post bsky.FeedPost
	err = input.Record.Decode(&post)
	fmt.Println(post.Text, err)
	// Output:
	// {"repo":"did:web:example.com","record":{"text":"Hello","$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56.789Z"},"collection":"app.bsky.feed.post"} <nil>
	// Hello <nil>
}

func ExampleNullable() {
	input := atproto.RepoPutRecordInput{Repo: "a.example.com", Collection: "a.b.c", RKey: "self"}
	input.SwapRecord = lex.Null[string]() // the record must not exist yet
	fmt.Println(input.SwapRecord.IsNull(), input.SwapRecord.IsZero(), input.SwapCommit == nil)
	// Output: true false true
}
