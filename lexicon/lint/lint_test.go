package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/lint"
	"github.com/linnet-at/linnet/lexicon/schema"
)

func doc(id, defs string) string {
	return `{"lexicon":1,"id":"` + id + `","defs":{` + defs + `}}`
}

// field returns a document of an object with a field of the given schema.
func field(schema string) string {
	return doc("com.example.test", `"main":{"type":"object","properties":{"p":`+schema+`}}`)
}

// method returns a document of a method.
func method(kind, members string) string {
	return doc("com.example.test", `"main":{"type":"`+kind+`","description":"d"`+members+`}`)
}

const output = `,"output":{"encoding":"application/json"}`

func rules(issues []lint.Issue) []lint.Rule {
	var list []lint.Rule
	for _, i := range issues {
		list = append(list, i.Rule)
	}
	return list
}

func TestRules(t *testing.T) {
	ledger.Covers(t, "LEX-007", "LEX-008", "LEX-015", "LEX-022", "LEX-030", "LEX-060", "LEX-073", "LEX-131",
		"LEX-141", "LEX-142", "LEX-143", "LEX-144", "LEX-145", "LEX-146", "LEX-147", "LEX-148", "LEX-017", "LEX-074")
	const str = `{"type":"string","maxLength":9}`
	params := func(props string) string {
		return method("query", `,"parameters":{"type":"params","properties":{`+props+`}}`+output)
	}
	page := func(limit, out string) string {
		return method("query", `,"parameters":{"type":"params","properties":{"cursor":`+str+limit+`}},"output":{"encoding":"application/json","schema":{"type":"object","properties":{`+out+`}}}`)
	}
	const limit, list = `,"limit":{"type":"integer","minimum":1,"maximum":9,"default":5}`, `"cursor":{"type":"string","maxLength":9},"items":{"type":"array","items":{"type":"integer"}}`
	stream := func(cursor, errs, msgs, defs string) string {
		return doc("com.example.test", `"main":{"type":"subscription","description":"d","parameters":{"type":"params","properties":{"cursor":`+cursor+`}},"errors":[`+errs+`],"message":{"schema":{"type":"union","refs":[`+msgs+`]}}}`+defs)
	}
	const bothErrs, seqDefs = `{"name":"FutureCursor"},{"name":"ConsumerTooSlow"}`, `,"a":{"type":"object","properties":{"seq":{"type":"integer"}}},"info":{"type":"object","properties":{}}`
	set := func(id, members string) string {
		return doc(id, `"main":{"type":"permission-set"`+members+`}`)
	}
	const grant = `{"type":"permission","resource":"rpc","lxm":["com.example.m"],"aud":"*"}`
	for _, tc := range []struct {
		text string
		want string // rules, with spaces between them
	}{
		{`{"lexicon":2,"id":"com.example.test","defs":{"a":{"type":"integer"}}}`, "lexicon-version"},
		{`{"lexicon":1,"id":"test","defs":{"a":{"type":"integer"}}}`, "invalid-nsid"},
		{`{`, "lexicon-schema"},
		{field(`{"type":"string","format":"color"}`), "lexicon-schema"},
		{doc("com.example.test", `"main":{"type":"record","description":"d","record":{"type":"object","properties":{}}}`), "lexicon-schema"},
		{method("query", `,"output":{}`), "unspecified-encoding"},
		{doc("com.example.defs", `"main":{"type":"integer"}`), "defs-main-definition"},
		{doc("com.example.defs", `"a":{"type":"integer"}`), ""},
		{doc("com.example.test", `"Foo":{"type":"integer"}`), "def-name-syntax"},
		{doc("com.example.test", `"foo-bar":{"type":"integer"}`), "def-name-syntax"},
		{doc("com.example.test", `"foo2Bar":{"type":"integer"}`), ""},
		{doc("com.example.test", `"a":{"type":"object","properties":{"Foo":{"type":"integer"},"b_c":{"type":"integer"}}}`), "field-name-syntax field-name-syntax"},
		{doc("com.example.test", `"a":{"type":"object","properties":{"type":{"type":"integer"},"default":{"type":"integer"}}}`), "field-name-keyword"},
		{params(`"Foo":{"type":"integer"}`), "field-name-syntax"},
		{method("query", output+`,"errors":[{"name":"badName"},{"name":"Good"}]`), "error-name-syntax"},
		{field(`{"type":"string","maxLength":9,"knownValues":["kebab-case","a","camelCase","com.example.tok#x","com.example.tok","-a"]}`), "value-syntax value-syntax"},
		{field(`{"type":"string","enum":["#local"]}`), "known-string-local-ref"},
		{field(`{"type":"integer","x-foo":1}`), "unexpected-field"},
		{`{"$type":"com.atproto.lexicon.schema","revision":3,"lexicon":1,"id":"com.example.test","defs":{"a":{"type":"integer"}}}`, ""},
		{`{"other":3,"lexicon":1,"id":"com.example.test","defs":{"a":{"type":"integer"}}}`, "unexpected-field"},
		{method("query", `,"output":{"encoding":"application/json","x":1},"errors":[{"name":"A","y":1}]`), "unexpected-field unexpected-field"},
		{field(`{"type":"union","refs":["#main"],"closed":false}`), ""},
		{doc("com.example.test", `"main":{"type":"query"`+output+`}`), "missing-primary-description"},
		{doc("com.example.test", `"a":{"type":"token"}`), "undescribed-token"},
		{doc("com.example.test", `"a":{"type":"token","description":"d"}`), ""},
		{field(`{"type":"string"}`), "unlimited-string"},
		{field(`{"type":"string","format":"did"}`), ""},
		{field(`{"type":"string","maxLength":20480}`), ""},
		{field(`{"type":"string","maxLength":20481}`), "large-string"},
		{field(`{"type":"string","maxGraphemes":10}`), "string-limits"},
		{field(`{"type":"string","maxGraphemes":10,"maxLength":100}`), ""},
		{field(`{"type":"string","maxGraphemes":10,"maxLength":200}`), ""},
		{field(`{"type":"string","maxGraphemes":10,"maxLength":99}`), "string-limits"},
		{field(`{"type":"string","maxGraphemes":10,"maxLength":201}`), "string-limits"},
		{field(`{"type":"bytes"}`), "unlimited-bytes"},
		{field(`{"type":"bytes","maxLength":20481}`), "large-bytes"},
		{field(`{"type":"bytes","maxLength":20480}`), ""},
		{field(`{"type":"integer","maximum":5,"default":6}`), "default-value"},
		{field(`{"type":"integer","minimum":5,"enum":[4,5]}`), "default-value"},
		{field(`{"type":"integer","enum":[4],"default":5}`), "default-value"},
		{field(`{"type":"integer","enum":[4],"const":5}`), "default-value"},
		{field(`{"type":"integer","enum":[4,5],"default":5}`), ""},
		{field(`{"type":"string","maxLength":2,"default":"abc"}`), "default-value"},
		{field(`{"type":"string","format":"did","const":"abc"}`), "default-value"},
		{field(`{"type":"string","enum":["a"],"default":"b"}`), "default-value"},
		{field(`{"type":"string","minLength":2,"enum":["a"]}`), "default-value"},
		{field(`{"type":"union","refs":["#main","com.example.test","com.example.test#main"]}`), "duplicate-ref duplicate-ref"},
		{doc("com.example.test", `"a":{"type":"object","nullable":["b"],"properties":{"b":{"type":"integer"}}}`), "nullable-and-optional"},
		{doc("com.example.test", `"a":{"type":"object","nullable":["b"],"required":["b"],"properties":{"b":{"type":"integer"}}}`), ""},
		{field(`{"type":"boolean","default":true}`), "boolean-default"},
		{field(`{"type":"boolean","default":false}`), ""},
		{params(`"actor":{"type":"string","format":"handle"}`), "account-param"},
		{params(`"repo":{"type":"string","format":"did"}`), "account-param"},
		{params(`"actor":{"type":"string","format":"at-identifier"}`), ""},
		{doc("com.example.test", `"main":{"type":"record","description":"d","key":"any","record":{"type":"object","properties":{"a":{"type":"string","format":"handle"},"b":{"type":"string","format":"at-identifier"},"c":{"type":"string","format":"did"}}}}`), "record-handle record-handle"},
		{method("query", ""), "endpoint-output-undefined"},
		{method("procedure", ""), "endpoint-output-undefined"},
		{method("procedure", `,"input":{"encoding":"video/mp4","schema":{"type":"object","properties":{}}}`+output), "schema-of-bytes"},
		{page(limit, list), ""},
		{page("", list), "pagination"},
		{page(`,"limit":{"type":"integer","minimum":1,"maximum":9}`, list), "pagination"},
		{page(limit, `"items":{"type":"array","items":{"type":"integer"}}`), "pagination"},
		{page(limit, `"cursor":`+str), "pagination"},
		{strings.Replace(page(limit, list), `"schema":{"type":"object",`, `"schema":{"type":"object","required":["cursor"],`, 1), "pagination"},
		{strings.Replace(page(limit, list), `"cursor":`+str, `"cursor":{"type":"integer"}`, 1), "pagination"},
		{method("subscription", `,"message":{"schema":{"type":"union","refs":[]}}`), "subscription-no-messages"},
		{stream(`{"type":"integer"}`, bothErrs, `"#a","#info"`, seqDefs), ""},
		{stream(`{"type":"string","maxLength":9}`, bothErrs, `"#a","#info"`, seqDefs), "subscription-form"},
		{stream(`{"type":"integer"}`, `{"name":"FutureCursor"}`, `"#a","#info"`, seqDefs), "subscription-form"},
		{stream(`{"type":"integer"}`, `{"name":"ConsumerTooSlow"}`, `"#a","#info"`, seqDefs), "subscription-form"},
		{stream(`{"type":"integer"}`, bothErrs, `"#a"`, seqDefs), "subscription-form"},
		{stream(`{"type":"integer"}`, bothErrs, `"#b","#info"`, seqDefs+`,"b":{"type":"object","properties":{}}`), "subscription-form"},
		{set("com.example.authFull", `,"title":"T","permissions":[`+grant+`]`), ""},
		{set("com.example.full", `,"title":"T","permissions":[`+grant+`]`), "permissionset-name"},
		{set("com.example.authFull", `,"permissions":[`+grant+`]`), "permissionset-no-title"},
		{set("com.example.authFull", `,"title":"T","permissions":[]`), "permissionset-no-permissions"},
		{set("com.example.authFull", `,"title":"T","permissions":[{"type":"permission","resource":"rpc","lxm":["*"],"inheritAud":true}]`), "permission-ignored"},
		{set("com.example.authFull", `,"title":"T","permissions":[{"type":"permission","resource":"blob","accept":["*/*"]}]`), "permission-ignored"},
	} {
		issues := lint.Text([]byte(tc.text), nil)
		var got []string
		for _, i := range issues {
			got = append(got, string(i.Rule))
			require.NotEmpty(t, i.Msg)
			require.GreaterOrEqual(t, i.Offset, 0, "%v", i)
		}
		require.Equal(t, tc.want, strings.Join(got, " "), tc.text)
	}
}

