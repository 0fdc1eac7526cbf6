package syntax_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// patternNSID and patternDatetime are the patterns of the rows, of which AMB-09
// takes the second 60 away.
var (
	patternNSID     = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+(\.[a-zA-Z]([a-zA-Z0-9]{0,62})?)$`)
	patternDatetime = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[012])-([0-2][0-9]|3[01])T([0-1][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?(Z|[+-]([0-1][0-9]|2[0-3]):[0-5][0-9])$`)
)

// mutations returns s with each of its bytes replaced by, and preceded by, each of
// the given ones, and without it.
func mutations(s, with string) []string {
	list := []string{s}
	for i := range len(s) + 1 {
		for c := range strings.SplitSeq(with, "") {
			list = append(list, s[:i]+c+s[i:])
			if i < len(s) {
				list = append(list, s[:i]+c+s[i+1:])
			}
		}
		if i < len(s) {
			list = append(list, s[:i]+s[i+1:])
		}
	}
	return list
}

// TestNSIDPatternOfLexicon compares with the pattern. By AMB-02, the bound of 253
// bytes on the authority is not one of the syntax: a lint rule has it.
func TestNSIDPatternOfLexicon(t *testing.T) {
	ledger.Covers(t, "LEX-079")
	part := func(n int) string { return strings.Repeat("a", n) }
	seeds := []string{
		"com.example.fooBar", "a.b.c", "a-1.9-z.c9", "a.b", "com." + part(63) + ".x", "com." + part(64) + ".x", "com.x." + part(63), "com.x." + part(64), part(64) + ".x.y",
	}
	n := 0
	for _, seed := range seeds {
		for _, s := range mutations(seed, "aZ0-._ é\n") {
			want := patternNSID.MatchString(s) && len(s) <= 317
			_, err := syntax.ParseNSID(s)
			require.Equal(t, want, err == nil, "%q", s)
			if want {
				n++
			}
		}
	}
	require.Greater(t, n, 1000)
	long := strings.Repeat(part(61)+".", 5) // 310 bytes
	for s, want := range map[string]bool{long + part(7): true, long + part(8): false, long + "a.b" + part(4): true} {
		_, err := syntax.ParseNSID(s)
		require.Equal(t, want, err == nil, "%d bytes", len(s))
	}
}

// TestDatetimePatternOfLexicon compares with the pattern as AMB-09 decides it:
// with a look at the calendar, and without second 60.
func TestDatetimePatternOfLexicon(t *testing.T) {
	ledger.Covers(t, "LEX-090")
	n := 0
	for _, seed := range []string{
		"1985-04-12T23:20:50Z", "2000-12-31T19:59:59.120+23:59", "2024-02-29T00:00:00.5-11:30", "1985-04-12T23:20:50-00:00",
		"1985-04-12T23:20:50." + strings.Repeat("1", 43) + "Z", "1985-04-12T23:20:50.1234567890123456789012345678901234567+01:00",
	} {
		for _, s := range mutations(seed, "0123456789:-+.,TtZz ") {
			_, bad := time.Parse("2006-01-02", s[:min(len(s), 10)])
			want := patternDatetime.MatchString(s) && len(s) <= 64 && !strings.HasSuffix(s, "-00:00") && bad == nil
			d, err := syntax.ParseDatetime(s)
			require.Equal(t, want, err == nil, "%q", s)
			if want {
				n++
				require.Equal(t, s, d.String())
			}
		}
	}
	require.Greater(t, n, 500)
}

// TestLeapSecond: by AMB-09, second 60 is no valid syntax, so that what is
// converted to a time has none. All ways to one say so by a typed error.
func TestLeapSecond(t *testing.T) {
	ledger.Covers(t, "LEX-093")
	for _, s := range []string{
		"1985-04-12T23:20:60Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2016-12-31T18:59:60-05:00", "9999-12-31T23:59:60Z", "0000-01-01T00:00:60+00:01", "2016-12-31T23:59:61Z", "2016-12-31T23:59:99Z",
	} {
		var d syntax.Datetime
		_, strict := syntax.ParseDatetime(s)
		_, lenient := syntax.ParseDatetimeLenient(s)
		for _, err := range []error{strict, lenient, d.UnmarshalText([]byte(s)), json.Unmarshal([]byte(`"`+s+`"`), &d)} {
			var e *syntax.Error
			require.ErrorAs(t, err, &e, s)
			require.Equal(t, 17, e.Offset)
			require.Equal(t, "second must be 00 to 59", e.Msg)
		}
		require.Zero(t, d)
		require.True(t, d.Time().IsZero())
	}
	for _, s := range []string{"2016-12-31T23:59:60", "2016-12-31 23:59:60z", "2016-12-31t23:59:60+0000"} {
		_, err := syntax.ParseDatetimeLenient(s)
		require.ErrorAs(t, err, new(*syntax.Error), s)
	}
	last, err := syntax.ParseDatetime("2016-12-31T23:59:59.999999999Z")
	require.NoError(t, err)
	require.Equal(t, time.Date(2016, 12, 31, 23, 59, 59, 999_999_999, time.UTC), last.Time())
}
