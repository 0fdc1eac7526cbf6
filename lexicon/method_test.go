package lexicon_test

import (
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

func paramsCatalog(t testing.TB) *lexicon.Catalog {
	t.Helper()
	return newCatalog(t, testDoc(testID, `"main":{"type":"query","parameters":{"type":"params","required":["actor"],"properties":{
		"limit":{"type":"integer","minimum":1,"maximum":100,"default":50},
		"actor":{"type":"string","format":"at-identifier"},
		"deep":{"type":"boolean","default":false},
		"flag":{"type":"boolean"},
		"sort":{"type":"string","enum":["new","old"],"default":"new"},
		"tags":{"type":"array","maxLength":3,"items":{"type":"string","maxLength":4}},
		"ids":{"type":"array","minLength":1,"items":{"type":"integer"}}}}}`),
		testDoc("com.example.bare", `"main":{"type":"procedure"}`),
		testDoc("com.example.sub", `"main":{"type":"subscription","parameters":{"type":"params","properties":{"cursor":{"type":"integer"}}},"message":{"schema":{"type":"union","refs":[]}}}`))
}

func TestParseParams(t *testing.T) {
	ledger.Covers(t, "LEX-119", "LEX-058", "LEX-070", "XRPC-011", "XRPC-012", "XRPC-014", "XRPC-017")
	c, id := paramsCatalog(t), syntax.MustParseNSID(testID)
	base := map[string]any{"limit": int64(50), "actor": "alice.test", "deep": false, "sort": "new"}
	with := func(kv ...any) map[string]any {
		m := map[string]any{}
		maps.Copy(m, base)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	for query, want := range map[string]map[string]any{
		"actor=alice.test":                       with(),
		"actor=alice.test&limit=":                with(),
		"actor=alice.test&deep=&flag=":           with(),
		"actor=alice.test&limit=1&deep=true":     with("limit", int64(1), "deep", true),
		"actor=alice.test&limit=100":             with("limit", int64(100)),
		"actor=alice.test&limit=007":             with("limit", int64(7)),
		"actor=alice.test&flag=false":            with("flag", false),
		"actor=alice.test&sort=old":              with("sort", "old"),
		"actor=alice.test&tags=a&tags=b%26":      with("tags", []any{"a", "b&"}),
		"actor=alice.test&tags=":                 with("tags", []any{""}),
		"actor=alice.test&ids=-1&ids=2&ids=2":    with("ids", []any{int64(-1), int64(2), int64(2)}),
		"actor=alice.test&unknown=1&unknown=2":   with(),
		"actor=alice.test&tags[]=a&tags%5B0%5D=": with(),
		"actor=alice.test&Limit=7":               with(),
	} {
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		v, err := c.ParseParams(id, values, nil)
		require.NoError(t, err, query)
		tree, err := v.Tree(nil)
		require.NoError(t, err)
		require.Equal(t, want, tree, query)
	}
	for query, want := range map[string]struct {
		code lexicon.Code
		path string
	}{
		"":                                             {"missing", "/actor"},
		"actor=":                                       {"format", "/actor"},
		"actor=x":                                      {"format", "/actor"},
		"actor=alice.test&actor=bob.test":              {"repeated", "/actor"},
		"actor=alice.test&limit=0":                     {"range", "/limit"},
		"actor=alice.test&limit=101":                   {"range", "/limit"},
		"actor=alice.test&limit=12abc":                 {"type", "/limit"},
		"actor=alice.test&limit=1.0":                   {"type", "/limit"},
		"actor=alice.test&limit=%2B1":                  {"type", "/limit"},
		"actor=alice.test&limit=--1":                   {"type", "/limit"},
		"actor=alice.test&limit=-":                     {"type", "/limit"},
		"actor=alice.test&limit=1_0":                   {"type", "/limit"},
		"actor=alice.test&limit=0x1":                   {"type", "/limit"},
		"actor=alice.test&limit=%201":                  {"type", "/limit"},
		"actor=alice.test&limit=9223372036854775808":   {"type", "/limit"},
		"actor=alice.test&limit=1&limit=1":             {"repeated", "/limit"},
		"actor=alice.test&deep=1":                      {"type", "/deep"},
		"actor=alice.test&deep=True":                   {"type", "/deep"},
		"actor=alice.test&sort=other":                  {"enum", "/sort"},
		"actor=alice.test&sort=":                       {"enum", "/sort"},
		"actor=alice.test&tags=a&tags=b&tags=c&tags=d": {"length", "/tags"},
		"actor=alice.test&tags=abcde":                  {"length", "/tags/0"},
		"actor=alice.test&ids=1&ids=x":                 {"type", "/ids"},
		"actor=alice.test&ids=1&ids=":                  {"type", "/ids"},
		"actor=%ff":                                    {"type", "/actor"},
	} {
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		v, err := c.ParseParams(id, values, nil)
		requireCode(t, err, want.code, want.path)
		require.Zero(t, v)
	}
	_, err := c.ParseParams(id, map[string][]string{"limit": {"x"}, "deep": {"y"}, "actor": {"a", "b"}}, &lexicon.Options{MaxErrors: -1})
	require.Len(t, err, 3)
	_, err = c.ParseParams(id, map[string][]string{"limit": {"x"}, "deep": {"y"}, "actor": {"a", "b"}}, &lexicon.Options{MaxErrors: 2})
	require.Len(t, err, 2)
	v, err := c.ParseParams(syntax.MustParseNSID("com.example.bare"), map[string][]string{"x": {"1"}}, nil)
	require.NoError(t, err)
	require.Zero(t, v.Len())
	_, err = c.ParseParams(syntax.MustParseNSID("com.example.none"), nil, nil)
	require.ErrorIs(t, err, lexicon.ErrNoSchema)
	v, err = c.ParseParams(syntax.MustParseNSID("com.example.sub"), map[string][]string{"cursor": {"-5"}}, nil)
	require.NoError(t, err)
	cursor, _ := v.Get("cursor")
	n, _ := cursor.Int()
	require.Equal(t, int64(-5), n)
}

func TestFormatParams(t *testing.T) {
	ledger.Covers(t, "XRPC-011", "XRPC-016", "XRPC-017", "XRPC-019")
	c, id := paramsCatalog(t), syntax.MustParseNSID(testID)
	for _, tc := range []struct {
		params map[string]any
		want   string
	}{
		{map[string]any{"actor": "alice.test"}, "limit=50&actor=alice.test&deep=false&sort=new"},
		{map[string]any{"actor": "alice.test", "limit": 1, "deep": true, "sort": "old", "flag": false}, "limit=1&actor=alice.test&deep=true&flag=false&sort=old"},
		{map[string]any{"actor": "alice.test", "tags": []string{"a b", "c+&", "é"}, "ids": []any{3, -1}}, "limit=50&actor=alice.test&deep=false&sort=new&tags=a%20b&tags=c%2B%26&tags=%C3%A9&ids=3&ids=-1"},
		{map[string]any{"actor": "alice.test", "tags": []string{}, "zz": 1, "a": "x", "bb": []any{true}}, "limit=50&actor=alice.test&deep=false&sort=new&a=x&bb=true&zz=1"},
	} {
		got, err := c.FormatParams(id, tc.params, nil)
		require.NoError(t, err)
		require.Equal(t, tc.want, got)
		values, err := url.ParseQuery(got)
		require.NoError(t, err)
		_, err = c.ParseParams(id, values, nil)
		require.NoError(t, err)
	}
	for _, tc := range []struct {
		params map[string]any
		code   lexicon.Code
	}{
		{nil, "missing"},
		{map[string]any{"actor": 1}, "type"},
		{map[string]any{"actor": "alice.test", "limit": 0}, "range"},
		{map[string]any{"actor": "alice.test", "tags": "a"}, "type"},
		{map[string]any{"actor": "alice.test", "other": map[string]any{}}, "type"},
		{map[string]any{"actor": "alice.test", "other": []any{nil}}, "type"},
		{map[string]any{"actor": "alice.test", "flag": nil}, "null"},
	} {
		_, err := c.FormatParams(id, tc.params, nil)
		requireCode(t, err, tc.code)
	}
	_, err := c.FormatParams(id, map[string]any{"actor": 1.5}, nil)
	require.ErrorAs(t, err, new(*data.Error))
	_, err = c.FormatParams(syntax.MustParseNSID("com.example.none"), nil, nil)
	require.ErrorIs(t, err, lexicon.ErrNoSchema)
	got, err := c.FormatParams(syntax.MustParseNSID("com.example.bare"), nil, nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestBodies(t *testing.T) {
	ledger.Covers(t, "LEX-120", "LEX-020", "LEX-022", "XRPC-020", "XRPC-021")
	c := newCatalog(t,
		testDoc(testID, `"main":{"type":"procedure","input":{"encoding":"application/json","schema":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}},
			"output":{"encoding":"application/json","schema":{"type":"ref","ref":"#out"}}},"out":{"type":"object","properties":{"m":{"type":"string"}}}`),
		testDoc("com.example.upload", `"main":{"type":"procedure","input":{"encoding":"*/*"},"output":{"encoding":"application/json"}}`),
		testDoc("com.example.image", `"main":{"type":"procedure","input":{"encoding":"image/*"}}`),
		testDoc("com.example.video", `"main":{"type":"query","output":{"encoding":"video/mp4","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}`),
		testDoc("com.example.union", `"main":{"type":"procedure","input":{"encoding":"application/json","schema":{"type":"union","refs":["com.example.test#out"],"closed":true}}}`))
	id := func(s string) syntax.NSID {
		n, err := syntax.ParseNSID(s)
		require.NoError(t, err)
		return n
	}
	for _, ct := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON", " application/json ;x"} {
		v, err := c.ValidateInput(id(testID), ct, []byte(`{"n":1,"x":{"$bytes":"YQ"}}`), nil)
		require.NoError(t, err, ct)
		require.Equal(t, fromJSON(t, `{"n":1,"x":{"$bytes":"YQ"}}`), v.Raw())
	}
	for _, ct := range []string{"", "text/html", "application/jsonx", "application/*", "json"} {
		_, err := c.ValidateInput(id(testID), ct, []byte(`{"n":1}`), nil)
		requireCode(t, err, "encoding")
	}
	_, err := c.ValidateInput(id(testID), "application/json", []byte(`{}`), nil)
	requireCode(t, err, "missing", "/n")
	_, err = c.ValidateInput(id(testID), "application/json", []byte(`{"n":1,"l":{"$link":"x"}}`), nil)
	require.ErrorAs(t, err, new(*data.Error))
	_, err = c.ValidateOutput(id(testID), "application/json", []byte(`{"m":1}`), nil)
	requireCode(t, err, "type", "/m")
	_, err = c.ValidateOutput(id(testID), "text/html", []byte(`<html>`), nil)
	require.EqualError(t, err, `lexicon: body of type "text/html", expected "application/json"`)

	v, err := c.ValidateInput(id("com.example.upload"), "application/json", []byte(`not looked at`), nil)
	require.NoError(t, err)
	require.Zero(t, v)
	_, err = c.ValidateOutput(id("com.example.upload"), "application/json", []byte(`{"any":["thing"]}`), nil)
	require.NoError(t, err)
	_, err = c.ValidateOutput(id("com.example.upload"), "application/json", []byte(`{"any":1.5}`), nil)
	require.Error(t, err, "the rules of the data model hold without a schema")
	_, err = c.ValidateInput(id("com.example.image"), "image/png", []byte{0x89}, nil)
	require.NoError(t, err)
	_, err = c.ValidateInput(id("com.example.image"), "video/png", nil, nil)
	requireCode(t, err, "encoding")
	_, err = c.ValidateOutput(id("com.example.image"), "text/html", []byte("<html>"), nil)
	require.NoError(t, err, "a method without output may answer anything")
	v, err = c.ValidateOutput(id("com.example.video"), "video/mp4", []byte(`{"n":"x"}`), nil)
	require.NoError(t, err, "a schema says nothing of bytes")
	require.Zero(t, v)
	_, err = c.ValidateInput(id("com.example.union"), "application/json", []byte(`{"$type":"com.example.test#out"}`), nil)
	require.NoError(t, err)
	_, err = c.ValidateInput(id("com.example.union"), "application/json", []byte(`{}`), nil)
	requireCode(t, err, "union-type")
	for _, name := range []string{"com.example.none", "com.example.video"} {
		_, err = c.ValidateInput(id(name), "application/json", nil, nil)
		require.ErrorIs(t, err, lexicon.ErrNoSchema)
	}
}

func TestMessages(t *testing.T) {
	ledger.Covers(t, "LEX-121", "LEX-117", "LEX-024", "EVT-015", "DAT-008")
	c := newCatalog(t,
		testDoc(testID, `"main":{"type":"subscription","message":{"schema":{"type":"union","refs":["#yo","#info","com.example.other#x"]}}},
			"yo":{"type":"object","required":["seq"],"properties":{"seq":{"type":"integer"}}},"info":{"type":"object","properties":{}}`),
		testDoc("com.example.other", `"x":{"type":"object","properties":{"n":{"type":"integer"}}},"main":{"type":"query"}`))
	id := syntax.MustParseNSID(testID)
	for _, tc := range []struct {
		typ, message string
		known        bool
		code         lexicon.Code
	}{
		{"#yo", `{"seq":1}`, true, ""},
		{"#yo", `{}`, true, "missing"},
		{"com.example.test#yo", `{"seq":1}`, true, ""},
		{"com.example.test#yo", `{"seq":"x"}`, true, "type"},
		{"com.example.other#x", `{"n":1}`, true, ""},
		{"com.example.other#x", `{"n":"x"}`, true, "type"},
		{"#new", `{"seq":"x"}`, false, ""},
		{"com.example.unknown", `{}`, false, ""},
		{"yo", `{}`, false, ""},
		{"", `{"$type":"com.example.test#yo","seq":1}`, true, ""},
		{"", `{"$type":"com.example.test#yo"}`, true, "missing"},
		{"", `{"$type":"com.example.test#new"}`, false, ""},
		{"", `{"seq":1}`, false, "union-type"},
		{"#yo", `{"$type":"com.example.test#info","seq":1}`, true, "type-name"},
	} {
		known, err := c.ValidateMessage(id, tc.typ, fromJSON(t, tc.message), nil)
		require.Equal(t, tc.known, known, "%s %s", tc.typ, tc.message)
		if tc.code == "" {
			require.NoError(t, err)
			continue
		}
		requireCode(t, err, tc.code)
	}
	_, err := c.ValidateMessage(id, "#yo", []byte{0xf9, 0, 0}, nil)
	require.Error(t, err)
	for _, name := range []syntax.NSID{syntax.MustParseNSID("com.example.other"), syntax.MustParseNSID("com.example.none")} {
		_, err = c.ValidateMessage(name, "#x", []byte{0xa0}, nil)
		require.ErrorIs(t, err, lexicon.ErrNoSchema)
	}
}

// TestErrorsOfMany: a hostile value has no more errors than were asked for.
func TestErrorsOfMany(t *testing.T) {
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"array","items":{"type":"string"}}}}`))
	value := `{"v":[` + strings.TrimSuffix(strings.Repeat("1,", 1000), ",") + `]}`
	for max, want := range map[int]int{1: 1, 0: 1, 7: 7, 1000: 1000, 5000: 1000, -1: 1000} {
		err := validate(t, c, value, &lexicon.Options{MaxErrors: max})
		if want == 1 {
			require.IsType(t, &lexicon.Error{}, err)
			continue
		}
		all, _ := errors.AsType[lexicon.Errors](err)
		require.Len(t, all, want)
	}
}
