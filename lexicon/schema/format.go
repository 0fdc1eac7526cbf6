package schema

import "github.com/linnet-at/linnet/syntax"

// A Format is a restriction on strings.
//
// https://atproto.com/specs/lexicon#string-formats
type Format string

// The formats. The empty Format is none.
const (
	FormatAtIdentifier Format = "at-identifier"
	FormatATURI        Format = "at-uri"
	FormatCID          Format = "cid"
	FormatDatetime     Format = "datetime"
	FormatDID          Format = "did"
	FormatHandle       Format = "handle"
	FormatLanguage     Format = "language"
	FormatNSID         Format = "nsid"
	FormatRecordKey    Format = "record-key"
	FormatTID          Format = "tid"
	FormatURI          Format = "uri"

	FormatSpaceRef Format = "space-ref" // a draft
)

// Known reports whether f is one of the formats above, drafts apart.
func (f Format) Known() bool {
	switch f {
	case FormatAtIdentifier, FormatATURI, FormatCID, FormatDatetime, FormatDID, FormatHandle, FormatLanguage,
		FormatNSID, FormatRecordKey, FormatTID, FormatURI:
		return true
	}
	return false
}

// Check reports what is wrong with s, if it is not of format f. It is about
// syntax alone: a DID of a method that nobody supports passes. The error is a
// [*syntax.Error], except that a language tag that repeats a subtag, which is
// well-formed but not valid, is refused too. Formats that are not known, and
// the empty one, accept everything.
//
// Datetimes have no second 60, since the readers of times refuse it. The
// authority of an NSID may exceed 253 bytes if the whole does not exceed 317,
// as the official test vectors have it.
func (f Format) Check(s string) error {
	var err error
	switch f {
	case FormatAtIdentifier:
		_, err = syntax.ParseAtIdentifier(s)
	case FormatATURI:
		_, err = syntax.ParseATURI(s)
	case FormatCID:
		_, err = syntax.ParseCIDString(s)
	case FormatDatetime:
		_, err = syntax.ParseDatetime(s)
	case FormatDID:
		_, err = syntax.ParseDID(s)
	case FormatHandle:
		_, err = syntax.ParseHandle(s)
	case FormatLanguage:
		err = checkLanguage(s)
	case FormatNSID:
		_, err = syntax.ParseNSID(s)
	case FormatRecordKey:
		_, err = syntax.ParseRecordKey(s)
	case FormatTID:
		_, err = syntax.ParseTID(s)
	case FormatURI:
		_, err = syntax.ParseURI(s)
	case FormatSpaceRef:
		_, err = syntax.ParseSpaceRef(s)
	}
	return err
}

func checkLanguage(s string) error {
	if len(s) == 2 && s[0]-'a' < 26 && s[1]-'a' < 26 {
		return nil // as most tags are
	}
	l, err := syntax.ParseLanguage(s)
	if err == nil && l.HasRepeatedSubtags() {
		return &syntax.Error{Kind: "language tag", Input: s, Offset: len(s), Msg: "repeated variant or extension"}
	}
	return err
}
