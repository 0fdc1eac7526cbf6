package syntax

import "strings"

// badEscape returns the offset of the first "%" of s that begins no escape of
// two hexadecimal digits (RFC 3986, section 2.1), or -1.
func badEscape(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			return i
		}
		i += 2
	}
	return -1
}

// normalizeEscapes decodes the escapes in s of bytes of a class, which must
// not include "%", and writes the others with upper-case digits. It returns s
// as it is if it has a bad escape, for decoding could then make new ones.
func normalizeEscapes(s string, plain uint16) string {
	if !strings.Contains(s, "%") || badEscape(s) >= 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if c := byte(unhex(s[i+1])<<4 | unhex(s[i+2])); is(c, plain) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(s[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
