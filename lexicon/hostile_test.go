package lexicon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// TestLongText has texts of 200,000 bytes that try to make each check of
// strings slow.
func TestLongText(t *testing.T) {
	ledger.Covers(t, "LEX-042")
	o := &data.Options{MaxCBOR: -1, MaxJSON: -1}
	const size = 200_000
	for _, text := range []string{
		strings.Repeat("a", size), strings.Repeat("é", size/2), "e" + strings.Repeat("\u0301", size/2), strings.Repeat("🇩", size/4),
		strings.Repeat("👩\u200d", size/7), strings.Repeat("a.", size/2), strings.Repeat("a-", size/2), "did:plc:" + strings.Repeat("%", size),
		"at://" + strings.Repeat("/", size), strings.Repeat("\u1100", size/3), strings.Repeat("\r", size),
	} {
		var fields []string
		for _, f := range []string{"did", "handle", "at-uri", "uri", "nsid", "tid", "record-key", "cid", "datetime", "language", "at-identifier"} {
			fields = append(fields, `{"type":"string","format":"`+f+`"}`)
		}
		fields = append(fields, `{"type":"string","maxGraphemes":300}`, `{"type":"string","minGraphemes":300000}`,
			`{"type":"string","maxGraphemes":2000000,"minGraphemes":1}`, `{"type":"string","enum":["a","b","`+strings.Repeat("a", 1000)+`"]}`)
		b, err := data.FromJSON([]byte(`{"v":`+quoteJSON(t, text)+`}`), o)
		require.NoError(t, err)
		v, err := data.NewView(b, o)
		require.NoError(t, err)
		for _, field := range fields {
			c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":`+field+`}}`))
			for _, o := range []*lexicon.Options{nil, lexicon.Lenient()} {
				if err := c.ValidateView(schema.Name{NSID: syntax.MustParseNSID(testID), Def: "main"}, v, o); err != nil {
					require.Less(t, len(err.Error()), 1000)
				}
			}
		}
	}
}

// TestDeepData: data is as deep as it may be, and deeper if the limit is lifted.
func TestDeepData(t *testing.T) {
	ledger.Covers(t, "LEX-123")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"record","key":"any","record":{"type":"object","properties":{"a":{"type":"ref","ref":"#l"}}}},
		"l":{"type":"array","items":{"type":"union","refs":["#o"]}},"o":{"type":"object","properties":{"l":{"type":"ref","ref":"#l"},"m":{"type":"integer"}}}`))
	id, key := syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k")
	lifted := &lexicon.Options{Data: &data.Options{MaxDepth: -1}}
	deep := func(n int, inner string) []byte {
		return fromJSONWith(t, `{"$type":"com.example.test","a":`+strings.Repeat(`[{"$type":"com.example.test#o","l":`, n)+inner+strings.Repeat(`}]`, n)+`}`)
	}
	require.NoError(t, c.ValidateRecord(id, key, deep(15, "[]"), nil))
	require.Error(t, c.ValidateRecord(id, key, deep(16, "[]"), nil))
	require.NoError(t, c.ValidateRecord(id, key, deep(490, "[]"), lifted))
	requireCode(t, c.ValidateRecord(id, key, deep(490, "1"), lifted), "type")
	two := `[{"$type":"com.example.test#o","l":[{"$type":"com.example.test#o","l":[]}]},{"$type":"com.example.test#o","l":[1]}]`
	requireCode(t, c.ValidateRecord(id, key, deep(40, two), lifted), "type", "/a"+strings.Repeat("/0/l", 40)+"/1/l/0")
	two = `[{"$type":"com.example.test#o","l":[]},{"$type":"com.example.test#o","m":"x"}]`
	requireCode(t, c.ValidateRecord(id, key, deep(40, two), lifted), "type", "/a"+strings.Repeat("/0/l", 40)+"/1/m")
	requireCode(t, c.ValidateRecord(id, key, deep(490, `[{"$type":"com.example.test#o","l":[1]}]`), lifted), "type")
}

// TestErrorsAreBounded: the text of an error does not grow with the input.
func TestErrorsAreBounded(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	for _, err := range []error{
		validateField(t, `{"type":"string","format":"did"}`, `"`+big+`"`, nil),
		validateField(t, `{"type":"string","enum":["a"]}`, `"`+big+`"`, nil),
		validateField(t, `{"type":"union","closed":true,"refs":["#main"]}`, `{"$type":"`+big+`"}`, nil),
		validateField(t, `{"type":"blob"}`, `{"$type":"`+big+`"}`, nil),
		validateField(t, `{"type":"ref","ref":"#main"}`, `{"$type":"`+big+`"}`, nil),
	} {
		require.Error(t, err)
		require.Less(t, len(err.Error()), 2000)
	}
	_, err := newCatalog(t).ParseParams(syntax.MustParseNSID(testID), map[string][]string{"x": {big}}, nil)
	require.Less(t, len(err.Error()), 2000)
}

// TestHostileSchemas compiles documents that try to make that slow: many names,
// many references, all of which are looked for in lists.
func TestHostileSchemas(t *testing.T) {
	const n = 20_000
	var enum, refs, required []string
	for i := range n {
		enum = append(enum, `"v`+itoa(i)+`"`)
		refs = append(refs, `"#d`+itoa(i)+`"`)
		required = append(required, `"f`+itoa(i)+`"`)
	}
	for _, def := range []string{
		`{"type":"string","enum":[` + strings.Join(enum, ",") + `]}`,
		`{"type":"union","closed":true,"refs":[` + strings.Join(refs, ",") + `]}`,
		`{"type":"object","required":[` + strings.Join(required, ",") + `],"nullable":[` + strings.Join(required, ",") + `],"properties":{` + manyFields(n, `{"type":"integer"}`) + `}}`,
	} {
		c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"array","items":`+def+`}}}`))
		_ = c.Link()
		list := strings.TrimSuffix(strings.Repeat(`"v19999",`, 10_000), ",")
		if strings.Contains(def, "enum") {
			require.NoError(t, validate(t, c, `{"v":[`+list+`]}`, nil))
		} else {
			require.Error(t, validate(t, c, `{"v":[`+list+`]}`, nil))
		}
	}
}

// TestHostileBytes: whatever the bytes are, there is an error and no panic.
func TestHostileBytes(t *testing.T) {
	c, id, key := recordCatalog(t, "any"), syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k")
	good := fromJSON(t, `{"$type":"com.example.test","n":1}`)
	for i := range good {
		require.Error(t, c.ValidateRecord(id, key, good[:i], nil))
	}
	for _, b := range [][]byte{nil, {0x9f}, {0xff}, []byte("\x9b\x00\x00\x00\x00\xff\xff\xff\xff"), []byte(strings.Repeat("\x81", 1<<20))} {
		require.Error(t, c.ValidateRecord(id, key, b, nil))
	}
}
