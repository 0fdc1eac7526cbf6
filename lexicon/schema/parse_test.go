package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// doc returns a document of the given definitions, in JSON.
func doc(defs string) string { return `{"lexicon":1,"id":"com.example.test","defs":{` + defs + `}}` }

// prop returns a document whose definition main has a property p of the given
// schema.
func prop(schema string) string {
	return doc(`"main":{"type":"object","properties":{"p":` + schema + `}}`)
}

func parse(t testing.TB, text string) *schema.Document {
	t.Helper()
	d, err := schema.Parse([]byte(text), nil)
	require.NoError(t, err, text)
	return d
}

func TestVectors(t *testing.T) {
	ledger.Covers(t, "LEX-171", "LEX-001", "LEX-004", "LEX-006", "LEX-016")
	type vector struct {
		Name    string
		Lexicon json.RawMessage
	}
	valid := fixtures.JSON[[]vector](t, fixtures.Interop(t, "lexicon/lexicon-valid.json"))
	require.Len(t, valid, 3)
	for _, v := range valid {
		_, err := schema.Parse(v.Lexicon, nil)
		require.NoError(t, err, v.Name)
	}
	want := map[string]string{
		"invalid lexicon field":      `not an integer at "/lexicon"`,
		"invalid id field":           `not a string at "/id"`,
		"invalid NSID":               `"one-two-three" is not an NSID at "/id"`,
		"defined unknown":            `type unknown cannot be a definition at "/defs/demo"`,
		"defined ref":                `type ref cannot be a definition at "/defs/demo"`,
		"non-main primary":           `type record is not the definition main at "/defs/demo"`,
		"record missing type object": `no type at "/defs/main/record"`,
	}
	invalid := fixtures.JSON[[]vector](t, fixtures.Interop(t, "lexicon/lexicon-invalid.json"))
	require.Len(t, invalid, 7)
	for _, v := range invalid {
		for _, o := range []*schema.Options{nil, {Lenient: true}} {
			_, err := schema.Parse(v.Lexicon, o)
			require.ErrorContains(t, err, want[v.Name], v.Name)
		}
	}
}

// TestPublished reads all documents of the network, and writes them again.
func TestPublished(t *testing.T) {
	ledger.Covers(t, "LEX-009", "LEX-014", "LEX-164")
	n := 0
	fsys := published.FS(t)
	require.NoError(t, fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		n++
		text, err := fs.ReadFile(fsys, name)
		require.NoError(t, err)
		d, err := schema.Parse(text, nil)
		require.NoError(t, err, name)
		require.Equal(t, strings.ReplaceAll(strings.TrimSuffix(name, ".json"), "/", "."), d.ID.String())
		out, err := d.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(out), name)
		require.JSONEq(t, string(text), string(d.Format()), name)

		again := parse(t, string(out))
		second, err := again.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, out, second, "equal documents give equal text")
		record, err := d.Record()
		require.NoError(t, err)
		published, err := schema.ParseRecord(record, nil)
		require.NoError(t, err, name)
		cid, err := published.CID()
		require.NoError(t, err)
		require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, record), cid)
		return nil
	}))
	require.Equal(t, published.Count, n)
}

