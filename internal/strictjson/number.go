package strictjson

import "math"

// scanNumber checks the number that begins at i, a minus sign or a digit, and
// returns the offset after it. If msg is not empty, it says what was wrong at
// that offset.
func scanNumber(data []byte, i int) (end int, msg string) {
	if data[i] == '-' {
		i++
	}
	from := i
	if i = digits(data, i); i == from {
		return i, "number without digits"
	}
	if data[from] == '0' && i > from+1 {
		return from, "number with a leading zero"
	}
	if i < len(data) && data[i] == '.' {
		from = i + 1
		if i = digits(data, from); i == from {
			return i, "number without digits after the point"
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		from = i
		if i = digits(data, from); i == from {
			return i, "number without digits in its exponent"
		}
	}
	return i, ""
}

func digits(data []byte, i int) int {
	for i < len(data) && data[i]-'0' < 10 {
		i++
	}
	return i
}

// The reasons for which a number is not an integer of 64 bits.
const (
	notIntegral = "number is not an integer"
	outOfRange  = "integer does not fit in 64 bits"
)

// ParseInt returns the value of num, a number that a [Scanner] handed out. Any
// spelling of an integer will do, such as 123.0 and 1e3; it is read from its
// digits, so none is rounded. Negative zero is zero. If num is not an integer
// or does not fit in an int64, msg says which. The work is linear in the
// length of num, whatever its exponent.
func ParseInt(num []byte) (n int64, msg string) {
	b, neg := num, false
	if len(b) > 0 && b[0] == '-' {
		b, neg = b[1:], true
	}
	if len(b) > 18 {
		return parseDecimal(b, neg)
	}
	for _, c := range b { // at most 18 digits: cannot overflow
		if c -= '0'; c > 9 {
			return parseDecimal(b, neg)
		}
		n = n*10 + int64(c)
	}
	if neg {
		n = -n
	}
	return n, ""
}

// parseDecimal is ParseInt for the spellings with a fraction or an exponent
// and for long numbers; the sign has been taken off b.
//
// The number is m*10^exp, where m is read from the digits before the exponent
// without the point. Zeros at the end of m are held back and only taken into m
// when another digit follows, so that m is what remains without them.
func parseDecimal(b []byte, neg bool) (int64, string) {
	var m uint64
	var exp, zeros, places int64 // zeros held back; places is 1 after the point
	fits := true
	i := 0
	for ; i < len(b) && b[i]|0x20 != 'e'; i++ {
		switch c := b[i]; c {
		case '.':
			places = 1
			continue
		case '0':
			zeros++
		default:
			var ok bool
			m, ok = shift(m, zeros+1)
			m += uint64(c - '0')
			fits = fits && ok
			zeros = 0
		}
		exp -= places
	}
	if m == 0 && fits {
		return 0, ""
	}
	if i < len(b) {
		exp += parseExponent(b[i+1:])
	}
	if exp += zeros; exp < 0 {
		return 0, notIntegral
	}
	m, ok := shift(m, exp)
	switch {
	case !fits || !ok:
		return 0, outOfRange
	case neg && m <= 1<<63:
		return -int64(m), ""
	case m > math.MaxInt64:
		return 0, outOfRange
	}
	return int64(m), ""
}

// shift returns m*10^n, and whether that is at most 2^63.
func shift(m uint64, n int64) (uint64, bool) {
	if m == 0 {
		return 0, true
	}
	for ; n > 0; n-- {
		if m > (1<<63)/10 {
			return 0, false
		}
		m *= 10
	}
	return m, true
}

// parseExponent returns the exponent b. Beyond 2^40 every exponent is the
// same: no input is long enough to make up for it.
func parseExponent(b []byte) int64 {
	neg := b[0] == '-'
	if neg || b[0] == '+' {
		b = b[1:]
	}
	var n int64
	for _, c := range b {
		n = min(n*10+int64(c-'0'), 1<<40)
	}
	if neg {
		n = -n
	}
	return n
}
