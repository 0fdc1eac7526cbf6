package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// as forgets the type that a parser returns.
func as[T any](parse func(string) (T, error)) func(string) error {
	return func(s string) error { _, err := parse(s); return err }
}

// TestLexiconFormats runs the vectors of every string format of Lexicons
// through the parser that stands for the format.
func TestLexiconFormats(t *testing.T) {
	ledger.Covers(t, "SYN-090")
	for format, parse := range map[string]func(string) error{
		"at-identifier": as(syntax.ParseAtIdentifier),
		"at-uri":        as(syntax.ParseATURI),
		"cid":           as(syntax.ParseCIDString),
		"datetime":      as(syntax.ParseDatetime),
		"did":           as(syntax.ParseDID),
		"handle":        as(syntax.ParseHandle),
		"language":      as(syntax.ParseLanguage),
		"nsid":          as(syntax.ParseNSID),
		"record-key":    as(syntax.ParseRecordKey),
		"tid":           as(syntax.ParseTID),
		"uri":           as(syntax.ParseURI),
	} {
		file := "syntax/" + strings.ReplaceAll(format, "-", "")
		for _, s := range fixtures.InteropLines(t, file+"_syntax_valid.txt") {
			require.NoError(t, parse(s), format)
		}
		for _, s := range fixtures.InteropLines(t, file+"_syntax_invalid.txt") {
			require.Error(t, parse(s), "%s: %q", format, s)
		}
	}
}

func TestURI(t *testing.T) {
	ledger.Covers(t, "SYN-087")
	scheme := strings.Repeat("s", 81)
	requireParse(t, syntax.ParseURI,
		[]string{"a:b", "A1+-.:b", "a::", "go://?Mercedes%20Benz", "https://bücher.example/ü?%zz#{}|\\^`\"<>", "javascript:alert(1)", scheme + ":x", "a:\U0010ffff",
			"a:" + strings.Repeat("x", 8190)},
		[]string{"", ":", "a", "a:", ":a", "1a:b", "-a:b", "a_b:c", "é:b", "a b:c", "a:b c", "a:b\t", "a:\n", "a:b\u00a0", "a:\u2003b", "a:\u3000", "a:\u0085", "a:\ufeffb",
			"a:\x7f", "a:\x00", "a:\xff", "a:\xc3", "a:\xed\xa0\x80", scheme + "s:x", "a:" + strings.Repeat("x", 8191)})
	for s, want := range map[string]string{"https://example.com": "https", "JavaScript:alert(1)": "javascript", "a:b:c": "a"} {
		u, err := syntax.ParseURI(s)
		require.NoError(t, err)
		require.Equal(t, want, u.Scheme())
	}
}

func TestCIDString(t *testing.T) {
	ledger.Covers(t, "SYN-079")
	requireParse(t, syntax.ParseCIDString,
		[]string{"bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm", "mBcDxtdWx0aWhhc2g+", "qm345678", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG", "12345678", strings.Repeat("b", 256)},
		[]string{"", "1234567", "QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR", "bafyrei-5737g", "bafyrei/5737g",
			"bafyrei_5737g", "bafy reie", strings.Repeat("b", 257)})
}

func TestServiceRef(t *testing.T) {
	r := syntax.MustParseServiceRef("did:web:api.bsky.app#bsky_appview")
	require.Equal(t, syntax.MustParseDID("did:web:api.bsky.app"), r.DID())
	require.Equal(t, "bsky_appview", r.Fragment())
	require.Zero(t, testing.AllocsPerRun(10, func() { r.DID(); r.Fragment() }))

	made, err := syntax.NewServiceRef(r.DID(), "bsky_appview")
	require.NoError(t, err)
	require.Equal(t, r, made)
	for _, fragment := range []string{"", "#a", "a#b", "a b", "é", "%2", strings.Repeat("a", 2561)} {
		_, err := syntax.NewServiceRef(r.DID(), fragment)
		require.Error(t, err, "%q", fragment)
	}
	_, err = syntax.NewServiceRef(syntax.DID{}, "a")
	require.Error(t, err)

	longest := "did:m:" + strings.Repeat("v", 2042) + "#" + strings.Repeat("a", 512)
	requireParse(t, syntax.ParseServiceRef, []string{longest, "did:plc:111#atproto_labeler", "did:web:x.com#a/b?c", "did:m:v#%41"},
		[]string{longest + "a", "did:web:x.com", "did:plc:111", "did:web%23svc", "did:web:x.com#", "did:web:x.com##a", "handle.test#a", "#a", "did:web:x.com/p#a", "did:web:x.com#a[0]"})
}
