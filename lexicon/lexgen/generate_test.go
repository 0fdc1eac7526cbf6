package lexgen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/lexgen"
	"github.com/linnet-at/linnet/lexicon/lint"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// catalogOf parses documents.
func catalogOf(t testing.TB, docs ...string) *lexicon.Catalog {
	t.Helper()
	parsed := make([]*schema.Document, len(docs))
	for i, text := range docs {
		d, err := schema.Parse([]byte(text), nil)
		require.NoError(t, err)
		parsed[i] = d
	}
	c, err := lexicon.NewCatalog(parsed...)
	require.NoError(t, err)
	return c
}

// onePackage is the configuration of a package for com.example.
func onePackage() *lexgen.Config {
	return &lexgen.Config{Packages: []lexgen.Package{{Prefixes: []string{"com.example"}, Import: "example.com/example", Dir: "out"}}}
}

// document returns a document with one definition.
func document(id, name, def string) string {
	return `{"lexicon":1,"id":"` + id + `","defs":{"` + name + `":` + def + `}}`
}

// checkUpToDate compares what is generated with what is there.
func checkUpToDate(t *testing.T, catalog *lexicon.Catalog, configFile string) {
	t.Helper()
	text, err := os.ReadFile(configFile)
	require.NoError(t, err)
	config, err := lexgen.ParseConfig(text)
	require.NoError(t, err)
	files, err := lexgen.Generate(catalog, config)
	require.NoError(t, err)
	due := make(map[string]bool)
	for _, f := range files {
		name := filepath.Join(filepath.Dir(configFile), f.Dir, f.Name)
		due[name] = true
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, string(have) == string(f.Text), "%s is not up to date: run go generate", name)
	}
	for _, p := range config.Packages {
		names, err := filepath.Glob(filepath.Join(filepath.Dir(configFile), p.Dir, "*"+lexgen.FileSuffix))
		require.NoError(t, err)
		for _, name := range names {
			require.True(t, due[name], "%s is no longer generated", name)
		}
	}
}

// TestGolden looks at the code of the test schemas, which is the package gentest.
func TestGolden(t *testing.T) {
	for range 5 { // the same each time
		checkUpToDate(t, loadCatalog(t), "testdata/gentest.json")
	}
}

// TestPublished looks at the packages under api: all documents of the network
// parse, lint without error and are generated.
func TestPublished(t *testing.T) {
	catalog, err := lexicon.Load(published.FS(t), nil)
	require.NoError(t, err)
	require.Equal(t, published.Count, catalog.Len())
	require.False(t, lint.HasErrors(lint.Catalog(catalog, nil)))
	root, err := fixtures.ModuleRoot()
	require.NoError(t, err)
	checkUpToDate(t, catalog, filepath.Join(root, "api", "lexgen.json"))
}

// TestNoState looks for what generated code must not have: variables of packages,
// functions that run by themselves, and reflection.
func TestNoState(t *testing.T) {
	files, err := lexgen.Generate(loadCatalog(t), &lexgen.Config{Packages: []lexgen.Package{
		{Prefixes: []string{"com.example"}, Import: "example.com/one", Dir: "one"},
		{Prefixes: []string{"org.example"}, Import: "example.com/two", Dir: "two"},
	}})
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name, f.Text, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				require.NotEqual(t, token.VAR, d.Tok)
			case *ast.FuncDecl:
				require.NotEqual(t, "init", d.Name.Name)
			}
		}
		for _, i := range parsed.Imports {
			require.NotContains(t, []string{`"reflect"`, `"encoding/json"`, `"fmt"`}, i.Path.Value)
		}
	}
}

// TestConstants looks at the values of strings.
func TestConstants(t *testing.T) {
	ledger.Covers(t, "LEX-168")
	files, err := lexgen.Generate(catalogOf(t, `{"lexicon":1,"id":"com.example.a.b","defs":{
		"tok":{"type":"token"},
		"main":{"type":"record","key":"any","record":{"type":"object","properties":{
			"mood":{"type":"string","knownValues":["happy","not-so","com.example.a.b#tok","com.example.x#y"]},"kind":{"type":"string","enum":["a","b"]}}}}}}`), onePackage())
	require.NoError(t, err)
	require.Len(t, files, 1)
	text := strings.Join(strings.Fields(string(files[0].Text)), " ")
	for _, want := range []string{
		"Mood *string", "Kind *string", `const ABTok = "com.example.a.b#tok"`,
		`( ABMoodHappy = "happy" ABMoodNotSo = "not-so" ABMoodY = "com.example.x#y" )`, `( ABKindA = "a" ABKindB = "b" )`, `const ABNSID = "com.example.a.b"`,
	} {
		require.Contains(t, text, want)
	}
}

