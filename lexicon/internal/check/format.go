package check

import (
	"errors"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// Format returns what is wrong with s, which is to be of format f, or an empty
// message. Loose formats are those of lexicon.Options.LooseFormats.
func Format(f schema.Format, s string, loose bool) string {
	if err := f.Check(s); err != nil {
		return FormatError(f, s, loose, err)
	}
	return ""
}

// FormatError is Format for a string that is not of format f for the given
// reason. The message may be a part of s.
func FormatError(f schema.Format, s string, loose bool, err error) string {
	if loose && looseFormat(f, s) {
		return ""
	}
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return e.Msg
	}
	return "not of the format"
}

func looseFormat(f schema.Format, s string) bool {
	var err error
	switch f {
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
