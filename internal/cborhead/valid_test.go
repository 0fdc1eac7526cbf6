package cborhead_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

func TestRead(t *testing.T) {
	for i, n := range boundaries {
		b := cborhead.Append([]byte("x"), cborhead.Uint, n)
		if n <= math.MaxInt {
			arg, next := cborhead.Read(b, 1)
			require.EqualValues(t, n, arg)
			require.Equal(t, 1+sizes[i], next)
		}
		if n > math.MaxInt64 {
			continue
		}
		for major, want := range map[byte]int64{cborhead.Uint: int64(n), cborhead.Nint: -1 - int64(n)} {
			b[1] = b[1]&cborhead.ArgMask | major
			got, next := cborhead.ReadInt(b, 1)
			require.Equal(t, want, got)
			require.Equal(t, 1+sizes[i], next)
		}
	}
}

func TestSkip(t *testing.T) {
	link := dagcbor.Sum(dagcbor.Raw, []byte("x"))
	for _, n := range []int{0, 1, 23, 24, 255, 256, 65535, 65536} {
		text := strings.Repeat("a", n)
		b := dagcbor.AppendText([]byte("before"), []byte(text))
		got, next := cborhead.ReadText(b, 6)
		require.Equal(t, text, string(got))
		require.Equal(t, len(b), next)
		require.Equal(t, len(b), cborhead.Skip(b, 6))

		b = dagcbor.AppendArray([]byte("before"), n+2)
		b = dagcbor.AppendMap(b, 2)
		for _, key := range []string{"a", "b"} {
			b = dagcbor.AppendInt(dagcbor.AppendText(b, []byte(key)), -int64(n))
		}
		start := len(b)
		b = dagcbor.AppendLink(b, link)
		cid, next := cborhead.ReadLink(b, start)
		require.Equal(t, link.Bytes(), cid)
		require.Equal(t, len(b), next)
		for range n {
			b = append(b, cborhead.Null)
		}
		require.Equal(t, len(b), cborhead.Skip(append(b, "after"...), 6))
	}
}