func TestOptions(t *testing.T) {
	ledger.Covers(t, "LEX-132", "LEX-148")
	text := []byte(doc("com.example.test", `"a":{"type":"string"}`))
	for file, want := range map[string][]lint.Rule{
		"": {"unlimited-string"}, "com/example/test.json": {"unlimited-string"}, "lexicons/com/example/test.json": {"unlimited-string"},
		"com/example/other.json": {"file-path", "unlimited-string"}, "xcom/example/test.json": {"file-path", "unlimited-string"}, "test.json": {"file-path", "unlimited-string"},
	} {
		require.Equal(t, want, rules(lint.Text(text, &lint.Options{File: file})), file)
	}
	require.Empty(t, lint.Text(text, &lint.Options{Ignore: []lint.Rule{lint.UnlimitedString}}))
	issues := lint.Text(text, nil)
	require.Equal(t, `warning: com.example.test at "/defs/a": string without limit [unlimited-string]`, issues[0].String())
	require.False(t, lint.HasErrors(issues))
	require.True(t, lint.HasErrors(lint.Text([]byte(`{}`), nil)))
	space := []byte(doc("com.example.test", `"main":{"type":"space","description":"d","key":"any","name":"x","collections":[]}`))
	require.Equal(t, []lint.Rule{"lexicon-schema"}, rules(lint.Text(space, nil)))
	require.Empty(t, lint.Text(space, &lint.Options{Drafts: true}))

	long := strings.Repeat("a123456789012345678901234567890123456789012345678901234567890.", 4) + "aaaaaaaaa.name"
	require.Equal(t, []lint.Rule{"long-authority"}, rules(lint.Text([]byte(doc(long, `"a":{"type":"integer"}`)), nil)))
}

