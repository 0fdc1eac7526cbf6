package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestRecordKeyLength(t *testing.T) {
	ledger.Covers(t, "SYN-056")
	for size, ok := range map[int]bool{0: false, 1: true, 511: true, 512: true, 513: false} {
		_, err := syntax.ParseRecordKey(strings.Repeat("o", size))
		require.Equal(t, ok, err == nil, "%d", size)
	}
	requireParse(t, syntax.ParseRecordKey, []string{"...", "....", "a.", ".a"}, []string{".", ".."})
}

func TestRecordKeyVerbatim(t *testing.T) {
	ledger.Covers(t, "SYN-057")
	require.NotEqual(t, syntax.MustParseRecordKey("Self"), syntax.MustParseRecordKey("self"))
	require.Equal(t, "Self", syntax.MustParseRecordKey("Self").String())
	for _, c := range "%+/@=[](){}<>\"'`!#$&*,;?\\^| é" {
		_, err := syntax.ParseRecordKey("a" + string(c) + "b")
		require.Error(t, err, "%q", c)
	}
}

func TestRecordKeyType(t *testing.T) {
	ledger.Covers(t, "SYN-058")
	keys := []string{"3jzfcijpj2z2a", "com.example.foo", "self", "Self", "..."}
	allowed := map[string][]string{
		"tid":             {"3jzfcijpj2z2a"},
		"nsid":            {"com.example.foo"},
		"literal:self":    {"self"},
		"literal:literal": nil,
		"any":             keys,
	}
	for typ, want := range allowed {
		rt, err := syntax.ParseRecordKeyType(typ)
		require.NoError(t, err)
		var got []string
		for _, s := range keys {
			k, err := syntax.ParseRecordKey(s)
			require.NoError(t, err)
			if rt.Allow(k) {
				got = append(got, s)
			}
			require.False(t, syntax.RecordKeyType{}.Allow(k))
		}
		require.Equal(t, want, got, "%q", typ)
		require.False(t, rt.Allow(syntax.RecordKey{}), "%q", typ)
	}
	require.Equal(t, syntax.MustParseRecordKey("self"), syntax.MustParseRecordKeyType("literal:self").Literal())
	require.True(t, syntax.MustParseRecordKeyType("tid").Literal().IsZero())
	requireParse(t, syntax.ParseRecordKeyType,
		[]string{"literal:a:b", "literal:" + strings.Repeat("o", 512)},
		[]string{"", "literal", "literal:", "literal:.", "literal:a/b", "literal:" + strings.Repeat("o", 513), "tid ", "any:self", "record-key"})
}

func TestRecordKeyIsRecommended(t *testing.T) {
	ledger.Covers(t, "SYN-060")
	for s, want := range map[string]bool{
		"3jzfcijpj2z2a": true, "self": true, "a-b_c:d~e.f": true, "Self": false, "com.example.fooBar": false,
		strings.Repeat("o", 80): true, strings.Repeat("o", 81): false,
	} {
		k, err := syntax.ParseRecordKey(s)
		require.NoError(t, err)
		require.Equal(t, want, k.IsRecommended(), "%q", s)
	}
}
