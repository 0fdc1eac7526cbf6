package syntax

import "strings"

// MaxLanguageLen is the maximum length of a language tag in bytes.
//
// https://atproto.com/specs/lexicon#language
const MaxLanguageLen = 128

// A Language is a well-formed language tag, such as "ja", "pt-BR" or
// "zh-Hant", after BCP 47.
//
// Languages are comparable and may be map keys, but == tells upper from lower
// case and BCP 47 does not: see [Language.Normalize]. The zero Language is not
// valid.
type Language struct {
	s string // "", or a tag
}

// ParseLanguage parses a language tag that is well-formed after BCP 47, in at
// most [MaxLanguageLen] bytes, with a language of two or three lower-case
// letters; or one of the tags that BCP 47 lists as grandfathered, in the case
// that it lists them in; or a tag for private use, such as "x-fr-CH".
//
// The subtags are not looked up in any registry, and tags that are well-formed
// but not valid are accepted; see [Language.HasRepeatedSubtags].
//
// https://atproto.com/specs/lexicon#language, RFC 5646, section 2.2.9
func ParseLanguage(s string) (Language, error) {
	if off, msg := checkLanguage(s); msg != "" {
		return Language{}, &Error{Kind: kindLanguage, Input: s, Offset: off, Msg: msg}
	}
	return Language{s}, nil
}

// MustParseLanguage is like [ParseLanguage] but panics if s is invalid. It
// accepts only string constants.
func MustParseLanguage(s constString) Language { return must(ParseLanguage(string(s))) }

// A langRole is what a subtag of a language tag stands for. Subtags appear in
// the order of their roles.
type langRole int

const (
	langNone      langRole = iota // before the first subtag
	langPrimary                   // the language
	langExtended1                 // a more precise language, and up to two more
	langExtended2
	langExtended3
	langScript
	langRegion
	langVariant     // any number
	langSingleton   // letter or digit that starts an extension
	langExtension   // one or more after a singleton
	langPrivateMark // x
	langPrivate     // one or more after x
	langBad         // what can't be there
)

// follow returns the role of a subtag of 1 to 8 letters and digits that
// follows one with role r (RFC 5646, section 2.1).
func (r langRole) follow(s string) langRole {
	switch {
	case r >= langPrivateMark:
		return langPrivate
	case len(s) == 1 && r == langSingleton:
		return langBad
	case s == "x" || s == "X":
		return langPrivateMark
	case r == langNone:
		if n := len(s); n < 2 || n > 3 || span(s, lower) < n {
			return langBad
		}
		return langPrimary
	case len(s) == 1:
		return langSingleton
	case r >= langSingleton:
		return langExtension
	case len(s) >= 5 || len(s) == 4 && is(s[0], digit):
		return langVariant
	case len(s) == 3 && is(s[0], digit) && span(s, digit) == 3, len(s) == 2 && span(s, letter) == 2:
		if r < langRegion {
			return langRegion
		}
	case len(s) == 3 && span(s, letter) == 3:
		if r < langExtended3 {
			return r + 1
		}
	case len(s) == 4 && span(s, letter) == 4:
		if r < langScript {
			return langScript
		}
	}
	return langBad
}

// nextSubtag returns the end of the subtag that starts at start, after one
// with role r, and its role; or where and why there is none.
func nextSubtag(s string, start int, r langRole) (end int, _ langRole, offset int, msg string) {
	end = start + span(s[start:], alnum)
	switch {
	case end < len(s) && s[end] != '-':
		return 0, langBad, end, "invalid character"
	case end == start:
		return 0, langBad, start, "empty subtag"
	case end-start > 8:
		return 0, langBad, start + 8, "subtag longer than 8 characters"
	}
	if r = r.follow(s[start:end]); r != langBad {
		return end, r, 0, ""
	}
	if start == 0 {
		return 0, r, 0, "language must be two or three lower-case letters"
	}
	return 0, r, start, "unexpected subtag"
}