// TestInvalid has documents that break a rule, each with the error.
func TestInvalid(t *testing.T) {
	ledger.Covers(t, "LEX-001", "LEX-002", "LEX-003", "LEX-004", "LEX-006", "LEX-007", "LEX-014", "LEX-016", "LEX-018", "LEX-019",
		"LEX-020", "LEX-021", "LEX-023", "LEX-024", "LEX-026", "LEX-027", "LEX-041", "LEX-050", "LEX-051", "LEX-055", "LEX-056", "LEX-058",
		"LEX-061", "LEX-063", "LEX-064", "LEX-103", "LEX-105", "LEX-127", "LEX-128")
	rec := func(members string) string { return doc(`"main":{"type":"record"` + members + `}`) }
	const emptyRecord = `,"record":{"type":"object","properties":{}}`
	query := func(members string) string { return doc(`"main":{"type":"query"` + members + `}`) }
	params := func(props string) string { return query(`,"parameters":{"type":"params"` + props + `}`) }
	body := func(body string) string { return query(`,"output":` + body) }
	sub := func(members string) string { return doc(`"main":{"type":"subscription"` + members + `}`) }
	set := func(members string) string { return doc(`"main":{"type":"permission-set"` + members + `}`) }
	for _, tc := range [][3]string{ // document, path, message
		{``, "", "unexpected end"},
		{`[]`, "", "not an object"},
		{`{"lexicon":1,"id":"com.example.test","defs":{},"id":"x"}`, "", "duplicate name"},
		{`{"lexicon":1,"id":"com.example.test","defs":{}} x`, "", ""},
		{`{"id":"com.example.test","defs":{"a":{"type":"integer"}}}`, "/lexicon", "no lexicon version"},
		{`{"lexicon":2,"id":"com.example.test","defs":{"a":{"type":"integer"}}}`, "/lexicon", "lexicon version 2 is not 1"},
		{`{"lexicon":"1","id":"com.example.test","defs":{"a":{"type":"integer"}}}`, "/lexicon", "not an integer"},
		{`{"lexicon":1.5,"id":"com.example.test","defs":{"a":{"type":"integer"}}}`, "/lexicon", "not an integer"},
		{`{"lexicon":1,"defs":{"a":{"type":"integer"}}}`, "/id", "no id"},
		{`{"lexicon":1,"id":"com.example.test#main","defs":{"a":{"type":"integer"}}}`, "/id", `"com.example.test#main" is not an NSID`},
		{`{"lexicon":1,"id":"com.example.test"}`, "/defs", "no defs"},
		{`{"lexicon":1,"id":"com.example.test","defs":[]}`, "/defs", "not an object"},
		{doc(``), "/defs", "no definitions"},
		{`{"lexicon":1,"id":"com.example.test","description":5,"defs":{"a":{"type":"integer"}}}`, "/description", "not a string"},
		{doc(`"a":5`), "/defs/a", "not an object"},
		{doc(`"a":{}`), "/defs/a", "no type"},
		{doc(`"a":{"type":5}`), "/defs/a/type", "not a string"},
		{doc(`"a":{"type":"float"}`), "/defs/a", `type "float" is unknown`},
		{doc(`"a":{"type":"integer","description":[]}`), "/defs/a/description", "not a string"},
		{doc(`"#foo":{"type":"integer"}`), "/defs/#foo", "with # or a dot"},
		{doc(`"a.b":{"type":"integer"}`), "/defs/a.b", "with # or a dot"},
		{doc(`"":{"type":"integer"}`), "/defs/", "empty name"},
		{doc(`"a":{"type":"params","properties":{}}`), "/defs/a", "type params cannot be a definition"},
		{doc(`"a":{"type":"permission","resource":"repo"}`), "/defs/a", "type permission cannot be a definition"},
		{doc(`"a":{"type":"unknown"}`), "/defs/a", "type unknown cannot be a definition"},
		{doc(`"a":{"type":"ref","ref":"#b"}`), "/defs/a", "type ref cannot be a definition"},
		{doc(`"a":{"type":"union","refs":["#b"]}`), "/defs/a", "type union cannot be a definition"},
		{doc(`"a":{"type":"query"}`), "/defs/a", "type query is not the definition main"},
		{doc(`"main":{"type":"query"},"a":{"type":"procedure"}`), "/defs/a", "type procedure is not the definition main"},
		{doc(`"a":{"type":"permission-set","permissions":[]}`), "/defs/a", "is not the definition main"},
		{doc(`"a":{"type":"space"}`), "/defs/a", `type "space" is unknown`},

		{rec(`,"key":"tid"`), "/defs/main", "no record"},
		{rec(emptyRecord), "/defs/main", "no key"},
		{rec(`,"key":5` + emptyRecord), "/defs/main/key", "not a string"},
		{rec(`,"key":"foo"` + emptyRecord), "/defs/main/key", `"foo" is no type of record keys`},
		{rec(`,"key":"literal:"` + emptyRecord), "/defs/main/key", "is no type of record keys"},
		{rec(`,"key":"literal:a/b"` + emptyRecord), "/defs/main/key", "is no type of record keys"},
		{rec(`,"key":"any","record":{"type":"ref","ref":"#x"}`), "/defs/main/record", "record is not an object type"},
		{rec(`,"key":"any","record":{"type":"object"}`), "/defs/main/record/properties", "no properties"},

		{query(`,"input":{"encoding":"application/json"}`), "/defs/main/input", "query with an input"},
		{query(`,"parameters":{"type":"object","properties":{}}`), "/defs/main/parameters", "parameters are not of type params"},
		{body(`{}`), "/defs/main/output", "no encoding"},
		{body(`[]`), "/defs/main/output", "not an object"},
		{body(`{"encoding":5}`), "/defs/main/output/encoding", "not a string"},
		{body(`{"encoding":"json"}`), "/defs/main/output", `encoding "json" is no media type`},
		{body(`{"encoding":"a/b;q=1"}`), "/defs/main/output", `encoding "a/b;q=1" is no media type: parameters are not allowed`},
		{body(`{"encoding":"application/json ; charset=utf-8"}`), "/defs/main/output", "is no media type: parameters are not allowed"},
		{body(`{"encoding":"json;q=1"}`), "/defs/main/output", `encoding "json;q=1" is no media type`},
		{body(`{"encoding":"a/b, c/d"}`), "/defs/main/output", "is no media type"},
		{body(`{"encoding":"a /b"}`), "/defs/main/output", "is no media type"},
		{body(`{"encoding":"*/b"}`), "/defs/main/output", "is no media type"},
		{body(`{"encoding":"application/json","schema":{"type":"string"}}`), "/defs/main/output", "schema of a body is of type string"},
		{body(`{"encoding":"application/json","schema":{"type":"array","items":{"type":"string"}}}`), "/defs/main/output", "schema of a body is of type array"},
		{query(`,"errors":{}`), "/defs/main/errors", "not an array"},
		{query(`,"errors":[{}]`), "/defs/main/errors", `"" is no name of an error`},
		{query(`,"errors":[{"name":"Bad Name"}]`), "/defs/main/errors", `"Bad Name" is no name of an error`},
		{query(`,"errors":["Bad"]`), "/defs/main/errors/0", "not an object"},

		{params(``), "/defs/main/parameters/properties", "no properties"},
		{params(`,"properties":{"a":{"type":"object","properties":{}}}`), "/defs/main/parameters/properties/a", "parameter of type object"},
		{params(`,"properties":{"a":{"type":"unknown"}}`), "/defs/main/parameters/properties/a", "parameter of type unknown"},
		{params(`,"properties":{"a":{"type":"ref","ref":"#x"}}`), "/defs/main/parameters/properties/a", "parameter of type ref"},
		{params(`,"properties":{"a":{"type":"bytes"}}`), "/defs/main/parameters/properties/a", "parameter of type bytes"},
		{params(`,"properties":{"a":{"type":"array","items":{"type":"ref","ref":"#x"}}}`), "/defs/main/parameters/properties/a", "parameter of type ref"},
		{params(`,"properties":{"a":{"type":"array","items":{"type":"array","items":{"type":"integer"}}}}`), "/defs/main/parameters/properties/a", "parameter of type array"},
		{params(`,"properties":{},"nullable":[]`), "/defs/main/parameters/nullable", "parameters that may be null"},
		{params(`,"properties":{},"required":["zzz"]`), "/defs/main/parameters/required", `"zzz" is no property`},

		{sub(``), "/defs/main/message", "no schema of messages"},
		{sub(`,"message":{}`), "/defs/main/message", "no schema of messages"},
		{sub(`,"message":{"schema":{"type":"object","properties":{}}}`), "/defs/main/message/schema", "schema of messages is not a union"},
		{sub(`,"message":{"schema":{"type":"union","refs":[]}},"subprotocol":5`), "/defs/main/subprotocol", "not a string"},

		{set(``), "/defs/main", "no permissions"},
		{set(`,"permissions":[{"type":"string"}]`), "/defs/main/permissions/0", "not of type permission"},
		{set(`,"permissions":[{"resource":"repo"}]`), "/defs/main/permissions/0", "no type"},
		{set(`,"permissions":[{"type":"permission"}]`), "/defs/main/permissions", "permission 0 has no resource"},
		{set(`,"permissions":[{"type":"permission","resource":5}]`), "/defs/main/permissions/0/resource", "not a string"},
		{set(`,"permissions":[],"title:lang":{"JA":"x"}`), "/defs/main/title:lang", `"JA" is not a language`},
		{set(`,"permissions":[],"detail:lang":{"x y":"x"}`), "/defs/main/detail:lang", `"x y" is not a language`},
		{set(`,"permissions":[],"title:lang":{"ja":5}`), "/defs/main/title:lang/ja", "not a string"},
		{set(`,"permissions":[],"title:lang":[]`), "/defs/main/title:lang", "not an object"},

		{prop(`{"type":"boolean","default":true,"const":true}`), "/defs/main/properties/p", "default and const exclude each other"},
		{prop(`{"type":"integer","default":1,"const":1}`), "/defs/main/properties/p", "default and const exclude each other"},
		{prop(`{"type":"string","default":"a","const":"a"}`), "/defs/main/properties/p", "default and const exclude each other"},
		{prop(`{"type":"boolean","default":"true"}`), "/defs/main/properties/p/default", "not a boolean"},
		{prop(`{"type":"integer","minimum":2,"maximum":1}`), "/defs/main/properties/p", "minimum 2 is greater than maximum 1"},
		{prop(`{"type":"integer","minimum":"2"}`), "/defs/main/properties/p/minimum", "not an integer"},
		{prop(`{"type":"integer","enum":[1,"2"]}`), "/defs/main/properties/p/enum/1", "not an integer"},
		{prop(`{"type":"integer","enum":5}`), "/defs/main/properties/p/enum", "not an array"},
		{prop(`{"type":"string","minLength":2,"maxLength":1}`), "/defs/main/properties/p", "minLength 2 is greater than maxLength 1"},
		{prop(`{"type":"string","maxLength":-1}`), "/defs/main/properties/p", "minLength or maxLength is negative"},
		{prop(`{"type":"string","minGraphemes":2,"maxGraphemes":1}`), "/defs/main/properties/p", "minGraphemes 2 is greater than maxGraphemes 1"},
		{prop(`{"type":"string","minGraphemes":-2}`), "/defs/main/properties/p", "minGraphemes or maxGraphemes is negative"},
		{prop(`{"type":"string","format":"color"}`), "/defs/main/properties/p", `format "color" is unknown`},
		{prop(`{"type":"string","format":""}`), "/defs/main/properties/p/format", "empty format"},
		{prop(`{"type":"string","enum":[5]}`), "/defs/main/properties/p/enum/0", "not a string"},
		{prop(`{"type":"bytes","minLength":2,"maxLength":1}`), "/defs/main/properties/p", "minLength 2 is greater than maxLength 1"},
		{prop(`{"type":"blob","maxSize":0}`), "/defs/main/properties/p", "maxSize is not positive"},
		{prop(`{"type":"blob","accept":["text/ht*"]}`), "/defs/main/properties/p", `accept "text/ht*" is no media type`},
		{prop(`{"type":"blob","accept":["image/*;q=1"]}`), "/defs/main/properties/p", `accept "image/*;q=1" is no media type: parameters are not allowed`},
		{prop(`{"type":"blob","accept":["*"]}`), "/defs/main/properties/p", "is no media type"},
		{prop(`{"type":"array"}`), "/defs/main/properties/p/items", "no type"},
		{prop(`{"type":"array","items":{"type":"token"}}`), "/defs/main/properties/p/items", "type token cannot stand inside of another"},
		{prop(`{"type":"array","items":{"type":"integer"},"minLength":3,"maxLength":2}`), "/defs/main/properties/p", "minLength 3 is greater than maxLength 2"},
		{prop(`{"type":"token"}`), "/defs/main/properties/p", "type token cannot stand inside of another"},
		{prop(`{"type":"permission","resource":"repo"}`), "/defs/main/properties/p", "type permission cannot stand inside of another"},
		{prop(`{"type":"record","key":"any","record":{"type":"object","properties":{}}}`), "/defs/main/properties/p", "type record cannot stand inside of another"},
		{prop(`{"type":"params","properties":{}}`), "/defs/main/properties/p", "type params cannot stand inside of another"},
		{prop(`{"type":"ref"}`), "/defs/main/properties/p/ref", "has no NSID"},
		{prop(`{"type":"ref","ref":"foo"}`), "/defs/main/properties/p/ref", `reference "foo" has no NSID`},
		{prop(`{"type":"ref","ref":"#"}`), "/defs/main/properties/p/ref", "empty name of a definition"},
		{prop(`{"type":"ref","ref":"com.example.a#b#c"}`), "/defs/main/properties/p/ref", "with # or a dot"},
		{prop(`{"type":"union"}`), "/defs/main/properties/p/refs", "no refs"},
		{prop(`{"type":"union","refs":[],"closed":true}`), "/defs/main/properties/p/refs", "closed union of nothing"},
		{prop(`{"type":"union","refs":["x"]}`), "/defs/main/properties/p/refs", `reference "x" has no NSID`},
		{prop(`{"type":"union","refs":[{"type":"union","refs":[]}]}`), "/defs/main/properties/p/refs/0", "not a string"},
		{prop(`{"type":"union","refs":["#a"],"closed":"yes"}`), "/defs/main/properties/p/closed", "not a boolean"},
		{doc(`"a":{"type":"object","properties":{"":{"type":"integer"}}}`), "/defs/a/properties/", "empty name of a property"},
		{doc(`"a":{"type":"object","properties":{"$foo":{"type":"integer"}}}`), "/defs/a/properties/$foo", "begins with a dollar sign"},
		{doc(`"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["zzz"]}`), "/defs/a/required", `"zzz" is no property`},
		{doc(`"a":{"type":"object","properties":{"b":{"type":"integer"}},"nullable":["zzz"]}`), "/defs/a/nullable", `"zzz" is no property`},
		{doc(`"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b","b"]}`), "/defs/a/required", `"b" is listed twice`},
		{doc(`"a":{"type":"object","properties":{"b":{"type":"integer"}},"nullable":["b","b"]}`), "/defs/a/nullable", `"b" is listed twice`},
		{doc(`"a":{"type":"object"}`), "/defs/a/properties", "no properties"},
		{doc(`"a":{"type":"object","properties":[]}`), "/defs/a/properties", "not an object"},
		{doc(`"a":{"type":"object","properties":{"x/y~":5}}`), "/defs/a/properties/x~1y~0", "not an object"},
	} {
		_, err := schema.Parse([]byte(tc[0]), nil)
		all, ok := errors.AsType[schema.Errors](err)
		require.True(t, ok, "%s: %v", tc[0], err)
		require.Equal(t, tc[1], all[0].Path, "%s: %v", tc[0], err)
		require.Contains(t, all[0].Msg, tc[2], tc[0])
		require.GreaterOrEqual(t, all[0].Offset, 0, tc[0])
		require.LessOrEqual(t, all[0].Offset, len(tc[0]))
	}
}

