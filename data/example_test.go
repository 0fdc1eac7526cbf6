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
