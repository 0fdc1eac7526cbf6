package lexicon_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// quoteJSON returns s as a JSON string.
func quoteJSON(t testing.TB, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	require.NoError(t, err)
	return string(b)
}

// TestFormatVectors runs the official vectors of each format through schemas.
func TestFormatVectors(t *testing.T) {
	ledger.Covers(t, "LEX-074", "LEX-075", "LEX-076", "LEX-077", "LEX-078", "LEX-080", "LEX-081", "LEX-082",
		"LEX-084", "LEX-086", "LEX-088", "LEX-091", "LEX-092")
	files := map[schema.Format]string{
		schema.FormatAtIdentifier: "atidentifier", schema.FormatATURI: "aturi", schema.FormatCID: "cid",
		schema.FormatDatetime: "datetime", schema.FormatDID: "did", schema.FormatHandle: "handle",
		schema.FormatLanguage: "language", schema.FormatNSID: "nsid", schema.FormatRecordKey: "recordkey",
		schema.FormatTID: "tid", schema.FormatURI: "uri",
	}
	require.Len(t, files, 11)
	for format, file := range files {
		c := newCatalog(t, testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"string","format":"`+string(format)+`"}}}`))
		for _, s := range fixtures.InteropLines(t, "syntax/"+file+"_syntax_valid.txt") {
			require.NoError(t, validate(t, c, `{"v":`+quoteJSON(t, s)+`}`, nil), "%s %q", format, s)
		}
		for _, s := range fixtures.InteropLines(t, "syntax/"+file+"_syntax_invalid.txt") {
			requireCode(t, validate(t, c, `{"v":`+quoteJSON(t, s)+`}`, nil), "format", "/v")
		}
		requireCode(t, validate(t, c, `{"v":""}`, nil), "format", "/v")
	}
}

// TestFormatDetails has what the vectors leave open, and what leniency changes.
func TestFormatDetails(t *testing.T) {
	ledger.Covers(t, "LEX-075", "LEX-083", "LEX-085", "LEX-087", "LEX-088", "LEX-092", "LEX-094", "LEX-097", "LEX-089")
	long := func(prefix string, n int) string { return prefix + strings.Repeat("a", n-len(prefix)) }
	for _, tc := range []struct {
		format        schema.Format
		text          string
		strict, loose bool
	}{
		{schema.FormatDID, "did:foo:bar", true, true},
		{schema.FormatDID, long("did:foo:", 2048), true, true},
		{schema.FormatDID, long("did:foo:", 2049), false, false},
		{schema.FormatHandle, "laptop.local", true, true},
		{schema.FormatHandle, "Alice.Example.COM", true, true},
		{schema.FormatATURI, "at://did:plc:asdf123/a.b.c/1#/x", false, true},
		{schema.FormatATURI, "at://h.com/", false, true},
		{schema.FormatATURI, "https://h.com", false, false},
		{schema.FormatCID, "bafkreeb6bcxcaybnhenttfoihxbxxsgfdbgnfwi", true, true},
		{schema.FormatURI, "microsoft.windows.camera:x", true, true},
		{schema.FormatURI, "dns:example.com", true, true},
		{schema.FormatURI, "http:", false, false},
		{schema.FormatURI, long("http:", 8192), true, true},
		{schema.FormatURI, long("http:", 8193), false, false},
		{schema.FormatDatetime, "1985-04-12T23:20:50.123456789012345678901234567890Z", true, true},
		{schema.FormatDatetime, "1985-04-12T23:20:50.120000Z", true, true},
		{schema.FormatDatetime, "1985-04-12T23:20:60Z", false, false},
		{schema.FormatDatetime, "2024-02-30T00:00:00Z", false, false},
		{schema.FormatDatetime, "0000-01-01T00:00:00+01:00", false, false},
		{schema.FormatDatetime, "0000-01-01T00:00:00.000Z", true, true},
		{schema.FormatDatetime, "1985-04-12T23:20:50-00:00", false, true},
		{schema.FormatDatetime, "1985-04-12T23:20:50+0000", false, true},
		{schema.FormatDatetime, "1985-04-12T23:20:50-0000", false, true},
		{schema.FormatDatetime, "1985-04-12T23:20:50", false, true},
		{schema.FormatDatetime, "yesterday", false, false},
		{schema.FormatLanguage, "de-DE-1901-1901", false, true},
		{schema.FormatLanguage, "en-rozaj-ROZAJ", false, true},
		{schema.FormatLanguage, "en-a-foo-a-bar", false, true},
		{schema.FormatLanguage, "en-u-co-phonebk-U-ca-buddhist", false, true},
		{schema.FormatLanguage, "sl-rozaj-biske", true, true},
		{schema.FormatLanguage, "qaa-Qaaa-QM-x-southern", true, true},
		{schema.FormatLanguage, "X-fr-CH", true, true},
		{schema.FormatLanguage, "sgn-BE-NL", true, true},
		{schema.FormatLanguage, "SGN-be-nl", false, true},
		{schema.FormatLanguage, "JA", false, true},
		{schema.FormatLanguage, "EN-us", false, true},
		{schema.FormatLanguage, "english", false, true},
		{schema.FormatLanguage, "english-us", false, true},
		{schema.FormatLanguage, "english-abc", false, false},
		{schema.FormatLanguage, "abcdefghi", false, false},
		{schema.FormatLanguage, "j", false, false},
		{schema.FormatLanguage, "ja-", false, false},
		{schema.FormatLanguage, long("en-x-", 129), false, false},
		{schema.FormatNSID, strings.Repeat("a1234567890123456789012345678901234567890123456789012345678901.", 4) + "aaaaaaa.name", true, true},
	} {
		field := `{"type":"string","format":"` + string(tc.format) + `"}`
		for o, want := range map[*lexicon.Options]bool{nil: tc.strict, lexicon.Lenient(): tc.loose} {
			err := validateField(t, field, quoteJSON(t, tc.text), o)
			require.Equal(t, want, err == nil, "%s %q, lenient %v: %v", tc.format, tc.text, o != nil, err)
		}
	}
	for _, tc := range fixtures.InteropLines(t, "syntax/datetime_parse_invalid.txt") {
		requireCode(t, validateField(t, `{"type":"string","format":"datetime"}`, quoteJSON(t, tc), nil), "format")
	}
}

// TestUnknownFormat: a format that nobody knows is not looked at.
func TestUnknownFormat(t *testing.T) {
	ledger.Covers(t, "LEX-074")
	text := testDoc(testID, `"main":{"type":"object","properties":{"v":{"type":"string","format":"color","maxLength":3}}}`)
	_, err := schema.Parse([]byte(text), nil)
	require.ErrorContains(t, err, `format "color" is unknown`)
	d, err := schema.Parse([]byte(text), &schema.Options{Lenient: true})
	require.NoError(t, err)
	c, err := lexicon.NewCatalog(d)
	require.NoError(t, err)
	require.NoError(t, validate(t, c, `{"v":"red"}`, nil))
	requireCode(t, validate(t, c, `{"v":"blue"}`, nil), "length")

	text = strings.Replace(text, "color", "space-ref", 1)
	_, err = schema.Parse([]byte(text), nil)
	require.ErrorContains(t, err, `format "space-ref" is unknown`)
	_, err = schema.Parse([]byte(text), &schema.Options{Drafts: true})
	require.NoError(t, err)
}

// TestGraphemes has clusters of all kinds, as Unicode 15.0 knows them.
func TestGraphemes(t *testing.T) {
	ledger.Covers(t, "LEX-042", "LEX-043")
	for text, n := range map[string]int{
		"abc": 3, "e\u0301": 1, "🇩🇪🇫🇷": 2, "👩‍👩‍👦‍👦👩‍👩‍👦‍👦": 2, "\r\n": 1, "\r\r\n\n": 3, "한국어": 3, "\u1112\u1161\u11ab": 1, "👍🏽": 1, "a🏽": 1,
		"नमस्ते": 4, "กำ": 1, "1️⃣": 1, "\u200d": 1, "a\u200db": 2, "🏳️‍🌈": 1, strings.Repeat("🇩🇪🏳️‍🌈", 6): 12, "\u0600a": 1, "ab\u0301c": 3, "日本語": 3,
	} {
		exact := `{"type":"string","minGraphemes":` + itoa(n) + `,"maxGraphemes":` + itoa(n) + `}`
		require.NoError(t, validateField(t, exact, quoteJSON(t, text), nil), "%q", text)
		if n > 1 {
			requireCode(t, validateField(t, `{"type":"string","maxGraphemes":`+itoa(n-1)+`}`, quoteJSON(t, text), nil), "graphemes")
		}
		requireCode(t, validateField(t, `{"type":"string","minGraphemes":`+itoa(n+1)+`}`, quoteJSON(t, text), nil), "graphemes")
	}
	require.EqualError(t, validateField(t, `{"type":"string","minGraphemes":3,"maxGraphemes":5}`, `"éé"`, nil), "lexicon: v: string of 2 graphemes, 3 to 5 are allowed")
	require.EqualError(t, validateField(t, `{"type":"string","minGraphemes":3}`, `"éé"`, nil), "lexicon: v: string of 2 graphemes, at least 3 are required")
	require.EqualError(t, validateField(t, `{"type":"string","maxGraphemes":1}`, `"éé"`, nil), "lexicon: v: string of more graphemes than 1")
}

// TestNormalization: text is compared as it is.
func TestNormalization(t *testing.T) {
	ledger.Covers(t, "LEX-044", "LEX-072")
	require.NoError(t, validateField(t, `{"type":"string","const":"é"}`, `"\u00e9"`, nil))
	requireCode(t, validateField(t, `{"type":"string","const":"é"}`, `"e\u0301"`, nil), "const")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"record","key":"any","record":{"type":"object","properties":{"v":{"type":"string"}}}}`))
	_, err := c.ValidateRecordJSON(syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k"), []byte(`{"$type":"com.example.test","v":"\ud800"}`), nil)
	require.ErrorContains(t, err, "data: ")
	_, err = c.ValidateRecordJSON(syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k"), []byte(`{"$type":"com.example.test","v":"\ud83d\udc26"}`), nil)
	require.NoError(t, err)
}

// TestFormatsListed: all formats of package schema are known here.
func TestFormatsListed(t *testing.T) {
	all := []schema.Format{
		schema.FormatAtIdentifier, schema.FormatATURI, schema.FormatCID, schema.FormatDatetime, schema.FormatDID, schema.FormatHandle,
		schema.FormatLanguage, schema.FormatNSID, schema.FormatRecordKey, schema.FormatTID, schema.FormatURI,
	}
	for _, f := range all {
		require.True(t, f.Known())
		requireCode(t, validateField(t, `{"type":"string","format":"`+string(f)+`"}`, `" "`, nil), "format")
		require.Error(t, f.Check(" "))
	}
	require.False(t, schema.FormatSpaceRef.Known())
	require.Error(t, schema.FormatSpaceRef.Check(" "))
	require.False(t, slices.ContainsFunc(all, func(f schema.Format) bool { return f == schema.FormatSpaceRef }))
}

func itoa(n int) string { return strconv.Itoa(n) }
