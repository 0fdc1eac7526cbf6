package syntax

import (
	"path"
	"strings"
)

// A FullATURI is a syntactically valid AT-URI in the general form: a DID or a
// handle, then any path, and perhaps a query and a fragment, such as
// "at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a#/text".
//
// Records and methods use the restricted form, which is [ATURI], and a string
// for them is checked with [ParseATURI]. This type is for everything else that
// bears the name: references into a record, and the URIs of old records, whose
// keys followed no rules. Every valid ATURI is a valid FullATURI too.
//
// FullATURIs are comparable and may be map keys; they are equal if their bytes
// are. The zero FullATURI is not valid.
//
// https://atproto.com/specs/at-uri-scheme#full-at-uri-syntax
type FullATURI struct {
	s string // "", or "at://" at-identifier [path] ["?" query] ["#/" fragment]
}

// ParseFullATURI parses an AT-URI in the general form, in at most
// [MaxATURILen] bytes: "at://", a DID or a handle, a path that is empty or
// starts with a slash, optionally "?" and a query, and optionally "#" and a
// fragment that starts with a slash.
//
// The parts consist of the ASCII characters that RFC 3986 allows in them, and
// fragments also of the brackets of JSON paths. Segments of the path may be
// empty and need not be NSIDs or record keys, and a "%" need not begin an
// escape. The authority is not decoded.
//
// https://atproto.com/specs/at-uri-scheme#full-at-uri-syntax
func ParseFullATURI(s string) (FullATURI, error) {
	if off, msg := checkFullATURI(s); msg != "" {
		return FullATURI{}, &Error{Kind: kindFullATURI, Input: s, Offset: off, Msg: msg}
	}
	return FullATURI{s}, nil
}

// MustParseFullATURI is like [ParseFullATURI] but panics if s is invalid. It
// accepts only string constants.
func MustParseFullATURI(s constString) FullATURI { return must(ParseFullATURI(string(s))) }

// checkFullATURI returns where and why s is not an AT-URI in the general form,
// or an empty message.
func checkFullATURI(s string) (offset int, msg string) {
	if len(s) > MaxATURILen {
		return MaxATURILen, "longer than 8192 bytes"
	}
	tail, fragment, hasFragment := strings.Cut(s, "#")
	hash := len(tail)
	tail, query, _ := strings.Cut(tail, "?")
	end, offset, msg := checkAuthority(tail)
	if msg != "" {
		return offset, msg
	}
	if i := end + span(tail[end:], pathByte); i < len(tail) {
		return i, "invalid character in path"
	}
	if i := span(query, queryByte); i < len(query) {
		return len(tail) + 1 + i, "invalid character in query"
	}
	if !hasFragment {
		return 0, ""
	}
	if !strings.HasPrefix(fragment, "/") {
		return hash + 1, "fragment must start with a slash"
	}
	if i := span(fragment, jsonByte); i < len(fragment) {
		return hash + 1 + i, "invalid character in fragment"
	}
	return 0, ""
}

// Authority returns the DID or handle after "at://". It is zero for the zero
// FullATURI. Like all methods that return parts, it costs no allocation.
func (u FullATURI) Authority() AtIdentifier {
	authority, _ := u.split()
	return AtIdentifier{authority}
}

// Path returns the path as written, which is empty or starts with a slash.
func (u FullATURI) Path() string {
	_, tail := u.split()
	tail, _, _ = strings.Cut(tail, "#")
	tail, _, _ = strings.Cut(tail, "?")
	return tail
}

// Query returns what is between the question mark and the fragment, and
// whether there is a question mark.
func (u FullATURI) Query() (string, bool) {
	tail, _, _ := strings.Cut(u.s, "#")
	_, query, ok := strings.Cut(tail, "?")
	return query, ok
}

// Fragment returns what follows the hash sign, which starts with a slash, and
// whether there is one.
func (u FullATURI) Fragment() (string, bool) {
	_, fragment, ok := strings.Cut(u.s, "#")
	return fragment, ok
}

// split returns the authority and what follows it.
func (u FullATURI) split() (authority, tail string) {
	s := strings.TrimPrefix(u.s, atPrefix)
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// ATURI returns the part of u before query and fragment in the restricted
// form, if it has that form. Normalize u first to let go of trailing slashes
// and needless escapes.
func (u FullATURI) ATURI() (ATURI, bool) {
	s := u.s
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	_, msg := checkATURI(s)
	if msg != "" {
		return ATURI{}, false
	}
	return ATURI{s}, true
}

// Normalize returns u with its handle in lower case and its path in a simple
// form: without dot segments, repeated or trailing slashes, and with the
// authority of an NSID at its start in lower case. In all parts but the
// authority, escapes of letters, digits and "-._~" are decoded, in the path
// also those of ":", and the others get upper-case digits. A part in which some
// "%" begins no escape keeps its escapes.
//
// https://atproto.com/specs/at-uri-scheme#normalization
func (u FullATURI) Normalize() FullATURI {
	if u.s == "" {
		return u
	}
	s := atPrefix + u.Authority().Normalize().s + normalizePath(u.Path())
	if query, ok := u.Query(); ok {
		s += "?" + normalizeEscapes(query, unreserved)
	}
	if fragment, ok := u.Fragment(); ok {
		s += "#" + normalizeEscapes(fragment, unreserved)
	}
	return FullATURI{s}
}

// normalizePath returns the simple form of a path.
func normalizePath(s string) string {
	if s == "" {
		return ""
	}
	// What is decoded may be dot segments; what is removed may hold the part's
	// only bad escape.
	if s = path.Clean(normalizeEscapes(path.Clean(s), rkeyByte)); s == "/" {
		return ""
	}
	end := nextSlash(s, 1)
	if _, msg := checkNSID(s[1:end]); msg == "" {
		s = "/" + NSID{s[1:end]}.Normalize().s + s[end:]
	}
	return s
}

// IsZero reports whether u is the zero FullATURI.
func (u FullATURI) IsZero() bool { return u.s == "" }

// Compare orders URIs by their bytes, as [strings.Compare] does.
func (u FullATURI) Compare(v FullATURI) int { return strings.Compare(u.s, v.s) }

// String returns the text that was parsed, or "" for the zero FullATURI.
func (u FullATURI) String() string { return u.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// FullATURI.
func (u FullATURI) AppendText(b []byte) ([]byte, error) { return appendText(b, kindFullATURI, u.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// FullATURI.
func (u FullATURI) MarshalText() ([]byte, error) { return marshalText(kindFullATURI, u.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseFullATURI].
// It leaves u alone if text is invalid.
func (u *FullATURI) UnmarshalText(text []byte) error { return unmarshalText(u, text, ParseFullATURI) }
