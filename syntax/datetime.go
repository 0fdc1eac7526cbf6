package syntax

import (
	"fmt"
	"strings"
	"time"
)

// MaxDatetimeLen is the maximum length of a datetime in bytes.
//
// https://atproto.com/specs/lexicon#datetime
const MaxDatetimeLen = 64

const (
	datetimePattern = "0000-00-00T00:00:00" // how every datetime starts; 0 is any digit
	datetimeLayout  = "2006-01-02T15:04:05.000Z"
	maxDatetimeYear = 9999
)

// A Datetime is a syntactically valid date and time, such as
// "2023-06-30T15:03:01.887Z", as Lexicons know it: what RFC 3339, ISO 8601 and
// WHATWG HTML agree on, with seconds and a time zone.
//
// It keeps the text that was parsed, so that a record that holds it encodes to
// the same bytes again, and works out the time on demand. It says what its
// writer wanted it to say.
//
// Datetimes are comparable and may be map keys, but == compares texts: one
// instant has many, with other zones and numbers of digits. Use
// [Datetime.Compare] for the order of instants. The zero Datetime is not valid.
type Datetime struct {
	s string
}

// ParseDatetime parses a datetime, in at most [MaxDatetimeLen] bytes: a date
// of the Gregorian calendar as "2006-01-02", "T", a time of day from
// "00:00:00" to "23:59:59", optionally a dot and one or more digits, and "Z" or
// an offset from "+00:00" to "+23:59" or from "-00:01" to "-23:59". In UTC, the
// year is 0 to 9999.
//
// Leap seconds, lower-case letters and "-00:00" are not valid. For datetimes
// in old records, which may break the rules, see [ParseDatetimeLenient].
//
// https://atproto.com/specs/lexicon#datetime
func ParseDatetime(s string) (Datetime, error) {
	if off, msg := checkDatetime(s, false); msg != "" {
		return Datetime{}, &Error{Kind: kindDatetime, Input: s, Offset: off, Msg: msg}
	}
	return Datetime{s}, nil
}

// MustParseDatetime is like [ParseDatetime] but panics if s is invalid. It
// accepts only string constants.
func MustParseDatetime(s constString) Datetime { return must(ParseDatetime(string(s))) }

// ParseDatetimeLenient parses what [ParseDatetime] does and the mistakes that
// old records hold, and returns the time in UTC. It must not be used to
// validate, and its result is a time, not a Datetime, since the text is not to
// be passed on; see [NewDatetime].
//
// The zone may be missing, which means UTC, or be "z", "-00:00", or an offset
// without the colon or the minutes; "T" may be "t" or a space. Everything else
// is as strict as ever.
func ParseDatetimeLenient(s string) (time.Time, error) {
	if off, msg := checkDatetime(s, true); msg != "" {
		return time.Time{}, &Error{Kind: kindDatetime, Input: s, Offset: off, Msg: msg}
	}
	return datetimeToTime(s), nil
}

// NewDatetime returns the datetime of a time in the recommended form,
// "2006-01-02T15:04:05.000Z": in UTC, with three digits for milliseconds, where
// finer digits are dropped. It fails if the year in UTC is not 0 to 9999.
//
// https://atproto.com/specs/lexicon#datetime
func NewDatetime(t time.Time) (Datetime, error) {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > maxDatetimeYear {
		return Datetime{}, fmt.Errorf("syntax: time %s is out of the range of datetimes", t.Format(time.RFC3339Nano))
	}
	var b [32]byte // AppendFormat writes nine digits before it drops six
	return Datetime{string(t.AppendFormat(b[:0], datetimeLayout))}, nil
}

// DatetimeNow returns the present as [NewDatetime] does. It is the zero
// Datetime if the system's clock is past the year 9999.
func DatetimeNow() Datetime {
	d, _ := NewDatetime(time.Now())
	return d
}

// checkDatetime returns where and why s is not a datetime, or an empty message.
func checkDatetime(s string, lenient bool) (offset int, msg string) {
	if len(s) > MaxDatetimeLen {
		return MaxDatetimeLen, "longer than 64 bytes"
	}
	if off, msg := checkDatetimePattern(s, lenient); msg != "" {
		return off, msg
	}
	year, month, day := twoDigits(s, 0)*100+twoDigits(s, 2), twoDigits(s, 5), twoDigits(s, 8)
	hour, minute := twoDigits(s, 11), twoDigits(s, 14)
	switch {
	case month < 1 || month > 12:
		return 5, "month must be 01 to 12"
	case day < 1 || day > daysIn(year, month):
		return 8, "no such day in the month"
	case hour > 23:
		return 11, "hour must be 00 to 23"
	case minute > 59:
		return 14, "minute must be 00 to 59"
	case twoDigits(s, 17) > 59:
		return 17, "second must be 00 to 59"
	}
	end := fractionEnd(s)
	if end == len(datetimePattern)+1 {
		return end, "expected a digit"
	}
	zone, off, msg := parseZone(s[end:], lenient)
	if msg != "" {
		return end + off, msg
	}
	switch minutes := hour*60 + minute - zone; {
	case minutes < 0 && year == 0 && month == 1 && day == 1:
		return end, "before the year 0000 in UTC"
	case minutes >= 24*60 && year == maxDatetimeYear && month == 12 && day == 31:
		return end, "after the year 9999 in UTC"
	}
	return 0, ""
}

