package lexgen_test

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/lexgen"
)

// generated returns the text of the only file of a package, on one line.
func generated(t *testing.T, config *lexgen.Config, docs ...string) string {
	t.Helper()
	files, err := lexgen.Generate(catalogOf(t, docs...), config)
	require.NoError(t, err)
	require.Len(t, files, 1)
	return oneLine(files[0].Text)
}

// TestValueNames: names of values are those that a person would choose, and keep
// what tells values apart.
func TestValueNames(t *testing.T) {
	for _, tc := range []struct{ values, names []string }{
		{[]string{"0", "1", "0.5", "X0rg", "-1", "12"}, []string{"0", "1", "0_5", "X0rg", "Minus1", "12"}},
		{[]string{"1.2.3", "2024-01-02", "v1.10", "v11.0", "05"}, []string{"1_2_3", "2024_01_02", "V1_10", "V11_0", "05"}},
		{[]string{"00", "0a", "X", "X0", "X1"}, []string{"00", "0a", "X", "X0", "X1"}},
		{[]string{"C", "C++", "C#", "A+", "A-", "50%", "+1", "<5", ">=5"}, []string{"C", "CPlusPlus", "CHash", "APlus", "AMinus", "50Percent", "Plus1", "Less5", "GreaterEqual5"}},
		{[]string{"", "*", "!", "<=", " ", "👍", "\u0001"}, []string{"Empty", "Star", "Exclamation", "LessEqual", "Space", "U1F44D", "U0001"}},
		{[]string{"!hide", "not-so", "etc.", "Hello, world!", "a/b", "-x"}, []string{"Hide", "NotSo", "Etc", "HelloWorld", "AB", "X"}},
		{[]string{"a-b", "a_b", "A b", "a--b", "x!"}, []string{"AB", "AUnderscoreB", "ASpaceB", "AMinusMinusB", "X"}},
		{[]string{"日本", "é", "1st", "#tag", "x#y", "com.example.x#y", "com.example.x"}, []string{"日本", "É", "1st", "Tag", "XY", "Y", "ComExampleX"}},
		{[]string{"type", "Type", "TYPE", "1", "١"}, []string{"Type", "Type2", "TYPE", "1", "١"}},
		{[]string{"a1", "A1", "a12"}, []string{"A1", "A1_2", "A12"}},
	} {
		list, err := json.Marshal(tc.values)
		require.NoError(t, err)
		text := generated(t, onePackage(), document("com.example.a", "level", `{"type":"string","knownValues":`+string(list)+`}`))
		var want strings.Builder
		for i, name := range tc.names {
			fmt.Fprintf(&want, " ALevel%s = %q", name, tc.values[i])
		}
		require.Contains(t, text, "const ("+want.String()+" )")
	}

	// Digits of a name and of a value are kept apart, and so are those of types.
	text := generated(t, onePackage(), `{"lexicon":1,"id":"com.example.a","defs":{
		"v":{"type":"string","knownValues":["12","item"]},"v1":{"type":"string","enum":["2"]},
		"vItem":{"type":"object","properties":{"p1":{"type":"integer"},"P1":{"type":"integer"},"p12":{"type":"integer"}}}}}`)
	for _, want := range []string{`( AV12 = "12" AVItem2 = "item" )`, `( AV1_2 = "2" )`, "type AVItem struct { P1 *int64 // optional P1_2 *int64 // \"P1\", optional P12 *int64"} {
		require.Contains(t, text, want)
	}
}

// TestOddText: whatever stands in a schema, comments are comments that Go can
// read.
func TestOddText(t *testing.T) {
	for _, text := range []string{
		"\ufeff", "\x00", "a\x00b", "a\ufeffb", "a\rb", "a\r\nb", "a\u2028func b", "a\u2029func b", "a\u0085func b", "a\vb\fc", "\x7f\x1b[0m",
		"\u202eb\u202c", "\u2066b\u2069", "\u200eb\u200f\u061c", "*/ b /*", "//go:build x", "+build x", "\ufffd", "👩‍👩‍👦",
	} {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		description := `"description":` + string(quoted)
		config := onePackage()
		config.Descriptions = true
		files, err := lexgen.Generate(catalogOf(t,
			`{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"object",`+description+`,"properties":{"x":{"type":"integer",`+description+`},`+
				string(quoted)+`:{"type":"union","refs":["#tok2"],`+description+`}}},"tok":{"type":"token",`+description+`},"tok2":{"type":"object","properties":{}}}}`,
			document("com.example.q", "main", `{"type":"query",`+description+`,"parameters":{"type":"params",`+description+`,"properties":{"x":{"type":"string","default":`+string(quoted)+`,`+description+`}}}}`),
		), config)
		require.NoError(t, err, "%q", text)
		_, err = parser.ParseFile(token.NewFileSet(), files[0].Name, files[0].Text, parser.ParseComments)
		require.NoError(t, err, "%q", text)
		for _, r := range string(files[0].Text) {
			odd := r != '\n' && r != '\t' && unicode.IsControl(r) || r == '\ufeff' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
			require.False(t, odd, "%q gives %q", text, r)
		}
		require.NotContains(t, string(files[0].Text), "\n//go:")
	}
	text := generated(t, &lexgen.Config{Descriptions: true, Packages: onePackage().Packages}, document("com.example.a", "tok", `{"type":"token","description":"\ufeff\u0000\r\u202e "}`))
	require.Contains(t, text, "// ATok is the token com.example.a#tok. const ATok", "no empty paragraph")
}

