package syntax

// Classes of bytes, as bits of [class].
const (
	letter     = 1 << iota // A-Z a-z
	lower                  // a-z
	digit                  // 0-9
	alnum                  // A-Z a-z 0-9
	hostByte               // A-Z a-z 0-9 -, what a DNS label is made of
	didByte                // what may follow the method of a DID
	rkeyByte               // what a record key is made of
	plcByte                // a-z 2-7, the base32 of did:plc
	cidByte                // what the text of a CID is made of, in any base
	schemeByte             // what may follow the first letter of a URI's scheme
	unreserved             // RFC 3986, section 2.3
	pathByte               // pchar of RFC 3986, any "%" and "/"
	queryByte              // pathByte and "?", also what a fragment is made of
	jsonByte               // queryByte and the brackets of a JSON path

	uriBits    = pathByte | queryByte | jsonByte
	alnumBits  = alnum | hostByte | didByte | rkeyByte | cidByte | schemeByte | unreserved | uriBits
	upperBits  = alnumBits | letter
	lowerBits  = upperBits | lower | plcByte
	digitBits  = alnumBits | digit
	plcDigits  = digitBits | plcByte
	hyphenBits = hostByte | didByte | rkeyByte | schemeByte | unreserved | uriBits
	dotBits    = didByte | rkeyByte | schemeByte | unreserved | uriBits
)

// class holds the classes of each byte.
var class = [256]uint16{
	'A': upperBits, 'B': upperBits, 'C': upperBits, 'D': upperBits,
	'E': upperBits, 'F': upperBits, 'G': upperBits, 'H': upperBits,
	'I': upperBits, 'J': upperBits, 'K': upperBits, 'L': upperBits,
	'M': upperBits, 'N': upperBits, 'O': upperBits, 'P': upperBits,
	'Q': upperBits, 'R': upperBits, 'S': upperBits, 'T': upperBits,
	'U': upperBits, 'V': upperBits, 'W': upperBits, 'X': upperBits,
	'Y': upperBits, 'Z': upperBits,
	'a': lowerBits, 'b': lowerBits, 'c': lowerBits, 'd': lowerBits,
	'e': lowerBits, 'f': lowerBits, 'g': lowerBits, 'h': lowerBits,
	'i': lowerBits, 'j': lowerBits, 'k': lowerBits, 'l': lowerBits,
	'm': lowerBits, 'n': lowerBits, 'o': lowerBits, 'p': lowerBits,
	'q': lowerBits, 'r': lowerBits, 's': lowerBits, 't': lowerBits,
	'u': lowerBits, 'v': lowerBits, 'w': lowerBits, 'x': lowerBits,
	'y': lowerBits, 'z': lowerBits,
	'0': digitBits, '1': digitBits, '8': digitBits, '9': digitBits,
	'2': plcDigits, '3': plcDigits, '4': plcDigits,
	'5': plcDigits, '6': plcDigits, '7': plcDigits,
	'-': hyphenBits,
	'.': dotBits,
	'_': didByte | rkeyByte | unreserved | uriBits,
	':': didByte | rkeyByte | uriBits,
	'~': rkeyByte | unreserved | uriBits,
	'%': didByte | uriBits,
	'+': cidByte | schemeByte | uriBits,
	'=': cidByte | uriBits,
	'!': uriBits, '$': uriBits, '&': uriBits, '\'': uriBits,
	'(': uriBits, ')': uriBits, '*': uriBits, ',': uriBits,
	';': uriBits, '@': uriBits, '/': uriBits,
	'?': queryByte | jsonByte,
	'[': jsonByte, ']': jsonByte,
}

// is reports whether c belongs to a class.
func is(c byte, bits uint16) bool {
	return class[c]&bits != 0
}

// span returns how many bytes at the start of s belong to a class.
func span(s string, bits uint16) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		c := s[i : i+8]
		if bits&class[c[0]]&class[c[1]]&class[c[2]]&class[c[3]]&
			class[c[4]]&class[c[5]]&class[c[6]]&class[c[7]] == 0 {
			break
		}
	}
	for i < len(s) && is(s[i], bits) {
		i++
	}
	return i
}

const (
	lowBits  = 0x0101010101010101 // the lowest bit of each of 8 bytes
	highBits = lowBits << 7
)

// load8 returns the first 8 bytes of s as an integer.
func load8(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// plcBytes returns the high bit of each of 8 bytes that is one of a-z or 2-7,
// the base32 of did:plc.
func plcBytes(x uint64) uint64 {
	ascii := x &^ highBits // sums don't carry into the next byte
	return (from(ascii, 'a')&^from(ascii, 'z'+1) | from(ascii, '2')&^from(ascii, '7'+1)) &^ x & highBits
}

// from sets the high bit of each of 8 ASCII bytes that is c or above. The
// other bits of the result mean nothing.
func from(ascii uint64, c byte) uint64 { return ascii + lowBits*uint64(0x80-c) }

// tidDigit holds the value of each digit of a TID, and 0xff for other bytes.
var tidDigit = [256]uint8{
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0, 1, 2, 3, 4, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
	21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
}
