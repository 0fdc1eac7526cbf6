package syntax

import "strings"

// MaxATURILen is the maximum length of an AT-URI of any form in bytes.
//
// https://atproto.com/specs/at-uri-scheme#full-at-uri-syntax
const MaxATURILen = 8192

const atPrefix = "at://"

// An ATURI is a syntactically valid AT-URI in the restricted form that records
// and methods use. It refers to an account ("at://did:web:example.com"), to a
// collection of its repository ("at://did:web:example.com/app.bsky.feed.post")
// or to a record in it
// ("at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a").
//
// The authority says whose data is meant, not where it is: it is resolved to
// find the host, and never contacted as one. If it is a handle, the URI refers
// to another account when the handle does; see [ATURI.IsRecordRef].
//
// ATURIs are comparable and may be map keys; they are equal if their bytes
// are. Call [ATURI.Normalize] before comparing those of doubtful case. The zero
// ATURI is not valid.
//
// https://atproto.com/specs/at-uri-scheme#structure
type ATURI struct {
	s string // "", or "at://" at-identifier ["/" NSID ["/" record key]]
}

// ParseATURI parses an AT-URI in the restricted form: "at://", a DID or a
// handle, and optionally a slash and a collection's NSID, and another slash
// and a record key, each by its own rules, in at most [MaxATURILen] bytes.
//
// There are no trailing slashes, escapes, queries or fragments, and "at" is in
// lower case. Records from before these rules hold URIs that break them; to
// read them nevertheless, use [ParseFullATURI].
//
// https://atproto.com/specs/at-uri-scheme#restricted-at-uri-syntax
func ParseATURI(s string) (ATURI, error) {
	if off, msg := checkATURI(s); msg != "" {
		return ATURI{}, &Error{Kind: kindATURI, Input: s, Offset: off, Msg: msg}
	}
	return ATURI{s}, nil
}

// MustParseATURI is like [ParseATURI] but panics if s is invalid. It accepts
// only string constants.
func MustParseATURI(s constString) ATURI { return must(ParseATURI(string(s))) }

// NewATURI returns the normalised URI of an account, if collection and key are
// zero, of a collection, if key is zero, or of a record. It is the zero ATURI
// if the authority is zero, or if there is a key but no collection.
//
// To refer to a record from another one, use [RecordURI].
func NewATURI(authority AtIdentifier, collection NSID, key RecordKey) ATURI {
	s := atPrefix + authority.Normalize().s
	switch {
	case authority.IsZero(), collection.IsZero() && !key.IsZero():
		return ATURI{}
	case collection.IsZero():
		return ATURI{s}
	case key.IsZero():
		return ATURI{s + "/" + collection.Normalize().s}
	}
	return ATURI{s + "/" + collection.Normalize().s + "/" + key.s}
}

// RecordURI returns the URI of a record, the form for references that are to
// last. The path is taken as it is, since its bytes identify the record. The
// URI is zero if did or path is zero.
//
// https://atproto.com/specs/at-uri-scheme#usage-and-implementation-guidelines
func RecordURI(did DID, path RepoPath) ATURI {
	if did.IsZero() || path.IsZero() {
		return ATURI{}
	}
	return ATURI{atPrefix + did.s + "/" + path.s}
}

// checkATURI returns where and why s is not an AT-URI in the restricted form,
// or an empty message.
func checkATURI(s string) (offset int, msg string) {
	end, offset, msg := checkAuthority(s)
	if msg != "" {
		return offset, msg
	}
	if end == len(s) {
		return 0, ""
	}
	start := end + 1
	end = nextSlash(s, start)
	if off, msg := checkNSID(s[start:end]); msg != "" {
		return start + off, "collection: " + msg
	}
	if end == len(s) {
		return 0, ""
	}
	start = end + 1
	if off, msg := checkRecordKey(s[start:]); msg != "" {
		return start + off, "record key: " + msg
	}
	return 0, ""
}

