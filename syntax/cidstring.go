package syntax

import "strings"

// MaxCIDStringLen is the maximum length of the text of a CID in bytes.
//
// https://atproto.com/specs/lexicon#string-formats
const MaxCIDStringLen = 256

const minCIDStringLen = 8

// A CIDString is a string that looks like a content identifier of any base,
// codec and hash, as the Lexicon string format "cid" asks.
//
// It is not a CID: nothing was decoded, and it may stand for no content at all.
// The CIDs of records, blobs and repositories have one exact form, which
// package dagcbor parses into a type of its own. Use that to fetch, verify or
// compare; two CIDStrings may differ and mean the same CID.
//
// CIDStrings are comparable and may be map keys. The zero CIDString is not
// valid.
type CIDString struct {
	s string // "", or 8 to 256 bytes
}

// ParseCIDString checks the text of a CID superficially: 8 to
// [MaxCIDStringLen] ASCII letters, digits, "+" and "=", which don't start with
// "Qmb". That is how the format tells CIDs of version 0, although it misses most
// of them: a Lexicon is not the place for stricter rules than other readers have.
//
// https://atproto.com/specs/lexicon#string-formats
func ParseCIDString(s string) (CIDString, error) {
	if off, msg := checkCIDString(s); msg != "" {
		return CIDString{}, &Error{Kind: kindCIDString, Input: s, Offset: off, Msg: msg}
	}
	return CIDString{s}, nil
}

// MustParseCIDString is like [ParseCIDString] but panics if s is invalid. It
// accepts only string constants.
func MustParseCIDString(s constString) CIDString { return must(ParseCIDString(string(s))) }

// checkCIDString returns where and why s does not look like a CID, or an empty
// message.
func checkCIDString(s string) (offset int, msg string) {
	if len(s) > MaxCIDStringLen {
		return MaxCIDStringLen, "longer than 256 bytes"
	}
	if i := span(s, cidByte); i < len(s) {
		return i, "invalid character"
	}
	if len(s) < minCIDStringLen {
		return len(s), "shorter than 8 bytes"
	}
	if strings.HasPrefix(s, "Qmb") {
		return 0, "version 0"
	}
	return 0, ""
}

// IsZero reports whether c is the zero CIDString.
func (c CIDString) IsZero() bool { return c.s == "" }

// Compare orders CIDStrings by their bytes, as [strings.Compare] does.
func (c CIDString) Compare(d CIDString) int { return strings.Compare(c.s, d.s) }

// String returns the text that was parsed, or "" for the zero CIDString.
func (c CIDString) String() string { return c.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// CIDString.
func (c CIDString) AppendText(b []byte) ([]byte, error) { return appendText(b, kindCIDString, c.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// CIDString.
func (c CIDString) MarshalText() ([]byte, error) { return marshalText(kindCIDString, c.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseCIDString].
// It leaves c alone if text is invalid.
func (c *CIDString) UnmarshalText(text []byte) error { return unmarshalText(c, text, ParseCIDString) }
