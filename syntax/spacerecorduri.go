package syntax

import "strings"

// A SpaceRecordURI is a syntactically valid URI of a record in a space of
// permissioned data: a [SpaceRef], the DID of the author, a collection and a
// record key, such as
// "at://did:web:example.com/space/com.example.forum/self/did:web:example.org/com.example.post/3jzfcijpj2z2a".
//
// It is not an [ATURI], and its first DID is not the author's: code that reads
// public records can't take one for the other.
//
// Draft: this type follows a proposal that is announced to change. It may
// change with it, or go, in any release of this package, without notice.
//
// SpaceRecordURIs are comparable and may be map keys. The zero SpaceRecordURI
// is not valid.
//
// https://github.com/bluesky-social/proposals (proposal 0016)
type SpaceRecordURI struct {
	s string // "", or SpaceRef "/" DID "/" NSID "/" record key
}

// ParseSpaceRecordURI parses the URI of a record in a space: a reference as
// [ParseSpaceRef] accepts it, a slash, the author's DID, a slash, a collection
// and a record key. All parts are there; there are no handles, trailing
// slashes, queries or fragments.
//
// Draft: see [SpaceRecordURI].
func ParseSpaceRecordURI(s string) (SpaceRecordURI, error) {
	if off, msg := checkSpaceRecordURI(s); msg != "" {
		return SpaceRecordURI{}, &Error{Kind: kindSpaceRecordURI, Input: s, Offset: off, Msg: msg}
	}
	return SpaceRecordURI{s}, nil
}

// MustParseSpaceRecordURI is like [ParseSpaceRecordURI] but panics if s is
// invalid. It accepts only string constants.
//
// Draft: see [SpaceRecordURI].
func MustParseSpaceRecordURI(s constString) SpaceRecordURI {
	return must(ParseSpaceRecordURI(string(s)))
}

// NewSpaceRecordURI returns the URI of a record in a space. It is the zero
// SpaceRecordURI if any part is zero.
//
// Draft: see [SpaceRecordURI].
func NewSpaceRecordURI(space SpaceRef, author DID, path RepoPath) SpaceRecordURI {
	if space.IsZero() || author.IsZero() || path.IsZero() {
		return SpaceRecordURI{}
	}
	return SpaceRecordURI{space.s + "/" + author.s + "/" + path.s}
}

// checkSpaceRecordURI returns where and why s is not the URI of a record in a
// space, or an empty message.
func checkSpaceRecordURI(s string) (offset int, msg string) {
	end, offset, msg := checkSpace(s)
	if msg != "" {
		return offset, msg
	}
	if end == len(s) {
		return end, "expected a slash and the author's DID"
	}
	start := end + 1
	end = nextSlash(s, start)
	if off, msg := checkDID(s[start:end]); msg != "" {
		return start + off, "author: " + msg
	}
	if end == len(s) {
		return end, "expected a slash and the record's path"
	}
	start = end + 1
	offset, msg = checkRepoPath(s[start:])
	return start + offset, msg
}

// Space returns the reference to the space. It is zero for the zero
// SpaceRecordURI. Like all methods that return parts, it costs no allocation.
func (u SpaceRecordURI) Space() SpaceRef {
	space, _ := u.split()
	return SpaceRef{space}
}

// Author returns the DID of the account that wrote the record, in whose
// repository for the space it is. It is zero for the zero SpaceRecordURI.
func (u SpaceRecordURI) Author() DID {
	_, rest := u.split()
	return DID{rest[:nextSlash(rest, 0)]}
}

// RepoPath returns the record's collection and key. It is zero for the zero
// SpaceRecordURI.
func (u SpaceRecordURI) RepoPath() RepoPath {
	_, rest := u.split()
	_, path, _ := strings.Cut(rest, "/")
	return RepoPath{path}
}

// split returns the reference to the space and what follows the slash after
// it.
func (u SpaceRecordURI) split() (space, rest string) {
	if u.s == "" {
		return "", ""
	}
	end := nextSlash(u.s, len(atPrefix)) + len(spaceMark)
	end = nextSlash(u.s, end) + 1
	end = nextSlash(u.s, end)
	return u.s[:end], u.s[end+1:]
}

// IsZero reports whether u is the zero SpaceRecordURI.
func (u SpaceRecordURI) IsZero() bool { return u.s == "" }

// Compare orders URIs by their bytes, as [strings.Compare] does.
func (u SpaceRecordURI) Compare(v SpaceRecordURI) int { return strings.Compare(u.s, v.s) }

// String returns the URI, or "" for the zero SpaceRecordURI.
func (u SpaceRecordURI) String() string { return u.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// SpaceRecordURI.
func (u SpaceRecordURI) AppendText(b []byte) ([]byte, error) {
	return appendText(b, kindSpaceRecordURI, u.s)
}

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// SpaceRecordURI.
func (u SpaceRecordURI) MarshalText() ([]byte, error) { return marshalText(kindSpaceRecordURI, u.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like
// [ParseSpaceRecordURI]. It leaves u alone if text is invalid.
func (u *SpaceRecordURI) UnmarshalText(text []byte) error {
	return unmarshalText(u, text, ParseSpaceRecordURI)
}
