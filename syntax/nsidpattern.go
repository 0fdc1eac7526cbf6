package syntax

import "strings"

// An NSIDPattern selects NSIDs: all of them ("*"), those below a group
// ("app.bsky.*"), or a single one ("app.bsky.feed.post").
//
// NSIDPatterns are comparable and may be map keys. The zero NSIDPattern is not
// valid and matches nothing.
type NSIDPattern struct {
	s string // "", "*", segments ".*", or an NSID
}

// ParseNSIDPattern parses a pattern: "*", or one or more segments of an NSID's
// authority followed by ".*", or an NSID, in at most [MaxNSIDLen] bytes. A
// star stands alone in its segment, the last.
//
// https://atproto.com/specs/nsid#nsid-syntax-variations
func ParseNSIDPattern(s string) (NSIDPattern, error) {
	if off, msg := checkNSIDPattern(s); msg != "" {
		return NSIDPattern{}, &Error{Kind: kindNSIDPattern, Input: s, Offset: off, Msg: msg}
	}
	return NSIDPattern{s}, nil
}

// MustParseNSIDPattern is like [ParseNSIDPattern] but panics if s is invalid.
// It accepts only string constants.
func MustParseNSIDPattern(s constString) NSIDPattern { return must(ParseNSIDPattern(string(s))) }

// checkNSIDPattern returns where and why s is not a pattern, or an empty
// message.
func checkNSIDPattern(s string) (offset int, msg string) {
	if s == "*" {
		return 0, ""
	}
	if len(s) > MaxNSIDLen {
		return MaxNSIDLen, "longer than 317 bytes"
	}
	group, isGlob := strings.CutSuffix(s, ".*")
	if !isGlob {
		return checkNSID(s)
	}
	_, _, _, offset, msg = checkSegments(group)
	if msg == "" && !is(s[0], letter) {
		return 0, "first segment must start with a letter"
	}
	return offset, msg
}

// Match reports whether the pattern selects n. The segments before a star must
// be the first segments of n, byte for byte, and one or more must follow:
// "app.bsky.feed.*" matches "app.bsky.feed.post", but not
// "app.bsky.feedgen.get". Normalize NSIDs of doubtful case first.
func (p NSIDPattern) Match(n NSID) bool {
	prefix, isGlob := strings.CutSuffix(p.s, "*")
	if isGlob {
		return n.s != "" && strings.HasPrefix(n.s, prefix)
	}
	return p.s != "" && p.s == n.s
}

// IsZero reports whether p is the zero NSIDPattern.
func (p NSIDPattern) IsZero() bool { return p.s == "" }

// String returns the text that was parsed, or "" for the zero NSIDPattern.
func (p NSIDPattern) String() string { return p.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// NSIDPattern.
func (p NSIDPattern) AppendText(b []byte) ([]byte, error) {
	return appendText(b, kindNSIDPattern, p.s)
}

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// NSIDPattern.
func (p NSIDPattern) MarshalText() ([]byte, error) { return marshalText(kindNSIDPattern, p.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like
// [ParseNSIDPattern]. It leaves p alone if text is invalid.
func (p *NSIDPattern) UnmarshalText(text []byte) error {
	return unmarshalText(p, text, ParseNSIDPattern)
}
