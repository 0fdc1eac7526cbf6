package lexicon_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
)

const (
	rawCID = "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"
	dagCID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
)

// fieldCase is a schema of a field with values that it takes, and values that it
// does not take with the codes.
type fieldCase struct {
	schema string
	valid  []string
	codes  map[lexicon.Code][]string
}

func (fc fieldCase) run(t *testing.T) {
	t.Helper()
	for _, v := range fc.valid {
		require.NoError(t, validateField(t, fc.schema, v, nil), "%s %s", fc.schema, v)
	}
	for code, list := range fc.codes {
		for _, v := range list {
			requireCode(t, validateField(t, fc.schema, v, nil), code, "/v")
		}
	}
}

// notOf returns values of all kinds but those listed.
func notOf(kinds ...string) []string {
	all := map[string]string{
		"bool": "true", "int": "1", "text": `"x"`, "bytes": `{"$bytes":"YQ"}`, "link": `{"$link":"` + dagCID + `"}`,
		"array": "[]", "map": "{}",
	}
	for _, k := range kinds {
		delete(all, k)
	}
	var list []string
	for _, v := range all {
		list = append(list, v)
	}
	return list
}

func TestScalars(t *testing.T) {
	ledger.Covers(t, "LEX-035", "LEX-036", "LEX-037", "LEX-046", "LEX-049", "LEX-068", "LEX-071", "LEX-072", "LEX-045")
	null := []string{"null"}
	for _, fc := range []fieldCase{
		{`{"type":"boolean"}`, []string{"true", "false"}, map[lexicon.Code][]string{"type": notOf("bool"), "null": null}},
		{`{"type":"boolean","const":true}`, []string{"true"}, map[lexicon.Code][]string{"const": {"false"}}},
		{`{"type":"boolean","const":false}`, []string{"false"}, map[lexicon.Code][]string{"const": {"true"}}},
		{`{"type":"integer"}`, []string{"0", "-1", "9223372036854775807", "-9223372036854775808"}, map[lexicon.Code][]string{"type": notOf("int"), "null": null}},
		{`{"type":"integer","minimum":-3,"maximum":300}`, []string{"-3", "0", "300"}, map[lexicon.Code][]string{"range": {"-4", "301", "9223372036854775807", "-9223372036854775808"}}},
		{`{"type":"integer","minimum":0}`, []string{"0", "1"}, map[lexicon.Code][]string{"range": {"-1"}}},
		{`{"type":"integer","enum":[300,-1,7]}`, []string{"300", "-1", "7"}, map[lexicon.Code][]string{"enum": {"0", "6", "8", "299"}}},
		{`{"type":"integer","enum":[]}`, nil, map[lexicon.Code][]string{"enum": {"0"}}},
		{`{"type":"integer","const":0}`, []string{"0"}, map[lexicon.Code][]string{"const": {"1", "-1"}}},
		{`{"type":"integer","const":3,"enum":[1,2]}`, nil, map[lexicon.Code][]string{"const": {"1", "2", "3"}}},
		{`{"type":"string"}`, []string{`""`, `"x"`, `"\u0000"`}, map[lexicon.Code][]string{"type": notOf("text"), "null": null}},
		{`{"type":"string","enum":["fish","é",""]}`, []string{`"fish"`, `"é"`, `""`}, map[lexicon.Code][]string{"enum": {`"Fish"`, `"fish "`, `"e\u0301"`}}},
		{`{"type":"string","const":"a"}`, []string{`"a"`}, map[lexicon.Code][]string{"const": {`"A"`, `""`, `"aa"`}}},
		{`{"type":"string","knownValues":["blue"]}`, []string{`"blue"`, `"mauve"`, `""`}, nil},
		{`{"type":"bytes"}`, []string{`{"$bytes":""}`, `{"$bytes":"YQ"}`}, map[lexicon.Code][]string{"type": notOf("bytes"), "null": null}},
		{`{"type":"cid-link"}`, []string{`{"$link":"` + dagCID + `"}`, `{"$link":"` + rawCID + `"}`}, map[lexicon.Code][]string{"type": notOf("link"), "null": null}},
		{`{"type":"unknown"}`, []string{`{}`, `{"a":[1]}`, `{"$type":"x"}`}, map[lexicon.Code][]string{"type": notOf("map"), "null": null}},
		{`{"type":"array","items":{"type":"integer"}}`, []string{`[]`, `[1,2]`}, map[lexicon.Code][]string{"type": notOf("array"), "null": null}},
		{`{"type":"object","properties":{}}`, []string{`{}`, `{"a":null}`, `{"$type":"anything"}`}, map[lexicon.Code][]string{"type": notOf("map"), "null": null}},
	} {
		fc.run(t)
	}
}

