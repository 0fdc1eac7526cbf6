package lexgen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/lexgen"
)

// oneLine returns Go code with single spaces.
func oneLine(text []byte) string { return strings.Join(strings.Fields(string(text)), " ") }

// TestLongestPrefix: among the prefixes of one package, too, the longest counts,
// wherever it stands.
func TestLongestPrefix(t *testing.T) {
	c := catalogOf(t, document("com.example.sub.thing", "main", `{"type":"token"}`), document("com.example.other.thing", "main", `{"type":"token"}`))
	for _, prefixes := range [][]string{{"com.example", "com.example.sub"}, {"com.example.sub", "com.example"}} {
		config := onePackage()
		config.Packages[0].Prefixes = prefixes
		files, err := lexgen.Generate(c, config)
		require.NoError(t, err)
		require.Len(t, files, 2)
		require.Equal(t, []string{"example_lex.go", "other_lex.go"}, []string{files[0].Name, files[1].Name})
		require.Contains(t, string(files[0].Text), `const Thing = "com.example.sub.thing"`)
		require.Contains(t, string(files[1].Text), `const OtherThing = "com.example.other.thing"`)
	}
}

// TestFiles: files come in the order of directories, not in that of packages, and
// names of files are in small letters.
func TestFiles(t *testing.T) {
	c := catalogOf(t, document("com.example.Sub.thing", "main", `{"type":"token"}`), document("com.example.thing", "main", `{"type":"token"}`), document("org.other.thing", "main", `{"type":"token"}`))
	config := &lexgen.Config{Packages: []lexgen.Package{
		{Prefixes: []string{"org.other"}, Import: "example.com/a", Dir: "two"},
		{Prefixes: []string{"com.example"}, Import: "example.com/z", Dir: "one"},
	}}
	files, err := lexgen.Generate(c, config)
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.Dir+"/"+f.Name)
	}
	require.Equal(t, []string{"one/sub_lex.go", "one/z_lex.go", "two/a_lex.go"}, names)
}

// TestCycleBehind: a package that only leads to a circle is not part of it.
func TestCycleBehind(t *testing.T) {
	ref := func(id, to string) string {
		return document(id, "main", `{"type":"object","properties":{"x":{"type":"ref","ref":"`+to+`"}}}`)
	}
	config := &lexgen.Config{}
	for _, name := range []string{"a", "b", "c"} {
		config.Packages = append(config.Packages, lexgen.Package{Prefixes: []string{"com." + name}, Import: "example.com/" + name, Dir: name})
	}
	_, err := lexgen.Generate(catalogOf(t, ref("com.a.x", "com.b.x"), ref("com.b.x", "com.c.x"), ref("com.c.x", "com.b.x")), config)
	require.EqualError(t, err, `lexgen: packages import each other; "example.com/b" needs "example.com/c" in com.b.x; "example.com/c" needs "example.com/b" in com.c.x: put their prefixes into one package`)
}

// TestForeignReferences: a reference that leads nowhere is for those to mend who
// generate the package that it is in.
func TestForeignReferences(t *testing.T) {
	c := catalogOf(t, document("com.example.a", "main", `{"type":"token"}`),
		document("org.other.b", "main", `{"type":"object","properties":{"x":{"type":"ref","ref":"org.other.none"}}}`))
	config := onePackage()
	config.Packages = append(config.Packages, lexgen.Package{Prefixes: []string{"org.other"}, Import: "other.org/x"})
	_, err := lexgen.Generate(c, config)
	require.NoError(t, err)
	config.Packages[1].Dir = "other"
	_, err = lexgen.Generate(c, config)
	require.ErrorContains(t, err, `reference "org.other.none" leads to nothing`)
}

// TestManyFields: the number of pairs is put into the head of a map afterwards
// only where a head of one byte is enough, with the type and all that may be
// there.
func TestManyFields(t *testing.T) {
	for n, later := range map[int]bool{1: true, 22: true, 23: false, 24: false} {
		var props []string
		for i := range n {
			props = append(props, fmt.Sprintf(`"p%d":{"type":"integer"}`, i))
		}
		object := `{"type":"object","properties":{` + strings.Join(props, ",") + `}}`
		for _, def := range []string{object, `{"type":"record","key":"any","record":` + object + `}`} {
			files, err := lexgen.Generate(catalogOf(t, document("com.example.a", "main", def)), onePackage())
			require.NoError(t, err)
			require.Equal(t, later, strings.Contains(string(files[0].Text), "dst[start] = head"), "%d fields", n)
			require.Equal(t, !later, strings.Contains(string(files[0].Text), "lex.AppendMap(dst, n)"), "%d fields", n)
		}
	}
}

