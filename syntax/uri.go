package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxURILen is the maximum length of a URI in bytes.
//
// https://atproto.com/specs/lexicon#uri
const MaxURILen = 8192

// maxSchemeLen is the maximum length of a URI's scheme. No specification
// states it; registered ones are much shorter.
const maxSchemeLen = 81

// A URI is a string that looks like a URI of any scheme, such as
// "https://example.com/path" or "dns:example.com": little is checked.
//
// It may be a "javascript:" URI, or lead to any host. Look at [URI.Scheme]
// before making it a link, and parse it with [net/url.Parse] before following
// it.
//
// URIs are comparable and may be map keys; they are equal if their bytes are.
// The zero URI is not valid.
type URI struct {
	s string // "", or scheme ":" something
}

// ParseURI parses a URI, in at most [MaxURILen] bytes: a scheme, which is a
// letter and up to 80 more letters, digits and "+.-", then ":", then at least
// one character. White space and control characters are not allowed, others
// that are not ASCII are, if the text is valid UTF-8. The form that a scheme
// asks for is not checked.
//
// https://atproto.com/specs/lexicon#uri
func ParseURI(s string) (URI, error) {
	if off, msg := checkURI(s); msg != "" {
		return URI{}, &Error{Kind: kindURI, Input: s, Offset: off, Msg: msg}
	}
	return URI{s}, nil
}

// MustParseURI is like [ParseURI] but panics if s is invalid. It accepts only
// string constants.
func MustParseURI(s constString) URI { return must(ParseURI(string(s))) }

// checkURI returns where and why s is not a URI, or an empty message.
func checkURI(s string) (offset int, msg string) {
	if len(s) > MaxURILen {
		return MaxURILen, "longer than 8192 bytes"
	}
	if s == "" || !is(s[0], letter) {
		return 0, "scheme must start with a letter"
	}
	colon := span(s, schemeByte)
	switch {
	case colon > maxSchemeLen:
		return maxSchemeLen, "scheme longer than 81 bytes"
	case colon == len(s) || s[colon] != ':':
		return colon, `expected ":" after scheme`
	case colon == len(s)-1:
		return len(s), `nothing after ":"`
	}
	for i := colon + 1; i < len(s); {
		if i += span(s[i:], jsonByte); i == len(s) {
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return i, "invalid UTF-8"
		case unicode.IsSpace(r) || r < ' ' || r == 0x7f || r == '\ufeff':
			return i, "white space or control character"
		}
		i += size
	}
	return 0, ""
}

// Scheme returns what is before the first colon, in lower case, such as
// "https". It is empty for the zero URI.
func (u URI) Scheme() string {
	scheme, _, _ := strings.Cut(u.s, ":")
	return strings.ToLower(scheme)
}

// IsZero reports whether u is the zero URI.
func (u URI) IsZero() bool { return u.s == "" }

// Compare orders URIs by their bytes, as [strings.Compare] does.
func (u URI) Compare(v URI) int { return strings.Compare(u.s, v.s) }

// String returns the text that was parsed, or "" for the zero URI.
func (u URI) String() string { return u.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero URI.
func (u URI) AppendText(b []byte) ([]byte, error) { return appendText(b, kindURI, u.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero URI.
func (u URI) MarshalText() ([]byte, error) { return marshalText(kindURI, u.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseURI]. It
// leaves u alone if text is invalid.
func (u *URI) UnmarshalText(text []byte) error { return unmarshalText(u, text, ParseURI) }