// checkLanguage returns where and why s is not a language tag, or an empty
// message.
func checkLanguage(s string) (offset int, msg string) {
	if len(s) > MaxLanguageLen {
		return MaxLanguageLen, "longer than 128 bytes"
	}
	for start, r := 0, langNone; ; {
		var end int
		end, r, offset, msg = nextSubtag(s, start, r)
		switch {
		case msg != "" && isGrandfathered(s):
			return 0, ""
		case msg != "":
			return offset, msg
		case end == len(s) && (r == langSingleton || r == langPrivateMark):
			return end, "expected another subtag"
		case end == len(s):
			return 0, ""
		}
		start = end + 1
	}
}

// isGrandfathered reports whether s is one of the grandfathered tags that are
// not formed like others (RFC 5646, section 2.1, "irregular").
func isGrandfathered(s string) bool {
	switch s {
	case "en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo",
		"i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE":
		return true
	}
	return false
}

// Primary returns the language, such as "pt" for "pt-BR". It is empty for tags
// for private use, for grandfathered tags such as "i-navajo", and for the zero
// Language.
func (l Language) Primary() string { return l.find(langPrimary) }

// Script returns the script as written, such as "Hant" for "zh-Hant", or ""
// if there is none.
func (l Language) Script() string { return l.find(langScript) }

// Region returns the region as written, such as "BR" for "pt-BR" or "419" for
// "es-419", or "" if there is none.
func (l Language) Region() string { return l.find(langRegion) }

// find returns the first subtag with a role, or "".
func (l Language) find(role langRole) string {
	for start, r := 0, langNone; start < len(l.s) && r < role; {
		end, next, _, msg := nextSubtag(l.s, start, r)
		if msg != "" { // in a grandfathered tag
			break
		}
		if next == role {
			return l.s[start:end]
		}
		start, r = end+1, next
	}
	return ""
}

// HasRepeatedSubtags reports whether a variant or the letter of an extension
// appears twice, in any case, as in "de-1901-1901" or "en-a-foo-a-bar". Such a
// tag is well-formed but not valid, has no defined meaning, and is best
// ignored.
//
// https://atproto.com/specs/lexicon#language, RFC 5646, section 2.2.9
func (l Language) HasRepeatedSubtags() bool {
	seen := make([]string, 0, 16) // a variant never looks like a singleton
	for start, r := 0, langNone; start < len(l.s); {
		end, next, _, msg := nextSubtag(l.s, start, r)
		if msg != "" { // in a grandfathered tag
			break
		}
		if next == langVariant || next == langSingleton {
			for _, s := range seen {
				if strings.EqualFold(s, l.s[start:end]) {
					return true
				}
			}
			seen = append(seen, l.s[start:end])
		}
		start, r = end+1, next
	}
	return false
}

// Normalize returns the tag in the case that BCP 47 recommends: scripts as
// "Latn", regions as "BR", everything else in lower case. Deprecated subtags
// are not replaced.
//
// RFC 5646, section 2.1.1
func (l Language) Normalize() Language {
	b := []byte(strings.ToLower(l.s))
	for start := 0; start < len(b); {
		end := start
		for end < len(b) && b[end] != '-' {
			end++
		}
		switch n := end - start; {
		case n == 1: // no case matters after a singleton
			start = len(b)
			continue
		case start > 0 && n == 2:
			upper(b[start:end])
		case start > 0 && n == 4:
			upper(b[start : start+1])
		}
		start = end + 1
	}
	if string(b) == l.s {
		return l
	}
	return Language{string(b)}
}

// upper turns lower-case letters into upper-case ones.
func upper(b []byte) {
	for i, c := range b {
		if is(c, lower) {
			b[i] = c - 'a' + 'A'
		}
	}
}

// IsZero reports whether l is the zero Language.
func (l Language) IsZero() bool { return l.s == "" }

// Compare orders tags by their bytes, as [strings.Compare] does.
func (l Language) Compare(m Language) int { return strings.Compare(l.s, m.s) }

// String returns the text that was parsed, or "" for the zero Language.
func (l Language) String() string { return l.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// Language.
func (l Language) AppendText(b []byte) ([]byte, error) { return appendText(b, kindLanguage, l.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// Language.
func (l Language) MarshalText() ([]byte, error) { return marshalText(kindLanguage, l.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseLanguage]. It
// leaves l alone if text is invalid.
func (l *Language) UnmarshalText(text []byte) error { return unmarshalText(l, text, ParseLanguage) }
