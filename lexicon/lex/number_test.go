package lex_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/lex"
)

// TestNumbers: integers with a fraction or an exponent are refused, but not in
// what a server answers.
func TestNumbers(t *testing.T) {
	ledger.Covers(t, "LEX-038")
	for number, lenient := range map[string]bool{
		"1.0": true, "1e3": true, "9007199254740991.0": true, "9007199254740992.0": false, "1.5": false,
	} {
		text := []byte(`{"code":"c","available":` + number + `,"disabled":false,"forAccount":"a","createdBy":"b","createdAt":"2026-08-19T12:34:56Z","uses":[]}`)
		var x atproto.ServerDefsInviteCode
		require.ErrorAs(t, x.UnmarshalJSON(text), new(*data.Error), number)
		require.ErrorAs(t, lex.UnmarshalJSON(text, &x, &lex.Options{Lenient: true, Permissive: true}), new(*data.Error), number)
		_, err := lex.UnknownFromJSON(text)
		require.ErrorAs(t, err, new(*data.Error))
		for _, read := range []func(x lex.Value) error{
			func(x lex.Value) error { return lex.UnmarshalJSON(text, x, &lex.Options{IntegralNumbers: true}) },
			func(x lex.Value) error { return lex.OutputOf(x).UnmarshalJSON(text) },
		} {
			x = atproto.ServerDefsInviteCode{}
			err := read(&x)
			require.Equal(t, lenient, err == nil, "%s: %v", number, err)
			require.Equal(t, lenient, x.Available != 0)
		}
	}
}
