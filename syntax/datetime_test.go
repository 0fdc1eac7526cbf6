package syntax_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestDatetimeSyntax(t *testing.T) {
	ledger.Covers(t, "SYN-080", "SYN-081", "SYN-085", "LEX-094")
	const fraction = "1985-04-12T23:20:50." // and 43 digits and Z are 64 bytes
	requireParse(t, syntax.ParseDatetime,
		[]string{"1985-04-12T23:20:50Z", "1985-04-12T23:20:50.1Z", "1985-04-12T23:20:50+00:00", "1985-04-12T23:20:50+23:59", "1985-04-12T23:20:50-23:59",
			"1985-04-12T23:20:50-00:01", fraction + strings.Repeat("0", 43) + "Z"},
		[]string{"1985-04-12T23:20:50-00:00", "1985-04-12T23:20:50.000-00:00", "1985-04-12T23:20:50z", "1985-04-12t23:20:50Z", "1985-04-12 23:20:50Z",
			"1985-04-12T23:20:50", "1985-04-12T23:20Z", "1985-04-12", "1985-04-12T23:20:50.Z", "1985-04-12T23:20:50,5Z", "1985-04-12T23:20:50+0000",
			"1985-04-12T23:20:50+24:00", "1985-04-12T23:20:50-24:00", "1985-04-12T23:20:50+01:60", "1985-04-12T23:20:50+1:00", "1985-04-12T23:20:50ZZ",
			"1985-04-12T23:20:50Z+00:00", "1985-04-12T23:20:50+00:00Z", "1985-04-12T23:20:50x123Z", fraction + strings.Repeat("0", 44) + "Z"})
}

