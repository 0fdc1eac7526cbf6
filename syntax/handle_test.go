package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestHandleSegments(t *testing.T) {
	ledger.Covers(t, "SYN-021", "SYN-022", "SYN-023")
	o63 := strings.Repeat("o", 63)
	requireParse(t, syntax.ParseHandle,
		[]string{"john.test", "john.t--t", "a.b", "0.a", "thing.a01", "120.0.0.1.com", o63 + "." + o63, "a-b.c-d"},
		[]string{"org", ".", ".test", ".john.test", "john.test.", "john..test", "john_.test", "-a.test", "a-.test", "a.-test", "a.test-",
			"-.test", "127.0.0.1", "john.0", "thing.0aa", "a." + o63 + "o", o63 + "o.a"})
}

func TestHandleLength(t *testing.T) {
	ledger.Covers(t, "SYN-020")
	for size, ok := range map[int]bool{3: true, 244: true, 252: true, 253: true, 254: false, 500: false} {
		_, err := syntax.ParseHandle(handleOfLen(size))
		require.Equal(t, ok, err == nil, "%d", size)
	}
}

// handleOfLen returns a handle of size bytes, valid but for its length.
func handleOfLen(size int) string {
	s := strings.Repeat("a.", size/2) + "aa"
	return s[:size-1] + "a"
}

func TestHandleNormalize(t *testing.T) {
	ledger.Covers(t, "SYN-024")
	h := syntax.MustParseHandle("BlueskyWeb.XYZ")
	lower := syntax.MustParseHandle("blueskyweb.xyz")
	require.Equal(t, lower, h.Normalize())
	require.Equal(t, lower, lower.Normalize())
	require.Equal(t, "BlueskyWeb.XYZ", h.String())
	require.NotEqual(t, lower, h)
	require.True(t, h.EqualFold(lower))
	require.False(t, h.EqualFold(syntax.MustParseHandle("blueskyweb.xyy")))
	require.False(t, h.EqualFold(syntax.Handle{}))
}

func TestHandleInternationalised(t *testing.T) {
	ledger.Covers(t, "SYN-025", "SYN-026")
	requireParse(t, syntax.ParseHandle,
		[]string{"xn--ls8h.test", "xn--stackoverflow.com", "xn--a.xn--b"},
		[]string{"bücher.test", "💩.test", "@john.test", "john@.test", "＠john.test"})
}

func TestHandleTLD(t *testing.T) {
	ledger.Covers(t, "SYN-027")
	for _, tld := range []string{"alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion"} {
		for _, s := range []string{"a." + tld, "a.b." + strings.ToUpper(tld)} {
			h, err := syntax.ParseHandle(s)
			require.NoError(t, err)
			require.True(t, h.HasReservedTLD(), "%q", s)
			require.False(t, h.HasTestTLD(), "%q", s)
			require.Equal(t, tld, h.TLD())
		}
	}
	for _, s := range []string{"a.test", "local.com", "onion.onions", "example.com", "a.xlocal"} {
		h, err := syntax.ParseHandle(s)
		require.NoError(t, err)
		require.False(t, h.HasReservedTLD(), "%q", s)
		require.Equal(t, s == "a.test", h.HasTestTLD(), "%q", s)
	}
	require.True(t, syntax.MustParseHandle("a.TEST").HasTestTLD())
}

func TestInvalidHandle(t *testing.T) {
	ledger.Covers(t, "SYN-029")
	h := syntax.InvalidHandle()
	require.Equal(t, syntax.MustParseHandle("handle.invalid"), h)
	require.True(t, h.IsInvalid())
	require.True(t, h.HasReservedTLD())
	require.True(t, syntax.MustParseHandle("HANDLE.Invalid").IsInvalid())
	require.False(t, syntax.MustParseHandle("a.handle.invalid").IsInvalid())
	require.False(t, syntax.MustParseHandle("handles.invalid").IsInvalid())
	for _, p := range []*syntax.Policy{nil, {}, {Development: true}} {
		require.ErrorIs(t, h.CheckResolvable(p), syntax.ErrInvalidHandle)
		require.ErrorIs(t, syntax.MustParseHandle("HANDLE.Invalid").CheckResolvable(p), syntax.ErrInvalidHandle)
		require.ErrorIs(t, h.AtIdentifier().CheckResolvable(p), syntax.ErrInvalidHandle)
	}
}

func TestHandleFitsDNS(t *testing.T) {
	ledger.Covers(t, "SYN-030")
	for size, fits := range map[int]bool{3: true, 243: true, 244: true, 245: false, 253: false} {
		h, err := syntax.ParseHandle(handleOfLen(size))
		require.NoError(t, err)
		require.Equal(t, fits, h.FitsDNS(), "%d", size)
		require.Equal(t, fits, len("_atproto."+h.String()) <= 253)
	}
}
