// Package richtext makes and reads the texts of posts, in which parts are
// mentions, links and tags, by
// https://docs.bsky.app/docs/advanced-guides/post-richtext.
//
// What means something in a text is said by its facets, which have the offsets
// of the parts in bytes of UTF-8. [New] makes a text and its facets of what
// somebody wrote, and a [Builder] of what a program wants to say:
//
//	text, err := richtext.New(ctx, "Hello @alice.example.com, see example.com #linnets", directory, nil)
//	post := &bsky.FeedPost{Text: text.Text, Facets: text.Facets}
//
// [Detect] is the part of New that needs no network. [Segments] goes through a
// text and its facets to show them; a [Text] can be cut to the length that posts
// may have, and changed, with its facets. [Graphemes] counts as the limits of
// posts do. Package post puts texts into posts.
//
// # Security
//
// Facets are written by whoever wrote the text, and may be wrong by intention:
// Segments passes over those that make no sense. A link can lead anywhere, by
// any scheme, whatever its text says; a mention can be of another account than
// the handle in its text. What Detect finds in a stranger's text would make a
// bot that repeats it mention whom the stranger likes: leave out the facets, or
// the resolver, where that is not wanted.
//
// The time for a text grows in proportion to its length. Functions may be called
// concurrently; a Builder is for one goroutine. The package has no state.
package richtext
