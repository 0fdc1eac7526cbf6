package lexicon_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// recordCatalog has one collection, com.example.test, with keys of a type.
func recordCatalog(t testing.TB, key string) *lexicon.Catalog {
	t.Helper()
	return newCatalog(t, testDoc(testID, `"main":{"type":"record","key":"`+key+`","record":{"type":"object","required":["n"],"properties":{
		"a":{"type":"ref","ref":"com.example.none"},"n":{"type":"integer"},"def":{"type":"integer","default":5},"ref":{"type":"ref","ref":"com.example.none"}}}}`))
}

func fromJSON(t testing.TB, text string) []byte {
	t.Helper()
	b, err := data.FromJSON([]byte(text), nil)
	require.NoError(t, err)
	return b
}

func TestRecordType(t *testing.T) {
	ledger.Covers(t, "LEX-111", "LEX-117", "DAT-008", "DAT-009", "LEX-011", "LEX-113")
	c, id, key := recordCatalog(t, "any"), syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k")
	require.NoError(t, c.ValidateRecord(id, key, fromJSON(t, `{"$type":"com.example.test","n":1}`), nil))
	for _, text := range []string{
		`{"n":1}`, `{"$type":"com.example.other","n":1}`, `{"$type":"com.example.test#main","n":1}`, `{"$type":"com.example.Test","n":1}`,
	} {
		for _, o := range []*lexicon.Options{nil, lexicon.Lenient()} {
			requireCode(t, c.ValidateRecord(id, key, fromJSON(t, text), o), "type-name", "/$type")
			requireCode(t, c.ValidateRecordData(id, fromJSON(t, text), o), "type-name", "/$type")
		}
	}
	for _, text := range []string{`[]`, `1`, `"com.example.test"`, `null`} {
		require.Error(t, c.ValidateRecordData(id, fromJSON(t, text), nil))
	}
	err := c.ValidateRecord(syntax.MustParseNSID("com.example.none"), key, fromJSON(t, `{"$type":"com.example.none"}`), nil)
	require.ErrorIs(t, err, lexicon.ErrNoSchema)
	require.EqualError(t, err, `lexicon: no schema of a record "com.example.none" in the catalog`)
	_, err = c.ValidateRecordJSON(syntax.MustParseNSID("com.example.none"), key, []byte(`{}`), nil)
	require.ErrorIs(t, err, lexicon.ErrNoSchema)
	require.ErrorIs(t, c.ValidateRecordData(syntax.MustParseNSID("com.example.none"), []byte{0xa0}, nil), lexicon.ErrNoSchema)
}

func TestRecordKeys(t *testing.T) {
	ledger.Covers(t, "LEX-112", "LEX-113", "LEX-017")
	record := fromJSON(t, `{"$type":"com.example.test","n":1}`)
	id := syntax.MustParseNSID(testID)
	keys := map[string]syntax.RecordKey{
		"tid": syntax.MustParseRecordKey("3jzfcijpj2z2a"), "nsid": syntax.MustParseRecordKey("com.example.x"),
		"self": syntax.MustParseRecordKey("self"), "odd": syntax.MustParseRecordKey("~:a"), "none": {},
	}
	for typ, allowed := range map[string]string{
		"tid": "tid", "nsid": "nsid", "any": "tid nsid self odd", "literal:self": "self",
	} {
		c := recordCatalog(t, typ)
		for name, key := range keys {
			err := c.ValidateRecord(id, key, record, nil)
			_, errJSON := c.ValidateRecordJSON(id, key, []byte(`{"$type":"com.example.test","n":1}`), nil)
			if strings.Contains(allowed, name) {
				require.NoError(t, err, "%s %s", typ, name)
				require.NoError(t, errJSON)
				continue
			}
			requireCode(t, err, "record-key", "")
			require.Equal(t, err, errJSON)
		}
		require.NoError(t, c.ValidateRecordData(id, record, nil))
	}
	require.EqualError(t, recordCatalog(t, "literal:self").ValidateRecord(id, keys["odd"], record, nil),
		`lexicon: key "~:a" is not of type "literal:self"`)

	text := testDoc(testID, `"main":{"type":"record","record":{"type":"object","properties":{}}}`)
	_, err := schema.Parse([]byte(text), nil)
	require.ErrorContains(t, err, "no key")
	d, err := schema.Parse([]byte(text), &schema.Options{Lenient: true})
	require.NoError(t, err)
	c, err := lexicon.NewCatalog(d)
	require.NoError(t, err)
	require.NoError(t, c.ValidateRecord(id, keys["odd"], fromJSON(t, `{"$type":"com.example.test"}`), nil))
	require.Error(t, c.ValidateRecord(id, syntax.RecordKey{}, fromJSON(t, `{"$type":"com.example.test"}`), nil))
}

