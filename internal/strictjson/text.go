package strictjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/linnet-at/linnet/internal/utf8scan"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainASCII returns the offset, at or after i, of the first byte of data that
// is not a plain ASCII character of a string: a quote, a backslash, a control
// character, or part of another character. It looks at eight bytes at a time:
// subtracting carries into a byte's high bit where it falls below zero, and
// what a carry does to the bytes above it does not matter, for the lowest hit
// is the one taken.
func plainASCII(data []byte, i int) int {
	for ; i+8 <= len(data); i += 8 {
		x := binary.LittleEndian.Uint64(data[i:])
		hit := x | (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)
		if hit &= highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(data) && data[i] >= ' ' && data[i] < utf8.RuneSelf && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// plainText is plainASCII for strings that hold other characters too: it stops
// at quotes, backslashes and control characters only.
func plainText(data []byte, i int) int {
	for ; i+8 <= len(data); i += 8 {
		x := binary.LittleEndian.Uint64(data[i:])
		hit := (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)
		if hit &= highs &^ x; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// scanString checks the string whose opening quote is at start, makes it the
// current token, and returns the offset after its closing quote. Most strings
// are plain and short: they end here, in the first steps of what plainASCII
// does. The others go to scanText.
func (s *Scanner) scanString(start int) (end int, err error) {
	i := start + 1
	for ; i+8 <= len(s.data); i += 8 {
		x := binary.LittleEndian.Uint64(s.data[i:])
		hit := x | (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)
		if hit &= highs; hit == 0 {
			continue
		}
		if i += bits.TrailingZeros64(hit) / 8; s.data[i] != '"' {
			break
		}
		s.start, s.text, s.end, s.textLen, s.escaped = start, start+1, i, i-start-1, false
		return i + 1, nil
	}
	return s.scanText(start, i)
}

// scanText is scanString for all strings; what is before offset i is
// plain ASCII.
func (s *Scanner) scanText(start, i int) (end int, err error) {
	ascii, escaped, saved := true, false, 0
	for i = plainASCII(s.data, i); i < len(s.data); {
		switch c := s.data[i]; {
		case c == '"':
			text := s.data[start+1 : i]
			if !ascii {
				if bad := utf8scan.Invalid(text); bad >= 0 {
					return s.textError(start+1+bad, "invalid UTF-8")
				}
			}
			s.start, s.text, s.end, s.textLen, s.escaped = start, start+1, i, len(text)-saved, escaped
			return i + 1, nil
		case c == '\\':
			n, decoded, msg := escape(s.data[i:])
			if msg != "" {
				return s.textError(i, msg)
			}
			escaped = true
			saved += n - decoded
			i += n
		case c < ' ':
			return s.textError(i, "control character in a string")
		default:
			ascii = false
		}
		if ascii {
			i = plainASCII(s.data, i)
		} else {
			i = plainText(s.data, i)
		}
	}
	return s.textError(i, "unexpected end of input")
}

func (s *Scanner) textError(i int, msg string) (int, error) {
	_, err := s.fail(i, msg)
	return i, err
}

// escape measures the escape, or the pair of escapes for one character, with
// which b begins: n bytes that stand for decoded bytes of UTF-8.
func escape(b []byte) (n, decoded int, msg string) {
	if len(b) < 2 {
		return 0, 0, "unexpected end of input"
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, 1, ""
	case 'u':
		r, n, msg := unicodeEscape(b)
		return n, utf8.RuneLen(r), msg
	}
	return 0, 0, "unknown escape"
}

// unicodeEscape reads the \u escape, or the pair of them, with which b begins.
func unicodeEscape(b []byte) (r rune, n int, msg string) {
	r = hex4(b)
	switch {
	case r < 0:
		return 0, 0, `\u without four hexadecimal digits`
	case !utf16.IsSurrogate(r):
		return r, 6, ""
	}
	if low := hex4(b[6:]); low >= 0 {
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			return r, 12, ""
		}
	}
	return 0, 0, "unpaired surrogate escape"
}

// hex4 returns the number in the \uXXXX with which b begins, or -1.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		switch lower := c | 0x20; {
		case c-'0' < 10:
			r = r<<4 | rune(c-'0')
		case lower-'a' < 6:
			r = r<<4 | rune(lower-'a'+10)
		default:
			return -1
		}
	}
	return r
}

// appendUnescaped appends text, whose escapes have been checked, to dst with
// its escapes resolved.
func appendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		n := 2
		switch c := text[1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			var r rune
			r, n, _ = unicodeEscape(text)
			dst = utf8.AppendRune(dst, r)
		default: // quote, backslash, slash
			dst = append(dst, c)
		}
		text = text[n:]
	}
}
