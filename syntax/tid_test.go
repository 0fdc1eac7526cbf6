package syntax_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestTIDStructure(t *testing.T) {
	ledger.Covers(t, "SYN-047", "SYN-049")
	tests := []struct {
		in      string
		integer uint64
		micros  int64
		clock   uint
	}{
		{"2222222222222", 0, 0, 0},
		{"3jzfcijpj2z2a", 0x17fd6873eaf07c06, 1688137381887007, 6},
		{"3ke6kg3wk2222", 1700000000000000 << 10, 1700000000000000, 0},
		{"3ke6kg3wk22zz", 1700000000000000<<10 | 1023, 1700000000000000, 1023},
		{"bzzzzzzzzzzzz", math.MaxInt64, syntax.MaxTIDMicros, 1023},
	}
	for _, tt := range tests {
		id, err := syntax.ParseTID(tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.integer, id.Integer())
		require.Equal(t, tt.micros, id.Time().UnixMicro())
		require.Equal(t, time.UTC, id.Time().Location())
		require.Equal(t, tt.clock, id.ClockID())

		made, err := syntax.NewTID(time.UnixMicro(tt.micros), tt.clock)
		require.NoError(t, err)
		require.Equal(t, id, made)
		made, err = syntax.TIDFromInteger(tt.integer)
		require.NoError(t, err)
		require.Equal(t, id, made)
	}
}

func TestTIDTopBits(t *testing.T) {
	ledger.Covers(t, "SYN-046", "SYN-055")
	for _, s := range []string{"c222222222222", "jzzzzzzzzzzzz"} {
		id, err := syntax.ParseTID(s)
		require.NoError(t, err)
		require.Equal(t, s, id.String())
		require.NotZero(t, id.Integer()>>63)
		require.Greater(t, id.Time().Year(), 2254)
		_, err = syntax.TIDFromInteger(id.Integer())
		require.Error(t, err)
	}
	require.Equal(t, uint64(math.MaxUint64), syntax.MustParseTID("jzzzzzzzzzzzz").Integer())
	requireParse(t, syntax.ParseTID, nil, []string{"kjzfcijpj2z2a", "zzzzzzzzzzzzz", "k222222222222"})

	_, err := syntax.TIDFromInteger(1 << 63)
	require.EqualError(t, err, "syntax: TID integer 0x8000000000000000 has its top bit set")
	id, err := syntax.TIDFromInteger(1<<63 - 1)
	require.NoError(t, err)
	require.Equal(t, "bzzzzzzzzzzzz", id.String())
}

func TestTIDOrder(t *testing.T) {
	ledger.Covers(t, "SYN-048")
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		a, b := r.Uint64()>>(1+r.IntN(63)), r.Uint64()>>(1+r.IntN(63))
		if r.IntN(3) == 0 {
			b = a ^ 1<<r.IntN(63)
		}
		x, err := syntax.TIDFromInteger(a)
		require.NoError(t, err)
		y, err := syntax.TIDFromInteger(b)
		require.NoError(t, err)
		require.Equal(t, a < b, x.Compare(y) < 0)
		require.Equal(t, a == b, x == y)
		require.Equal(t, a < b, x.String() < y.String())
		require.Equal(t, a, x.Integer())
	}
}

func TestNewTIDRange(t *testing.T) {
	end := time.UnixMicro(syntax.MaxTIDMicros)
	for _, tm := range []time.Time{
		time.UnixMicro(-1), time.Unix(0, -1), time.Unix(-1, 0), {}, end.Add(time.Microsecond), end.AddDate(1, 0, 0),
		time.Unix(math.MinInt64, 0), time.Unix(math.MaxInt64, 0), time.Unix(1<<55, 0), time.Date(292_300, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		_, err := syntax.NewTID(tm, 0)
		require.Error(t, err, "%v", tm)
	}
	_, err := syntax.NewTID(time.Unix(0, -1), 0)
	require.EqualError(t, err, "syntax: time 1969-12-31T23:59:59.999999999Z is out of the range of TIDs")
	id, err := syntax.NewTID(end.Add(999), 1023) // nanoseconds are dropped
	require.NoError(t, err)
	require.Equal(t, end.UTC(), id.Time())

	_, err = syntax.NewTID(end, 1024)
	require.EqualError(t, err, "syntax: TID clock identifier 1024 is over 1023")
}

func TestTIDFromMilliseconds(t *testing.T) {
	ledger.Covers(t, "SYN-053")
	id, err := syntax.NewTID(time.UnixMilli(1700000000123), 0)
	require.NoError(t, err)
	require.Equal(t, uint64(1700000000123000<<10), id.Integer())
}

func TestTIDRecordKey(t *testing.T) {
	id := syntax.MustParseTID("3jzfcijpj2z2a")
	require.Equal(t, syntax.MustParseRecordKey("3jzfcijpj2z2a"), id.RecordKey())
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _, _ = id.RecordKey(), id.Integer(), id.Time() }))
}

func TestTIDAlphabet(t *testing.T) {
	ledger.Covers(t, "SYN-045")
	requireParse(t, syntax.ParseTID, []string{"234567abcdefg", "2hijklmnopqrs", "2tuvwxyz22222"},
		[]string{"3JZFCIJPJ2Z2A", "3jzf-cij-pj2z-2a", "3jzfcijpj2z21", "0000000000000", "3jzfcijpj2z2", "3jzfcijpj2z2aa", "3jzfcijpj2z2=",
			strings.Repeat("2", 12) + "8", strings.Repeat("2", 12) + "9", strings.Repeat("2", 12) + "0"})
}
