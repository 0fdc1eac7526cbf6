package syntax

import "strings"

// MaxDIDLen is the maximum length of a DID in bytes.
//
// https://atproto.com/specs/did#at-protocol-did-identifier-syntax
const MaxDIDLen = 2048

const (
	didPrefix = "did:"
	plcPrefix = "did:plc:"
	webPrefix = "did:web:"
	plcLen    = 32 // of a whole did:plc
)

// A DID is a syntactically valid decentralized identifier, the permanent name
// of an account, such as "did:plc:z72i7hdynmk6r22z27h6tvur".
//
// DIDs are comparable and may be map keys; they are equal if their bytes are,
// since upper and lower case are different in them. The zero DID is not valid.
type DID struct {
	s string // "", or "did:" method ":" identifier
}

// ParseDID parses a DID: "did:", a method of lower-case letters, ":", and an
// identifier of ASCII letters, digits and "._:%-" that does not end in ":" or
// "%", in at most [MaxDIDLen] bytes.
//
// Any method is accepted, and neither percent-encoding nor the identifier's
// form within its method are checked: see [DID.Method] and [DID.IsPLC].
// Paths, queries and fragments are not part of a DID.
//
// https://atproto.com/specs/did#at-protocol-did-identifier-syntax
func ParseDID(s string) (DID, error) {
	if isPLC(s) || isWeb(s) { // as nearly all are
		return DID{s}, nil
	}
	if off, msg := checkDID(s); msg != "" {
		return DID{}, &Error{Kind: kindDID, Input: s, Offset: off, Msg: msg}
	}
	return DID{s}, nil
}

// MustParseDID is like [ParseDID] but panics if s is invalid. It accepts only
// string constants.
func MustParseDID(s constString) DID { return must(ParseDID(string(s))) }

// checkDID returns where and why s is not a DID, or an empty message.
func checkDID(s string) (offset int, msg string) {
	if len(s) > MaxDIDLen {
		return MaxDIDLen, "longer than 2048 bytes"
	}
	end, offset, msg := scanDID(s)
	if msg == "" && end < len(s) {
		return end, "invalid character in identifier"
	}
	return offset, msg
}

// scanDID returns where the DID at the start of s ends, which is at the first
// byte that can't be part of one, or where and why there is none.
func scanDID(s string) (end, offset int, msg string) {
	if !strings.HasPrefix(s, didPrefix) {
		return 0, commonPrefixLen(s, didPrefix), `expected "did:"`
	}
	i := len(didPrefix)
	for i < len(s) && is(s[i], lower) {
		i++
	}
	switch {
	case i == len(s):
		return 0, i, `expected ":" after method`
	case s[i] != ':':
		return 0, i, "method must be lower-case letters"
	case i == len(didPrefix):
		return 0, i, "empty method"
	}
	i++
	end = i + span(s[i:], didByte)
	switch c := s[end-1]; {
	case end == i:
		return 0, i, "empty identifier"
	case end > MaxDIDLen:
		return 0, MaxDIDLen, "longer than 2048 bytes"
	case c == ':' || c == '%':
		return 0, end - 1, `identifier ends with ":" or "%"`
	}
	return end, 0, ""
}

// commonPrefixLen returns the length of the longest common prefix of a and b.
func commonPrefixLen(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// Method returns the DID's method, which is the text between the first colon
// and the second, such as "plc". It is empty for the zero DID.
func (d DID) Method() string {
	method, _ := d.split()
	return method
}

// Identifier returns the method-specific identifier, which is all that follows
// the second colon, further colons included. It is empty for the zero DID.
func (d DID) Identifier() string {
	_, id := d.split()
	return id
}

// split returns the method and the identifier.
func (d DID) split() (method, id string) {
	method, id, _ = strings.Cut(strings.TrimPrefix(d.s, didPrefix), ":")
	return method, id
}

// IsPLC reports whether d has the exact form of a did:plc: "did:plc:" and 24
// characters of a-z and 2-7. It is stricter than the method being "plc":
// "did:plc:asdf123" is a valid DID, but it can't be registered or resolved.
//
// https://web.plc.directory/spec/v0.1/did-plc
func (d DID) IsPLC() bool { return isPLC(d.s) }

// isPLC reports whether s is a did:plc. It looks at 8 bytes at a time.
func isPLC(s string) bool {
	return len(s) == plcLen && s[:len(plcPrefix)] == plcPrefix &&
		plcBytes(load8(s[8:]))&plcBytes(load8(s[16:]))&plcBytes(load8(s[24:])) == highBits
}

// isWeb reports whether s is a valid DID of the method web, whose identifier
// need not be a host's name.
func isWeb(s string) bool {
	if len(s) <= len(webPrefix) || len(s) > MaxDIDLen || s[:len(webPrefix)] != webPrefix {
		return false
	}
	all := uint16(didByte)
	for i := len(webPrefix); i < len(s); i++ {
		all &= class[s[i]]
	}
	last := s[len(s)-1]
	return all != 0 && last != ':' && last != '%'
}

// IsRecommended reports whether d is no longer than the 64 bytes that the
// specification recommends for new DIDs. Longer ones are valid.
//
// https://atproto.com/specs/did#usage-and-implementation-guidelines
func (d DID) IsRecommended() bool { return d.s != "" && len(d.s) <= 64 }

// IsZero reports whether d is the zero DID.
func (d DID) IsZero() bool { return d.s == "" }

// Compare orders DIDs by their bytes, as [strings.Compare] does.
func (d DID) Compare(e DID) int { return strings.Compare(d.s, e.s) }

// String returns the text that was parsed, or "" for the zero DID.
func (d DID) String() string { return d.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero DID.
func (d DID) AppendText(b []byte) ([]byte, error) { return appendText(b, kindDID, d.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero DID.
func (d DID) MarshalText() ([]byte, error) { return marshalText(kindDID, d.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseDID]. It
// leaves d alone if text is invalid.
func (d *DID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseDID) }