// TestLenient has what leniency lets pass, and nothing else is let pass.
func TestLenient(t *testing.T) {
	ledger.Covers(t, "LEX-017", "LEX-021", "LEX-054", "LEX-056", "LEX-074")
	for _, text := range []string{
		doc(`"main":{"type":"record","record":{"type":"object","properties":{}}}`),
		doc(`"main":{"type":"record","key":"any","record":{"type":"object"}}`),
		doc(`"main":{"type":"query","parameters":{"type":"params"}}`),
		doc(`"main":{"type":"query","output":{"encoding":"image/png, image/jpeg"}}`),
		prop(`{"type":"string","format":"color"}`),
		doc(`"a":{"type":"object","properties":{"$foo":{"type":"integer"}}}`),
		doc(`"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b","b"]}`),
	} {
		_, err := schema.Parse([]byte(text), nil)
		require.Error(t, err, text)
		d, err := schema.Parse([]byte(text), &schema.Options{Lenient: true})
		require.NoError(t, err, text)
		require.NoError(t, d.Check(&schema.Options{Lenient: true}))
		if !strings.Contains(text, "image/png") {
			require.Error(t, d.Check(nil), text)
			out, err := d.MarshalJSON()
			require.NoError(t, err)
			require.JSONEq(t, text, string(out))
		} else {
			require.Equal(t, "image/png", d.Main().(*schema.Query).Output.Encoding)
		}
	}
}

