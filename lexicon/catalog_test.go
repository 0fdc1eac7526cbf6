package lexicon_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

const testID = "com.example.test"

// testDoc returns a document of the given definitions, in JSON.
func testDoc(id, defs string) string {
	return `{"lexicon":1,"id":"` + id + `","defs":{` + defs + `}}`
}

// newCatalog returns a catalog of documents in JSON.
func newCatalog(t testing.TB, texts ...string) *lexicon.Catalog {
	t.Helper()
	var docs []*schema.Document
	for _, text := range texts {
		d, err := schema.Parse([]byte(text), nil)
		require.NoError(t, err, text)
		docs = append(docs, d)
	}
	c, err := lexicon.NewCatalog(docs...)
	require.NoError(t, err)
	return c
}

// validate checks a value in JSON against the main definition of
// com.example.test.
func validate(t testing.TB, c *lexicon.Catalog, value string, o *lexicon.Options) error {
	t.Helper()
	return c.ValidateView(schema.Name{NSID: syntax.MustParseNSID(testID), Def: "main"}, view(t, value), o)
}

// validateField checks a value in JSON against the schema of a field, of which
// v is the name.
func validateField(t testing.TB, field, value string, o *lexicon.Options) error {
	t.Helper()
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":`+field+`}}`))
	return validate(t, c, `{"v":`+value+`}`, o)
}

// view returns the view of a value in JSON, under permissive rules.
func view(t testing.TB, text string) data.View {
	t.Helper()
	o := &data.Options{Permissive: true}
	b, err := data.FromJSON([]byte(text), o)
	require.NoError(t, err, text)
	v, err := data.NewView(b, o)
	require.NoError(t, err, text)
	return v
}

// requireCode requires an error with a code, and a place if one is given.
func requireCode(t testing.TB, err error, code lexicon.Code, path ...string) {
	t.Helper()
	e, ok := errors.AsType[*lexicon.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, code, e.Code, "%v", err)
	if len(path) > 0 {
		require.Equal(t, path[0], e.Path, "%v", err)
	}
}

// interopCatalog returns the official catalog.
func interopCatalog(t testing.TB) *lexicon.Catalog {
	t.Helper()
	var docs []*schema.Document
	for _, name := range []string{"record", "query", "procedure", "subscription", "permission-set"} {
		d, err := schema.Parse(fixtures.Interop(t, "lexicon/catalog/"+name+".json"), nil)
		require.NoError(t, err)
		docs = append(docs, d)
	}
	c, err := lexicon.NewCatalog(docs...)
	require.NoError(t, err)
	return c
}

// publishedCatalog returns the catalog of the Lexicons of the network.
func publishedCatalog(t testing.TB) *lexicon.Catalog {
	t.Helper()
	c, err := lexicon.Load(published.FS(t), nil)
	require.NoError(t, err)
	return c
}

