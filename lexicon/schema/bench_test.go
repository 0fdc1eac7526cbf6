package schema_test

import (
	"testing"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/lexicon/schema"
)

func BenchmarkParse(b *testing.B) {
	text := fixtures.Interop(b, "lexicon/catalog/record.json")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := schema.Parse(text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalJSON(b *testing.B) {
	d, err := schema.Parse(fixtures.Interop(b, "lexicon/catalog/record.json"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCID(b *testing.B) {
	d, err := schema.Parse(fixtures.Interop(b, "lexicon/catalog/record.json"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.CID(); err != nil {
			b.Fatal(err)
		}
	}
}