// TestAssigned: variables are declared if they are assigned, whatever properties
// are called.
func TestAssigned(t *testing.T) {
	for def, want := range map[string][2]bool{ // err, ok
		`"a, err = b":{"type":"integer"},", ok = ":{"type":"boolean"}`: {},
		`"a":{"type":"string"}`:                            {false, true},
		`"a":{"type":"cid-link"}`:                          {false, true},
		`"a":{"type":"blob"}`:                              {false, true},
		`"a":{"type":"array","items":{"type":"string"}}`:   {false, true},
		`"a":{"type":"array","items":{"type":"cid-link"}}`: {false, true},
		`"a":{"type":"bytes"}`:                             {},
		`"a":{"type":"array","items":{"type":"integer"}}`:  {},
		`"a":{"type":"unknown"}`:                           {true, false},
		`"a":{"type":"ref","ref":"#main"}`:                 {true, false},
		`"a":{"type":"ref","ref":"#main"},"b":{"type":"string"},"c":{"type":"integer"}`: {true, true},
	} {
		text := generated(t, onePackage(), document("com.example.a", "main", `{"type":"object","properties":{`+def+`}}`))
		require.Equal(t, want[0], strings.Contains(text, "var err error"), def)
		require.Equal(t, want[1], strings.Contains(text, "ok := true"), def)
		require.Equal(t, want[1], strings.Contains(text, "if !ok {"), def)
	}
	// Each struct for itself.
	text := generated(t, onePackage(), `{"lexicon":1,"id":"com.example.a","defs":{"a":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"unknown"}}},"b":{"type":"object","properties":{}}}}`)
	require.Equal(t, 1, strings.Count(text, "ok := true"))
	require.Equal(t, 1, strings.Count(text, "var err error"))
}

// TestImportNames: packages that are imported hide nothing that the code needs,
// and are not hidden.
func TestImportNames(t *testing.T) {
	for name, want := range map[string]string{
		"n": "lexn", "n1": "lexn1", "list1": "lexlist1", "e1": "lexe1", "i12": "lexi12", "init": "lexinit", "len": "lexlen", "string": "lexstring",
		"max": "lexmax", "dst": "lexdst", "head": "lexhead", "lex": "lexlex", "xrpc": "lexxrpc", "context": "lexcontext", "A": "lexA", "other": "other", "n1x": "n1x", "main1": "main1",
	} {
		config := onePackage()
		config.Packages = append(config.Packages, lexgen.Package{Prefixes: []string{"org.other"}, Import: "other.org/" + strings.ToLower(name), Name: name})
		text := generated(t, config, document("com.example.a", "main", `{"type":"object","properties":{"l":{"type":"array","items":{"type":"array","items":{"type":"ref","ref":"org.other.b"}}}}}`),
			document("org.other.b", "main", `{"type":"object","properties":{}}`))
		require.Contains(t, text, "L [][]"+want+".B ", name)
		line := `"other.org/` + strings.ToLower(name) + `"`
		if want != strings.ToLower(name) {
			line = want + " " + line
		}
		require.Contains(t, text, " "+line+" )", name)
	}
	// Two of one name.
	config := onePackage()
	config.Packages = append(config.Packages, lexgen.Package{Prefixes: []string{"org.other"}, Import: "other.org/n"}, lexgen.Package{Prefixes: []string{"org.two"}, Import: "two.org/n"})
	text := generated(t, config, document("com.example.a", "main", `{"type":"object","properties":{"a":{"type":"ref","ref":"org.other.b"},"b":{"type":"ref","ref":"org.two.b"}}}`),
		document("org.other.b", "main", `{"type":"object","properties":{}}`), document("org.two.b", "main", `{"type":"object","properties":{}}`))
	require.Contains(t, text, "A *lexn.B // optional B *lexn2.B // optional")
}

// TestFileNames: Go reads each file, and no two of them are one where case does
// not matter.
func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{"_": "", "_x": "lex_x_lex.go", "__": "lex___lex.go", "Foo": "foo_lex.go", "foo": "foo_lex.go"} {
		config := onePackage()
		config.Packages[0].Name = name
		files, err := lexgen.Generate(catalogOf(t, document("com.example.a", "main", `{"type":"token"}`)), config)
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, files[0].Name)
	}
}
