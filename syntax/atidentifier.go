package syntax

import "strings"

// MaxAtIdentifierLen is the maximum length of an at-identifier in bytes, that
// of a DID. A handle is shorter; see [MaxHandleLen].
const MaxAtIdentifierLen = MaxDIDLen

// An AtIdentifier names an account in either of two ways, as many parameters
// of methods and the authority of an AT-URI do: it is a DID or a handle.
//
// AtIdentifiers are comparable and may be map keys, but the DID and the handle
// of one account are different, and for handles == has the pitfall that
// [Handle] has. The zero AtIdentifier is not valid.
type AtIdentifier struct {
	s string // "", a DID, or a handle
}

// ParseAtIdentifier parses a DID, if the text starts with "did:", and a handle
// otherwise. Nothing is both, since handles have no colons.
//
// https://atproto.com/specs/lexicon#at-identifier
func ParseAtIdentifier(s string) (AtIdentifier, error) {
	if off, msg := checkAtIdentifier(s); msg != "" {
		return AtIdentifier{}, &Error{Kind: kindAtIdentifier, Input: s, Offset: off, Msg: msg}
	}
	return AtIdentifier{s}, nil
}

// MustParseAtIdentifier is like [ParseAtIdentifier] but panics if s is
// invalid. It accepts only string constants.
func MustParseAtIdentifier(s constString) AtIdentifier { return must(ParseAtIdentifier(string(s))) }

// AtIdentifier returns the DID as an at-identifier. It is zero for the zero
// DID.
func (d DID) AtIdentifier() AtIdentifier { return AtIdentifier(d) }

// AtIdentifier returns the handle as an at-identifier. It is zero for the zero
// Handle.
func (h Handle) AtIdentifier() AtIdentifier { return AtIdentifier(h) }

// checkAtIdentifier returns where and why s is not an at-identifier, or an
// empty message.
func checkAtIdentifier(s string) (offset int, msg string) {
	if strings.HasPrefix(s, didPrefix) {
		if offset, msg = checkDID(s); msg != "" {
			msg = "DID: " + msg
		}
		return offset, msg
	}
	if len(s) > MaxAtIdentifierLen {
		return MaxAtIdentifierLen, "longer than 2048 bytes"
	}
	if offset, msg = checkHandle(s); msg != "" {
		msg = "handle: " + msg
	}
	return offset, msg
}

// DID returns the DID, if a is one.
func (a AtIdentifier) DID() (DID, bool) {
	if !strings.HasPrefix(a.s, didPrefix) {
		return DID{}, false
	}
	return DID(a), true
}

// Handle returns the handle as written, if a is one.
func (a AtIdentifier) Handle() (Handle, bool) {
	if a.s == "" || strings.HasPrefix(a.s, didPrefix) {
		return Handle{}, false
	}
	return Handle(a), true
}

// Normalize returns a with a handle in lower case, as [Handle.Normalize] does.
// A DID is left alone, since its case is significant.
func (a AtIdentifier) Normalize() AtIdentifier {
	if h, ok := a.Handle(); ok {
		return AtIdentifier(h.Normalize())
	}
	return a
}

// IsZero reports whether a is the zero AtIdentifier.
func (a AtIdentifier) IsZero() bool { return a.s == "" }

// Compare orders at-identifiers by their bytes, as [strings.Compare] does.
func (a AtIdentifier) Compare(b AtIdentifier) int { return strings.Compare(a.s, b.s) }

// String returns the text that was parsed, or "" for the zero AtIdentifier.
func (a AtIdentifier) String() string { return a.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// AtIdentifier.
func (a AtIdentifier) AppendText(b []byte) ([]byte, error) {
	return appendText(b, kindAtIdentifier, a.s)
}

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// AtIdentifier.
func (a AtIdentifier) MarshalText() ([]byte, error) { return marshalText(kindAtIdentifier, a.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like
// [ParseAtIdentifier]. It leaves a alone if text is invalid.
func (a *AtIdentifier) UnmarshalText(text []byte) error {
	return unmarshalText(a, text, ParseAtIdentifier)
}
