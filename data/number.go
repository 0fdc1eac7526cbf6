package data

import "bytes"

// A NumberSpelling says which of the spellings that JSON has for integers are
// read. Whatever it says, a number that is not whole, or does not fit in 64 bits,
// is an error, and what is written is [PlainNumbers].
//
// https://atproto.com/specs/data-model#integer
type NumberSpelling uint8

// The spellings of integers in JSON.
const (
	// IntegralNumbers are all that are whole: 123.0 and 1e3 are integers.
	IntegralNumbers NumberSpelling = iota
	// PlainNumbers have neither a fraction nor an exponent.
	PlainNumbers
	// SafeNumbers are those of IntegralNumbers, of which 123.0 and 1e3 must not
	// be beyond [MaxSafeInteger]: those come from writers whose numbers are
	// floating-point, which hold none beyond exactly.
	SafeNumbers
)

// check returns what is wrong with the spelling of an integer, or nothing.
func (s NumberSpelling) check(text []byte, n int64) string {
	switch {
	case s == IntegralNumbers || bytes.IndexByte(text, '.') < 0 && bytes.IndexByte(text, 'e') < 0 && bytes.IndexByte(text, 'E') < 0:
	case s == PlainNumbers:
		return "integer with a fraction or an exponent"
	case n > MaxSafeInteger || n < -MaxSafeInteger:
		return "integer beyond 53 bits with a fraction or an exponent"
	}
	return ""
}
