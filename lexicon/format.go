package lexicon

import (
	"errors"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// A format is a schema.Format as a number.
type format uint8

const formatNone format = 0

// formats lists the formats by their numbers.
var formats = [...]schema.Format{
	"", schema.FormatAtIdentifier, schema.FormatATURI, schema.FormatCID, schema.FormatDatetime, schema.FormatDID,
	schema.FormatHandle, schema.FormatLanguage, schema.FormatNSID, schema.FormatRecordKey, schema.FormatTID,
	schema.FormatURI, schema.FormatSpaceRef,
}

// formatOf returns the number of a format, or formatNone if it is not known.
func formatOf(f schema.Format) format {
	for i, known := range formats {
		if known == f {
			return format(i)
		}
	}
	return formatNone
}

// check returns what is wrong with text of format f, or an empty message.
func (f format) check(text []byte, loose bool) string {
	err := formats[f].Check(alias(text))
	if err == nil || loose && f.loose(string(text)) {
		return ""
	}
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		// The error holds the text itself, which may be an alias.
		return strings.Clone(e.Msg)
	}
	return "not of the format"
}

// loose reports whether s is of format f as [Options.LooseFormats] has it.
func (f format) loose(s string) bool {
	var err error
	switch formats[f] {
	case schema.FormatDatetime:
		_, err = syntax.ParseDatetimeLenient(s)
	case schema.FormatATURI:
		_, err = syntax.ParseFullATURI(s)
	case schema.FormatLanguage:
		return looseLanguage(s)
	default:
		return false
	}
	return err == nil
}

// Grandfathered tags with upper-case letters (RFC 5646, section 2.2.8).
var upperLanguages = [...]string{"en-GB-oed", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE"}

// looseLanguage reports whether s is a tag that is well-formed after BCP 47,
// with letters of any case, and also with the languages of four to eight
// letters that it reserves, which no extended language may follow.
func looseLanguage(s string) bool {
	for _, tag := range upperLanguages {
		if strings.EqualFold(tag, s) {
			return true
		}
	}
	primary, rest, _ := strings.Cut(strings.ToLower(s), "-")
	if len(primary) >= 4 && len(primary) <= 8 && strings.Trim(primary, "abcdefghijklmnopqrstuvwxyz") == "" {
		next, _, _ := strings.Cut(rest, "-")
		if len(next) == 3 && strings.Trim(next, "abcdefghijklmnopqrstuvwxyz") == "" {
			return false
		}
		s = "en" + s[len(primary):]
	}
	_, err := syntax.ParseLanguage(strings.ToLower(s))
	return err == nil
}