// TestBounds checks lengths one below, at and one above each bound.
func TestBounds(t *testing.T) {
	ledger.Covers(t, "LEX-040", "LEX-042", "LEX-046", "LEX-051")
	text := func(unit string) func(n int) string {
		return func(n int) string { return `"` + strings.Repeat(unit, n) + `"` }
	}
	bytes := func(n int) string {
		return `{"$bytes":"` + strings.TrimRight(strings.Repeat("AAAA", n/3)+[]string{"", "AA", "AAA"}[n%3], "=") + `"}`
	}
	array := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]" }
	for _, tc := range []struct {
		field string // with %s for the bounds
		name  string
		code  lexicon.Code
		value func(n int) string
	}{
		{`{"type":"string"%s}`, "Length", "length", text("a")},
		{`{"type":"string"%s}`, "Graphemes", "graphemes", text("a")},
		{`{"type":"string"%s}`, "Graphemes", "graphemes", text("é")},
		{`{"type":"string"%s}`, "Graphemes", "graphemes", text("e\u0301")},
		{`{"type":"string"%s}`, "Graphemes", "graphemes", text("👩‍👩‍👦‍👦")},
		{`{"type":"string"%s}`, "Graphemes", "graphemes", text("🇩🇪")},
		{`{"type":"string"%s}`, "Graphemes", "graphemes", text("\\r\\n")},
		{`{"type":"bytes"%s}`, "Length", "length", bytes},
		{`{"type":"array","items":{"type":"integer"}%s}`, "Length", "length", array},
	} {
		for _, bounds := range [][2]int{{0, 0}, {1, 1}, {2, 5}, {23, 24}, {255, 256}, {0, 300}} {
			lo, hi := bounds[0], bounds[1]
			field := fmt.Sprintf(tc.field, fmt.Sprintf(`,"min%s":%d,"max%s":%d`, tc.name, lo, tc.name, hi))
			for _, n := range []int{lo - 1, lo, hi, hi + 1, 4 * (hi + 1)} {
				if n < 0 {
					continue
				}
				err := validateField(t, field, tc.value(n), nil)
				if n >= lo && n <= hi {
					require.NoError(t, err, "%s, %d", field, n)
				} else {
					requireCode(t, err, tc.code, "/v")
				}
			}
		}
	}
	require.NoError(t, validateField(t, `{"type":"string","minLength":2}`, `"é"`, nil), "bytes, not characters")
	requireCode(t, validateField(t, `{"type":"string","maxLength":1}`, `"é"`, nil), "length")
	require.NoError(t, validateField(t, `{"type":"string","minGraphemes":3}`, `"abc"`, nil))
	requireCode(t, validateField(t, `{"type":"string","minGraphemes":3}`, `"éé"`, nil), "graphemes")
	requireCode(t, validateField(t, `{"type":"string","minGraphemes":1}`, `""`, nil), "graphemes")
}

// TestAbsentNullAndEmpty: three states that differ.
func TestAbsentNullAndEmpty(t *testing.T) {
	ledger.Covers(t, "LEX-057", "LEX-071")
	for _, tc := range []struct {
		required, nullable bool
		absent, null       lexicon.Code
	}{
		{false, false, "", "null"},
		{false, true, "", ""},
		{true, false, "missing", "null"},
		{true, true, "missing", ""},
	} {
		lists := ""
		if tc.required {
			lists += `,"required":["v"]`
		}
		if tc.nullable {
			lists += `,"nullable":["v"]`
		}
		for typ, empty := range map[string]string{
			`"boolean"`: "false", `"integer"`: "0", `"string"`: `""`, `"array","items":{"type":"integer"}`: "[]",
			`"object","properties":{}`: "{}", `"bytes"`: `{"$bytes":""}`,
		} {
			c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"a":{"type":"integer"},"v":{"type":`+typ+`},"z":{"type":"integer"}}`+lists+`}`))
			for value, code := range map[string]lexicon.Code{
				`{}`: tc.absent, `{"a":1,"z":1}`: tc.absent, `{"v":null}`: tc.null, `{"a":1,"v":null,"z":1}`: tc.null,
				`{"v":` + empty + `}`: "", `{"a":1,"v":` + empty + `,"z":2}`: "",
			} {
				err := validate(t, c, value, nil)
				if code == "" {
					require.NoError(t, err, "%s %s", lists, value)
				} else {
					requireCode(t, err, code, "/v")
				}
			}
		}
	}
	require.NoError(t, validateField(t, `{"type":"integer","const":3}`, `3,"w":null`, nil))
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"integer","const":3}}}`))
	require.NoError(t, validate(t, c, `{}`, nil), "a constant need not be there")
}

