package main

import (
	"bytes"
	"errors"
	"fmt"

	peer "github.com/bluesky-social/indigo/api/bsky"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/data"
)

// What is asked of the rows of generated types are multiples of the fastest SDK,
// which took these parts of the peer's time in the same run.
const (
	typedDecode = 3.7 / 1.27
	typedEncode = 1.4 / 0.19
)

// encoded is kept to be appended to.
var encoded []byte

// typedRows are generated types.
func typedRows(wanted func(string) bool) ([]row, error) {
	post := must(data.FromJSON([]byte(postJSON), nil))
	var ours bsky.FeedPost
	check(ours.UnmarshalCBOR(post))
	var theirs peer.FeedPost
	check(theirs.UnmarshalCBOR(bytes.NewReader(post)))
	text := must(ours.MarshalJSON())
	encoded = make([]byte, 0, 2*len(post))
	var buf bytes.Buffer
	rows := []row{
		{
			name: fmt.Sprintf("typed: DAG-CBOR to generated struct, post of %d B", len(post)),
			agree: func() error {
				if ours.Text != theirs.Text || ours.Reply.Parent.URI != theirs.Reply.Parent.Uri ||
					ours.Embed.External.External.Title != theirs.Embed.EmbedExternal.External.Title {
					return errors.New("decoded posts differ")
				}
				return nil
			},
			ours: func() {
				x := new(bsky.FeedPost)
				check(x.UnmarshalCBOR(post))
				sink = x
			},
			peer: func() {
				x := new(peer.FeedPost)
				check(x.UnmarshalCBOR(bytes.NewReader(post)))
				sink = x
			},
			asked: 1.3 * typedDecode, maxAllocs: -1,
		},
		{
			name: "typed: generated struct to DAG-CBOR, appended",
			agree: func() error {
				var b bytes.Buffer
				check(theirs.MarshalCBOR(&b))
				if !bytes.Equal(b.Bytes(), must(ours.MarshalCBOR())) || !bytes.Equal(b.Bytes(), post) {
					return errors.New("posts encode differently")
				}
				return nil
			},
			ours:  func() { encoded = must(ours.AppendCBOR(encoded[:0])) },
			peer:  func() { buf.Reset(); check(theirs.MarshalCBOR(&buf)) },
			asked: typedEncode, maxAllocs: 0,
		},
		{
			name:      "typed: JSON to generated struct",
			ours:      func() { x := new(bsky.FeedPost); check(x.UnmarshalJSON(text)); sink = x },
			peer:      func() { x := new(peer.FeedPost); check(unmarshalJSON(text, x)); sink = x },
			maxAllocs: -1,
		},
		{
			name:      "typed: generated struct to JSON, appended",
			ours:      func() { encoded = must(ours.AppendJSON(encoded[:0])) },
			peer:      func() { sink = must(marshalJSON(&theirs)) },
			maxAllocs: -1,
		},
	}
	return pick(rows, wanted), nil
}
