package syntax

import "strings"

// MaxRepoPathLen is the maximum length of a repo path in bytes: an NSID, a
// slash and a record key.
const MaxRepoPathLen = MaxNSIDLen + 1 + MaxRecordKeyLen

// A RepoPath is a syntactically valid path of a record in a repository: its
// collection and its record key, such as "app.bsky.actor.profile/self". Its
// bytes are the record's key in the repository's tree.
//
// RepoPaths are comparable and may be map keys. The zero RepoPath is not
// valid.
type RepoPath struct {
	s string // "", or NSID "/" record key
}

// ParseRepoPath parses a repo path: an NSID, a slash, and a record key, each
// by its own rules. The collection is taken as written, since it is part of a
// tree's key; paths to be created come from [NewRepoPath].
//
// https://atproto.com/specs/repository#repository-paths
func ParseRepoPath(s string) (RepoPath, error) {
	if off, msg := checkRepoPath(s); msg != "" {
		return RepoPath{}, &Error{Kind: kindRepoPath, Input: s, Offset: off, Msg: msg}
	}
	return RepoPath{s}, nil
}

// MustParseRepoPath is like [ParseRepoPath] but panics if s is invalid. It
// accepts only string constants.
func MustParseRepoPath(s constString) RepoPath { return must(ParseRepoPath(string(s))) }

// NewRepoPath returns the path for a record to be created: the collection,
// normalised, and the key. It is the zero RepoPath if either is zero.
//
// https://atproto.com/specs/repository#repository-paths
func NewRepoPath(collection NSID, key RecordKey) RepoPath {
	if collection.IsZero() || key.IsZero() {
		return RepoPath{}
	}
	return RepoPath{collection.Normalize().s + "/" + key.s}
}

// checkRepoPath returns where and why s is not a repo path, or an empty
// message.
func checkRepoPath(s string) (offset int, msg string) {
	if len(s) > MaxRepoPathLen {
		return MaxRepoPathLen, "longer than 830 bytes"
	}
	slash := strings.IndexByte(s, '/')
	if slash < 0 {
		return len(s), "expected a slash"
	}
	if off, msg := checkNSID(s[:slash]); msg != "" {
		return off, "collection: " + msg
	}
	if off, msg := checkRecordKey(s[slash+1:]); msg != "" {
		return slash + 1 + off, "record key: " + msg
	}
	return 0, ""
}

// Collection returns the NSID before the slash. It costs no allocation. It is
// zero for the zero RepoPath.
func (p RepoPath) Collection() NSID {
	return NSID{p.s[:max(strings.IndexByte(p.s, '/'), 0)]}
}

// RecordKey returns the record key after the slash. It costs no allocation. It
// is zero for the zero RepoPath.
func (p RepoPath) RecordKey() RecordKey {
	return RecordKey{p.s[strings.IndexByte(p.s, '/')+1:]}
}

// IsZero reports whether p is the zero RepoPath.
func (p RepoPath) IsZero() bool { return p.s == "" }

// Compare orders paths by their bytes, which is the order of the repository's
// tree.
func (p RepoPath) Compare(q RepoPath) int { return strings.Compare(p.s, q.s) }

// String returns the path, or "" for the zero RepoPath.
func (p RepoPath) String() string { return p.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// RepoPath.
func (p RepoPath) AppendText(b []byte) ([]byte, error) { return appendText(b, kindRepoPath, p.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// RepoPath.
func (p RepoPath) MarshalText() ([]byte, error) { return marshalText(kindRepoPath, p.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseRepoPath]. It
// leaves p alone if text is invalid.
func (p *RepoPath) UnmarshalText(text []byte) error { return unmarshalText(p, text, ParseRepoPath) }
