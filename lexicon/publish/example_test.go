package publish_test

import (
	"fmt"

	"github.com/linnet-at/linnet/lexicon/publish"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

func Example() {
	d, err := schema.Parse([]byte(`{"lexicon": 1, "id": "com.example.feed.note", "defs": {"main": {"type": "record", "description": "A note.",
		"key": "tid", "record": {"type": "object", "properties": {"stars": {"type": "integer"}}}}}}`), nil)
	if err != nil {
		panic(err)
	}
	did := syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	plan := publish.New([]*schema.Document{d}, publish.Options{DID: did, Authorities: map[string]syntax.DID{"feed.example.com": did}})
	for _, group := range plan.Groups {
		for _, step := range group.Steps {
			fmt.Println(step.Action, step.Path(), len(step.Record), "bytes")
		}
	}
	// Output:
	// create com.atproto.lexicon.schema/com.example.feed.note 173 bytes
}
