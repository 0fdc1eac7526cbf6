package syntax_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func newClock(t *testing.T, id uint, now func() time.Time) *syntax.TIDClock {
	t.Helper()
	c, err := syntax.NewTIDClock(&syntax.TIDClockOptions{ClockID: &id, Now: now})
	require.NoError(t, err)
	return c
}

// requireNext requires the next n TIDs to be valid and greater than last.
func requireNext(t *testing.T, c *syntax.TIDClock, last syntax.TID, n int) syntax.TID {
	t.Helper()
	for range n {
		id := c.Next()
		require.Positive(t, id.Compare(last), "%v after %v", id, last)
		require.Zero(t, id.Integer()>>63)
		_, err := syntax.ParseTID(id.String())
		require.NoError(t, err)
		last = id
	}
	return last
}

func TestTIDClockWanders(t *testing.T) {
	ledger.Covers(t, "SYN-050")
	start := time.UnixMicro(1700000000000000)
	now := start
	c := newClock(t, 7, func() time.Time { return now })

	first := c.Next()
	require.Equal(t, start.UTC(), first.Time())
	require.Equal(t, uint(7), first.ClockID())
	second := requireNext(t, c, first, 1) // within one microsecond
	require.Equal(t, start.Add(time.Microsecond).UTC(), second.Time())

	now = start.Add(time.Hour)
	third := requireNext(t, c, second, 1)
	require.Equal(t, now.UTC(), third.Time())

	now = start // back
	last := requireNext(t, c, third, 10)
	require.Equal(t, start.Add(time.Hour+10*time.Microsecond).UTC(), last.Time())

	for _, weird := range []time.Time{{}, time.Unix(-1<<62, 0), time.Unix(1<<62, 0), time.UnixMicro(syntax.MaxTIDMicros), time.Unix(0, -1), start} {
		now = weird
		last = requireNext(t, c, last, 10)
	}
}

func TestTIDClockConcurrent(t *testing.T) {
	ledger.Covers(t, "SYN-050")
	frozen := time.UnixMicro(1700000000000000)
	for _, now := range []func() time.Time{nil, func() time.Time { return frozen }} {
		c, err := syntax.NewTIDClock(&syntax.TIDClockOptions{Now: now})
		require.NoError(t, err)
		const workers, each = 8, 2000
		got := make([][]syntax.TID, workers)
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for range each {
					got[w] = append(got[w], c.Next())
				}
			})
		}
		wg.Wait()
		seen := map[syntax.TID]bool{}
		for _, ids := range got {
			var last syntax.TID
			for _, id := range ids {
				require.Positive(t, id.Compare(last))
				require.False(t, seen[id])
				seen[id], last = true, id
			}
		}
		require.Len(t, seen, workers*each)
	}
}

func TestTIDClockSeed(t *testing.T) {
	ledger.Covers(t, "SYN-051")
	start := time.UnixMicro(1700000000000000)
	c := newClock(t, 0, func() time.Time { return start })
	future, err := syntax.NewTID(start.Add(time.Hour), 1023)
	require.NoError(t, err)

	require.NoError(t, c.Seed(syntax.TID{}))
	require.NoError(t, c.Seed(future))
	next := c.Next()
	require.Equal(t, future.Time().Add(time.Microsecond), next.Time())
	require.Positive(t, next.Compare(future))

	past, err := syntax.NewTID(start, 0)
	require.NoError(t, err)
	require.NoError(t, c.Seed(past)) // does not take it back
	requireNext(t, c, next, 1)
}

// TestTIDClockEndOfTime seeds a clock as far as it goes and beyond.
func TestTIDClockEndOfTime(t *testing.T) {
	limit, err := syntax.NewTID(time.UnixMicro(syntax.MaxClockMicros), 1023)
	require.NoError(t, err)
	c := newClock(t, 0, nil)
	require.NoError(t, c.Seed(limit))
	last := requireNext(t, c, limit, 1000)

	beyond, err := syntax.NewTID(time.UnixMicro(syntax.MaxClockMicros+1), 0)
	require.NoError(t, err)
	require.EqualError(t, c.Seed(beyond), `syntax: TID "bs22222222222" is too late to seed a clock`)
	for _, id := range []syntax.TID{syntax.MustParseTID("bzzzzzzzzzzzz"), syntax.MustParseTID("c222222222222"), syntax.MustParseTID("jzzzzzzzzzzzz")} {
		require.Error(t, c.Seed(id))
	}
	requireNext(t, c, last, 10) // nothing was changed

	c.SetNext(syntax.MaxTIDMicros)
	require.Equal(t, int64(syntax.MaxTIDMicros), requireNext(t, c, last, 1).Time().UnixMicro())
	require.True(t, c.Next().IsZero())
	require.True(t, c.Next().IsZero())
}

func TestTIDClockID(t *testing.T) {
	ledger.Covers(t, "SYN-052")
	seen := map[uint]bool{}
	for range 4096 {
		c, err := syntax.NewTIDClock(nil)
		require.NoError(t, err)
		id := c.Next().ClockID()
		require.LessOrEqual(t, id, uint(1023))
		require.Equal(t, id, c.Next().ClockID())
		seen[id] = true
	}
	// A fair choice leaves 19 of 1,024 out, and practically never 124.
	require.Greater(t, len(seen), 900)

	for _, id := range []uint{0, 1, 1023} {
		require.Equal(t, id, newClock(t, id, nil).Next().ClockID())
	}
	_, err := syntax.NewTIDClock(&syntax.TIDClockOptions{ClockID: new(uint(1024))})
	require.EqualError(t, err, "syntax: TID clock identifier 1024 is over 1023")
}

func TestTIDClockZeroValue(t *testing.T) {
	var c syntax.TIDClock
	before := time.Now().Truncate(time.Microsecond)
	id := c.Next()
	require.False(t, id.Time().Before(before))
	require.False(t, id.Time().After(time.Now()))
	requireNext(t, &c, id, 100)
}
