package syntax_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func requireError(t *testing.T, err error) *syntax.Error {
	t.Helper()
	e, ok := errors.AsType[*syntax.Error](err)
	require.True(t, ok, "%v is not a *syntax.Error", err)
	return e
}

// requireParse parses each string of two lists, of which the first is valid
// and the second is not.
func requireParse[T any](t *testing.T, parse func(string) (T, error), valid, invalid []string) {
	t.Helper()
	for _, s := range valid {
		_, err := parse(s)
		require.NoError(t, err)
	}
	for _, s := range invalid {
		_, err := parse(s)
		require.Error(t, err, "%q", s)
	}
}

func TestDIDPrefixAndMethod(t *testing.T) {
	ledger.Covers(t, "SYN-008", "SYN-009")
	requireParse(t, syntax.ParseDID,
		[]string{"did:m:v", "did:abcdefghijklmnopqrstuvwxyz:v"},
		[]string{"DID:method:val", "Did:method:val", "did:METHOD:val", "did:m123:val", "did:m-n:val", "did:é:val", "did::val", "did:val", "dids:m:v"})
}

func TestDIDIdentifier(t *testing.T) {
	ledger.Covers(t, "SYN-010", "SYN-011", "SYN-013")
	requireParse(t, syntax.ParseDID,
		[]string{"did:method::::val", "did:method:-:_:.:%ab", "did:m:%zz", "did:m:0aZ"},
		[]string{"did:method:", "did:method::", "did:method:val:", "did:method:val%", "did:method:val::", "did:method:%",
			"did:method:val/two", "did:method:val?two", "did:method:val#two", "did:method:val#", "did:method:va+l"})
}

// Every byte, in every place of the two methods of accounts and of another.
func TestDIDEveryByte(t *testing.T) {
	ledger.Covers(t, "SYN-010", "SYN-011", "SYN-017")
	for _, s := range []string{
		"did:plc:z72i7hdynmk6r22z27h6tvur", "did:plc:zzzzzzzzaaaaaaaa22227777", "did:plc:z72i7hdynmk6r22z27h6tvu", "did:plc:z72i7hdynmk6r22z27h6tvurr",
		"did:web:example.com", "did:web:a", "did:web:aa%3A", "did:m:abcdefghi",
	} {
		for i := range len(s) {
			for c := range 256 {
				b := []byte(s)
				b[i] = byte(c)
				d, err := syntax.ParseDID(string(b))
				require.Equal(t, refDID(string(b)), err == nil, "%q", b)
				require.Equal(t, reDIDPLC.Match(b), d.IsPLC(), "%q", b)
			}
		}
	}
}

func TestDIDLength(t *testing.T) {
	ledger.Covers(t, "SYN-007")
	for size, ok := range map[int]bool{7: true, 100: true, 2047: true, 2048: true, 2049: false, 5000: false} {
		_, err := syntax.ParseDID("did:m:" + strings.Repeat("v", size-6))
		require.Equal(t, ok, err == nil, "%d", size)
		_, err = syntax.ParseDID("did:web:"[:min(size-1, 8)] + strings.Repeat("v", max(size-8, 1)))
		require.Equal(t, ok && size > 8, err == nil, "%d", size)
	}
}

func TestDIDCase(t *testing.T) {
	ledger.Covers(t, "SYN-014")
	upper, lower := syntax.MustParseDID("did:plc:ABC"), syntax.MustParseDID("did:plc:abc")
	require.NotEqual(t, upper, lower)
	require.NotZero(t, upper.Compare(lower))
	require.Equal(t, "did:plc:ABC", upper.String())
}

func TestDIDIsRecommended(t *testing.T) {
	ledger.Covers(t, "SYN-016")
	d, err := syntax.ParseDID("did:m:" + strings.Repeat("v", 58))
	require.NoError(t, err)
	require.True(t, d.IsRecommended())
	d, err = syntax.ParseDID(d.String() + "v")
	require.NoError(t, err)
	require.False(t, d.IsRecommended())
}

func TestDIDIsPLC(t *testing.T) {
	ledger.Covers(t, "SYN-017")
	const id = "ewvi7nxzyoun6zhxrhs64oiz"
	require.Len(t, "did:plc:"+id, 32)
	tests := map[string]bool{
		"did:plc:" + id:                         true,
		"did:plc:234567abcdefghijklmnopqr":      true,
		"did:plc:asdf123":                       false,
		"did:plc:" + id[1:]:                     false,
		"did:plc:" + id + "a":                   false,
		"did:plc:" + strings.ToUpper(id):        false,
		"did:plc:" + "1" + id[1:]:               false,
		"did:plc:" + "8" + id[1:]:               false,
		"did:plc:" + id[1:] + "0":               false,
		"did:plc:" + id[1:] + "-":               false,
		"did:web:" + id:                         false,
		"did:pl:a" + id:                         false,
		"did:plc:" + strings.Repeat(".", 24):    false,
		"did:plc:" + strings.Repeat("%61", 8):   false,
		"did:plcc:" + strings.Repeat("a", 23):   false,
		"did:plc:" + strings.Repeat("abc:", 5):  false,
		"did:plc:" + strings.Repeat("z", 24):    true,
		"did:plc:" + strings.Repeat("7", 24):    true,
		"did:example:" + strings.Repeat("a", 4): false,
	}
	for s, want := range tests {
		d, err := syntax.ParseDID(s)
		if err != nil {
			require.False(t, want)
			continue
		}
		require.Equal(t, want, d.IsPLC(), "%q", s)
		require.Equal(t, reDIDPLC.MatchString(s), d.IsPLC(), "%q", s)
	}
}

func TestDIDParts(t *testing.T) {
	ledger.Covers(t, "SYN-018")
	tests := [][3]string{
		{"did:method:val:two", "method", "val:two"},
		{"did:plc:z72i7hdynmk6r22z27h6tvur", "plc", "z72i7hdynmk6r22z27h6tvur"},
		{"did:method::::val", "method", ":::val"},
		{"did:did:did:x", "did", "did:x"},
	}
	for _, tt := range tests {
		d, err := syntax.ParseDID(tt[0])
		require.NoError(t, err)
		require.Equal(t, tt[1], d.Method())
		require.Equal(t, tt[2], d.Identifier())
	}
}
