package data_test

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

func ExampleFromJSON() {
	record, err := data.FromJSON([]byte(`{"$type":"com.example.note","text":"hello","stars":1e3}`), nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%x\n", record)
	fmt.Println(dagcbor.Sum(dagcbor.DAGCBOR, record))

	_, err = data.FromJSON([]byte(`{"price":9.99}`), nil)
	fmt.Println(err)
	// Output:
	// a364746578746568656c6c6f65247479706570636f6d2e6578616d706c652e6e6f74656573746172731903e8
	// bafyreigqbpfn3ysugn6h47syo2di63nwa6ioiigcaq2o4jcbsoeipb4vg4
	// data: number is not an integer: "9.99" at offset 9
}

func ExampleToJSON() {
	record, err := data.Marshal(map[string]any{
		"$type": "com.example.note",
		"key":   []byte{1, 2, 3},
		"about": dagcbor.Sum(dagcbor.Raw, []byte("hello")),
	}, nil)
	if err != nil {
		panic(err)
	}
	text, err := data.ToJSON(record, nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", text)
	// Output:
	// {"key":{"$bytes":"AQID"},"$type":"com.example.note","about":{"$link":"bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"}}
}

func ExampleUnmarshalRecord() {
	record, err := data.FromJSON([]byte(`{"$type":"com.example.note","langs":["en","cy"]}`), nil)
	if err != nil {
		panic(err)
	}
	note, err := data.UnmarshalRecord(record, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(note["$type"], note["langs"])
	// Output:
	// com.example.note [en cy]
}

func ExampleMarshal() {
	_, err := data.Marshal(map[string]any{"tags": []any{"a", 1.5}}, nil)
	if e, ok := errors.AsType[*data.Error](err); ok {
		fmt.Println(e.Path)
	}
	fmt.Println(err)
	// Output:
	// /tags/1
	// data: float64, and the data model has no floating-point numbers at "/tags/1"
}

func ExampleBlobs() {
	image := data.NewBlob([]byte("not really an image"), "image/png")
	record, err := data.Marshal(map[string]any{
		"$type": "com.example.album",
		"pages": []any{map[string]any{"caption": "one", "image": image}},
	}, nil)
	if err != nil {
		panic(err)
	}
	for blob, err := range data.Blobs(record, nil) {
		if err != nil {
			panic(err)
		}
		fmt.Println(blob.MimeType, blob.Size, blob.Ref)
	}
	// Output:
	// image/png 19 bafkreiaqtpcbalpzihjfy4aieriuai74b57m42q5hcpdcmyenltpe4dzhy
}

// A view reads fields of a record where they stand, without decoding the rest.
func ExampleNewView() {
	record, err := data.FromJSON([]byte(`{
		"$type": "com.example.note", "text": "hello", "langs": ["en", "cy"],
		"reply": {"root": {"uri": "at://alice.example.com/com.example.note/1"}}
	}`), nil)
	if err != nil {
		panic(err)
	}
	note, err := data.NewView(record, nil)
	if err != nil {
		panic(err)
	}
	if uri, ok := note.Get("reply", "root", "uri"); ok {
		fmt.Println(uri.Text())
	}
	langs, _ := note.Get("langs")
	for i, lang := range langs.Elements() {
		fmt.Println(i, lang)
	}
	for key, value := range note.Pairs() {
		fmt.Println(key, value.Kind())
	}
	// Output:
	// at://alice.example.com/com.example.note/1 true
	// 0 "en"
	// 1 "cy"
	// "text" text string
	// "$type" text string
	// "langs" array
	// "reply" map
}

// A walk finds values of any kind, and says where they are.
func ExampleView_Walk() {
	record, err := data.FromJSON([]byte(`{"$type":"com.example.list",
		"items":[{"ref":{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}},{"note":"none"}]}`), nil)
	if err != nil {
		panic(err)
	}
	list, err := data.NewView(record, nil)
	if err != nil {
		panic(err)
	}
	for place, value := range list.Walk() {
		if link, ok := value.Link(); ok {
			fmt.Println(place, link)
		}
	}
	// Output:
	// /items/0/ref bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a
}

func ExampleDiff() {
	var views [2]data.View
	for i, text := range []string{
		`{"$type":"com.example.note","text":"Helo","langs":["en","cy"]}`,
		`{"$type":"com.example.note","text":"Hello","langs":["en"],"tags":["birds"]}`,
	} {
		record, err := data.FromJSON([]byte(text), nil)
		if err != nil {
			panic(err)
		}
		if views[i], err = data.NewView(record, nil); err != nil {
			panic(err)
		}
	}
	fmt.Print(data.Diff(views[0], views[1]))
	// Output:
	// + /tags ["birds"]
	// ~ /text "Helo" → "Hello"
	// - /langs/1 "cy"
}

func ExampleLinks() {
	record, err := data.FromJSON([]byte(`{"subject":{"$link":"bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"}}`), nil)
	if err != nil {
		panic(err)
	}
	for link, err := range data.Links(record, nil) {
		if err != nil {
			panic(err)
		}
		fmt.Println(link)
	}
	// Output:
	// bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq
}

// What the network holds may break the rules; it can be read by asking for it.
func ExampleOptions() {
	record, err := data.Marshal(map[string]any{"$type": ""}, &data.Options{Permissive: true})
	if err != nil {
		panic(err)
	}
	fmt.Println(data.Validate(record, nil))
	fmt.Println(data.Validate(record, &data.Options{Permissive: true}))
	// Output:
	// data: $type is not a string, or is empty at offset 7
	// <nil>
}
