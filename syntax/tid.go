package syntax

import (
	"fmt"
	"strings"
	"time"
)

const (
	tidLen       = 13
	tidAlphabet  = "234567abcdefghijklmnopqrstuvwxyz"
	tidDigitMask = 1<<5 - 1

	clockIDBits   = 10
	maxClockID    = 1<<clockIDBits - 1
	maxTIDMicros  = 1<<53 - 1
	maxTIDInteger = 1<<63 - 1
)

// A TID is a syntactically valid timestamp identifier, such as
// "3jzfcijpj2z2a": microseconds since 1970 and the number of the clock that
// issued it, written so that the order of the strings is the order of time.
// Revisions of repositories are TIDs, and so are most record keys.
//
// A TID says what its writer wanted it to say. Its time is no proof of when
// something was made, and two writers may use the same one.
//
// TIDs are comparable and may be map keys. The zero TID is not valid; the TID
// of the integer 0 is "2222222222222".
type TID struct {
	s string // "", or 13 digits
}

// ParseTID parses a TID: 13 digits of the alphabet 234567a-z, of which the
// first is one of 234567a-j.
//
// This grammar, which is the specification's, admits integers of 2^63 and more
// ("c222222222222" and above), although the top bit of a TID is said to be
// zero. They are kept as they are and tell a time after the year 2255; they
// are never issued, and [TIDFromInteger] refuses them.
//
// https://atproto.com/specs/tid#tid-syntax
func ParseTID(s string) (TID, error) {
	if off, msg := checkTID(s); msg != "" {
		return TID{}, &Error{Kind: kindTID, Input: s, Offset: off, Msg: msg}
	}
	return TID{s}, nil
}

// MustParseTID is like [ParseTID] but panics if s is invalid. It accepts only
// string constants.
func MustParseTID(s constString) TID { return must(ParseTID(string(s))) }

// checkTID returns where and why s is not a TID, or an empty message.
func checkTID(s string) (offset int, msg string) {
	if len(s) != tidLen {
		return min(len(s), tidLen), "expected 13 characters"
	}
	if tidDigit[s[0]] > tidDigitMask>>1 {
		return 0, "first character must be one of 234567a-j"
	}
	all := tidDigit[s[1]] | tidDigit[s[2]] | tidDigit[s[3]] | tidDigit[s[4]] |
		tidDigit[s[5]] | tidDigit[s[6]] | tidDigit[s[7]] | tidDigit[s[8]] |
		tidDigit[s[9]] | tidDigit[s[10]] | tidDigit[s[11]] | tidDigit[s[12]]
	if all <= tidDigitMask {
		return 0, ""
	}
	i := 1
	for tidDigit[s[i]] <= tidDigitMask {
		i++
	}
	return i, "character must be one of 234567a-z"
}

// NewTID returns the TID of a time, to the microsecond, and a clock
// identifier. It fails if t is before 1970 or after 2255-06-05T23:47:34.740991Z
// (2^53-1 microseconds), or if clockID is over 1023. To issue TIDs, use a
// [TIDClock].
//
// https://atproto.com/specs/tid#tid-structure
func NewTID(t time.Time, clockID uint) (TID, error) {
	if clockID > maxClockID {
		return TID{}, fmt.Errorf("syntax: TID clock identifier %d is over %d", clockID, maxClockID)
	}
	// The bounds in seconds come first, since UnixMicro overflows far away.
	if s := t.Unix(); s < 0 || s > maxTIDMicros/1_000_000 || t.UnixMicro() > maxTIDMicros {
		return TID{}, fmt.Errorf("syntax: time %s is out of the range of TIDs", t.UTC().Format(time.RFC3339Nano))
	}
	return makeTID(uint64(t.UnixMicro()), uint64(clockID)), nil
}

// TIDFromInteger returns the TID of a 64-bit integer, the inverse of
// [TID.Integer]. It fails if the top bit of v is set.
//
// https://atproto.com/specs/tid#tid-structure
func TIDFromInteger(v uint64) (TID, error) {
	if v > maxTIDInteger {
		return TID{}, fmt.Errorf("syntax: TID integer %#x has its top bit set", v)
	}
	return makeTID(v>>clockIDBits, v&maxClockID), nil
}

// makeTID encodes a TID whose parts are known to be in range.
func makeTID(micros, clockID uint64) TID {
	v := micros<<clockIDBits | clockID
	var b [tidLen]byte
	for i := tidLen - 1; i >= 0; i-- {
		b[i] = tidAlphabet[v&tidDigitMask]
		v >>= 5
	}
	return TID{string(b[:])}
}

// Integer returns the TID as an integer: 53 bits of microseconds, then 10 bits
// of clock identifier. It is 0 for the zero TID, and may have its top bit set;
// see [ParseTID].
//
// https://atproto.com/specs/tid#tid-structure
func (t TID) Integer() uint64 {
	var v uint64
	for i := range len(t.s) {
		v = v<<5 | uint64(tidDigit[t.s[i]])
	}
	return v
}

// Time returns the time that the TID states, in UTC, which need not be true.
// It is the zero time for the zero TID.
func (t TID) Time() time.Time {
	if t.s == "" {
		return time.Time{}
	}
	return time.UnixMicro(int64(t.Integer() >> clockIDBits)).UTC()
}

// ClockID returns the clock identifier, which is between 0 and 1023.
func (t TID) ClockID() uint { return uint(t.Integer() & maxClockID) }

// RecordKey returns the TID as a record key. It is zero for the zero TID.
func (t TID) RecordKey() RecordKey { return RecordKey(t) }

// IsZero reports whether t is the zero TID.
func (t TID) IsZero() bool { return t.s == "" }

// Compare orders TIDs by their integers, which is also the order of their
// bytes. The zero TID comes before all others.
func (t TID) Compare(u TID) int { return strings.Compare(t.s, u.s) }

// String returns the TID's 13 characters, or "" for the zero TID.
func (t TID) String() string { return t.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero TID.
func (t TID) AppendText(b []byte) ([]byte, error) { return appendText(b, kindTID, t.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero TID.
func (t TID) MarshalText() ([]byte, error) { return marshalText(kindTID, t.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseTID]. It
// leaves t alone if text is invalid.
func (t *TID) UnmarshalText(text []byte) error { return unmarshalText(t, text, ParseTID) }
