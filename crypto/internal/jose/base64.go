package jose

import (
	"encoding/base64"
	"strings"
)

// encoding is base64url without padding that refuses stray bits in the last
// character (RFC 7515, section 2, and RFC 4648, section 3.5).
var encoding = base64.RawURLEncoding.Strict()

// Decode returns the bytes that s stands for in base64url, and whether it is
// the one text that does. What Decode takes, [AppendBase64] gives back.
func Decode(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") { // which the decoder would skip
		return nil, false
	}
	b, err := encoding.DecodeString(s)
	return b, err == nil
}

// DecodeInto is [Decode] for a text of exactly len(dst) bytes. If it fails, dst
// may hold anything.
func DecodeInto(dst []byte, s string) bool {
	if len(s) != encoding.EncodedLen(len(dst)) {
		return false
	}
	b, ok := Decode(s)
	return ok && copy(dst, b) == len(b)
}

// EncodedLen returns the length in base64url of n bytes.
func EncodedLen(n int) int { return encoding.EncodedLen(n) }

// AppendBase64 appends b in base64url without padding.
func AppendBase64(dst, b []byte) []byte {
	return encoding.AppendEncode(dst, b)
}