// TestPublished: the schemas of the network have no errors.
func TestPublished(t *testing.T) {
	ledger.Covers(t, "LEX-130")
	c, err := lexicon.Load(published.FS(t), nil)
	require.NoError(t, err)
	issues := lint.Catalog(c, nil)
	require.False(t, lint.HasErrors(issues))
	require.NotEmpty(t, issues)
	require.Equal(t, issues, lint.Catalog(c, &lint.Options{File: "one.json"}), "a catalog is not one file")

	parsed, err := schema.Parse([]byte(field(`{"type":"ref","ref":"com.example.none"}`)), nil)
	require.NoError(t, err)
	c, err = lexicon.NewCatalog(parsed)
	require.NoError(t, err)
	require.Equal(t, []lint.Rule{lint.UnresolvedRef}, rules(lint.Catalog(c, nil)))
	require.True(t, slices.IsSortedFunc(issues, func(a, b lint.Issue) int { return strings.Compare(a.Document, b.Document) }))
}

func FuzzText(f *testing.F) {
	f.Add([]byte(field(`{"type":"string"}`)), []byte(field(`{"type":"string","maxLength":3}`)))
	f.Add([]byte(doc("com.example.a", `"main":{"type":"query"}`)), []byte(doc("com.example.a", `"main":{"type":"procedure","input":{"encoding":"*/*"}}`)))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		_ = lint.Text(a, nil)
		o := &schema.Options{Lenient: true, Drafts: true}
		old, err := schema.Parse(a, o)
		if err != nil {
			return
		}
		require.Empty(t, lint.Breaking(old, old, nil), "nothing changed")
		if now, err := schema.Parse(b, o); err == nil {
			for _, i := range lint.Breaking(old, now, nil) {
				require.NotEmpty(t, i.Breaks)
				require.NotEmpty(t, i.String())
			}
		}
	})
}