// TestDataModelFirst: what breaks the rules of the data model never comes to the
// schema.
func TestDataModelFirst(t *testing.T) {
	ledger.Covers(t, "LEX-107", "LEX-108", "LEX-109", "LEX-110", "LEX-115", "LEX-039", "LEX-044")
	c, id, key := recordCatalog(t, "any"), syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k")
	for _, text := range []string{
		`{"$type":"com.example.test","n":1,"x":{"$link":"` + rawCID + `","y":1}}`,
		`{"$type":"com.example.test","n":1,"x":{"$bytes":"a","y":1}}`,
		`{"$type":"com.example.test","n":1,"n":2}`,
		`{"$type":"com.example.test","n":1,"":2}`,
		`{"$type":"com.example.test","n":1.5}`,
		`{"$type":"com.example.test","n":9223372036854775808}`,
		`{"$type":"com.example.test","n":1} x`,
	} {
		v, err := c.ValidateRecordJSON(id, key, []byte(text), nil)
		e, ok := errors.AsType[*data.Error](err)
		require.True(t, ok, "%s: %v", text, err)
		require.NotEmpty(t, e.Msg)
		require.Zero(t, v, "no value beside an error")
	}
	_, err := c.ValidateRecordJSON(id, key, []byte(`{"$type":"com.example.test","n":1,"$foo":1}`), nil)
	require.NoError(t, err)

	for name, record := range map[string][]byte{
		"float":         append([]byte("\xa2\x61n\xf9\x3c\x00\x65$type\x70com.example.test"), nil...),
		"duplicate key": []byte("\xa3\x61n\x01\x61n\x02\x65$type\x70com.example.test"),
		"empty key":     []byte("\xa3\x60\x01\x61n\x02\x65$type\x70com.example.test"),
		"undefined":     []byte("\xa3\x61a\xf7\x61n\x02\x65$type\x70com.example.test"),
		"tag":           []byte("\xa3\x61a\xc1\x01\x61n\x02\x65$type\x70com.example.test"),
		"empty":         {},
	} {
		err := c.ValidateRecord(id, key, record, nil)
		require.Error(t, err, name)
		_, isSchema := errors.AsType[*lexicon.Error](err)
		require.False(t, isSchema, name)
	}
	emptyKey := []byte("\xa3\x60\x01\x61n\x02\x65$type\x70com.example.test")
	require.NoError(t, c.ValidateRecord(id, key, emptyKey, &lexicon.Options{Permissive: true}))
	big := []byte(`{"$type":"com.example.test","n":9007199254740993}`)
	_, err = c.ValidateRecordJSON(id, key, big, nil)
	require.NoError(t, err)
	_, err = c.ValidateRecordJSON(id, key, big, &lexicon.Options{Data: &data.Options{SafeIntegers: true}})
	require.ErrorContains(t, err, "integer beyond 53 bits")

	// Limits of the data model, each at its value and one beyond.
	deep := func(n int) []byte {
		return fromJSONWith(t, `{"$type":"com.example.test","n":1,"x":`+strings.Repeat("[", n-1)+strings.Repeat("]", n-1)+`}`)
	}
	require.NoError(t, c.ValidateRecord(id, key, deep(32), nil))
	require.ErrorAs(t, c.ValidateRecord(id, key, deep(33), nil), new(*dagcbor.LimitError))
	require.NoError(t, c.ValidateRecord(id, key, deep(33), &lexicon.Options{Data: &data.Options{MaxDepth: 33}}))
	sized := func(n int) []byte {
		text := func(n int) []byte {
			return fromJSONWith(t, `{"$type":"com.example.test","n":1,"x":"`+strings.Repeat("a", n)+`"}`)
		}
		b := text(n - (len(text(n)) - n)) // the head of the text has its own size
		require.Equal(t, n, len(b))
		return b
	}
	require.NoError(t, c.ValidateRecord(id, key, sized(data.DefaultMaxCBOR), nil))
	require.ErrorAs(t, c.ValidateRecord(id, key, sized(data.DefaultMaxCBOR+1), nil), new(*dagcbor.LimitError))
	require.ErrorAs(t, c.ValidateRecord(id, key, sized(1000), &lexicon.Options{Data: &data.Options{MaxCBOR: 999}}), new(*dagcbor.LimitError))
	array := func(n int) []byte {
		return fromJSONWith(t, `{"$type":"com.example.test","n":1,"x":[`+strings.TrimSuffix(strings.Repeat("1,", n), ",")+`]}`)
	}
	require.NoError(t, c.ValidateRecord(id, key, array(dagcbor.DefaultMaxContainer), nil))
	require.ErrorAs(t, c.ValidateRecord(id, key, array(dagcbor.DefaultMaxContainer+1), nil), new(*dagcbor.LimitError))
	keyed := func(n int) []byte {
		return fromJSONWith(t, `{"$type":"com.example.test","n":1,"`+strings.Repeat("x", n)+`":1}`)
	}
	require.NoError(t, c.ValidateRecord(id, key, keyed(dagcbor.DefaultMaxKey), nil))
	require.ErrorAs(t, c.ValidateRecord(id, key, keyed(dagcbor.DefaultMaxKey+1), nil), new(*dagcbor.LimitError))
	spaced := func(n int) []byte {
		text := `{"$type":"com.example.test","n":1}`
		return []byte(text + strings.Repeat(" ", n-len(text)))
	}
	_, err = c.ValidateRecordJSON(id, key, spaced(data.DefaultMaxJSON), nil)
	require.NoError(t, err)
	_, err = c.ValidateRecordJSON(id, key, spaced(data.DefaultMaxJSON+1), nil)
	require.ErrorAs(t, err, new(*dagcbor.LimitError))
}

