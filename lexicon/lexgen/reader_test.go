package lexgen_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
)

// TestUnknownKeys: the names of properties that a schema does not know may be as
// long as any.
func TestUnknownKeys(t *testing.T) {
	for n, ok := range map[int]bool{dagcbor.DefaultMaxKey: true, dagcbor.DefaultMaxKey + 1: false} {
		b := dagcbor.AppendInt(dagcbor.AppendText(dagcbor.AppendMap(nil, 1), strings.Repeat("k", n)), 1)
		require.Equal(t, ok, dagcbor.Valid(b, nil) == nil)
		var x gentest.AllTwo
		require.Equal(t, ok, x.UnmarshalCBOR(b) == nil, "%d bytes", n)
	}
}

// TestLenientNull: who is lenient takes null for what is not there where it must
// not be, and for null where it may be.
func TestLenientNull(t *testing.T) {
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(t, err)
	var strict, lenient gentest.All
	require.NoError(t, strict.UnmarshalCBOR(b))
	require.NoError(t, lex.Unmarshal(b, &lenient, &lex.Options{Lenient: true}))
	require.Equal(t, lex.Null[string](), lenient.BothText)
	require.Equal(t, strict, lenient)
	b, err = data.FromJSON([]byte(strings.Replace(everything, `"optText":"ab"`, `"optText":null`, 1)), nil)
	require.NoError(t, err)
	require.Error(t, strict.UnmarshalCBOR(b))
	lenient = gentest.All{}
	require.NoError(t, lex.Unmarshal(b, &lenient, &lex.Options{Lenient: true}))
	require.Nil(t, lenient.OptText)
}