// TestObjectKeys goes through properties that stand before, between and behind
// those of the schema in canonical order.
func TestObjectKeys(t *testing.T) {
	ledger.Covers(t, "LEX-053", "LEX-114", "LEX-108")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","required":["b","dd","fff"],"properties":{
		"b":{"type":"integer"},"d":{"type":"integer"},"dd":{"type":"integer"},"fff":{"type":"integer"}}}`))
	require.NoError(t, validate(t, c, `{"b":1,"dd":1,"fff":1}`, nil))
	require.NoError(t, validate(t, c, `{"a":"x","b":1,"c":"x","d":1,"e":"x","cc":"x","dd":1,"ee":"x","eee":{"z":[1]},"fff":1,"ggg":[],"long":{},"$foo":1}`, nil))
	for name, value := range map[string]string{
		"b": `{"a":1,"c":1,"dd":1,"fff":1}`, "dd": `{"b":1,"d":1,"cc":1,"ee":1,"fff":1}`, "fff": `{"b":1,"dd":1,"ffe":1,"ffff":1}`,
	} {
		requireCode(t, validate(t, c, value, nil), "missing", "/"+name)
	}
	err := validate(t, c, `{"a":1}`, &lexicon.Options{MaxErrors: -1})
	require.EqualError(t, err, "lexicon: b: property is required and missing (and 2 more)")
	err = validate(t, c, `{"a":1}`, &lexicon.Options{MaxErrors: 2})
	require.Len(t, err, 2)
}

// TestManyProperties: the sides of an object meet in time that is in proportion
// to their sizes.
func TestManyProperties(t *testing.T) {
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{`+manyFields(20_000, `{"type":"integer"}`)+`}}`))
	require.NoError(t, validate(t, c, `{`+manyFields(20_000, `1`)+`}`, nil))
	requireCode(t, validate(t, c, `{`+manyFields(19_999, `1`)+`,"f19999":"x"}`, nil), "type", "/f19999")
	require.NoError(t, validate(t, c, `{"x":1}`, nil))
}