// checkAuthority checks the length of an AT-URI, its prefix and its authority.
// It returns where the authority ends, which is at a slash or the end of s, or
// where and why s is not an AT-URI.
func checkAuthority(s string) (end, offset int, msg string) {
	if len(s) > MaxATURILen {
		return 0, MaxATURILen, "longer than 8192 bytes"
	}
	if !strings.HasPrefix(s, atPrefix) {
		return 0, commonPrefixLen(s, atPrefix), `expected "at://"`
	}
	start := len(atPrefix)
	if strings.HasPrefix(s[start:], didPrefix) {
		end, offset, msg = scanDID(s[start:])
		end += start
		switch {
		case msg != "":
			return 0, start + offset, "DID: " + msg
		case end < len(s) && s[end] != '/':
			return 0, end, "DID: invalid character in identifier"
		}
		return end, 0, ""
	}
	end = nextSlash(s, start)
	if off, msg := checkHandle(s[start:end]); msg != "" {
		return 0, start + off, "handle: " + msg
	}
	return end, 0, ""
}

// nextSlash returns the offset of the first slash of s at or after from, or
// the length of s.
func nextSlash(s string, from int) int {
	if i := strings.IndexByte(s[from:], '/'); i >= 0 {
		return from + i
	}
	return len(s)
}

// Authority returns the DID or handle after "at://". It is zero for the zero
// ATURI. Like all methods that return parts, it costs no allocation.
func (u ATURI) Authority() AtIdentifier {
	authority, _ := u.split()
	return AtIdentifier{authority}
}

// Collection returns the collection, if there is one.
func (u ATURI) Collection() (NSID, bool) {
	_, path := u.split()
	return NSID{path[:nextSlash(path, 0)]}, path != ""
}

// RecordKey returns the record key, if there is one.
func (u ATURI) RecordKey() (RecordKey, bool) {
	p, ok := u.RepoPath()
	return p.RecordKey(), ok
}

// RepoPath returns the path of the record that u refers to within its
// repository, which is the collection and the record key as written, if there
// are both.
func (u ATURI) RepoPath() (RepoPath, bool) {
	_, path := u.split()
	if nextSlash(path, 0) == len(path) {
		return RepoPath{}, false
	}
	return RepoPath{path}, true
}

// split returns the authority and what follows the slash after it.
func (u ATURI) split() (authority, path string) {
	authority, path, _ = strings.Cut(strings.TrimPrefix(u.s, atPrefix), "/")
	return authority, path
}

// IsRecordRef reports whether u is a reference to a record that lasts: the
// authority is a DID, and there are a collection and a record key.
//
// https://atproto.com/specs/at-uri-scheme#usage-and-implementation-guidelines
func (u ATURI) IsRecordRef() bool {
	authority, path := u.split()
	return strings.HasPrefix(authority, didPrefix) && nextSlash(path, 0) < len(path)
}

// Normalize returns u with its handle and the authority of its collection in
// lower case. DIDs, names of collections and record keys keep their case,
// which is significant.
//
// The repository's tree knows a collection by its exact bytes. If these have
// upper-case letters in the authority, against the rules for writing records,
// then the normalised URI does not find the record.
//
// https://atproto.com/specs/at-uri-scheme#normalization
func (u ATURI) Normalize() ATURI {
	collection, _ := u.Collection()
	key, _ := u.RecordKey()
	authority := u.Authority()
	if authority == authority.Normalize() && collection == collection.Normalize() {
		return u
	}
	return NewATURI(authority, collection, key)
}

// IsZero reports whether u is the zero ATURI.
func (u ATURI) IsZero() bool { return u.s == "" }

// Compare orders URIs by their bytes, as [strings.Compare] does.
func (u ATURI) Compare(v ATURI) int { return strings.Compare(u.s, v.s) }

// String returns the URI, or "" for the zero ATURI.
func (u ATURI) String() string { return u.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero ATURI.
func (u ATURI) AppendText(b []byte) ([]byte, error) { return appendText(b, kindATURI, u.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// ATURI.
func (u ATURI) MarshalText() ([]byte, error) { return marshalText(kindATURI, u.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseATURI]. It
// leaves u alone if text is invalid.
func (u *ATURI) UnmarshalText(text []byte) error { return unmarshalText(u, text, ParseATURI) }