func TestDescriptions(t *testing.T) {
	c := catalogOf(t, document("com.example.a", "main", `{"type":"object","description":"About   things.","properties":{"b":{"type":"string","description":"Of beauty.\nAnd */ more."}}}`))
	config := onePackage()
	files, err := lexgen.Generate(c, config)
	require.NoError(t, err)
	require.NotContains(t, string(files[0].Text), "bout")
	config.Descriptions = true
	files, err = lexgen.Generate(c, config)
	require.NoError(t, err)
	require.Contains(t, string(files[0].Text), "// About things.\ntype A struct {\n\t// Of beauty. And */ more.\n")
}

// What a schema calls deprecated is marked as Go's tools know it.
func TestDeprecated(t *testing.T) {
	ledger.Covers(t, "LEX-139")
	const mark = "// Deprecated: the schema says so.\n"
	for text, deprecated := range map[string]bool{
		"Deprecated. Use b.": true, "deprecated": true, "DEPRECATED -- unused": true, "A thing. DEPRECATED: use b": true, "  DEPRECATED": true,
		"": false, "Whether it is deprecated.": false, "A. Deprecated things.": false, "Undeprecated": false, "NOTDEPRECATED": false,
	} {
		for def, want := range map[string]string{ // what follows the mark
			`"main":{"type":"object","description":"%s","properties":{}}`:                                                      "type A struct",
			`"main":{"type":"object","properties":{"b":{"type":"string","description":"%s"}}}`:                                 "\tB *string",
			`"main":{"type":"query","description":"%s"}`:                                                                       "func A(",
			`"main":{"type":"query","parameters":{"type":"params","properties":{"b":{"type":"string","description":"%s"}}}}`:   "\tB *string",
			`"main":{"type":"subscription","description":"%s","message":{"schema":{"type":"union","refs":["com.example.b"]}}}`: "const ANSID",
			`"tok":{"type":"token","description":"%s"}`:                                                                        "const ATok",
			`"main":{"type":"object","properties":{"b":{"type":"union","refs":["com.example.b"],"description":"%s"}}}`:         "type AB struct",
		} {
			c := catalogOf(t, `{"lexicon":1,"id":"com.example.a","defs":{`+strings.Replace(def, "%s", text, 1)+`}}`, document("com.example.b", "main", `{"type":"object","properties":{}}`))
			files, err := lexgen.Generate(c, onePackage())
			require.NoError(t, err, def)
			require.Equal(t, deprecated, strings.Contains(string(files[0].Text), mark+want), "%s: %s", def, text)
		}
	}
	config := onePackage()
	config.Descriptions = true
	files, err := lexgen.Generate(catalogOf(t, document("com.example.a", "main", `{"type":"object","properties":{"b":{"type":"string","description":"Deprecated: use c."}}}`)), config)
	require.NoError(t, err)
	require.Contains(t, string(files[0].Text), "\t// Deprecated: use c.\n\t//\n\t"+mark)
}