// TestAllProblems: everything that is wrong is reported, up to a bound.
func TestAllProblems(t *testing.T) {
	text := doc(`"main":{"type":"object","required":["x"],"properties":{"a":{"type":"integer","minimum":2,"maximum":1},"b":{"type":"string","format":"f"}}},"c.d":{"type":"ref","ref":"x"}`)
	_, err := schema.Parse([]byte(text), nil)
	all, _ := errors.AsType[schema.Errors](err)
	var paths []string
	for _, e := range all {
		paths = append(paths, e.Path)
		require.Equal(t, "com.example.test", e.Document)
	}
	require.Equal(t, []string{"/defs/main/properties/a", "/defs/main/properties/b", "/defs/main/required", "/defs/c.d", "/defs/c.d", "/defs/c.d/ref"}, paths)
	require.EqualError(t, err, `schema: com.example.test: minimum 2 is greater than maximum 1 at "/defs/main/properties/a" at offset 104 (and 5 more)`)
	one, ok := errors.AsType[*schema.Error](err)
	require.True(t, ok)
	require.Equal(t, all[0], one)
	require.Equal(t, strings.Index(text, `{"type":"integer"`), one.Offset)

	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf(`"d%d":5`, i))
	}
	_, err = schema.Parse([]byte(doc(strings.Join(many, ","))), nil)
	require.Len(t, err, 100)
}

