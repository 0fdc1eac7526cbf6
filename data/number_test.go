package data_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

// TestNumbers has the spellings of integers. What the default accepts is decided
// by AMB-17.
func TestNumbers(t *testing.T) {
	ledger.Covers(t, "LEX-038", "DAT-010", "DAT-011")
	const any, safe, none = 1, 2, 3 // what accepts a spelling at the least; plain is all
	for text, needs := range map[string]int{
		"0": 0, "-0": 0, "7": 0, "-7": 0, "9007199254740992": 0, "-9007199254740993": 0, "9223372036854775807": 0, "-9223372036854775808": 0,
		"1.0": safe, "-1.0": safe, "0.0": safe, "-0.0": safe, "1e3": safe, "1E3": safe, "1e+3": safe, "10e-1": safe, "1.50e1": safe, "0e99": safe, "123.000000000000000000000": safe,
		"9007199254740991.0": safe, "-9007199254740991.0": safe, "9007199254740991e0": safe, "90071992547409910E-1": safe,
		"9007199254740992.0": any, "-9007199254740992.0": any, "9.007199254740992e15": any, "9007199254740993.0": any, "9223372036854775807.0": any, "-9223372036854775808E0": any,
		"1.5": none, "1e-1": none, "0.1": none, "9223372036854775808": none, "9223372036854775808.0": none, "-9223372036854775809": none, "1e19": none, "1e400": none,
	} {
		for spelling, ok := range map[data.NumberSpelling]bool{
			data.PlainNumbers: needs == 0, data.SafeNumbers: needs == 0 || needs == safe, data.IntegralNumbers: needs != none,
		} {
			for _, in := range []string{text, ` ` + text + ` `, `[` + text + `]`, `{"a":{"b":[true,` + text + `,"1.0"]}}`} {
				got, err := data.FromJSON([]byte(in), &data.Options{Numbers: spelling})
				require.Equal(t, ok, err == nil, "%s, %d: %v", in, spelling, err)
				if !ok {
					require.ErrorAs(t, err, new(*data.Error))
					continue
				}
				want, err := data.FromJSON([]byte(in), nil)
				require.NoError(t, err)
				require.Equal(t, want, got)
				tree, err := data.UnmarshalJSON([]byte(in), &data.Options{Numbers: spelling})
				require.NoError(t, err)
				require.NotNil(t, tree)
			}
		}
	}
	_, err := data.FromJSON([]byte(`{"a":1.0}`), &data.Options{Numbers: data.PlainNumbers})
	require.EqualError(t, err, `data: integer with a fraction or an exponent: "1.0" at offset 5`)
	_, err = data.FromJSON([]byte(`{"a":9007199254740992.0}`), &data.Options{Numbers: data.SafeNumbers})
	require.EqualError(t, err, `data: integer beyond 53 bits with a fraction or an exponent: "9007199254740992.0" at offset 5`)
}
