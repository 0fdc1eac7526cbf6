package check_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/internal/check"
)

func TestAppendPath(t *testing.T) {
	require.Equal(t, "/a/~1~0", string(check.AppendPath([]byte("/a"), "/~")))
	long := strings.Repeat("n", check.MaxPath)
	full := check.AppendPath(nil, long+"n")
	require.Equal(t, "/"+long, string(full))
	require.Equal(t, full, check.AppendPath(full, "more"), "no room is left")
	require.Len(t, check.AppendPath(full[:check.MaxPath], "ab"), check.MaxPath+3)
}

func TestKind(t *testing.T) {
	for head, want := range map[byte]string{
		0x00: "an integer", 0x3b: "an integer", 0x40: "a byte string", 0x7b: "a string", 0x80: "an array", 0xbb: "an object",
		0xd8: "a link", 0xf6: "null", 0xf4: "a boolean", 0xf5: "a boolean",
	} {
		require.Equal(t, want, check.Kind(head), "%#x", head)
	}
}
