package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestLanguageSyntax(t *testing.T) {
	ledger.Covers(t, "SYN-088")
	requireParse(t, syntax.ParseLanguage,
		[]string{"ja", "ban", "pt-br", "pt-BR", "zh-cmn-Hans-CN", "zh-aaa-bbb-ccc", "en-latn-us", "es-419", "de-1901", "sl-rozaj-biske-1994", "en-u-co",
			"en-0-ab-1-cd", "en-x-a", "X-fr-CH", "x-1", "x-a-b-x-c", "i-klingon", "en-GB-oed", "sgn-CH-DE", "art-lojban", "zh-min-nan", "no-bok",
			"aa" + strings.Repeat("-abcdefgh", 14)},
		[]string{"", "JA", "Ja", "j", "jaja", "jajajaj", "ja-", "-ja", "ja--JP", "a-DE", "1a", "ja_JP", "de-419-DE", "de-DE-419", "zh-aaa-bbb-ccc-ddd", "en-Latn-Cyrl",
			"en-US-Latn", "en-1234-US", "en-abcdefghi", "en-u", "en-u-a", "en-u-x-a", "en-x", "x", "x-", "x-abcdefghi", "i-klingons", "I-klingon", "en-gb-oed", "en-a1b",
			"en-é", "zh-min-Nan-", "aa" + strings.Repeat("-abcdefgh", 14) + "-"})
	for size, ok := range map[int]bool{126: true, 127: true, 128: true, 129: false, 1 << 20: false} {
		s := strings.Repeat("x-", size/2) + "xx"
		_, err := syntax.ParseLanguage(s[:size-1] + "x")
		require.Equal(t, ok, err == nil, "%d", size)
	}
}

func TestLanguageRepeats(t *testing.T) {
	ledger.Covers(t, "SYN-089")
	for _, s := range fixtures.InteropLines(t, "syntax/language_parse_invalid.txt") {
		l, err := syntax.ParseLanguage(s)
		require.NoError(t, err)
		require.True(t, l.HasRepeatedSubtags(), "%q", s)
	}
	for _, s := range fixtures.InteropLines(t, "syntax/language_syntax_valid.txt") {
		l, err := syntax.ParseLanguage(s)
		require.NoError(t, err)
		require.False(t, l.HasRepeatedSubtags(), "%q", s)
	}
	for s, want := range map[string]bool{
		"de-1901-1996": false, "de-1901-rozaj-1901": true, "en-a-foo-b-foo": false, "en-a-foo-foo": false, "en-A-foo-a-bar": true, "en-rozaj-a-rozaj": false,
		"en-x-rozaj-rozaj-x-x": false, "x-a-a": false, "en-a-bb-x-a": false, "zh-aaa-aaa": false, "i-default": false, "sgn-BE-FR": false,
		"en" + strings.Repeat("-rozaj", 20): true,
	} {
		l, err := syntax.ParseLanguage(s)
		require.NoError(t, err)
		require.Equal(t, want, l.HasRepeatedSubtags(), "%q", s)
		require.Equal(t, refRepeats(s), l.HasRepeatedSubtags(), "%q", s)
	}
}

func TestLanguageParts(t *testing.T) {
	tests := [][4]string{
		{"ja", "ja", "", ""},
		{"pt-BR", "pt", "", "BR"},
		{"es-419", "es", "", "419"},
		{"zh-Hant", "zh", "Hant", ""},
		{"zh-cmn-hans-cn-x-ab", "zh", "hans", "cn"},
		{"en-GB-boont-r-extended-sequence-x-private", "en", "", "GB"},
		{"de-a-latn-DE", "de", "", ""},
		{"de-x-latn-DE", "de", "", ""},
		{"x-fr-CH", "", "", ""},
		{"i-navajo", "", "", ""},
		{"zh-min-nan", "zh", "", ""},
	}
	for _, tt := range tests {
		l, err := syntax.ParseLanguage(tt[0])
		require.NoError(t, err)
		require.Equal(t, tt, [4]string{l.String(), l.Primary(), l.Script(), l.Region()})
	}
}

func TestLanguageNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"ja": "ja", "pt-br": "pt-BR", "zh-hANT-tw": "zh-Hant-TW", "zh-CMN-hans": "zh-cmn-Hans", "de-ch-1901": "de-CH-1901", "sl-ROZAJ-1Abc": "sl-rozaj-1abc",
		"en-U-CO-PHONEBK": "en-u-co-phonebk", "X-fr-CH": "x-fr-ch", "en-ca-X-CA": "en-CA-x-ca", "en-GB-oed": "en-GB-oed", "i-navajo": "i-navajo", "sgn-BE-FR": "sgn-BE-FR",
	} {
		l, err := syntax.ParseLanguage(in)
		require.NoError(t, err)
		require.Equal(t, want, l.Normalize().String())
		_, err = syntax.ParseLanguage(want)
		require.NoError(t, err)
	}
}