// TestTree reads a document of all types, and looks at the tree.
func TestTree(t *testing.T) {
	ledger.Covers(t, "LEX-005", "LEX-006", "LEX-016", "LEX-019", "LEX-025", "LEX-026", "LEX-036", "LEX-040", "LEX-050", "LEX-053")
	d := parse(t, doc(`"main":{"type":"object","description":"all","required":["s"],"nullable":["i"],"properties":{
		"b":{"type":"boolean","default":false},"i":{"type":"integer","minimum":-1,"maximum":2,"enum":[1,2],"const":1},
		"s":{"type":"string","format":"did","minLength":1,"maxLength":2,"minGraphemes":3,"maxGraphemes":4,"knownValues":["k"],"enum":["e"],"default":"d"},
		"y":{"type":"bytes","minLength":1,"maxLength":2},"l":{"type":"cid-link"},"o":{"type":"blob","accept":["image/*"],"maxSize":9},
		"a":{"type":"array","items":{"type":"unknown"},"minLength":1,"maxLength":2},"r":{"type":"ref","ref":"#t"},"u":{"type":"union","refs":["#main"],"closed":true}}},
		"t":{"type":"token"},"n1":{"type":"boolean"},"n2":{"type":"integer"},"n3":{"type":"string"},"n4":{"type":"bytes"},"n5":{"type":"cid-link"},"n6":{"type":"blob"},"n7":{"type":"array","items":{"type":"integer"}}`))
	o := d.Main().(*schema.Object)
	require.Equal(t, "all", o.Description)
	require.Equal(t, []string{"s"}, o.Required)
	require.Equal(t, []string{"i"}, o.Nullable)
	require.Equal(t, "b", o.Properties[0].Name, "in the order of the text")
	require.Equal(t, new(false), o.Property("b").(*schema.Boolean).Default)
	i := o.Property("i").(*schema.Integer)
	require.Equal(t, []any{new(int64(-1)), new(int64(2)), []int64{1, 2}, new(int64(1))}, []any{i.Minimum, i.Maximum, i.Enum, i.Const})
	s := o.Property("s").(*schema.String)
	require.Equal(t, []any{schema.FormatDID, new(int64(1)), new(int64(4)), []string{"k"}, []string{"e"}, new("d")},
		[]any{s.Format, s.MinLength, s.MaxGraphemes, s.KnownValues, s.Enum, s.Default})
	require.Equal(t, []string{"image/*"}, o.Property("o").(*schema.Blob).Accept)
	require.IsType(t, &schema.Unknown{}, o.Property("a").(*schema.Array).Items)
	require.True(t, o.Property("u").(*schema.Union).Closed)
	require.Nil(t, o.Property("none"))
	require.Nil(t, d.Def("none"))

	var kinds []string
	for path, typ := range d.Walk() {
		require.True(t, strings.HasPrefix(path, "/defs/"))
		kinds = append(kinds, string(typ.Kind()))
		require.Positive(t, typ.Info().Offset())
	}
	require.Equal(t, strings.Fields("object boolean integer string bytes cid-link blob array unknown ref union token boolean integer string bytes cid-link blob array integer"), kinds)
	for path := range d.Walk() {
		require.Equal(t, "/defs/main", path)
		break
	}

	m := parse(t, doc(`"main":{"type":"procedure","parameters":{"type":"params","required":["a"],"properties":{"a":{"type":"array","items":{"type":"string"}}}},
		"input":{"encoding":"application/json","description":"in","schema":{"type":"ref","ref":"#x"}},"output":{"encoding":"*/*"},"errors":[{"name":"Bad","description":"b"}]},"x":{"type":"object","properties":{}}`))
	p := m.Main().(*schema.Procedure)
	require.Equal(t, schema.KindString, p.Parameters.Property("a").(*schema.Array).Items.Kind())
	require.True(t, p.Input.IsJSON())
	require.False(t, p.Output.IsJSON())
	require.Equal(t, "Bad", p.Errors[0].Name)

	sub := parse(t, doc(`"main":{"type":"subscription","message":{"schema":{"type":"union","refs":["#x"]}},"subprotocol":"xrpc.v1.json"},"x":{"type":"object","properties":{}}`))
	require.Equal(t, "xrpc.v1.json", sub.Main().(*schema.Subscription).Subprotocol)
	require.Equal(t, []string{"#x"}, sub.Main().(*schema.Subscription).Message.Schema.Refs)

	set := parse(t, doc(`"main":{"type":"permission-set","title":"T","title:lang":{"fr":"F","pt-BR":"P"},"detail":"D","detail:lang":{},"permissions":[]}`)).Main().(*schema.PermissionSet)
	require.Equal(t, []any{"T", map[string]string{"fr": "F", "pt-BR": "P"}, "D"}, []any{set.Title, set.TitleLang, set.Detail})

	space, err := schema.Parse([]byte(doc(`"main":{"type":"space","key":"any","name":"Room","name:lang":{"fr":"Salle"},"collections":["com.example.post"]}`)), &schema.Options{Drafts: true})
	require.NoError(t, err)
	require.Equal(t, "Room", space.Main().(*schema.Space).Name)
	require.Error(t, space.Check(nil))
	space.Main().(*schema.Space).Name = strings.Repeat("x", 64)
	require.NoError(t, space.Check(&schema.Options{Drafts: true}), "as long as it may be")
	for _, bad := range []string{
		`"key":"any","collections":[]`, `"key":"any","name":"` + strings.Repeat("x", 65) + `","collections":[]`, `"name":"x","collections":[]`,
		`"key":"any","name":"x"`, `"key":"any","name":"x","collections":["y"]`, `"key":"any","name":"x","collections":[],"name:lang":{"X Y":"z"}`,
	} {
		_, err := schema.Parse([]byte(doc(`"main":{"type":"space",`+bad+`}`)), &schema.Options{Drafts: true})
		require.Error(t, err, bad)
	}
}

