package install_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/linnet-at/linnet/lexicon/install"
	"github.com/linnet-at/linnet/syntax"
)

// A project takes a schema, and what it refers to, from a directory.
func Example() {
	vendor := fstest.MapFS{
		"com/example/note.json":   {Data: []byte(`{"lexicon": 1, "id": "com.example.note", "defs": {"main": {"type": "object", "properties": {"by": {"type": "ref", "ref": "com.example.person"}}}}}`)},
		"com/example/person.json": {Data: []byte(`{"lexicon": 1, "id": "com.example.person", "defs": {"main": {"type": "object", "properties": {"name": {"type": "string"}}}}}`)},
	}
	result, err := install.Run(context.Background(), &install.Config{
		Sources: []install.Rule{{Source: install.Directory(vendor, "vendor")}},
	}, syntax.MustParseNSID("com.example.note"))
	if err != nil {
		panic(err)
	}
	fmt.Println(len(result.Files), "files")
	fmt.Print(string(result.Manifest.Format()))
	// Output:
	// 2 files
	// {
	//   "version": 1,
	//   "lexicons": [
	//     "com.example.note"
	//   ],
	//   "resolutions": {
	//     "com.example.note": {
	//       "uri": "file:vendor/com/example/note.json",
	//       "cid": "bafyreihu3q77jojf54ombsl4cdtalhwlc7pdk6k4kpodanogdby6c67uzi"
	//     },
	//     "com.example.person": {
	//       "uri": "file:vendor/com/example/person.json",
	//       "cid": "bafyreihwmdiwt4fdlif43mqgg6ajqwerg24dx6knunwwyoamkqdpmj5vgm"
	//     }
	//   }
	// }
}
