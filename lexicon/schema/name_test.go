package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

func schemaKey(t testing.TB) syntax.RecordKeyType {
	t.Helper()
	return syntax.MustParseRecordKeyType("any")
}

func TestNames(t *testing.T) {
	ledger.Covers(t, "LEX-010", "LEX-012", "LEX-007")
	in := syntax.MustParseNSID("com.example.test")
	for ref, want := range map[string]string{
		"com.example.a": "com.example.a", "com.example.a#main": "com.example.a", "com.example.a#b": "com.example.a#b",
		"#b": "com.example.test#b", "#main": "com.example.test", "#B-1": "com.example.test#B-1",
	} {
		name, err := schema.ParseRef(ref, in)
		require.NoError(t, err)
		require.Equal(t, want, name.String())
		again, err := schema.ParseName(want)
		require.NoError(t, err)
		require.Equal(t, name, again)
	}
	for _, bad := range []string{"", "#", "a.b", "#a#b", "com.example.a#", "com.example.a#b.c", "com.example.a##b", "com..a", "main"} {
		_, err := schema.ParseRef(bad, in)
		require.Error(t, err, bad)
	}
	_, err := schema.ParseName("#a")
	require.EqualError(t, err, `schema: reference "#a" has no NSID`)
	_, err = schema.ParseName("com.example.a#b.c")
	require.EqualError(t, err, `schema: reference "com.example.a#b.c": name "b.c" of a definition with # or a dot`)
	_, err = schema.ParseName(strings.Repeat("x", 10_000))
	require.Less(t, len(err.Error()), 200)
	require.Empty(t, schema.Name{}.String())
}

func TestMatchMedia(t *testing.T) {
	ledger.Covers(t, "LEX-103", "LEX-104", "XRPC-021")
	for _, tc := range []struct {
		pattern, media string
		want           bool
	}{
		{"image/png", "image/png", true}, {"image/png", "image/jpeg", false}, {"image/png", "image/png;q=1", false},
		{"image/*", "image/png", true}, {"image/*", "image/", false}, {"image/*", "image", false}, {"image/*", "imag/png", false},
		{"image/*", "images/png", false}, {"*/*", "a/b", true}, {"*/*", "a", false}, {"*/*", "/b", false}, {"*/*", "a/", false}, {"*/*", "", false},
		{"*", "a/b", false}, {"*", "*", false}, {"text/ht*", "text/html", false}, {"text/ht*", "text/ht*", false}, {"image/p*", "image/png", false},
		{"", "", true}, {"/*", "/x", false}, {"*/png", "image/png", false},
	} {
		require.Equal(t, tc.want, schema.MatchMedia(tc.pattern, tc.media), "%s %s", tc.pattern, tc.media)
		require.Equal(t, tc.want, schema.MatchMedia(tc.pattern, []byte(tc.media)))
	}
}

func TestDependencies(t *testing.T) {
	d := parse(t, doc(`"main":{"type":"object","properties":{
		"a":{"type":"ref","ref":"com.example.a#x"},"b":{"type":"union","refs":["#t","com.example.b"]},"c":{"type":"array","items":{"type":"ref","ref":"com.example.a"}},
		"k":{"type":"string","knownValues":["com.example.k#t","com.example.plain","#t","x"],"enum":["com.example.e#t"]}}},"t":{"type":"token"}`))
	var got []string
	for _, id := range d.Dependencies() {
		got = append(got, id.String())
	}
	require.Equal(t, []string{"com.example.a", "com.example.b", "com.example.e", "com.example.k"}, got)

	d = parse(t, doc(`"main":{"type":"permission-set","permissions":[{"type":"permission","resource":"repo","collection":["com.example.c","*"]},
		{"type":"permission","resource":"rpc","lxm":["com.example.l"],"aud":"*"}]}`))
	require.Len(t, d.Dependencies(), 2)
	require.Empty(t, parse(t, doc(`"a":{"type":"integer"}`)).Dependencies())
}
