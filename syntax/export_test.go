package syntax

// MaxTIDMicros is the last microsecond that a TID can tell.
const MaxTIDMicros = maxTIDMicros

// MaxClockMicros is the last microsecond that a TIDClock takes from outside.
const MaxClockMicros = maxClockMicros

// SetNext sets the least number of microseconds that c has not used up, which
// can't be done near the end of the range from outside.
func (c *TIDClock) SetNext(micros uint64) { c.next = micros }
