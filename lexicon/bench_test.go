package lexicon_test

import (
	"strings"
	"testing"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// BenchmarkValidateRecord measures a typical post, beside what the rules of the
// data model alone take.
func BenchmarkValidateRecord(b *testing.B) {
	c := publishedCatalog(b)
	id, key := syntax.MustParseNSID("app.bsky.feed.post"), syntax.MustParseRecordKey("3jzfcijpj2z2a")
	record := fromJSON(b, postJSON)
	name, err := schema.ParseName("app.bsky.feed.post")
	if err != nil {
		b.Fatal(err)
	}
	v, err := data.NewView(record, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, bm := range []struct {
		name string
		f    func() error
	}{
		{"all", func() error { return c.ValidateRecord(id, key, record, nil) }},
		{"data", func() error { return data.Validate(record, nil) }},
		{"schema", func() error { return c.ValidateView(name, v, nil) }},
		{"json", func() error {
			_, err := c.ValidateRecordJSON(id, key, []byte(postJSON), nil)
			return err
		}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(record)))
			for b.Loop() {
				if err := bm.f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGraphemes measures texts whose graphemes have to be counted.
func BenchmarkGraphemes(b *testing.B) {
	for name, unit := range map[string]string{"latin": "é", "kana": "あ", "emoji": "🐦", "family": "👩‍👩‍👦‍👦", "accents": "e\u0301"} {
		text := strings.Repeat(unit, 600/len(unit))
		c := newCatalog(b, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"string","minGraphemes":2,"maxGraphemes":1000}}}`))
		v := view(b, `{"v":"`+text+`"}`)
		def := schema.Name{NSID: syntax.MustParseNSID(testID), Def: "main"}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := c.ValidateView(def, v, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoad measures the published schemas: reading them, and compiling
// them.
func BenchmarkLoad(b *testing.B) {
	fsys := published.FS(b)
	docs, err := lexicon.ReadDocuments(fsys, nil)
	if err != nil {
		b.Fatal(err)
	}
	compile := func(c *lexicon.Catalog, err error) {
		if err != nil {
			b.Fatal(err)
		}
		if err := c.ValidateRecordData(syntax.MustParseNSID("com.example.none"), nil, nil); err == nil {
			b.Fatal("no error")
		}
	}
	b.Run("files", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			compile(lexicon.Load(fsys, nil))
		}
	})
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			compile(lexicon.NewCatalog(docs...))
		}
	})
}

func BenchmarkParseParams(b *testing.B) {
	c, id := paramsCatalog(b), syntax.MustParseNSID(testID)
	query := map[string][]string{"actor": {"alice.test"}, "limit": {"30"}, "tags": {"a", "b"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.ParseParams(id, query, nil); err != nil {
			b.Fatal(err)
		}
	}
}