// checkDatetimePattern returns where and why s does not start as all datetimes
// do, or an empty message.
func checkDatetimePattern(s string, lenient bool) (offset int, msg string) {
	if len(s) >= len(datetimePattern) && s[4] == '-' && s[7] == '-' && s[10] == 'T' && s[13] == ':' && s[16] == ':' &&
		digit&class[s[0]]&class[s[1]]&class[s[2]]&class[s[3]]&class[s[5]]&class[s[6]]&class[s[8]]&class[s[9]]&
			class[s[11]]&class[s[12]]&class[s[14]]&class[s[15]]&class[s[17]]&class[s[18]] != 0 {
		return 0, ""
	}
	for i, want := range []byte(datetimePattern) {
		switch {
		case want == '0' && (i == len(s) || !is(s[i], digit)):
			return i, "expected a digit"
		case want == '0' || i < len(s) && (s[i] == want || lenient && want == 'T' && (s[i] == 't' || s[i] == ' ')):
		case want == '-':
			return i, `expected "-"`
		case want == 'T':
			return i, `expected "T"`
		default:
			return i, `expected ":"`
		}
	}
	return 0, ""
}

// twoDigits returns the number that the two digits at i are.
func twoDigits(s string, i int) int { return int(s[i])*10 + int(s[i+1]) - '0'*11 }

// daysIn returns the number of days of a month of the Gregorian calendar.
func daysIn(year, month int) int {
	switch {
	case month != 2:
		return 30 + (month+month>>3)&1
	case year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	}
	return 28
}

// fractionEnd returns where the fraction of the second ends, which is one byte
// after its dot if it has no digits.
func fractionEnd(s string) int {
	i := len(datetimePattern)
	if i == len(s) || s[i] != '.' {
		return i
	}
	i++
	return i + span(s[i:], digit)
}

// parseZone returns a zone's offset from UTC in minutes, or where and why s is
// not a zone.
func parseZone(s string, lenient bool) (minutes, offset int, msg string) {
	switch {
	case s == "Z", lenient && (s == "z" || s == ""):
		return 0, 0, ""
	case s == "" || s[0] != '+' && s[0] != '-':
		return 0, 0, `expected "Z" or an offset`
	}
	switch z := s[1:]; {
	case len(z) == 5 && z[2] == ':' && digit&class[z[0]]&class[z[1]]&class[z[3]]&class[z[4]] != 0:
		minutes = twoDigits(z, 0)*60 + twoDigits(z, 3)
		if z[3] > '5' {
			return 0, 4, "minute of the offset must be 00 to 59"
		}
	case lenient && len(z) == 4 && span(z, digit) == 4:
		minutes = twoDigits(z, 0)*60 + twoDigits(z, 2)
		if z[2] > '5' {
			return 0, 3, "minute of the offset must be 00 to 59"
		}
	case lenient && len(z) == 2 && span(z, digit) == 2:
		minutes = twoDigits(z, 0) * 60
	default:
		return 0, 1, `expected an offset such as "+01:00"`
	}
	if minutes >= 24*60 {
		return 0, 1, "hour of the offset must be 00 to 23"
	}
	if s[0] == '+' {
		return minutes, 0, ""
	}
	if minutes == 0 && !lenient {
		return 0, 0, `offset must not be "-00:00"`
	}
	return -minutes, 0, ""
}

// datetimeToTime returns the time of what checkDatetime accepts.
func datetimeToTime(s string) time.Time {
	end := fractionEnd(s)
	nanos, unit := 0, 100_000_000
	for i := len(datetimePattern) + 1; i < end; i++ {
		nanos += int(s[i]-'0') * unit
		unit /= 10 // 0 after nine digits
	}
	zone, _, _ := parseZone(s[end:], true)
	return time.Date(twoDigits(s, 0)*100+twoDigits(s, 2), time.Month(twoDigits(s, 5)), twoDigits(s, 8),
		twoDigits(s, 11), twoDigits(s, 14)-zone, twoDigits(s, 17), nanos, time.UTC)
}

// Time returns the instant, in UTC. Digits after the ninth of the fraction are
// dropped. It is the zero time for the zero Datetime.
func (d Datetime) Time() time.Time {
	if d.s == "" {
		return time.Time{}
	}
	return datetimeToTime(d.s)
}

// IsZero reports whether d is the zero Datetime.
func (d Datetime) IsZero() bool { return d.s == "" }

// Compare orders datetimes by their instants, to the nanosecond. It returns 0
// for different texts of one instant, and the zero Datetime comes before all
// others.
func (d Datetime) Compare(e Datetime) int {
	if d.s == "" || e.s == "" {
		return strings.Compare(d.s, e.s)
	}
	return d.Time().Compare(e.Time())
}

// String returns the text that was parsed, or "" for the zero Datetime.
func (d Datetime) String() string { return d.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// Datetime.
func (d Datetime) AppendText(b []byte) ([]byte, error) { return appendText(b, kindDatetime, d.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// Datetime.
func (d Datetime) MarshalText() ([]byte, error) { return marshalText(kindDatetime, d.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseDatetime]. It
// leaves d alone if text is invalid.
func (d *Datetime) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseDatetime) }
