package lint_test

import (
	"fmt"

	"github.com/linnet-at/linnet/lexicon/lint"
	"github.com/linnet-at/linnet/lexicon/schema"
)

func ExampleText() {
	for _, issue := range lint.Text([]byte(`{"lexicon": 1, "id": "com.example.note", "defs": {
		"main": {"type": "record", "key": "tid", "record": {"type": "object", "properties": {"Text": {"type": "string"}}}}}}`), nil) {
		fmt.Println(issue)
	}
	// Output:
	// warning: com.example.note at "/defs/main": record without description [missing-primary-description]
	// warning: com.example.note at "/defs/main/record/properties/Text": name of a field is not in lowerCamelCase [field-name-syntax]
	// warning: com.example.note at "/defs/main/record/properties/Text": string without limit [unlimited-string]
}

func ExampleBreaking() {
	parse := func(members string) *schema.Document {
		d, err := schema.Parse([]byte(`{"lexicon": 1, "id": "com.example.note", "defs": {"main": {"type": "object", `+members+`}}}`), nil)
		if err != nil {
			panic(err)
		}
		return d
	}
	published := parse(`"properties": {"text": {"type": "string", "maxLength": 100}}`)
	next := parse(`"required": ["text"], "properties": {"text": {"type": "string", "maxLength": 300}}`)
	for _, issue := range lint.Breaking(published, next, nil) {
		fmt.Println(issue)
	}
	// Output:
	// warning: com.example.note at "/defs/main/properties/text": length ..300 was ..100, which breaks old readers [string-length]
	// error: com.example.note at "/defs/main": required ["text"] was [], which breaks old data [object-required]
}
