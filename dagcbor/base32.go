package dagcbor

// base32Text holds the digits of base32 in lower case, as in RFC 4648, section 6,
// and the multibase table (https://github.com/multiformats/multibase, code "b").
const base32Text = "abcdefghijklmnopqrstuvwxyz234567"

// notBase32 marks the bytes that are no digits in base32Digit.
const notBase32 = 0x80

// base32Digit is the value of each digit.
var base32Digit = func() (t [256]byte) {
	for i := range t {
		t[i] = notBase32
	}
	for v, c := range []byte(base32Text) {
		t[c] = byte(v)
	}
	return t
}()
