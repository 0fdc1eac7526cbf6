package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/bluesky-social/indigo/atproto/atdata"
	peer "github.com/bluesky-social/indigo/atproto/lexicon"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

// What is asked of the rows of schemas are multiples of the fastest SDK, which
// took these parts of the peer's time in the same run.
const (
	validatePost = 39.0 / 13.8
	loadCatalog  = 35.0 / 13.0
)

func unmarshalJSON(text []byte, v any) error { return json.Unmarshal(text, v) }

func marshalJSON(v any) ([]byte, error) { return json.Marshal(v) }

// lexiconDir is where the published schemas are.
func lexiconDir() string {
	if dir := os.Getenv("ATPROTO_LEXICONS"); dir != "" {
		return dir
	}
	return "../../shared/lexicons"
}

// view is what a post is decoded to that no type was generated for.
var view data.View

// lexiconRows validate, by generated code and by a catalog, and load one.
func lexiconRows(wanted func(string) bool) ([]row, error) {
	const typed, atRunTime, load = "lexicon: decode and validate a post, generated", "lexicon: decode and validate a post, catalog and view", "lexicon: load and compile the catalog"
	const treeToo = "lexicon: the same, catalog and tree"
	if !wanted(typed) && !wanted(atRunTime) && !wanted(treeToo) && !wanted(load) {
		return nil, nil
	}
	post := must(data.FromJSON([]byte(postJSON), nil))
	dir := lexiconDir()
	catalog, err := lexicon.Load(os.DirFS(dir), nil)
	if err != nil {
		return nil, err
	}
	collection := syntax.MustParseNSID("app.bsky.feed.post")
	theirs := peer.NewBaseCatalog()
	if err := theirs.LoadDirectory(dir); err != nil {
		return nil, err
	}
	validatePeer := func() {
		tree := must(atdata.UnmarshalCBOR(post))
		check(peer.ValidateRecord(theirs, tree, "app.bsky.feed.post", 0))
	}
	rows := []row{
		{
			name: typed,
			ours: func() {
				x := new(bsky.FeedPost)
				check(x.UnmarshalCBOR(post))
				check(x.Validate())
				sink = x
			},
			peer:  validatePeer,
			asked: 8 * validatePost, maxAllocs: -1,
		},
		{
			name: atRunTime,
			ours: func() {
				check(catalog.ValidateRecordData(collection, post, nil))
				view = must(data.NewView(post, nil))
			},
			peer:  validatePeer,
			asked: 2.5 * validatePost, maxAllocs: 0,
		},
		{
			name: treeToo,
			ours: func() {
				check(catalog.ValidateRecordData(collection, post, nil))
				sink = must(data.Unmarshal(post, nil))
			},
			peer: validatePeer, maxAllocs: -1,
		},
		{
			name: fmt.Sprintf("%s, %d documents", load, catalog.Len()),
			ours: func() {
				c := must(lexicon.Load(os.DirFS(dir), nil))
				_ = c.ValidateRecordData(collection, nil, nil) // compiles
			},
			peer: func() {
				c := peer.NewBaseCatalog()
				check(c.LoadDirectory(dir))
			},
			asked: loadCatalog, maxAllocs: -1,
		},
	}
	return pick(rows, wanted), nil
}
