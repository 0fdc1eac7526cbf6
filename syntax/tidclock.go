package syntax

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// maxClockMicros is the latest time that a TIDClock takes from outside. The
// nine years from there to the end of the range (2^48 microseconds) are a
// reserve for counting on, more than can be used up.
const maxClockMicros = maxTIDMicros - 1<<48

// A TIDClock issues TIDs. Each is greater than all that the clock issued
// before, also within one microsecond, when the time goes back, and when
// several goroutines call at once.
//
// The zero TIDClock is ready to use: it reads the system's time and chooses a
// clock identifier at random. A TIDClock must not be copied after first use.
//
// https://atproto.com/specs/tid#tid-structure
type TIDClock struct {
	mu      sync.Mutex
	now     func() time.Time // nil: time.Now
	next    uint64           // least number of microseconds not yet used up
	clockID uint64
	ready   bool // whether clockID was chosen
}

// TIDClockOptions are options for [NewTIDClock].
type TIDClockOptions struct {
	// ClockID is the clock identifier in the TIDs, between 0 and 1023. Nil
	// chooses one at random. Clocks that run at the same time for the same
	// repository need different ones.
	ClockID *uint

	// Now tells the time. Nil means [time.Now]. It is there for tests, for
	// simulated time and for hosts whose own clock is not to be used; TIDs are
	// distinct and increasing whatever it returns.
	Now func() time.Time
}

// NewTIDClock returns a clock with the given options; nil means the defaults.
// It fails if the clock identifier is over 1023.
func NewTIDClock(opts *TIDClockOptions) (*TIDClock, error) {
	c := new(TIDClock)
	if opts == nil {
		return c, nil
	}
	c.now = opts.Now
	if opts.ClockID != nil {
		if *opts.ClockID > maxClockID {
			return nil, fmt.Errorf("syntax: TID clock identifier %d is over %d", *opts.ClockID, maxClockID)
		}
		c.clockID, c.ready = uint64(*opts.ClockID), true
	}
	return c, nil
}

// Next issues a TID. Its time is the present, to the microsecond, or one
// microsecond after the last TID if the present is not later than that.
//
// Times before 1970 count as 1970. From 2246 on, nine years before the 53 bits
// of microseconds are used up, the clock only counts; should they ever be, as
// no clock can do by counting, Next returns the zero TID.
func (c *TIDClock) Next() TID {
	now := c.micros()
	c.mu.Lock()
	micros := max(now, c.next)
	if micros > maxTIDMicros {
		c.mu.Unlock()
		return TID{}
	}
	c.next = micros + 1
	if !c.ready {
		c.clockID, c.ready = rand.Uint64N(maxClockID+1), true
	}
	id := c.clockID
	c.mu.Unlock()
	return makeTID(micros, id)
}

// Seed makes the clock continue after a TID that was issued elsewhere or
// before a restart, such as a repository's current revision: all later TIDs
// are greater than last. A clock that is already past it, and the zero TID,
// change nothing.
//
// A TID from another party can be far in the future and takes the clock there.
// Check it first if the clock has other uses. Seed fails, and changes nothing,
// if last is later than 2246-07-05 (2^53-2^48 microseconds), since not enough
// greater TIDs would be left.
func (c *TIDClock) Seed(last TID) error {
	if last.IsZero() {
		return nil
	}
	micros := last.Integer() >> clockIDBits
	if micros > maxClockMicros {
		return fmt.Errorf("syntax: TID %q is too late to seed a clock", last.s)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = max(c.next, micros+1)
	return nil
}

// micros returns the present, confined to what a clock takes.
func (c *TIDClock) micros() uint64 {
	now := c.now
	if now == nil {
		now = time.Now
	}
	t := now()
	switch s := t.Unix(); {
	case s < 0:
		return 0
	case s >= maxClockMicros/1_000_000:
		return maxClockMicros
	}
	return uint64(t.UnixMicro())
}