func TestInlineAndNested(t *testing.T) {
	ledger.Covers(t, "LEX-052", "LEX-061")
	inline := `{"type":"object","properties":{"a":{"type":"integer"},"l":{"type":"array","items":{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"}}}}}}}`
	require.NoError(t, validateField(t, inline, `{"a":1,"l":[[{"x":"y"}],[]]}`, nil))
	requireCode(t, validateField(t, inline, `{"a":"1"}`, nil), "type", "/v/a")
	requireCode(t, validateField(t, inline, `{"l":[[],[{},{"x":1}]]}`, nil), "type", "/v/l/1/1/x")
	require.EqualError(t, validateField(t, inline, `{"l":[[],[{},{"x":1}]]}`, nil), "lexicon: v.l[1][1].x: an integer, expected a string")

	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"array","items":{"type":"ref","ref":"#o"}}}},"o":`+inline))
	for value, code := range map[string]lexicon.Code{`[{"a":1}]`: "", `[{"a":"1"}]`: "type", `[null]`: "null", `[1]`: "type"} {
		err := validate(t, c, `{"v":`+value+`}`, nil)
		if code == "" {
			require.NoError(t, err)
			continue
		}
		requireCode(t, err, code)
	}
}

func TestUnions(t *testing.T) {
	ledger.Covers(t, "LEX-063", "LEX-064", "LEX-065", "LEX-066", "LEX-067", "LEX-011", "LEX-012", "LEX-010", "LEX-062", "LEX-124")
	other := testDoc("com.example.other", `"main":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}},
		"b":{"type":"object","properties":{"n":{"type":"string"}}},"free":{"type":"object","properties":{"n":{"type":"boolean"}}},"tok":{"type":"token","description":"t"}`)
	rec := testDoc("com.example.rec", `"main":{"type":"record","key":"any","record":{"type":"object","properties":{"n":{"type":"integer"}}}}`)
	union := func(closed string) *lexicon.Catalog {
		return newCatalog(t, other, rec, testDoc(testID, `"main":{"type":"object","properties":{"u":{"type":"union","refs":[
			"#local","com.example.other#main","com.example.other#b","com.example.rec","com.example.none"]`+closed+`}}},"local":{"type":"object","properties":{"n":{"type":"integer"}}}`))
	}
	open, closed := union(""), union(`,"closed":true`)
	for _, tc := range []struct {
		value             string
		open, closed      lexicon.Code
		path, wholeOption string
	}{
		{`{"$type":"com.example.test#local","n":1}`, "", "", "", ""},
		{`{"$type":"com.example.test#local","n":"x"}`, "type", "type", "/u/n", ""},
		{`{"$type":"com.example.other","n":1}`, "", "", "", ""},
		{`{"$type":"com.example.other"}`, "missing", "missing", "/u/n", ""},
		{`{"$type":"com.example.other#b","n":"x"}`, "", "", "", ""},
		{`{"$type":"com.example.other#b","n":1}`, "type", "type", "/u/n", ""},
		{`{"$type":"com.example.rec","n":1}`, "", "", "", ""},
		{`{"$type":"com.example.none","n":1}`, "unresolved", "unresolved", "/u", ""},
		{`{"$type":"com.example.other#free","n":1}`, "", "union-type", "/u", "type"},
		{`{"$type":"com.example.other#tok","n":1}`, "", "union-type", "/u", ""},
		{`{"$type":"#local"}`, "", "union-type", "/u", ""},
		{`{"$type":"anything at all","n":[1]}`, "", "union-type", "/u", ""},
		{`{"$type":"com.example.other#main","n":1}`, "union-type", "union-type", "/u", "union-type"},
		{`{"$type":"com.example.unknown#main"}`, "union-type", "union-type", "/u", "union-type"},
		{`{"n":1}`, "union-type", "union-type", "/u", "union-type"},
		{`{}`, "union-type", "union-type", "/u", "union-type"},
		{`{"$type":1}`, "union-type", "union-type", "/u", "union-type"},
		{`{"$type":null}`, "union-type", "union-type", "/u", "union-type"},
		{`{"$type":""}`, "union-type", "union-type", "/u", "union-type"},
		{`[]`, "type", "type", "/u", "type"},
		{`"x"`, "type", "type", "/u", "type"},
		{`null`, "null", "null", "/u", "null"},
	} {
		for c, code := range map[*lexicon.Catalog]lexicon.Code{open: tc.open, closed: tc.closed} {
			err := validate(t, c, `{"u":`+tc.value+`}`, nil)
			if code == "" {
				require.NoError(t, err, tc.value)
				continue
			}
			requireCode(t, err, code, tc.path)
			if code == "unresolved" {
				require.ErrorIs(t, err, lexicon.ErrNoSchema)
			} else {
				require.NotErrorIs(t, err, lexicon.ErrNoSchema)
			}
		}
		if err := validate(t, open, `{"u":`+tc.value+`}`, &lexicon.Options{OpenUnions: true}); tc.wholeOption != "" {
			requireCode(t, err, lexicon.Code(tc.wholeOption))
		}
	}
	require.NoError(t, validate(t, open, `{"u":{"$type":"com.example.other#main"}}`, lexicon.Lenient()))

	anything := `{"type":"union","refs":[]}`
	require.NoError(t, validateField(t, anything, `{"$type":"x"}`, nil))
	requireCode(t, validateField(t, anything, `{}`, nil), "union-type")
}

// TestLargeUnion has members that are searched for.
func TestLargeUnion(t *testing.T) {
	var refs, defs []string
	for i := range 40 {
		refs = append(refs, fmt.Sprintf(`"#d%d"`, i))
		defs = append(defs, fmt.Sprintf(`"d%d":{"type":"object","properties":{"n":{"type":"integer","const":%d}}}`, i, i))
	}
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"u":{"type":"union","closed":true,"refs":[`+
		strings.Join(refs, ",")+`]}}},`+strings.Join(defs, ",")))
	for i := range 40 {
		require.NoError(t, validate(t, c, fmt.Sprintf(`{"u":{"$type":"com.example.test#d%d","n":%d}}`, i, i), nil))
		requireCode(t, validate(t, c, fmt.Sprintf(`{"u":{"$type":"com.example.test#d%d","n":-1}}`, i), nil), "const")
	}
	requireCode(t, validate(t, c, `{"u":{"$type":"com.example.test#d40"}}`, nil), "union-type")
}

