package lexicon_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing/fstest"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

// exampleFiles is a directory of schemas, as os.DirFS or an embed.FS give it.
var exampleFiles = fstest.MapFS{
	"com/example/note.json": {Data: []byte(`{"lexicon": 1, "id": "com.example.note", "defs": {
		"main": {"type": "record", "key": "tid", "record": {"type": "object", "required": ["text", "createdAt"], "properties": {
			"text": {"type": "string", "maxGraphemes": 20, "maxLength": 200},
			"tags": {"type": "array", "maxLength": 3, "items": {"type": "string", "maxLength": 10}},
			"createdAt": {"type": "string", "format": "datetime"}}}}}}`)},
	"com/example/listNotes.json": {Data: []byte(`{"lexicon": 1, "id": "com.example.listNotes", "defs": {
		"main": {"type": "query", "parameters": {"type": "params", "required": ["actor"], "properties": {
			"actor": {"type": "string", "format": "at-identifier"},
			"limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}}}}}}`)},
}

// A record is checked before it is written.
func Example() {
	catalog, err := lexicon.Load(exampleFiles, nil)
	if err != nil {
		panic(err)
	}
	collection := syntax.MustParseNSID("com.example.note")
	key := syntax.MustParseRecordKey("3jzfcijpj2z2a")
	_, err = catalog.ValidateRecordJSON(collection, key, []byte(
		`{"$type": "com.example.note", "text": "Linnets sing", "createdAt": "2026-08-19T12:34:56.789Z"}`), nil)
	fmt.Println(err)
	_, err = catalog.ValidateRecordJSON(collection, key, []byte(
		`{"$type": "com.example.note", "text": "Linnets sing", "createdAt": "yesterday"}`), nil)
	fmt.Println(err)
	// Output:
	// <nil>
	// lexicon: createdAt: "yesterday" is not of format datetime: expected a digit
}

// All problems are reported, with the rule and the place.
func ExampleOptions() {
	catalog, err := lexicon.Load(exampleFiles, nil)
	if err != nil {
		panic(err)
	}
	_, err = catalog.ValidateRecordJSON(syntax.MustParseNSID("com.example.note"), syntax.MustParseRecordKey("3jzfcijpj2z2a"), []byte(
		`{"$type": "com.example.note", "text": "Linnets sing at any time", "tags": ["birds", 7]}`), &lexicon.Options{MaxErrors: -1})
	problems, _ := errors.AsType[lexicon.Errors](err)
	for _, p := range problems {
		fmt.Println(p.Path, p.Code)
	}
	// Output:
	// /tags/1 type
	// /text graphemes
	// /createdAt missing
}

// A server reads the parameters of a request.
func ExampleCatalog_ParseParams() {
	catalog, err := lexicon.Load(exampleFiles, nil)
	if err != nil {
		panic(err)
	}
	method := syntax.MustParseNSID("com.example.listNotes")
	query, _ := url.ParseQuery("actor=alice.example.com")
	params, err := catalog.ParseParams(method, query, nil)
	if err != nil {
		panic(err)
	}
	limit, _ := params.Get("limit")
	n, _ := limit.Int()
	fmt.Println("limit", n)

	query, _ = url.ParseQuery("actor=alice.example.com&limit=1000")
	_, err = catalog.ParseParams(method, query, nil)
	fmt.Println(err)
	// Output:
	// limit 50
	// lexicon: limit: integer 1000 is greater than 100
}
