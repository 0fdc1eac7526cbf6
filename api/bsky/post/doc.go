// Package post makes posts: what a bot needs beside the types of package bsky
// and the texts of package richtext.
//
// An [Author] writes posts for an account, each once, whatever the network does:
//
//	author := post.NewAuthor(s.Client(), s.DID())
//	ref, err := author.Post(ctx, post.New(text))
//
// What a post refers to goes into the fields of [bsky.FeedPost]: [Reply] makes
// the reference for an answer, and [Images], [Video], [External], [Quote] and
// [QuoteWith] make embeds. Blobs for these are uploaded with package blob.
//
// An Author may be used concurrently. The package has no state.
package post
