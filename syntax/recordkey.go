package syntax

import "strings"

// MaxRecordKeyLen is the maximum length of a record key in bytes.
//
// https://atproto.com/specs/record-key#record-key-syntax
const MaxRecordKeyLen = 512

// A RecordKey is a syntactically valid record key, the name of a record within
// a collection, such as "3jzfcijpj2z2a" or "self".
//
// It is opaque and case-sensitive, chosen by the account that writes the
// record: two accounts may use the same one, and a key that looks like a TID
// need not tell the time. A record is identified by DID, collection and key
// together. RecordKeys are comparable and may be map keys. The zero RecordKey
// is not valid.
type RecordKey struct {
	s string // "", or 1 to 512 bytes
}

// ParseRecordKey parses a record key: 1 to [MaxRecordKeyLen] ASCII letters,
// digits and "._:~-", but not "." or "..".
//
// https://atproto.com/specs/record-key#record-key-syntax
func ParseRecordKey(s string) (RecordKey, error) {
	if off, msg := checkRecordKey(s); msg != "" {
		return RecordKey{}, &Error{Kind: kindRecordKey, Input: s, Offset: off, Msg: msg}
	}
	return RecordKey{s}, nil
}

// MustParseRecordKey is like [ParseRecordKey] but panics if s is invalid. It
// accepts only string constants.
func MustParseRecordKey(s constString) RecordKey { return must(ParseRecordKey(string(s))) }

// checkRecordKey returns where and why s is not a record key, or an empty
// message.
func checkRecordKey(s string) (offset int, msg string) {
	switch {
	case len(s) > MaxRecordKeyLen:
		return MaxRecordKeyLen, "longer than 512 bytes"
	case s == "":
		return 0, "empty key"
	case s == "." || s == "..":
		return 0, `"." and ".." are not allowed`
	}
	if i := span(s, rkeyByte); i < len(s) {
		return i, "invalid character"
	}
	return 0, ""
}

// IsRecommended reports whether k has the form that the specification
// recommends for new keys: at most 80 bytes, and no upper-case letters. Other
// keys are valid.
//
// https://atproto.com/specs/record-key#usage-and-implementation-guidelines
func (k RecordKey) IsRecommended() bool {
	return k.s != "" && len(k.s) <= 80 && strings.ToLower(k.s) == k.s
}

// IsZero reports whether k is the zero RecordKey.
func (k RecordKey) IsZero() bool { return k.s == "" }

// Compare orders record keys by their bytes, as [strings.Compare] does.
func (k RecordKey) Compare(l RecordKey) int { return strings.Compare(k.s, l.s) }

// String returns the text that was parsed, or "" for the zero RecordKey.
func (k RecordKey) String() string { return k.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// RecordKey.
func (k RecordKey) AppendText(b []byte) ([]byte, error) { return appendText(b, kindRecordKey, k.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// RecordKey.
func (k RecordKey) MarshalText() ([]byte, error) { return marshalText(kindRecordKey, k.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseRecordKey].
// It leaves k alone if text is invalid.
func (k *RecordKey) UnmarshalText(text []byte) error { return unmarshalText(k, text, ParseRecordKey) }