// TestExternal refers to a package that others have generated.
func TestExternal(t *testing.T) {
	c := catalogOf(t,
		document("com.example.a", "main", `{"type":"object","properties":{"x":{"type":"ref","ref":"org.other.defs#thing"},"y":{"type":"union","refs":["org.other.defs#thing","org.other.sub.defs#thing"]}}}`),
		document("org.other.defs", "thing", `{"type":"object","properties":{}}`),
		document("org.other.sub.defs", "thing", `{"type":"object","properties":{}}`))
	config := onePackage()
	_, err := lexgen.Generate(c, config)
	require.EqualError(t, err, `schema: com.example.a: reference "org.other.defs#thing" is to a document that no package has at "/defs/main/properties/x" at offset 84`+"\n"+
		`schema: com.example.a: reference "org.other.defs#thing" is to a document that no package has at "/defs/main/properties/y" at offset 132`+"\n"+
		`schema: com.example.a: reference "org.other.sub.defs#thing" is to a document that no package has at "/defs/main/properties/y" at offset 132`)
	config.Packages = append(config.Packages,
		lexgen.Package{Prefixes: []string{"org.other"}, Import: "other.org/lexicons/v2"},
		lexgen.Package{Prefixes: []string{"org.other.sub"}, Import: "other.org/sub/lexicons", Name: "lexicons"})
	files, err := lexgen.Generate(c, config)
	require.NoError(t, err)
	require.Len(t, files, 1)
	text := strings.Join(strings.Fields(string(files[0].Text)), " ")
	require.Contains(t, text, `lexicons "other.org/lexicons/v2" lexicons2 "other.org/sub/lexicons"`)
	require.Contains(t, text, "X *lexicons.DefsThing // optional")
	require.Contains(t, text, "DefsThing *lexicons.DefsThing // org.other.defs#thing DefsThing2 *lexicons2.DefsThing")
}

func TestImportCycle(t *testing.T) {
	c := catalogOf(t,
		document("com.example.a", "main", `{"type":"object","properties":{"x":{"type":"ref","ref":"org.other.b"}}}`),
		document("org.other.b", "main", `{"type":"object","properties":{"x":{"type":"array","items":{"type":"union","refs":["com.example.a"]}}}}`))
	config := onePackage()
	config.Packages = append(config.Packages, lexgen.Package{Prefixes: []string{"org.other"}, Import: "other.org/x", Dir: "other"})
	_, err := lexgen.Generate(c, config)
	require.EqualError(t, err, `lexgen: packages import each other; "example.com/example" needs "other.org/x" in com.example.a; "other.org/x" needs "example.com/example" in org.other.b: put their prefixes into one package`)

	// In one package it is no problem.
	config.Packages = config.Packages[:1]
	config.Packages[0].Prefixes = append(config.Packages[0].Prefixes, "org.other")
	_, err = lexgen.Generate(c, config)
	require.NoError(t, err)
}

// TestNoDocuments: a package to generate has documents.
func TestNoDocuments(t *testing.T) {
	c := catalogOf(t, document("com.example.a", "main", `{"type":"token"}`))
	config := onePackage()
	config.Packages = append(config.Packages,
		lexgen.Package{Prefixes: []string{"com.examplee", "org.x"}, Import: "example.com/x", Dir: "x"},
		lexgen.Package{Prefixes: []string{"com.example.a.b"}, Import: "example.com/y", Dir: "y"},
		lexgen.Package{Prefixes: []string{"org.others"}, Import: "example.com/others"}) // which others generate
	_, err := lexgen.Generate(c, config)
	require.EqualError(t, err, `lexgen: package "example.com/x": no document has a name that begins with ["com.examplee" "org.x"]`+"\n"+
		`lexgen: package "example.com/y": no document has a name that begins with ["com.example.a.b"]`)
	config.Packages = append(config.Packages[:1], config.Packages[3])
	files, err := lexgen.Generate(c, config)
	require.NoError(t, err)
	require.Len(t, files, 1)
	first, _, _ := strings.Cut(string(files[0].Text), "\n")
	require.Equal(t, lexgen.FileHeader, first)
}

// TestFieldNotes: a field whose name is not that of its property says what that is.
func TestFieldNotes(t *testing.T) {
	c := catalogOf(t, document("com.example.a", "main", `{"type":"object","required":["a-b"],"properties":{"a-b":{"type":"string"},"a_b":{"type":"integer"},"didDoc":{"type":"boolean"}}}`),
		document("com.example.q", "main", `{"type":"query","parameters":{"type":"params","properties":{"x-y":{"type":"string"},"x":{"type":"string"}}}}`))
	files, err := lexgen.Generate(c, onePackage())
	require.NoError(t, err)
	text := strings.Join(strings.Fields(string(files[0].Text)), " ")
	require.Contains(t, text, `{ AB string // "a-b" AB2 *int64 // "a_b", optional DIDDoc *bool // optional Extra`)
	require.Contains(t, text, `{ XY *string // "x-y", optional X *string // optional }`)
}

