package utf8scan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/utf8scan"
)

// One byte that is not ASCII, in text of every length and at every place.
func TestASCII(t *testing.T) {
	for n := range 100 {
		text := []byte(strings.Repeat("a", n))
		require.True(t, utf8scan.ASCII(string(text)), n)
		for i := range text {
			text[i] = 0x80
			require.False(t, utf8scan.ASCII(string(text)), "%d of %d", i, n)
			text[i] = 'a'
		}
	}
}

func TestHasPrefix(t *testing.T) {
	for n := range 40 {
		s := "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"[:n]
		require.True(t, utf8scan.HasPrefix([]byte(s), s), n)
		require.True(t, utf8scan.HasPrefix([]byte(s+"-"), s), n)
		for i := range n {
			b := []byte(s + "-")
			b[i] ^= 1
			require.False(t, utf8scan.HasPrefix(b, s), "%d of %d", i, n)
			require.False(t, utf8scan.HasPrefix([]byte(s[:i]), s), "%d of %d", i, n)
		}
	}
}
