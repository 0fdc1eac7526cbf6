package lexgen_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
)

// TestSameChecks compares verdicts and messages of generated code with those of a
// catalog where they are hard to get right: formats, of which some are lenient,
// and graphemes.
func TestSameChecks(t *testing.T) {
	ledger.Covers(t, "LEX-042", "LEX-089", "LEX-097")
	c := loadCatalog(t)
	tree, err := data.UnmarshalJSON([]byte(everything), nil)
	require.NoError(t, err)
	record := tree.(map[string]any)
	verdicts := 0
	try := func(name string, v any) {
		old, had := record[name]
		record[name] = v
		b, err := data.Marshal(record, nil)
		require.NoError(t, err)
		if record[name] = old; !had {
			delete(record, name)
		}
		for _, o := range []*lexicon.Options{nil, lexicon.Lenient(), {LooseFormats: true}} {
			var x gentest.All
			require.NoError(t, x.UnmarshalCBOR(b))
			want, got := c.ValidateRecordData(collection, b, o), lex.Validate(&x, o)
			require.Equal(t, want == nil, got == nil, "%s %q: %v, and the catalog says %v", name, v, got, want)
			if want == nil {
				verdicts++
				continue
			}
			w, _ := errors.AsType[*lexicon.Error](want)
			g, _ := errors.AsType[*lexicon.Error](got)
			require.Equal(t, w.Code, g.Code)
			require.Equal(t, w.Path, g.Path)
			if w.Code != lexicon.CodeLength {
				require.Equal(t, w.Msg, g.Msg)
			}
		}
	}
	for _, tag := range []string{
		"en", "EN", "en-us", "EN-us", "JA", "ja-", "-", "", "j", "SGN-be-nl", "sgn-BE-NL", "english", "english-us", "english-abc", "english-abcd", "Abcdefgh", "abcdefghi", "engl1sh",
		"de-DE-1901-1901", "en-rozaj-ROZAJ", "en-a-foo-a-bar", "EN-U-co-phonebk-U-ca-buddhist", "X-fr-CH", "x-FR", "i-klingon", "I-KLINGON", "en-x-" + strings.Repeat("a", 8), "en-x-" + strings.Repeat("a-", 70) + "a",
	} {
		try("texts", []any{tag})
	}
	for _, text := range []string{
		"", "a", "abc", "abcd", "e\u0301e\u0301", "e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301e\u0301", "🇩🇪🇫🇷🇮🇹", "🇩🇪🇫🇷🇮🇹🇪", "👩‍👩‍👦‍👦", "👍🏽👍🏽", "a🏽", "\r\n\r\n\r\n", "\u200d\u200d", "한국어", "\u1112\u1161\u11ab", "नमस्ते", "1️⃣", "\u0600abc", strings.Repeat("\u0301", 14),
	} {
		try("text", text)
		try("optText", text)
	}
	for name, values := range map[string][]string{
		"createdAt": {"1985-04-12T23:20:50Z", "1985-04-12T23:20:50", "1985-04-12t23:20:50z", "1985-04-12T23:20:60Z", "1985-04-12T23:20:50-0000", "yesterday", ""},
		"atUri":     {"at://h.com/", "at://did:plc:asdf123/a.b.c/1#/x", "at://h.com", "https://h.com", "at://", "at://h.com/a.b.c/."},
		"uri":       {"https://h.com", "x", "http:"},
		"nsid":      {"a.b.c", "a.b"},
	} {
		for _, v := range values {
			try(name, v)
		}
	}
	require.Greater(t, verdicts, 80)
}
