package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/lint"
	"github.com/linnet-at/linnet/lexicon/schema"
)

func parse(t testing.TB, text string) *schema.Document {
	t.Helper()
	d, err := schema.Parse([]byte(text), &schema.Options{Lenient: true})
	require.NoError(t, err, text)
	return d
}

func TestBreaking(t *testing.T) {
	ledger.Covers(t, "LEX-134", "LEX-135", "LEX-136", "LEX-137", "LEX-138")
	const data, readers, both = lint.BreaksData, lint.BreaksReaders, lint.BreaksBoth
	object := func(members string) string {
		return doc("com.example.test", `"main":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}}`+members+`}`)
	}
	record := func(key string) string {
		return doc("com.example.test", `"main":{"type":"record","key":"`+key+`","record":{"type":"object","properties":{"a":{"type":"integer"}}}}`)
	}
	query := func(members string) string { return method("query", members) }
	params := func(members string) string {
		return query(`,"parameters":{"type":"params","properties":{"a":{"type":"integer"},"b":{"type":"integer"}}` + members + `}`)
	}
	stream := func(union string) string {
		return method("subscription", `,"message":{"schema":{"type":"union","refs":[`+union+`}}`)
	}
	set := func(perms string) string {
		return doc("com.example.test", `"main":{"type":"permission-set","permissions":[`+perms+`]}`)
	}
	const repoAll, repoCreate = `{"type":"permission","resource":"repo","collection":["com.example.a"]}`, `{"type":"permission","resource":"repo","collection":["com.example.a"],"action":["create"]}`
	for _, tc := range []struct {
		old, new      string
		rule, back    lint.Rule // from old to new, and back
		breaks, other lint.Breaks
		level         lint.Level
	}{
		// Rules whose breach is an error.
		{field(`{"type":"integer"}`), field(`{"type":"string"}`), "type-change", "type-change", both, both, lint.Error},
		{field(`{"type":"array","items":{"type":"integer"}}`), field(`{"type":"array","items":{"type":"string"}}`), "type-change", "type-change", both, both, lint.Error},
		{record("tid"), record("any"), "record-key-type", "record-key-type", both, both, lint.Error},
		{record("literal:a"), record("literal:b"), "record-key-type", "record-key-type", both, both, lint.Error},
		{query(`,"output":{"encoding":"application/json"}`), query(`,"output":{"encoding":"text/html"}`), "body-encoding", "body-encoding", both, both, lint.Error},
		{query(``), query(`,"output":{"encoding":"text/html"}`), "body-encoding", "body-encoding", both, both, lint.Error},
		{method("procedure", ``), method("procedure", `,"input":{"encoding":"text/html"}`), "body-encoding", "body-encoding", both, both, lint.Error},
		{query(output), query(`,"output":{"encoding":"application/json","schema":{"type":"object","properties":{}}}`), "type-change", "type-change", data, readers, lint.Error},
		{field(`{"type":"boolean"}`), field(`{"type":"boolean","const":true}`), "const-value", "const-value", data, readers, lint.Error},
		{field(`{"type":"integer","const":1}`), field(`{"type":"integer","const":2}`), "const-value", "const-value", both, both, lint.Error},
		{field(`{"type":"string","const":"a"}`), field(`{"type":"string","const":"b"}`), "const-value", "const-value", both, both, lint.Error},
		{field(`{"type":"string"}`), field(`{"type":"string","enum":["a"]}`), "enum-values", "enum-values", data, readers, lint.Error},
		{field(`{"type":"string","enum":["a"]}`), field(`{"type":"string","enum":["a","b"]}`), "enum-values", "enum-values", readers, data, lint.Error},
		{field(`{"type":"integer","enum":[1]}`), field(`{"type":"integer","enum":[2]}`), "enum-values", "enum-values", both, both, lint.Error},
		{field(`{"type":"string"}`), field(`{"type":"string","format":"did"}`), "string-format", "string-format", data, readers, lint.Error},
		{field(`{"type":"string","format":"handle"}`), field(`{"type":"string","format":"did"}`), "string-format", "string-format", both, both, lint.Error},
		{object(``), object(`,"required":["a"]`), "object-required", "object-required", data, readers, lint.Error},
		{object(`,"required":["b"]`), object(`,"required":["a"]`), "object-required", "object-required", both, both, lint.Error},
		{object(``), object(`,"nullable":["a"]`), "object-nullable", "object-nullable", readers, data, lint.Error},
		{params(``), params(`,"required":["a"]`), "params-required", "params-required", data, readers, lint.Error},
		{field(`{"type":"union","refs":["#main"]}`), field(`{"type":"union","refs":["#main"],"closed":true}`), "union-open-closed", "union-open-closed", data, readers, lint.Error},
		{field(`{"type":"union","refs":["#main"],"closed":true}`), field(`{"type":"union","refs":["#main","com.example.a"],"closed":true}`), "union-closed-refs", "union-closed-refs", readers, data, lint.Error},
		{field(`{"type":"union","refs":["#main","com.example.a"]}`), field(`{"type":"union","refs":["#main"]}`), "union-ref-removed", "", readers, "", lint.Error},
		{stream(`"#a","#b"]`), stream(`"#a"]`), "message-refs", "", readers, "", lint.Error},
		{stream(`"#a"],"closed":true`), stream(`"#a","#b"],"closed":true`), "message-refs", "message-refs", readers, readers, lint.Error},
		{doc("com.example.test", `"a":{"type":"integer"},"b":{"type":"integer"}`), doc("com.example.test", `"b":{"type":"integer"}`), "def-removed", "", both, "", lint.Error},
		{doc("com.example.test", `"a":{"type":"token"},"b":{"type":"integer"}`), doc("com.example.test", `"b":{"type":"integer"}`), "token-removed", "", both, "", lint.Error},
		{object(``), doc("com.example.test", `"main":{"type":"object","properties":{"a":{"type":"integer"}}}`), "property-removed", "", readers, "", lint.Error},
		{params(``), query(`,"parameters":{"type":"params","properties":{"a":{"type":"integer"}}}`), "property-removed", "", readers, "", lint.Error},
		{query(`,"errors":[{"name":"A"},{"name":"B"}]`), query(`,"errors":[{"name":"A"}]`), "error-removed", "", readers, "", lint.Error},
		{set(repoCreate), set(repoAll), "permission-widened", "", readers, "", lint.Error},
		{set(repoAll), set(repoAll + `,{"type":"permission","resource":"rpc","lxm":["com.example.m"],"aud":"*"}`), "permission-widened", "", readers, "", lint.Error},

		// Rules whose breach is a warning.
		{field(`{"type":"integer","maximum":5}`), field(`{"type":"integer","maximum":6}`), "integer-range", "integer-range", readers, data, lint.Warning},
		{field(`{"type":"integer"}`), field(`{"type":"integer","minimum":6}`), "integer-range", "integer-range", data, readers, lint.Warning},
		{field(`{"type":"integer","minimum":1,"maximum":2}`), field(`{"type":"integer","minimum":2,"maximum":3}`), "integer-range", "integer-range", both, both, lint.Warning},
		{field(`{"type":"string"}`), field(`{"type":"string","maxLength":6}`), "string-length", "string-length", data, readers, lint.Warning},
		{field(`{"type":"string","maxGraphemes":5}`), field(`{"type":"string","maxGraphemes":6}`), "string-length", "string-length", readers, data, lint.Warning},
		{field(`{"type":"bytes","minLength":5}`), field(`{"type":"bytes","minLength":6}`), "bytes-length", "bytes-length", data, readers, lint.Warning},
		{field(`{"type":"array","items":{"type":"integer"}}`), field(`{"type":"array","items":{"type":"integer"},"maxLength":6}`), "array-length", "array-length", data, readers, lint.Warning},
		{field(`{"type":"blob"}`), field(`{"type":"blob","accept":["image/*"]}`), "blob-accept", "blob-accept", data, readers, lint.Warning},
		{field(`{"type":"blob","accept":["image/png"]}`), field(`{"type":"blob","accept":["image/png","image/gif"]}`), "blob-accept", "blob-accept", readers, data, lint.Warning},
		{field(`{"type":"blob","maxSize":5}`), field(`{"type":"blob","maxSize":6}`), "blob-size", "blob-size", readers, data, lint.Warning},
		{field(`{"type":"ref","ref":"#main"}`), field(`{"type":"ref","ref":"com.example.other"}`), "ref-change", "ref-change", both, both, lint.Warning},

		// What breaks nobody.
		{object(``), doc("com.example.test", `"main":{"type":"object","description":"new","properties":{"a":{"type":"integer","default":5,"description":"n"},"b":{"type":"integer"}}}`), "", "", "", "", ""},
		{field(`{"type":"string","knownValues":["a"]}`), field(`{"type":"string","knownValues":["b"],"default":"x"}`), "", "", "", "", ""},
		{field(`{"type":"ref","ref":"#main"}`), field(`{"type":"ref","ref":"com.example.test#main"}`), "", "", "", "", ""},
		{field(`{"type":"union","refs":["#main","com.example.a"]}`), field(`{"type":"union","refs":["com.example.a","com.example.test"]}`), "", "", "", "", ""},
		{object(`,"required":["a","b"]`), object(`,"required":["b","a"]`), "", "", "", "", ""},
		{field(`{"type":"string","enum":["a","b"]}`), field(`{"type":"string","enum":["b","a"]}`), "", "", "", "", ""},
	} {
		for _, dir := range []struct {
			old, new string
			rule     lint.Rule
			breaks   lint.Breaks
		}{{tc.old, tc.new, tc.rule, tc.breaks}, {tc.new, tc.old, tc.back, tc.other}} {
			issues := lint.Breaking(parse(t, dir.old), parse(t, dir.new), nil)
			what := fmt.Sprintf("%s\n%s\n%v", dir.old, dir.new, issues)
			if dir.rule == "" {
				require.Empty(t, issues, what)
				continue
			}
			require.NotEmpty(t, issues, what)
			for _, i := range issues {
				require.Equal(t, dir.rule, i.Rule, what)
				require.Equal(t, tc.level, i.Level, what)
				require.Equal(t, dir.breaks, i.Breaks, what)
			}
			require.Empty(t, lint.Breaking(parse(t, dir.old), parse(t, dir.new), &lint.Options{Ignore: []lint.Rule{dir.rule}}))
		}
	}
	issues := lint.Breaking(parse(t, field(`{"type":"integer"}`)), parse(t, strings.Replace(field(`{"type":"integer"}`), "test", "other", 1)), nil)
	require.Equal(t, []lint.Rule{"document-change"}, rules(issues))
	issues = lint.Breaking(parse(t, field(`{"type":"integer","maximum":5}`)), parse(t, field(`{"type":"integer","maximum":6}`)), nil)
	require.Equal(t, `warning: com.example.test at "/defs/main/properties/p": bounds ..6 was ..5, which breaks old readers [integer-range]`, issues[0].String())
	require.Empty(t, lint.Breaking(parse(t, doc("com.example.test", `"a":{"type":"integer"}`)), parse(t, doc("com.example.test", `"a":{"type":"integer"},"new":{"type":"token"}`)), nil), "new definitions break nobody")
	require.Empty(t, lint.Breaking(parse(t, object(``)), parse(t, strings.Replace(object(``), `"b":`, `"c":{"type":"integer"},"b":`, 1)), nil), "new fields break nobody")
}

// TestDeprecated: what is gone had better be marked as deprecated, which breaks
// nothing.
func TestDeprecated(t *testing.T) {
	ledger.Covers(t, "LEX-139")
	object := func(props string) *schema.Document {
		return parse(t, doc("com.example.test", `"main":{"type":"object","properties":{"a":{"type":"integer"}`+props+`}}`))
	}
	const old, marked = `,"b":{"type":"integer"}`, `,"b":{"type":"integer","description":"Deprecated: use a."}`
	require.Empty(t, lint.Breaking(object(old), object(marked), nil))
	issues := lint.Breaking(object(old), object(""), nil)
	require.Equal(t, []lint.Rule{lint.PropertyRemoved}, rules(issues))
	require.Equal(t, `"b" is gone: mark it as deprecated instead`, issues[0].Msg)
	defs := parse(t, doc("com.example.defs", `"a":{"type":"integer"},"b":{"type":"integer"}`))
	issues = lint.Breaking(defs, parse(t, doc("com.example.defs", `"a":{"type":"integer"}`)), nil)
	require.Equal(t, []lint.Rule{lint.DefRemoved}, rules(issues))
	require.Equal(t, `definition is gone: mark it as deprecated instead`, issues[0].Msg)
}