// TestExtra: what is not known is kept and written again, at every place, and so
// is what says nothing.
func TestExtra(t *testing.T) {
	ledger.Covers(t, "LEX-009", "LEX-013", "LEX-015")
	text := `{"$type":"com.atproto.lexicon.schema","lexicon":1,"id":"com.example.test","revision":3,"x":{"a":[1.5,null,"é\n"]},"description":"","defs":{
		"main":{"type":"query","x-foo":true,"output":{"encoding":"application/json","x":1,"schema":{"type":"object","x":[],"required":[],"properties":{
			"u":{"type":"union","refs":[],"closed":false,"x":"y"},"s":{"type":"string","description":"","pattern":"^a"},"t":{"type":"ref","ref":"#t","x":null}}}},"errors":[{"name":"E","x":2}]},
		"t":{"type":"token","x":0}}}`
	d := parse(t, text)
	out, err := d.MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, text, string(out))
	require.True(t, strings.HasPrefix(string(out), `{"$type":"com.atproto.lexicon.schema","lexicon":1,"id":"com.example.test","defs"`))
	revision, ok := d.ExtraMember("revision")
	require.True(t, ok)
	require.Equal(t, "3", revision)
	_, ok = d.ExtraMember("none")
	require.False(t, ok)
	_, err = d.Record()
	require.ErrorContains(t, err, "not an integer", "1.5 is no data")

	// What a field comes to hold is not written twice.
	d.Description = "new"
	q := d.Main().(*schema.Query)
	u := q.Output.Schema.(*schema.Object).Property("u").(*schema.Union)
	u.Closed = true
	out, err = d.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(out), `"closed"`))
	var back any
	require.NoError(t, json.Unmarshal(out, &back))
	require.Equal(t, 1, strings.Count(string(out), `"description":"new"`))
	require.Equal(t, 1, strings.Count(string(out), `"closed":true`))

	for _, typ := range []string{`5`, `"com.example.other"`} { // the loader leaves $type alone
		d := parse(t, `{"$type":`+typ+`,"lexicon":1,"id":"com.example.test","defs":{"a":{"type":"integer"}}}`)
		record, err := d.Record()
		require.NoError(t, err)
		_, err = schema.ParseRecord(record, nil)
		require.NoError(t, err, "the record has the right one")
	}
}

