package syntax

import "strings"

const literalPrefix = "literal:"

// A RecordKeyType says which record keys a collection uses, as declared in its
// Lexicon: "tid", "nsid", "any", or one fixed key, such as "literal:self".
//
// RecordKeyTypes are comparable and may be map keys. The zero RecordKeyType is
// not valid and allows no key.
type RecordKeyType struct {
	s string
}

// ParseRecordKeyType parses a record key type: "tid", "nsid", "any", or
// "literal:" and a valid record key.
//
// https://atproto.com/specs/record-key#record-key-type-tid and following
// sections
func ParseRecordKeyType(s string) (RecordKeyType, error) {
	if off, msg := checkRecordKeyType(s); msg != "" {
		return RecordKeyType{}, &Error{Kind: kindRecordKeyType, Input: s, Offset: off, Msg: msg}
	}
	return RecordKeyType{s}, nil
}

// MustParseRecordKeyType is like [ParseRecordKeyType] but panics if s is
// invalid. It accepts only string constants.
func MustParseRecordKeyType(s constString) RecordKeyType {
	return must(ParseRecordKeyType(string(s)))
}

// checkRecordKeyType returns where and why s is not a record key type, or an
// empty message.
func checkRecordKeyType(s string) (offset int, msg string) {
	switch s {
	case "tid", "nsid", "any":
		return 0, ""
	}
	key, ok := strings.CutPrefix(s, literalPrefix)
	if !ok {
		return 0, `expected "tid", "nsid", "any" or "literal:"`
	}
	if off, msg := checkRecordKey(key); msg != "" {
		return len(literalPrefix) + off, "record key: " + msg
	}
	return 0, ""
}

// Allow reports whether a collection of this type may hold a record with key
// k. It allocates nothing.
func (t RecordKeyType) Allow(k RecordKey) bool {
	switch t.s {
	case "tid":
		_, msg := checkTID(k.s)
		return msg == ""
	case "nsid":
		_, msg := checkNSID(k.s)
		return msg == ""
	case "any":
		return k.s != ""
	}
	key, _ := strings.CutPrefix(t.s, literalPrefix)
	return key != "" && key == k.s
}

// Literal returns the fixed key of a type such as "literal:self". It is zero
// for other types.
func (t RecordKeyType) Literal() RecordKey {
	key, ok := strings.CutPrefix(t.s, literalPrefix)
	if !ok {
		return RecordKey{}
	}
	return RecordKey{key}
}

// IsZero reports whether t is the zero RecordKeyType.
func (t RecordKeyType) IsZero() bool { return t.s == "" }

// String returns the text that was parsed, or "" for the zero RecordKeyType.
func (t RecordKeyType) String() string { return t.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// RecordKeyType.
func (t RecordKeyType) AppendText(b []byte) ([]byte, error) {
	return appendText(b, kindRecordKeyType, t.s)
}

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// RecordKeyType.
func (t RecordKeyType) MarshalText() ([]byte, error) { return marshalText(kindRecordKeyType, t.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like
// [ParseRecordKeyType]. It leaves t alone if text is invalid.
func (t *RecordKeyType) UnmarshalText(text []byte) error {
	return unmarshalText(t, text, ParseRecordKeyType)
}