// fromJSONWith is fromJSON without limits.
func fromJSONWith(t testing.TB, text string) []byte {
	t.Helper()
	b, err := data.FromJSON([]byte(text), &data.Options{MaxCBOR: -1, MaxJSON: -1, MaxDepth: -1, MaxContainer: -1, MaxKey: -1})
	require.NoError(t, err)
	return b
}

// TestUnchanged: validation leaves a record as it is, defaults and unknown
// fields included.
func TestUnchanged(t *testing.T) {
	ledger.Covers(t, "LEX-070", "LEX-114")
	c, id, key := recordCatalog(t, "any"), syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k")
	const text = `{"n":1,"$type":"com.example.test","zzz":{"unknown":[1,{}]}}`
	record := fromJSON(t, text)
	before := bytes.Clone(record)
	require.NoError(t, c.ValidateRecord(id, key, record, nil))
	require.Equal(t, before, record)
	v, err := c.ValidateRecordJSON(id, key, []byte(text), nil)
	require.NoError(t, err)
	require.Equal(t, before, v.Raw())
}

// TestDatetimesKeepTheirText: a time that was read and is written again has its
// digits, and new ones have milliseconds.
func TestDatetimesKeepTheirText(t *testing.T) {
	ledger.Covers(t, "LEX-095", "LEX-096")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"string","format":"datetime"}}}`))
	const text = "1985-04-12T23:20:50.120000Z"
	v := view(t, `{"v":"`+text+`"}`)
	require.NoError(t, c.ValidateView(schema.Name{NSID: syntax.MustParseNSID(testID), Def: "main"}, v, nil))
	field, _ := v.Get("v")
	s, _ := field.Text()
	parsed, err := syntax.ParseDatetime(s)
	require.NoError(t, err)
	require.Equal(t, text, parsed.String())
	now, err := syntax.NewDatetime(parsed.Time())
	require.NoError(t, err)
	require.Equal(t, "1985-04-12T23:20:50.120Z", now.String())
	require.NoError(t, validate(t, c, `{"v":"`+now.String()+`"}`, nil))
}

// TestBase64 has the spellings of byte strings in JSON.
func TestBase64(t *testing.T) {
	ledger.Covers(t, "LEX-047", "LEX-048")
	c, id, key := newCatalog(t, testDoc(testID, `"main":{"type":"record","key":"any","record":{"type":"object","properties":{"b":{"type":"bytes","minLength":2,"maxLength":2}}}}`)),
		syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k")
	for text, ok := range map[string]bool{"123": true, "MTI": true, "MTI=": true, "-_8": false, "+/8": true, "MTI ": false, "M": false} {
		v, err := c.ValidateRecordJSON(id, key, []byte(`{"$type":"com.example.test","b":{"$bytes":"`+text+`"}}`), nil)
		require.Equal(t, ok, err == nil, "%s: %v", text, err)
		if ok {
			b, _ := v.Get("b")
			out, err := b.AppendJSON(nil, nil)
			require.NoError(t, err)
			require.NotContains(t, string(out), "=")
		}
	}
}

func TestValidateWrite(t *testing.T) {
	ledger.Covers(t, "LEX-125", "LEX-107", "LEX-124")
	c, id, key := recordCatalog(t, "tid"), syntax.MustParseNSID(testID), syntax.MustParseRecordKey("3jzfcijpj2z2a")
	none := syntax.MustParseNSID("com.example.none")
	yes, no := new(true), new(false)
	for _, tc := range []struct {
		collection syntax.NSID
		record     string
		validate   *bool
		status     lexicon.Status
		fails      string
	}{
		{id, `{"$type":"com.example.test","n":1}`, yes, lexicon.StatusValid, ""},
		{id, `{"$type":"com.example.test","n":1}`, nil, lexicon.StatusValid, ""},
		{id, `{"$type":"com.example.test","n":1}`, no, lexicon.StatusSkipped, ""},
		{id, `{"$type":"com.example.test"}`, yes, lexicon.StatusSkipped, "n: property is required"},
		{id, `{"$type":"com.example.test"}`, nil, lexicon.StatusSkipped, "n: property is required"},
		{id, `{"$type":"com.example.test"}`, no, lexicon.StatusSkipped, ""},
		{id, `{"$type":"com.example.none","n":1}`, no, lexicon.StatusSkipped, "$type"},
		{id, `{"n":1}`, no, lexicon.StatusSkipped, "$type"},
		{none, `{"$type":"com.example.none"}`, yes, lexicon.StatusSkipped, "no schema"},
		{none, `{"$type":"com.example.none"}`, nil, lexicon.StatusUnknown, ""},
		{none, `{"$type":"com.example.none"}`, no, lexicon.StatusSkipped, ""},
		{id, `{"$type":"com.example.test","n":1,"ref":{}}`, nil, lexicon.StatusUnknown, ""},
		{id, `{"$type":"com.example.test","n":1,"ref":{}}`, yes, lexicon.StatusSkipped, "not in the catalog"},
		{id, `{"$type":"com.example.test","n":"x","ref":{}}`, nil, lexicon.StatusSkipped, "n: a string"},
		{id, `{"$type":"com.example.test","ref":{}}`, nil, lexicon.StatusSkipped, "n: property is required"},
		{id, `{"$type":"com.example.test","a":{},"n":1}`, nil, lexicon.StatusUnknown, ""},
		{id, `{"$type":"com.example.test","a":{},"n":"x"}`, nil, lexicon.StatusSkipped, "a: schema \"com.example.none\" is not in the catalog"},
	} {
		status, err := c.ValidateWrite(tc.collection, key, fromJSON(t, tc.record), tc.validate, nil)
		require.Equal(t, tc.status, status, "%s", tc.record)
		if tc.fails == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, tc.fails)
	}
	_, err := c.ValidateWrite(id, key, []byte("\xa1\x61x\xf9\x3c\x00"), no, nil)
	require.Error(t, err, "the data model is always looked at")
	_, err = c.ValidateWrite(id, syntax.MustParseRecordKey("self"), fromJSON(t, `{"$type":"com.example.test","n":1}`), nil, nil)
	requireCode(t, err, "record-key")
}

// TestErrors has the texts and the parts of errors.
func TestErrors(t *testing.T) {
	ledger.Covers(t, "LEX-122")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"a b":{"type":"ref","ref":"#o"},"l":{"type":"array","items":{"type":"ref","ref":"#o"}}}},
		"o":{"type":"object","required":["~/x"],"properties":{"~/x":{"type":"integer"},"k0":{"type":"string"}}}`))
	err := validate(t, c, `{"a b":{"~/x":"y","k0":1},"l":[{"~/x":1},{}]}`, &lexicon.Options{MaxErrors: -1})
	all, ok := errors.AsType[lexicon.Errors](err)
	require.True(t, ok)
	var texts []string
	for _, e := range all {
		require.Equal(t, "com.example.test#o", e.Def)
		texts = append(texts, e.Path+" "+e.Error())
	}
	require.Equal(t, []string{
		`/l/1/~0~1x lexicon: l[1]["~/x"]: property is required and missing`,
		`/a b/k0 lexicon: ["a b"].k0: an integer, expected a string`,
		`/a b/~0~1x lexicon: ["a b"]["~/x"]: a string, expected an integer`,
	}, texts)
	require.EqualError(t, err, `lexicon: l[1]["~/x"]: property is required and missing (and 2 more)`)
	one := validate(t, c, `{"l":[{}]}`, nil)
	require.IsType(t, &lexicon.Error{}, one)
	require.EqualError(t, validate(t, c, `1`, nil), "lexicon: an integer, expected an object")
	for value, want := range map[string]string{
		`{"$link":"` + dagCID + `"}`: "a link", `{"$bytes":"YQ"}`: "a byte string", `true`: "a boolean", `[]`: "an array", `"x"`: "a string",
	} {
		require.EqualError(t, validate(t, c, value, nil), "lexicon: "+want+", expected an object")
	}
	for value, want := range map[string]string{
		`"` + strings.Repeat("x", 100) + `"`: `lexicon: v: "` + strings.Repeat("x", 64) + `" is not one of the values that are allowed`,
		`7`:                                  "lexicon: v: an integer, expected a string",
	} {
		require.EqualError(t, validateField(t, `{"type":"string","enum":["a"]}`, value, nil), want)
	}
	require.EqualError(t, validateField(t, `{"type":"boolean","const":true}`, `false`, nil), "lexicon: v: boolean is not true")
	require.EqualError(t, validateField(t, `{"type":"string","minLength":2,"maxLength":2}`, `"x"`, nil), "lexicon: v: string of 1 bytes, 2 are required")
	require.EqualError(t, validateField(t, `{"type":"string","maxLength":2}`, `"xyz"`, nil), "lexicon: v: string of 3 bytes, at most 2 are allowed")
}
