package data

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a boxer returns is what a conversion returns, for the runtime, for
// reflection and for the garbage collector.
func TestBoxer(t *testing.T) {
	for _, size := range []int{0, 1, 200, 1000, 1 << 20} {
		x := newBoxer(size)
		var got []any
		var want []string
		for i := range 3 * 32 {
			s := strings.Repeat("é", i%5) + fmt.Sprint(i)
			want = append(want, strings.Clone(s))
			got = append(got, x.box(s))
		}
		runtime.GC()
		for i, v := range got {
			s, ok := v.(string)
			require.True(t, ok)
			require.Equal(t, want[i], s)
			require.Equal(t, any(want[i]), v)
			require.True(t, v == any(want[i]))
			require.Equal(t, fmt.Sprintf("%q", want[i]), fmt.Sprintf("%q", v))
		}
		require.Contains(t, map[any]int{want[7]: 1}, got[7])
	}
}