func TestDatetimeCalendar(t *testing.T) {
	ledger.Covers(t, "SYN-082", "LEX-091", "LEX-092")
	requireParse(t, syntax.ParseDatetime,
		[]string{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00-00:01", "0000-01-01T01:00:00+01:00", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59+00:01",
			"9999-12-31T22:59:59-01:00", "2000-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "0000-02-29T00:00:00Z"},
		[]string{"1985-04-12T23:20:60Z", "1985-04-12T24:00:00Z", "1985-04-12T23:60:00Z", "1985-00-12T23:20:50Z", "1985-13-12T23:20:50Z", "1985-04-00T23:20:50Z",
			"1985-04-31T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
			"0000-01-01T00:00:00+00:01", "0000-01-01T00:59:59+01:00", "9999-12-31T23:59:59-00:01", "9999-12-31T23:00:00-01:00"})

	// Every day that might be, against package time.
	for _, year := range []int{0, 4, 100, 400, 1900, 1999, 2000, 2001, 2024, 9999} {
		for month := range 14 {
			for day := range 34 {
				s := fmt.Sprintf("%04d-%02d-%02dT12:00:00Z", year, month, day)
				_, err := syntax.ParseDatetime(s)
				require.Equal(t, refDatetime(s), err == nil, s)
			}
		}
	}
}

func TestDatetimeTime(t *testing.T) {
	valid := slices.Concat(fixtures.InteropLines(t, "syntax/datetime_syntax_valid.txt"),
		[]string{"1985-04-12T23:20:50.1999999999Z", "1985-04-12T00:00:00+23:59", "1985-12-31T23:59:59-23:59", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"})
	for _, s := range valid {
		d, err := syntax.ParseDatetime(s)
		require.NoError(t, err)
		want, err := time.Parse(time.RFC3339Nano, s)
		require.NoError(t, err)
		require.True(t, want.Equal(d.Time()), "%v is not %v", d.Time(), want)
		require.Equal(t, time.UTC, d.Time().Location())
		require.Zero(t, testing.AllocsPerRun(10, func() { d.Time() }))

		lenient, err := syntax.ParseDatetimeLenient(s)
		require.NoError(t, err)
		require.Equal(t, d.Time(), lenient)
	}
}

func TestDatetimeKeepsText(t *testing.T) {
	ledger.Covers(t, "SYN-083", "LEX-095")
	for _, s := range []string{"1985-04-12T23:20:50.1235678912345Z", "1985-04-12T23:20:50.0+00:00", "1985-04-12T23:20:50Z", "1985-04-12T23:20:50.120000-07:00"} {
		in := []byte(`{"createdAt":"` + s + `"}`)
		var doc struct {
			CreatedAt syntax.Datetime `json:"createdAt"`
		}
		require.NoError(t, json.Unmarshal(in, &doc))
		require.False(t, doc.CreatedAt.Time().IsZero())
		out, err := json.Marshal(doc)
		require.NoError(t, err)
		require.Equal(t, string(in), string(out))
	}
}

func TestNewDatetime(t *testing.T) {
	ledger.Covers(t, "SYN-084", "LEX-096")
	zone := time.FixedZone("", 3600)
	for want, at := range map[string]time.Time{
		"1985-04-12T23:20:50.120Z": time.Date(1985, 4, 13, 0, 20, 50, 120_999_999, zone),
		"2000-01-01T00:00:00.000Z": time.Date(2000, 1, 1, 0, 0, 0, 999_999, time.UTC),
		"0001-01-01T00:00:00.000Z": {},
		"0000-01-01T00:00:00.000Z": time.Date(0, 1, 1, 1, 0, 0, 0, zone),
		"9999-12-31T23:59:59.999Z": time.Date(10000, 1, 1, 0, 59, 59, 999_999_999, zone),
	} {
		d, err := syntax.NewDatetime(at)
		require.NoError(t, err)
		require.Equal(t, want, d.String())
		require.Equal(t, at.Truncate(time.Millisecond).UTC(), d.Time())
		_, err = syntax.ParseDatetime(want)
		require.NoError(t, err)
	}
	for _, at := range []time.Time{
		time.Date(0, 1, 1, 0, 59, 59, 0, zone), time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -1)), time.Unix(1<<62, 0), time.Unix(-1<<62, 0),
	} {
		d, err := syntax.NewDatetime(at)
		require.Error(t, err)
		require.True(t, d.IsZero())
	}
	_, err := syntax.NewDatetime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	require.EqualError(t, err, "syntax: time 10000-01-01T00:00:00Z is out of the range of datetimes")

	before := time.Now().Truncate(time.Millisecond)
	now := syntax.DatetimeNow()
	require.False(t, now.Time().Before(before))
	require.False(t, now.Time().After(time.Now()))
}

func TestParseDatetimeLenient(t *testing.T) {
	ledger.Covers(t, "SYN-086")
	want := time.Date(1985, 4, 12, 23, 20, 50, 123_000_000, time.UTC)
	for _, s := range []string{
		"1985-04-12T23:20:50.123Z", "1985-04-12T23:20:50.123", "1985-04-12T23:20:50.123-00:00", "1985-04-12T23:20:50.123-0000", "1985-04-12T23:20:50.123+0000",
		"1985-04-12T23:20:50.123+00", "1985-04-12t23:20:50.123z", "1985-04-12 23:20:50.123", "1985-04-13T00:50:50.123+0130", "1985-04-12T22:20:50.123-01",
	} {
		got, err := syntax.ParseDatetimeLenient(s)
		require.NoError(t, err)
		require.Equal(t, want, got)
		_, err = syntax.ParseDatetime(s)
		require.Equal(t, strings.HasSuffix(s, "123Z"), err == nil, s)
	}
	requireParse(t, syntax.ParseDatetimeLenient, nil, []string{
		"", "1985-04-12", "1985-04-12T23:20", "1985-04-12T23:20:50.", "1985-04-12T23:20:50,5", "1985-04-12T23:20:60", "1985-02-30T23:20:50", "1985-4-12T23:20:50",
		"1985-04-12_23:20:50", " 1985-04-12T23:20:50", "1985-04-12T23:20:50 ", "1985-04-12T23:20:50+2400", "1985-04-12T23:20:50+0060", "1985-04-12T23:20:50+1",
		"1985-04-12T23:20:50+001", "1985-04-12T23:20:50+24", "0000-01-01T00:00:00+01", "1985-04-12T23:20:50 +0000", "1985-04-12T23:20:50UTC",
		"1985-04-12T23:20:50." + strings.Repeat("0", 45),
	})
	got, err := syntax.ParseDatetimeLenient("1985-04-12")
	require.True(t, got.IsZero())
	require.Equal(t, "datetime", requireError(t, err).Kind)
}

func TestDatetimeCompare(t *testing.T) {
	sorted := []syntax.Datetime{
		{}, syntax.MustParseDatetime("0000-01-01T00:00:00Z"), syntax.MustParseDatetime("1985-04-13T00:00:00.5+01:00"),
		syntax.MustParseDatetime("1985-04-12T23:00:00.51Z"), syntax.MustParseDatetime("1985-04-12T22:00:01-02:00"),
	}
	for i, d := range sorted {
		for j, e := range sorted {
			require.Equal(t, i < j, d.Compare(e) < 0)
			require.Equal(t, i == j, d.Compare(e) == 0)
		}
	}
	d, e := syntax.MustParseDatetime("1985-04-12T23:00:00Z"), syntax.MustParseDatetime("1985-04-13T00:00:00.000+01:00")
	require.Zero(t, d.Compare(e))
	require.NotEqual(t, d, e)
}
