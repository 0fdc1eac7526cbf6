package cborhead_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// boundaries are the arguments at which heads grow.
var boundaries = []uint64{
	0, 1, 23, 24, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64, math.MaxUint64,
}

// sizes are the lengths of the heads of boundaries.
var sizes = []int{1, 1, 1, 2, 2, 3, 3, 5, 5, 9, 9, 9}

func TestAppend(t *testing.T) {
	for major := byte(cborhead.Uint); ; major += 1 << 5 {
		for i, n := range boundaries {
			b := cborhead.Append([]byte("x"), major, n)
			require.Len(t, b, 1+sizes[i])
			require.Equal(t, major, b[1]&cborhead.Mask)
			if n < cborhead.ArgInline {
				require.EqualValues(t, n, b[1]&cborhead.ArgMask)
				continue
			}
			var wide [8]byte
			copy(wide[8-(len(b)-2):], b[2:])
			require.Equal(t, n, binary.BigEndian.Uint64(wide[:]))
			if major == cborhead.Other {
				continue
			}
			arg, next := cborhead.Long(b, 1)
			require.Equal(t, n, arg)
			require.Equal(t, len(b), next)
			for cut := 2; cut < len(b); cut++ {
				_, next := cborhead.Long(b[:cut], 1)
				require.Negative(t, next)
			}
		}
		if major == cborhead.Other {
			return
		}
	}
}

func TestLongRefuses(t *testing.T) {
	for _, b := range [][]byte{
		{0x17}, {0x18, 23}, {0x19, 0, 255}, {0x1a, 0, 0, 255, 255}, {0x1b, 0, 0, 0, 0, 255, 255, 255, 255},
		{0x1c, 0}, {0x1d, 0}, {0x1e, 0}, {0x1f, 0}, {0xf8, 255}, {0xfb, 255, 0, 0, 0, 0, 0, 0, 0},
	} {
		_, next := cborhead.Long(b, 0)
		require.Negative(t, next, "%x", b)
	}
}
