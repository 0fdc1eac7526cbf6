package syntax_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

var (
	production  = []*syntax.Policy{nil, {}}
	development = &syntax.Policy{Development: true}
)

// Policy is no matter of syntax: all of these parse, and what is wrong with
// them is an error of another kind.
func TestCheckResolvable(t *testing.T) {
	ledger.Covers(t, "SYN-003", "SYN-012", "SYN-027", "SYN-028")
	const plc = "did:plc:z72i7hdynmk6r22z27h6tvur"
	for _, tt := range []struct {
		id                      string
		production, development error
	}{
		{"alice.example.com", nil, nil}, {"xn--ls8h.com", nil, nil}, {"test.com", nil, nil}, {"local.onions", nil, nil},
		{"a.test", syntax.ErrReservedTLD, nil}, {"A.TEST", syntax.ErrReservedTLD, nil}, {"a.b.Test", syntax.ErrReservedTLD, nil},
		{"a.onion", syntax.ErrReservedTLD, syntax.ErrReservedTLD}, {"a.b.LOCAL", syntax.ErrReservedTLD, syntax.ErrReservedTLD},
		{"a.alt", syntax.ErrReservedTLD, syntax.ErrReservedTLD}, {"a.arpa", syntax.ErrReservedTLD, syntax.ErrReservedTLD},
		{"a.example", syntax.ErrReservedTLD, syntax.ErrReservedTLD}, {"a.internal", syntax.ErrReservedTLD, syntax.ErrReservedTLD},
		{"a.localhost", syntax.ErrReservedTLD, syntax.ErrReservedTLD}, {"a.invalid", syntax.ErrReservedTLD, syntax.ErrReservedTLD},
		{"handle.invalid", syntax.ErrInvalidHandle, syntax.ErrInvalidHandle}, {"Handle.INVALID", syntax.ErrInvalidHandle, syntax.ErrInvalidHandle},

		{plc, nil, nil},
		{"did:plc:asdf123", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:plc:Z72i7hdynmk6r22z27h6tvur", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{plc + ":x", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:m:v", syntax.ErrUnsupportedMethod, syntax.ErrUnsupportedMethod},
		{"did:m:%zz", syntax.ErrUnsupportedMethod, syntax.ErrUnsupportedMethod},
		{"did:plcx:z72i7hdynmk6r22z27h6tvur", syntax.ErrUnsupportedMethod, syntax.ErrUnsupportedMethod},
		{"did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", syntax.ErrUnsupportedMethod, syntax.ErrUnsupportedMethod},
		{"did:web:example.com", nil, nil}, {"did:web:Example.COM", nil, nil},
		{"did:web:a%zz.com", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:a%2Ecom", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:example.com:user", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:example.com%3A8080", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:127.0.0.1", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:example", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:..", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:a.local", syntax.ErrReservedTLD, syntax.ErrReservedTLD}, {"did:web:a.localhost", syntax.ErrReservedTLD, syntax.ErrReservedTLD},
		{"did:web:a.test", syntax.ErrReservedTLD, nil},
		{"did:web:localhost", syntax.ErrReservedTLD, nil}, {"did:web:localhost%3A1", syntax.ErrReservedTLD, nil}, {"did:web:localhost%3A65535", syntax.ErrReservedTLD, nil},
		{"did:web:localhost%3A0", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:localhost%3A65536", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:localhost%3A08", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:localhost%3A80%3A80", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:localhost:80", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
		{"did:web:127.0.0.1%3A80", syntax.ErrMethodIdentifier, syntax.ErrMethodIdentifier},
	} {
		a, err := syntax.ParseAtIdentifier(tt.id)
		require.NoError(t, err)
		for _, p := range production {
			requireReason(t, tt.production, a.CheckResolvable(p))
		}
		requireReason(t, tt.development, a.CheckResolvable(development))
		if d, ok := a.DID(); ok {
			require.Equal(t, a.CheckResolvable(nil), d.CheckResolvable(nil))
		}
		if h, ok := a.Handle(); ok {
			require.Equal(t, a.CheckResolvable(nil), h.CheckResolvable(nil))
		}
	}
}

// requireReason checks for one reason and none of the others.
func requireReason(t *testing.T, want, err error) {
	t.Helper()
	require.Equal(t, want == nil, err == nil, "%v", err)
	for _, reason := range []error{syntax.ErrUnsupportedMethod, syntax.ErrMethodIdentifier, syntax.ErrReservedTLD, syntax.ErrInvalidHandle} {
		require.Equal(t, want == reason, errors.Is(err, reason), "%v", err)
	}
	_, isSyntax := errors.AsType[*syntax.Error](err)
	require.False(t, isSyntax, "%v", err)
}

func TestCheckResolvableErrors(t *testing.T) {
	require.EqualError(t, syntax.MustParseHandle("a.test").CheckResolvable(nil), `syntax: handle "a.test" can't be resolved: reserved top-level domain`)
	require.EqualError(t, syntax.InvalidHandle().CheckResolvable(nil), `syntax: handle "handle.invalid" can't be resolved: placeholder for a missing handle`)
	require.EqualError(t, syntax.MustParseDID("did:m:v").CheckResolvable(nil), `syntax: DID "did:m:v" can't be resolved: unsupported DID method`)
	long, err := syntax.ParseDID("did:m:" + strings.Repeat("v", 2000))
	require.NoError(t, err)
	require.EqualError(t, long.CheckResolvable(nil),
		`syntax: DID "did:m:`+strings.Repeat("v", 58)+`"... can't be resolved: unsupported DID method`)

	for _, p := range append(production, development) {
		require.EqualError(t, requireError(t, syntax.DID{}.CheckResolvable(p)), `syntax: invalid DID "": zero value at offset 0`)
		require.EqualError(t, requireError(t, syntax.Handle{}.CheckResolvable(p)), `syntax: invalid handle "": zero value at offset 0`)
		require.EqualError(t, requireError(t, syntax.AtIdentifier{}.CheckResolvable(p)), `syntax: invalid at-identifier "": zero value at offset 0`)
	}
}