// TestRecord: a document and its record name each other, whatever the order.
func TestRecord(t *testing.T) {
	ledger.Covers(t, "LEX-013", "LEX-161", "LEX-164")
	a := parse(t, doc(`"a":{"type":"string","maxLength":3,"description":"x"},"main":{"type":"integer"}`))
	b := parse(t, `{"defs":{"main":{"type":"integer"},"a":{"description":"x","maxLength":3,"type":"string"}},"id":"com.example.test","lexicon":1.0}`)
	cidA, err := a.CID()
	require.NoError(t, err)
	cidB, err := b.CID()
	require.NoError(t, err)
	require.Equal(t, cidA, cidB)
	require.NotEqual(t, a.Format(), b.Format(), "the text keeps its order")
	c := parse(t, doc(`"a":{"type":"string","maxLength":4,"description":"x"},"main":{"type":"integer"}`))
	cidC, err := c.CID()
	require.NoError(t, err)
	require.NotEqual(t, cidA, cidC)

	record, err := a.Record()
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, dagcbor.Unmarshal(record, &tree))
	require.Equal(t, schema.Collection, tree["$type"])
	require.Equal(t, int64(1), tree["lexicon"])
	back, err := schema.ParseRecord(record, nil)
	require.NoError(t, err)
	cidBack, err := back.CID()
	require.NoError(t, err)
	require.Equal(t, cidA, cidBack)

	for _, bad := range []map[string]any{
		{"lexicon": 1, "id": "com.example.test", "defs": map[string]any{}},
		{"$type": "com.example.other", "lexicon": 1},
		{"$type": schema.Collection, "lexicon": 1, "id": "com.example.test", "defs": map[string]any{}},
	} {
		b, err := dagcbor.Marshal(bad)
		require.NoError(t, err)
		_, err = schema.ParseRecord(b, nil)
		require.Error(t, err)
	}
	_, err = schema.ParseRecord([]byte{0xff}, nil)
	require.Error(t, err)
}