func TestCatalog(t *testing.T) {
	ledger.Covers(t, "LEX-129")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"token","description":"t"}`))
	require.Equal(t, 1, c.Len())
	more, err := c.With(parse(t, testDoc("com.example.other", `"x":{"type":"integer"}`)))
	require.NoError(t, err)
	require.Equal(t, 1, c.Len(), "a catalog does not change")
	require.Equal(t, 2, more.Len())
	var ids []string
	for d := range more.Documents() {
		ids = append(ids, d.ID.String())
	}
	require.Equal(t, []string{"com.example.other", testID}, ids)
	require.NotNil(t, more.Document(syntax.MustParseNSID(testID)))
	require.Nil(t, more.Document(syntax.MustParseNSID("com.example.none")))
	require.Equal(t, schema.KindInteger, more.Def(schema.Name{NSID: syntax.MustParseNSID("com.example.other"), Def: "x"}).Kind())
	require.Nil(t, more.Def(schema.Name{NSID: syntax.MustParseNSID("com.example.none"), Def: "x"}))

	_, err = more.With(parse(t, testDoc(testID, `"main":{"type":"integer"}`)))
	require.ErrorIs(t, err, lexicon.ErrDuplicate)
	require.EqualError(t, err, "lexicon: two documents of one name: com.example.test")
	_, err = lexicon.NewCatalog(more.Document(syntax.MustParseNSID(testID)), more.Document(syntax.MustParseNSID(testID)))
	require.ErrorIs(t, err, lexicon.ErrDuplicate)

	var zero lexicon.Catalog
	require.NoError(t, zero.Link())
	require.ErrorIs(t, validate(t, &zero, `{}`, nil), lexicon.ErrNoSchema)
}

func parse(t testing.TB, text string) *schema.Document {
	t.Helper()
	d, err := schema.Parse([]byte(text), nil)
	require.NoError(t, err, text)
	return d
}

func TestLoad(t *testing.T) {
	ledger.Covers(t, "LEX-129")
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := fstest.MapFS{
		"com/example/a.json":   file(testDoc("com.example.a", `"main":{"type":"integer"}`)),
		"odd.json":             file(testDoc("com.example.b", `"main":{"type":"integer"}`)),
		".git/com/c.json":      file(`no`),
		"com/example/text.txt": file(`no`),
	}
	c, err := lexicon.Load(fsys, nil)
	require.NoError(t, err)
	require.Equal(t, 2, c.Len())

	fsys["com/again.json"] = file(testDoc("com.example.b", `"main":{"type":"string"}`))
	fsys["com/example/bad.json"] = file(`{"lexicon":2}`)
	_, err = lexicon.Load(fsys, nil)
	require.ErrorIs(t, err, lexicon.ErrDuplicate)
	require.ErrorContains(t, err, "lexicon: file odd.json: lexicon: two documents of one name: com.example.b, also in com/again.json")
	require.ErrorContains(t, err, "lexicon: file com/example/bad.json: schema: no id")
	e, ok := errors.AsType[*schema.Error](err)
	require.True(t, ok)
	require.Equal(t, "/id", e.Path)

	_, err = lexicon.Load(os.DirFS(filepath.Join(t.TempDir(), "none")), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestLink(t *testing.T) {
	ledger.Covers(t, "LEX-130", "LEX-059", "LEX-061", "LEX-063", "LEX-010", "LEX-012", "LEX-124")
	c := newCatalog(t,
		testDoc(testID, `"main":{"type":"object","properties":{
			"ok1":{"type":"ref","ref":"#num"},"ok2":{"type":"ref","ref":"com.example.rec"},"ok3":{"type":"ref","ref":"com.example.rec#main"},
			"none":{"type":"ref","ref":"com.example.none#x"},"token":{"type":"ref","ref":"#tok"},"query":{"type":"ref","ref":"com.example.query"},
			"union":{"type":"union","refs":["#num","#none","com.example.rec#main","#main","#tok"]}}},
			"num":{"type":"integer"},"tok":{"type":"token","description":"t"}`),
		testDoc("com.example.rec", `"main":{"type":"record","key":"any","record":{"type":"object","properties":{}}}`),
		testDoc("com.example.query", `"main":{"type":"query"}`))
	all, ok := errors.AsType[schema.Errors](c.Link())
	require.True(t, ok)
	var got []string
	for _, e := range all {
		require.Equal(t, testID, e.Document)
		require.Positive(t, e.Offset)
		got = append(got, e.Path+": "+e.Msg)
	}
	require.Equal(t, []string{
		`/defs/main/properties/none/ref: reference "com.example.none#x" leads to nothing`,
		`/defs/main/properties/token/ref: reference "#tok" is to type token`,
		`/defs/main/properties/query/ref: reference "com.example.query" is to type query`,
		`/defs/main/properties/union/refs/0: union of "#num", which is of type integer, not object or record`,
		`/defs/main/properties/union/refs/1: reference "#none" leads to nothing`,
		`/defs/main/properties/union/refs/4: union of "#tok", which is of type token, not object or record`,
	}, got)
}

// TestPublishedLexicons looks at all schemas of the network: they hold together,
// and compile.
func TestPublishedLexicons(t *testing.T) {
	ledger.Covers(t, "LEX-130", "LEX-124")
	c := publishedCatalog(t)
	require.Equal(t, published.Count, c.Len())
	require.NoError(t, c.Link())
	_, err := c.ValidateRecordJSON(syntax.MustParseNSID("app.bsky.feed.post"), syntax.MustParseRecordKey("3jzfcijpj2z2a"), []byte(postJSON), nil)
	require.NoError(t, err)
	bad := strings.Replace(postJSON, `"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"},"root"`, `"uri":"http://example.com"},"root"`, 1)
	_, err = c.ValidateRecordJSON(syntax.MustParseNSID("app.bsky.feed.post"), syntax.MustParseRecordKey("3jzfcijpj2z2a"), []byte(bad), nil)
	require.EqualError(t, err, `lexicon: reply.parent.uri: "http://example.com" is not of format at-uri: expected "at://"`)
	e, _ := errors.AsType[*lexicon.Error](err)
	require.Equal(t, "/reply/parent/uri", e.Path)
	require.Equal(t, "com.atproto.repo.strongRef", e.Def)
}

// postJSON is a typical post: a reply with facets and an external embed, of 870
// bytes in DAG-CBOR.
const postJSON = `{"$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56.789Z","embed":{"$type":"app.bsky.embed.external",` +
	`"external":{"description":"A long read about birds, their songs, and how they learn them","thumb":{"$type":"blob","mimeType":"image/jpeg",` +
	`"ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"size":231344},"title":"Why linnets sing","uri":"https://example.com/linnets/why-they-sing"}},` +
	`"facets":[{"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/linnets/why-they-sing"}],"index":{"byteEnd":64,"byteStart":35}}],` +
	`"langs":["en"],"reply":{"parent":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",` +
	`"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"},"root":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",` +
	`"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"}},"text":"This is worth your time, all of it: example.com/linnets/why-the… 🐦"}`

// manyFields returns the properties f0 to f(n-1), as JSON members.
func manyFields(n int, field string) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"f%d":%s`, i, field))
	}
	return strings.Join(list, ",")
}
