package schema_test

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// Types are told apart with a type switch.
func ExampleParse() {
	d, err := schema.Parse([]byte(`{
		"lexicon": 1, "id": "com.example.note",
		"defs": {"main": {"type": "record", "key": "tid", "record": {"type": "object", "required": ["text"], "properties": {
			"text": {"type": "string", "maxGraphemes": 300, "maxLength": 3000},
			"tags": {"type": "array", "items": {"type": "string"}},
			"about": {"type": "ref", "ref": "com.atproto.repo.strongRef"}}}}}}`), nil)
	if err != nil {
		panic(err)
	}
	record := d.Main().(*schema.Record)
	fmt.Println(d.ID, "has keys of type", record.Key)
	for _, p := range record.Record.Properties {
		switch t := p.Type.(type) {
		case *schema.String:
			fmt.Println(p.Name, "is text of at most", *t.MaxGraphemes, "graphemes")
		case *schema.Array:
			fmt.Println(p.Name, "is a list of", t.Items.Kind())
		case *schema.Ref:
			fmt.Println(p.Name, "is as in", t.Ref)
		}
	}
	// Output:
	// com.example.note has keys of type tid
	// text is text of at most 300 graphemes
	// tags is a list of string
	// about is as in com.atproto.repo.strongRef
}

// All that is wrong is reported, with its place.
func ExampleParse_invalid() {
	_, err := schema.Parse([]byte(`{"lexicon": 1, "id": "com.example.note", "defs": {
		"main": {"type": "record", "record": {"type": "object", "required": ["txt"], "properties": {"text": {"type": "text"}}}}}}`), nil)
	problems, _ := errors.AsType[schema.Errors](err)
	for _, p := range problems {
		fmt.Println(p.Path, p.Msg)
	}
	// Output:
	// /defs/main/record/properties/text type "text" is unknown
}

// A program makes a document, and finds the CID of its record.
func ExampleDocument_Record() {
	name, _ := schema.ParseName("com.example.note")
	d := &schema.Document{ID: name.NSID, Defs: []schema.Def{{Name: "color", Type: &schema.String{KnownValues: []string{"red", "blue"}}}}}
	if err := d.Check(nil); err != nil {
		panic(err)
	}
	fmt.Print(string(d.Format()))
	cid, _ := d.CID()
	fmt.Println(cid)
	// Output:
	// {
	//   "lexicon": 1,
	//   "id": "com.example.note",
	//   "defs": {
	//     "color": {
	//       "type": "string",
	//       "knownValues": [
	//         "red",
	//         "blue"
	//       ]
	//     }
	//   }
	// }
	// bafyreiesd4uoa2ey5xi5tsvt4bbvgogvddpn74djyyfuvmmwvi7sjybkcm
}
