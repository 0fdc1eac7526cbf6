package lexicon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

// TestNumbers: strictly, an integer has neither a fraction nor an exponent.
func TestNumbers(t *testing.T) {
	ledger.Covers(t, "LEX-037", "LEX-038")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"record","key":"any","record":{"type":"object","properties":{"v":{"type":"integer"}}}}`))
	check := func(number string, o *lexicon.Options) error {
		_, err := c.ValidateRecordJSON(syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k"), []byte(`{"$type":"com.example.test","v":`+number+`}`), o)
		return err
	}
	for number, lenient := range map[string]bool{
		"1.0": true, "1e3": true, "-0.0": true, "9007199254740991.0": true, "-9007199254740991e0": true,
		"9007199254740992.0": false, "-9007199254740992.0": false, "1e16": false, "1.5": false, "1e400": false,
	} {
		for _, o := range []*lexicon.Options{nil, {}, {Permissive: true, Data: &data.Options{Numbers: data.IntegralNumbers}}} {
			require.ErrorAs(t, check(number, o), new(*data.Error), number)
		}
		for _, o := range []*lexicon.Options{{IntegralNumbers: true}, lexicon.Lenient(), {IntegralNumbers: true, Data: new(data.Options)}} {
			require.Equal(t, lenient, check(number, o) == nil, number)
		}
	}
	for _, o := range []*lexicon.Options{nil, lexicon.Lenient()} {
		for _, number := range []string{"0", "-0", "1000", "9007199254740993", "-9223372036854775808"} {
			require.NoError(t, check(number, o), number)
		}
	}
}