// TestExperimental: what calls itself experimental has to do so in its name.
func TestExperimental(t *testing.T) {
	ledger.Covers(t, "LEX-139")
	named := func(id, description string) string {
		return doc(id, `"main":{"type":"query","description":"`+description+`"`+output+`}`)
	}
	for _, tc := range []struct {
		text string
		want bool
	}{
		{named("com.example.getThing", "An experimental query."), true},
		{named("com.example.getThing", "UNSTABLE: will change."), true},
		{named("com.example.getThing", "(NOTE: this endpoint is under development)"), true},
		{named("com.example.getThing", "May change without notice."), true},
		{named("com.example.getThing", "A query."), false},
		{named("com.example.experimental.getThing", "An experimental query."), false},
		{named("com.example.temp.getThing", "An experimental query."), false},
		{named("com.example.unspecced.getThing", "Unstable."), false},
		{named("com.example.template.getThing", "An experimental query."), true},
		{named("com.example.getExperimental", "An experimental query."), true},
		{`{"lexicon":1,"id":"com.example.defs","description":"Experimental.","defs":{"a":{"type":"integer"}}}`, true},
		{`{"lexicon":1,"id":"com.example.defs","defs":{"a":{"type":"integer","description":"Experimental."}}}`, false},
	} {
		got := rules(lint.Text([]byte(tc.text), nil))
		require.Equal(t, tc.want, slices.Contains(got, lint.ExperimentalName), "%s: %v", tc.text, got)
		if tc.want {
			require.Equal(t, []lint.Rule{"experimental-name"}, got)
		}
	}
}
