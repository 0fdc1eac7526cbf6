package strictjson_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/stretchr/testify/require"
)

func TestParseInt(t *testing.T) {
	const notInt, range64 = "number is not an integer", "integer does not fit in 64 bits"
	zeros := strings.Repeat("0", 1_000_000)
	for _, tc := range []struct {
		in   string
		want int64
		msg  string
	}{
		{"0", 0, ""}, {"-0", 0, ""}, {"-0.0", 0, ""}, {"0e5", 0, ""}, {"-0E-5", 0, ""},
		{"0e999999999999999999999", 0, ""}, {"0.000e-99999999999", 0, ""},
		{"1", 1, ""}, {"-1", -1, ""}, {"123.0", 123, ""}, {"1e3", 1000, ""}, {"1E+3", 1000, ""}, {"-1.5e1", -15, ""},
		{"12300e-2", 123, ""}, {"0.001e3", 1, ""}, {"100.00e-2", 1, ""}, {"10203.0400e2", 1020304, ""},
		{"9007199254740993", 9007199254740993, ""}, {"9007199254740993.0", 9007199254740993, ""},
		{"999999999999999999", 999999999999999999, ""}, {"1000000000000000000", 1e18, ""},
		{"9223372036854775807", 1<<63 - 1, ""}, {"9223372036854775808", 0, range64},
		{"-9223372036854775808", -1 << 63, ""}, {"-9223372036854775809", 0, range64},
		{"9223372036854775810", 0, range64}, {"9223372036854775800", 9223372036854775800, ""},
		{"9.223372036854775807e18", 1<<63 - 1, ""}, {"9.223372036854775808e18", 0, range64},
		{"-9.223372036854775808e18", -1 << 63, ""}, {"922337203685477580.7e1", 1<<63 - 1, ""},
		{"18446744073709551615", 0, range64}, {"18446744073709551616", 0, range64}, {"18446744073709551617", 0, range64},
		{"1e18", 1e18, ""}, {"9e18", 9e18, ""}, {"1e19", 0, range64}, {"-1e19", 0, range64},
		{"1e999999999", 0, range64}, {"1e99999999999999999999999", 0, range64},
		{"1e-999999999", 0, notInt}, {"1e-99999999999999999999999", 0, notInt},
		{"0.5", 0, notInt}, {"123.456", 0, notInt}, {"1.5e0", 0, notInt}, {"15e-1", 0, notInt}, {"1e-1", 0, notInt},
		{"1000000000000000000000000.5", 0, notInt}, {"123456789012345678901234567890e-5", 0, notInt},
		{"100000000000000000000000000000e-20", 1e9, ""},
		{"1" + zeros, 0, range64}, {"1" + zeros + "e-1000000", 1, ""}, {"0." + zeros + "7e1000001", 7, ""},
		{"5." + zeros, 5, ""}, {"5." + zeros + "1", 0, notInt},
	} {
		n, msg := strictjson.ParseInt([]byte(tc.in))
		require.Equal(t, tc.want, n, "%.50s", tc.in)
		require.Equal(t, tc.msg, msg, "%.50s", tc.in)
	}
}

// FuzzParseInt compares with exact rational arithmetic.
func FuzzParseInt(f *testing.F) {
	for _, s := range []string{"0", "-0.0", "123.0", "1e3", "1.5e1", "9223372036854775808", "-9223372036854775808", "1e-400", "0.001e3", "12300e-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sc := strictjson.NewScanner([]byte(s), nil)
		kind, err := sc.Next()
		if err != nil || kind != strictjson.Number {
			return
		}
		num := string(sc.Text())
		n, msg := strictjson.ParseInt(sc.Text())
		if i := strings.IndexAny(num, "eE"); i >= 0 && len(num)-i > 5 {
			return // too much work for the reference
		}
		want, ok := new(big.Rat).SetString(num)
		require.True(t, ok)
		switch {
		case !want.IsInt():
			require.Equal(t, "number is not an integer", msg)
		case !want.Num().IsInt64():
			require.Equal(t, "integer does not fit in 64 bits", msg)
		default:
			require.Empty(t, msg)
			require.Equal(t, want.Num().Int64(), n)
		}
	})
}

func BenchmarkParseInt(b *testing.B) {
	for _, num := range []string{"42", "9007199254740993", "9223372036854775807", "123.0", "1e3"} {
		b.Run(num, func(b *testing.B) {
			b.ReportAllocs()
			in := []byte(num)
			for b.Loop() {
				strictjson.ParseInt(in)
			}
		})
	}
}
