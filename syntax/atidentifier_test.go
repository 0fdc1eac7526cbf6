package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestAtIdentifier(t *testing.T) {
	ledger.Covers(t, "SYN-031")
	for _, s := range []string{"did:plc:asdf123", "did:m:V"} {
		a, err := syntax.ParseAtIdentifier(s)
		require.NoError(t, err)
		d, ok := a.DID()
		require.True(t, ok)
		require.Equal(t, s, d.String())
		require.Equal(t, a, d.AtIdentifier())
		_, ok = a.Handle()
		require.False(t, ok)
	}
	for _, s := range []string{"john.test", "did.test", "XX.LCS.MIT.EDU"} {
		a, err := syntax.ParseAtIdentifier(s)
		require.NoError(t, err)
		h, ok := a.Handle()
		require.True(t, ok)
		require.Equal(t, s, h.String())
		require.Equal(t, a, h.AtIdentifier())
		_, ok = a.DID()
		require.False(t, ok)
	}
	longest := "did:m:" + strings.Repeat("v", 2042)
	requireParse(t, syntax.ParseAtIdentifier, []string{longest, handleOfLen(253)},
		[]string{"did:thing.test", "did:thing", "DID:m:v", "did:", "john.test:80", longest + "v", handleOfLen(254), handleOfLen(2048)})
}

func TestAtIdentifierNormalize(t *testing.T) {
	ledger.Covers(t, "SYN-032")
	for in, want := range map[string]string{
		"John.TEST": "john.test", "john.test": "john.test", "did:plc:ABC": "did:plc:ABC", "did:web:Example.com": "did:web:Example.com",
	} {
		a, err := syntax.ParseAtIdentifier(in)
		require.NoError(t, err)
		require.Equal(t, want, a.Normalize().String())
	}
}