func TestJSONMethods(t *testing.T) {
	var d schema.Document
	text := doc(`"a":{"type":"integer"}`)
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	require.Equal(t, "com.example.test", d.ID.String())
	require.Error(t, json.Unmarshal([]byte(`{"lexicon":2}`), &d))
	require.Equal(t, "com.example.test", d.ID.String(), "left alone")
	out, err := json.Marshal(&d)
	require.NoError(t, err)
	require.JSONEq(t, text, string(out))
	require.Equal(t, "{\n  \"lexicon\": 1,\n  \"id\": \"com.example.test\",\n  \"defs\": {\n    \"a\": {\n      \"type\": \"integer\"\n    }\n  }\n}\n", string(d.Format()))
}

// TestCheck has what only a program can get wrong.
func TestCheck(t *testing.T) {
	id := parse(t, doc(`"a":{"type":"integer"}`)).ID
	for want, d := range map[string]*schema.Document{
		"no id": {Defs: []schema.Def{{Name: "a", Type: &schema.Integer{}}}},
		`com.example.test: two definitions of this name at "/defs/a"`:             {ID: id, Defs: []schema.Def{{Name: "a", Type: &schema.Integer{}}, {Name: "a", Type: &schema.Integer{}}}},
		`com.example.test: no type at "/defs/a"`:                                  {ID: id, Defs: []schema.Def{{Name: "a"}}},
		`com.example.test: two properties of this name at "/defs/a/properties/x"`: {ID: id, Defs: []schema.Def{{Name: "a", Type: &schema.Object{Properties: []schema.Property{{Name: "x", Type: &schema.Integer{}}, {Name: "x", Type: &schema.Integer{}}}}}}},
		`com.example.test: no record at "/defs/main"`:                             {ID: id, Defs: []schema.Def{{Name: "main", Type: &schema.Record{Key: schemaKey(t)}}}},
	} {
		err := d.Check(nil)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "offset")
		_, err = d.MarshalJSON()
		require.NoError(t, err)
	}
}

// TestDuplicates has a name twice among few and among many.
// TestEscapedNames has numbers behind names that are written with escapes.
func TestEscapedNames(t *testing.T) {
	d := parse(t, doc(`"main":{"type":"string","max\u004cength":10,"\u006dinLength":2,"x\n":1e400}`))
	plain := parse(t, doc(`"main":{"type":"string","maxLength":10,"minLength":2,"x\n":1e400}`))
	require.Equal(t, plain.Defs, d.Defs)
	out, err := d.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(out), `"maxLength":10`)
	require.Contains(t, string(out), `"x\n":1e400`)
}

func TestDuplicates(t *testing.T) {
	for _, n := range []int{1, 2, 15, 16, 17, 18, 40} {
		var defs []string
		for i := range n {
			defs = append(defs, fmt.Sprintf(`"d%d":{"type":"integer"}`, i))
		}
		parse(t, doc(strings.Join(defs, ",")))
		for _, i := range []int{0, n / 2, n - 1} {
			text := doc(strings.Join(defs, ",") + "," + defs[i])
			_, err := schema.Parse([]byte(text), nil)
			require.ErrorContains(t, err, fmt.Sprintf(`duplicate name "d%d"`, i))
			e, _ := errors.AsType[*schema.Error](err)
			require.Equal(t, strings.LastIndex(text, `{"type"`), e.Offset)
		}
	}
	_, err := schema.Parse([]byte(`{"lexicon":1,"\u006cexicon":1}`), nil)
	require.ErrorContains(t, err, `duplicate name "lexicon"`)
}

func TestLimits(t *testing.T) {
	ledger.Covers(t, "LEX-109")
	nested := func(n int) []byte {
		return []byte(doc(`"a":` + strings.Repeat(`{"type":"array","items":`, n) + `{"type":"integer"}` + strings.Repeat(`}`, n)))
	}
	_, err := schema.Parse(nested(29), nil)
	require.NoError(t, err)
	_, err = schema.Parse(nested(30), nil)
	limit, ok := errors.AsType[*dagcbor.LimitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, int64(32), limit.Limit)
	_, err = schema.Parse(nested(1000), nil)
	require.ErrorAs(t, err, &limit)
	_, err = schema.Parse(nested(30), &schema.Options{MaxDepth: 33})
	require.NoError(t, err)
	_, err = schema.Parse(nested(900), &schema.Options{MaxDepth: -1})
	require.NoError(t, err)
	_, err = schema.Parse(nested(100_000), &schema.Options{MaxDepth: -1, MaxSize: -1})
	require.ErrorAs(t, err, &limit)
	_, err = schema.Parse(nested(3), &schema.Options{MaxSize: 50})
	require.ErrorAs(t, err, &limit)
	require.True(t, slices.Contains([]int64{50}, limit.Limit))
}