// TestHolders: of the ways in which an object can hold itself only those that
// leave no room for a pointer make one.
func TestHolders(t *testing.T) {
	for back, want := range map[string]string{
		`"required":["b"]`:                  "A struct { B *B Extra",
		`"nullable":["b"]`:                  "A struct { B *B Extra", // in a lex.Nullable
		`"required":["b"],"nullable":["b"]`: "A struct { B B Extra",
		`"description":"optional"`:          "A struct { B B Extra",
	} {
		c := catalogOf(t, document("com.example.a", "main", `{"type":"object","required":["b"],"properties":{"b":{"type":"ref","ref":"com.example.b"}}}`),
			document("com.example.b", "main", `{"type":"object",`+back+`,"properties":{"b":{"type":"ref","ref":"com.example.a"}}}`))
		files, err := lexgen.Generate(c, onePackage())
		require.NoError(t, err)
		require.Contains(t, oneLine(files[0].Text), want, back)
	}
}

// TestMemberTwice: a union that lists a definition twice, once by its full name,
// has one field for it.
func TestMemberTwice(t *testing.T) {
	c := catalogOf(t, `{"lexicon":1,"id":"com.example.a","defs":{"b":{"type":"object","properties":{}},
		"main":{"type":"object","properties":{"u":{"type":"union","refs":["#b","com.example.a#b"]}}}}}`)
	files, err := lexgen.Generate(c, onePackage())
	require.NoError(t, err)
	require.Contains(t, oneLine(files[0].Text), "type AU struct { B *AB // com.example.a#b Unknown *lex.Unknown }")
}

// TestNoPager: there is a pager only where a query can be asked without a cursor,
// and for one list.
func TestNoPager(t *testing.T) {
	for _, tc := range []struct {
		params, output string
		pager          bool
	}{
		{`"properties":{"cursor":{"type":"string"}}`, `"cursor":{"type":"string"},"list":{"type":"array","items":{"type":"integer"}}`, true},
		{`"required":["cursor"],"properties":{"cursor":{"type":"string"}}`, `"cursor":{"type":"string"},"list":{"type":"array","items":{"type":"integer"}}`, false},
		{`"properties":{"cursor":{"type":"integer"}}`, `"cursor":{"type":"string"},"list":{"type":"array","items":{"type":"integer"}}`, false},
		{`"properties":{"cursor":{"type":"string"}}`, `"cursor":{"type":"integer"},"list":{"type":"array","items":{"type":"integer"}}`, false},
		{`"properties":{"cursor":{"type":"string"}}`, `"cursor":{"type":"string"}`, false},
		{`"properties":{"cursor":{"type":"string"}}`, `"cursor":{"type":"string"},"list":{"type":"array","items":{"type":"integer"}},"more":{"type":"array","items":{"type":"integer"}}`, false},
	} {
		c := catalogOf(t, document("com.example.a", "main", `{"type":"query","parameters":{"type":"params",`+tc.params+`},"output":{"encoding":"application/json","schema":{"type":"object","properties":{`+tc.output+`}}}}`))
		files, err := lexgen.Generate(c, onePackage())
		require.NoError(t, err)
		require.Equal(t, tc.pager, strings.Contains(string(files[0].Text), "func APager("), "%s, %s", tc.params, tc.output)
	}
}

// TestNullableLink: a link that is there must be one, in a lex.Nullable and in an
// array. Elsewhere an undefined one means that it is not there.
func TestNullableLink(t *testing.T) {
	c := catalogOf(t, document("com.example.a", "main", `{"type":"object","nullable":["n"],"properties":{
		"l":{"type":"array","items":{"type":"cid-link"}},"n":{"type":"cid-link"},"o":{"type":"cid-link"}}}`))
	files, err := lexgen.Generate(c, onePackage())
	require.NoError(t, err)
	text := oneLine(files[0].Text)
	require.Contains(t, text, `if e := x.N.Ptr(); e != nil { if !(*e).Defined() { v.Link("n") } }`)
	require.Contains(t, text, `if !x.L[i1].Defined() { v.Link("") }`)
	require.Equal(t, 2, strings.Count(text, "v.Link("))
}

// TestPackageNames: packages are called as Go calls them.
func TestPackageNames(t *testing.T) {
	c := catalogOf(t, document("com.example.a", "main", `{"type":"token"}`))
	for path, name := range map[string]string{
		"example.com/things": "things", "example.com/things/v2": "things", "example.com/go-things": "gothings", "v2": "v2", "example.com/2d": "lex2d", "example.com/v2x": "v2x", "example.com/v": "v",
	} {
		files, err := lexgen.Generate(c, &lexgen.Config{Packages: []lexgen.Package{{Prefixes: []string{"com.example"}, Import: path, Dir: "out"}}})
		require.NoError(t, err)
		require.Contains(t, string(files[0].Text), "\npackage "+name+"\n", path)
	}
}
