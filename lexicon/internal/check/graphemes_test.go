package check

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
)

// TestWhole: characters that are whole in themselves begin and end a grapheme
// wherever they stand beside another one.
func TestWhole(t *testing.T) {
	ledger.Covers(t, "LEX-043")
	beside := []rune{'a', 'é', '中', '한', '가', '🐦', 'я', 'ｱ', ' '}
	for _, other := range beside {
		require.True(t, isWhole(other), "%U", other)
	}
	n := 0
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !isWhole(r) || !utf8.ValidRune(r) {
			continue
		}
		if n++; n%7 != 0 && r > 0x3100 && isWhole(r-1) && isWhole(r+1) {
			continue // inside of a long range
		}
		text := []rune{r, r}
		for _, other := range beside {
			text = append(text, other, r)
		}
		if got := uniseg.GraphemeClusterCount(string(text)); got != len(text) {
			t.Fatalf("%U is not whole: %d of %d", r, got, len(text))
		}
	}
	require.Greater(t, n, 100_000)
	for _, r := range []rune{0x7f, 0xad, 0x300, 0x488, 0x200b, 0x200d, 0x2028, 0x302a, 0x3099, 0x1100, 0x1f1e6, 0x1f3fb, 0x1f3ff, 0xfe0f, 0xe0020, 0xff9e, 0x600} {
		require.False(t, isWhole(r), "%U", r)
	}
}

// FuzzGraphemes compares the count with the library's.
func FuzzGraphemes(f *testing.F) {
	for _, s := range []string{"", "abc", "e\u0301", "🇩🇪🏳️‍🌈", "👩‍👩‍👦‍👦", "\r\n\r", "한국어\u1100\u1161", "नमस्ते", "a\u200d🐦", "\u0600a", "🐦🏽a"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if !utf8.ValidString(s) || limit < 0 || limit > 1000 {
			return
		}
		want := uniseg.GraphemeClusterCount(s)
		require.Equal(t, min(want, limit+1), countGraphemes(s, limit))
		for _, lo := range []int{0, 1, want, want + 1} {
			msg := Graphemes(s, int64(lo), int64(limit))
			require.Equal(t, want >= lo && want <= limit, msg == "", msg)
		}
		for _, lo := range []int{0, 1, want, want + 1} {
			require.Equal(t, want >= lo, Graphemes(s, int64(lo), math.MaxInt64) == "")
		}
	})
}