// TestTypeNames: what has a name must bear it, if it bears one.
func TestTypeNames(t *testing.T) {
	ledger.Covers(t, "LEX-062", "LEX-117", "LEX-118", "DAT-008", "LEX-011")
	c := newCatalog(t,
		testDoc("com.example.rec", `"main":{"type":"record","key":"any","record":{"type":"object","properties":{}}}`),
		testDoc("com.example.obj", `"main":{"type":"object","properties":{}},"x":{"type":"object","properties":{}}`),
		testDoc(testID, `"main":{"type":"object","properties":{"main":{"type":"ref","ref":"com.example.obj"},"x":{"type":"ref","ref":"com.example.obj#x"},
			"rec":{"type":"ref","ref":"com.example.rec"},"in":{"type":"object","properties":{}},"open":{"type":"union","refs":[]}}}`))
	for value, path := range map[string]string{
		`{"main":{},"x":{},"in":{},"rec":{"$type":"com.example.rec"}}`:                         "",
		`{"$type":"com.example.test","main":{"$type":"com.example.obj"}}`:                      "",
		`{"x":{"$type":"com.example.obj#x"},"in":{"$type":"whatever"},"open":{"$type":"any"}}`: "",
		`{"$type":"com.example.tes"}`:                                                          "/$type",
		`{"$type":"com.example.test#main"}`:                                                    "/$type",
		`{"main":{"$type":"com.example.obj#main"}}`:                                            "/main/$type",
		`{"main":{"$type":"com.example.obj#x"}}`:                                               "/main/$type",
		`{"x":{"$type":"com.example.obj"}}`:                                                    "/x/$type",
		`{"x":{"$type":1}}`:                                                                    "/x/$type",
		`{"rec":{}}`:                                                                           "/rec/$type",
		`{"rec":{"$type":"com.example.obj"}}`:                                                  "/rec/$type",
		`{"rec":{"$type":"com.example.rec#main","a":{}}}`:                                      "/rec/$type",
	} {
		err := validate(t, c, value, nil)
		if path == "" {
			require.NoError(t, err, value)
			continue
		}
		requireCode(t, err, "type-name", path)
	}
	requireCode(t, validate(t, c, `{"open":{"a":1}}`, nil), "union-type", "/open")
	requireCode(t, validate(t, c, `{"open":{"$type":"com.example.obj#main"}}`, nil), "union-type", "/open")
}

// TestTokens: no data is of a token.
func TestTokens(t *testing.T) {
	ledger.Covers(t, "LEX-059")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"token","description":"t"}`))
	for _, value := range []string{`{}`, `"com.example.test"`, `null`, `1`} {
		requireCode(t, validate(t, c, value, nil), "type")
	}
	c = newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"ref","ref":"#t"}}},"t":{"type":"token","description":"t"}`))
	requireCode(t, validate(t, c, `{"v":"com.example.test#t"}`, nil), "type", "/v")
	require.EqualError(t, validate(t, c, `{"v":"x"}`, nil), `lexicon: v: no data can be of definition "com.example.test#t"`)
}

// TestRecursion: schemas that refer to themselves end where the data does.
func TestRecursion(t *testing.T) {
	ledger.Covers(t, "LEX-123")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"next":{"type":"ref","ref":"#main"},"all":{"type":"array","items":{"type":"ref","ref":"#main"}},
		"u":{"type":"union","refs":["#main"]},"n":{"type":"integer"}}}`))
	deep := func(n int, inner string) string {
		return strings.Repeat(`{"next":`, n) + inner + strings.Repeat(`}`, n)
	}
	require.NoError(t, validate(t, c, deep(30, `{"n":1}`), nil))
	requireCode(t, validate(t, c, deep(30, `{"n":"x"}`), nil), "type", strings.Repeat("/next", 30)+"/n")
	require.NoError(t, validate(t, c, `{"u":{"$type":"com.example.test","u":{"$type":"com.example.test","all":[{},{"all":[]}]}}}`, nil))
}
