package syntax

import "strings"

// spaceMark follows the authority of a space. No NSID is "space", so the URIs
// of spaces are never valid as [ATURI].
const spaceMark = "/space/"

// A SpaceRef is a syntactically valid reference to a space of permissioned
// data, such as "at://did:web:example.com/space/com.example.forum/self": the
// DID of its authority, its type and its key. Its place in Lexicons is the
// string format "space-ref".
//
// Draft: this type follows a proposal that is announced to change. It may
// change with it, or go, in any release of this package, without notice.
//
// SpaceRefs are comparable and may be map keys. The zero SpaceRef is not
// valid.
//
// https://github.com/bluesky-social/proposals (proposal 0016)
type SpaceRef struct {
	s string // "", or "at://" DID "/space/" NSID "/" record key
}

// ParseSpaceRef parses a reference to a space: "at://", a DID, "/space/", the
// NSID of the space's type, a slash, and the space's key, which has the syntax
// of record keys. There are no handles, trailing slashes, queries or
// fragments.
//
// Draft: see [SpaceRef].
func ParseSpaceRef(s string) (SpaceRef, error) {
	if off, msg := checkSpaceRef(s); msg != "" {
		return SpaceRef{}, &Error{Kind: kindSpaceRef, Input: s, Offset: off, Msg: msg}
	}
	return SpaceRef{s}, nil
}

// MustParseSpaceRef is like [ParseSpaceRef] but panics if s is invalid. It
// accepts only string constants.
//
// Draft: see [SpaceRef].
func MustParseSpaceRef(s constString) SpaceRef { return must(ParseSpaceRef(string(s))) }

// NewSpaceRef returns the reference to a space, with its type normalised. It is
// the zero SpaceRef if any part is zero.
//
// Draft: see [SpaceRef].
func NewSpaceRef(authority DID, spaceType NSID, key RecordKey) SpaceRef {
	if authority.IsZero() || spaceType.IsZero() || key.IsZero() {
		return SpaceRef{}
	}
	return SpaceRef{atPrefix + authority.s + spaceMark + spaceType.Normalize().s + "/" + key.s}
}

// checkSpaceRef returns where and why s is not a reference to a space, or an
// empty message.
func checkSpaceRef(s string) (offset int, msg string) {
	end, offset, msg := checkSpace(s)
	if msg == "" && end < len(s) {
		return end, "expected no more after the space key"
	}
	return offset, msg
}

// checkSpace checks the length of a URI and the reference to a space at its
// start. It returns where that ends, which is at a slash or the end of s, or
// where and why there is none.
func checkSpace(s string) (end, offset int, msg string) {
	if len(s) > MaxATURILen {
		return 0, MaxATURILen, "longer than 8192 bytes"
	}
	if !strings.HasPrefix(s, atPrefix) {
		return 0, commonPrefixLen(s, atPrefix), `expected "at://"`
	}
	start := len(atPrefix)
	end = nextSlash(s, start)
	if off, msg := checkDID(s[start:end]); msg != "" {
		return 0, start + off, "space authority: " + msg
	}
	if !strings.HasPrefix(s[end:], spaceMark) {
		return 0, end + commonPrefixLen(s[end:], spaceMark), `expected "/space/"`
	}
	start = end + len(spaceMark)
	end = nextSlash(s, start)
	if off, msg := checkNSID(s[start:end]); msg != "" {
		return 0, start + off, "space type: " + msg
	}
	if end == len(s) {
		return 0, end, "expected a slash and the space key"
	}
	start = end + 1
	end = nextSlash(s, start)
	if off, msg := checkRecordKey(s[start:end]); msg != "" {
		return 0, start + off, "space key: " + msg
	}
	return end, 0, ""
}

// Authority returns the DID that the space belongs to. It is zero for the zero
// SpaceRef. Like all methods that return parts, it costs no allocation.
func (r SpaceRef) Authority() DID {
	did, _ := r.split()
	return DID{did}
}

// Type returns the NSID of the space's type. It is zero for the zero SpaceRef.
func (r SpaceRef) Type() NSID {
	_, rest := r.split()
	return NSID{rest[:nextSlash(rest, 0)]}
}

// Key returns the space's key, which tells it from others of the same
// authority and type. It is zero for the zero SpaceRef.
func (r SpaceRef) Key() RecordKey {
	_, rest := r.split()
	_, key, _ := strings.Cut(rest, "/")
	return RecordKey{key}
}

// split returns the authority and what follows "/space/".
func (r SpaceRef) split() (did, rest string) {
	did, rest, _ = strings.Cut(strings.TrimPrefix(r.s, atPrefix), spaceMark)
	return did, rest
}

// IsZero reports whether r is the zero SpaceRef.
func (r SpaceRef) IsZero() bool { return r.s == "" }

// Compare orders references by their bytes, as [strings.Compare] does.
func (r SpaceRef) Compare(q SpaceRef) int { return strings.Compare(r.s, q.s) }

// String returns the reference, or "" for the zero SpaceRef.
func (r SpaceRef) String() string { return r.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// SpaceRef.
func (r SpaceRef) AppendText(b []byte) ([]byte, error) { return appendText(b, kindSpaceRef, r.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// SpaceRef.
func (r SpaceRef) MarshalText() ([]byte, error) { return marshalText(kindSpaceRef, r.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseSpaceRef]. It
// leaves r alone if text is invalid.
func (r *SpaceRef) UnmarshalText(text []byte) error { return unmarshalText(r, text, ParseSpaceRef) }