func TestBadSchemas(t *testing.T) {
	for _, c := range []struct{ def, want string }{
		{`{"type":"object","properties":{"x":{"type":"ref","ref":"#none"}}}`, `schema: com.example.a: reference "#none" leads to nothing at "/defs/main/properties/x/ref" at offset 79`},
		{`{"type":"object","properties":{"x":{"type":"ref","ref":"#tok"}}}`, `schema: com.example.a: reference "#tok" is to type token at "/defs/main/properties/x/ref" at offset 79`},
		{`{"type":"object","properties":{"x":{"type":"union","refs":["#arr"]}}}`, `schema: com.example.a: union of "#arr", which is of type array, not object or record at "/defs/main/properties/x/refs/0" at offset 79`},
		{`{"type":"query","output":{"encoding":"application/json","schema":{"type":"ref","ref":"#arr"}}}`, `schema: com.example.a: body is no object at "/defs/main/output/schema" at offset 109`},
		{`{"type":"object","properties":{"x":{"type":"ref","ref":"#loop"}}}`, `schema: com.example.a: reference "#loop" leads to lists of nothing but lists at "/defs/loop/items" at offset 222`},
	} {
		text := `{"lexicon":1,"id":"com.example.a","defs":{"main":` + c.def + `,"tok":{"type":"token"},"arr":{"type":"array","items":{"type":"string"}}`
		if strings.Contains(c.def, "loop") {
			text += `,"loop":{"type":"array","items":{"type":"ref","ref":"#loop"}}`
		}
		_, err := lexgen.Generate(catalogOf(t, text+"}}"), onePackage())
		require.ErrorContains(t, err, c.want[:len(c.want)-len(" at offset 79")], c.def)
		var e *schema.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "com.example.a", e.Document)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{`, "lexgen: configuration: unexpected EOF"},
		{`{"packages":[]}`, "lexgen: configuration without packages"},
		{`{"packages":[{"prefixes":["a.b"]}]}`, "lexgen: package without import or prefixes"},
		{`{"packages":[{"import":"x"}]}`, "lexgen: package without import or prefixes"},
		{`{"packages":[{"import":"x","prefixes":["a b"]}]}`, `lexgen: prefix "a b" of package "x" begins no NSID`},
		{`{"packages":[{"import":"x","prefixes":["a.b"],"name":"func"}]}`, `lexgen: name "func" of package "x" is no identifier`},
		{`{"packages":[{"import":"x","prefixes":["a.b"]},{"import":"y","prefixes":["a.b"]}]}`, `lexgen: prefix "a.b" twice`},
		{`{"packages":[{"import":"x","prefixes":["a.b"]},{"import":"x","prefixes":["a.c"]}]}`, `lexgen: package "x" twice`},
		{`{"packages":[{"import":"x","prefixes":["a.b"],"dir":"a"},{"import":"y","prefixes":["a.c"],"dir":"./a"}]}`, `lexgen: packages "x" and "y" have the same directory "a"`},
		{`{"packages":[{"import":"x","prefixes":["a.b"],"dir":"."},{"import":"y","prefixes":["a.c"]},{"import":"z","prefixes":["a.d"],"dir":"a/.."}]}`, `lexgen: packages "x" and "z" have the same directory "."`},
		{`{"packages":[{"import":"x/main","prefixes":["a.b"],"dir":"a"}]}`, `lexgen: name "main" of package "x/main" is that of a program, which cannot be imported`},
		{`{"packages":[{"import":"x","prefixes":["a.b"],"dir":"a"},{"import":"y","prefixes":["a.c"],"name":"main"}]}`, `lexgen: name "main" of package "y" is that of a program, which cannot be imported`},
		{`{"packages":[{"import":"x","prefixes":["a.b"]}]} {}`, "lexgen: configuration: text behind the object"},
		{`{"package":[]}`, `lexgen: configuration: json: unknown field "package"`},
	} {
		_, err := lexgen.ParseConfig([]byte(c.text))
		require.EqualError(t, err, c.want)
	}
	_, err := lexgen.ParseConfig([]byte(`{"packages":[{"import":"x","prefixes":["a.b"]},{"import":"y","prefixes":["a.c"]},{"import":"z","prefixes":["a.d"],"dir":"."}]}`))
	require.NoError(t, err, "what others have generated has no directory")
}
