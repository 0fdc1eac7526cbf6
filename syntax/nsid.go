package syntax

import "strings"

// MaxNSIDLen is the maximum length of an NSID in bytes: a DNS name, a dot and
// a name of 63.
//
// https://atproto.com/specs/nsid#nsid-syntax
const MaxNSIDLen = 253 + 1 + maxSegmentLen

// An NSID is a syntactically valid namespaced identifier, the name of a schema
// or a method, such as "app.bsky.feed.post": a domain name in reverse order,
// its authority, followed by a name.
//
// NSIDs are comparable and may be map keys. The authority is written in lower
// case as a rule; see [NSID.Normalize]. The zero NSID is not valid.
type NSID struct {
	s string // "", or at least three segments
}

// ParseNSID parses an NSID: three or more segments with dots between them, in
// at most [MaxNSIDLen] bytes. A segment is 1 to 63 ASCII letters, digits and
// hyphens, without a hyphen at either end; the first does not start with a
// digit. The last segment, the name, has no hyphens and starts with a letter.
//
// Patterns such as "com.example.*" and references such as
// "com.example.defs#view" are not NSIDs. The limit of 253 bytes for the
// authority alone, which the specification mentions too, is not checked: the
// official test vectors hold longer ones to be valid.
//
// https://atproto.com/specs/nsid#nsid-syntax
func ParseNSID(s string) (NSID, error) {
	if off, msg := checkNSID(s); msg != "" {
		return NSID{}, &Error{Kind: kindNSID, Input: s, Offset: off, Msg: msg}
	}
	return NSID{s}, nil
}

// MustParseNSID is like [ParseNSID] but panics if s is invalid. It accepts
// only string constants.
func MustParseNSID(s constString) NSID { return must(ParseNSID(string(s))) }

// checkNSID returns where and why s is not an NSID, or an empty message.
func checkNSID(s string) (offset int, msg string) {
	if len(s) > MaxNSIDLen {
		return MaxNSIDLen, "longer than 317 bytes"
	}
	name, dots, hyphen, offset, msg := checkSegments(s)
	switch {
	case msg != "":
		return offset, msg
	case !is(s[0], letter):
		return 0, "first segment must start with a letter"
	case dots < 2:
		return len(s), "expected three or more segments"
	case !is(s[name], letter):
		return name, "name must start with a letter"
	case hyphen > name:
		return hyphen, "hyphen in name"
	}
	return 0, ""
}

// Name returns the last segment, such as "post". It is case-sensitive, and
// empty for the zero NSID.
func (n NSID) Name() string { return n.s[n.nameStart():] }

// Group returns all but the name, as written: "app.bsky.feed" for
// "app.bsky.feed.post". NSIDs of one group have the same authority. It is
// empty for the zero NSID.
func (n NSID) Group() string { return n.s[:max(n.nameStart()-1, 0)] }

// nameStart returns the offset of the name.
func (n NSID) nameStart() int { return strings.LastIndexByte(n.s, '.') + 1 }

// Authority returns the domain name that controls the NSID, in DNS order and
// lower case: "feed.bsky.app" for "app.bsky.feed.post". It is empty for the
// zero NSID. It allocates the string.
//
// https://atproto.com/specs/nsid#nsid-syntax
func (n NSID) Authority() string {
	group := strings.ToLower(n.Group())
	var b strings.Builder
	b.Grow(len(group))
	for {
		dot := strings.LastIndexByte(group, '.')
		b.WriteString(group[dot+1:])
		if dot < 0 {
			return b.String()
		}
		b.WriteByte('.')
		group = group[:dot]
	}
}

// Normalize returns the NSID with its authority in lower case. The name keeps
// its case, which is significant.
//
// https://atproto.com/specs/nsid#nsid-syntax
func (n NSID) Normalize() NSID {
	group := n.Group()
	folded := strings.ToLower(group)
	if folded == group {
		return n
	}
	return NSID{folded + n.s[len(group):]}
}

// IsZero reports whether n is the zero NSID.
func (n NSID) IsZero() bool { return n.s == "" }

// Compare orders NSIDs by their bytes, as [strings.Compare] does.
func (n NSID) Compare(m NSID) int { return strings.Compare(n.s, m.s) }

// String returns the text that was parsed, or "" for the zero NSID.
func (n NSID) String() string { return n.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero NSID.
func (n NSID) AppendText(b []byte) ([]byte, error) { return appendText(b, kindNSID, n.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero NSID.
func (n NSID) MarshalText() ([]byte, error) { return marshalText(kindNSID, n.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseNSID]. It
// leaves n alone if text is invalid.
func (n *NSID) UnmarshalText(text []byte) error { return unmarshalText(n, text, ParseNSID) }
