package schema

import "strings"

// MatchMedia reports whether a media type is of a pattern: the type itself,
// such as "image/png", "image/*" for all of one kind, or "*/*" for all. Other
// patterns match nothing. Neither may have parameters, and case matters.
//
// https://atproto.com/specs/lexicon#blob
func MatchMedia[T ~string | ~[]byte](pattern string, media T) bool {
	if string(media) == pattern && !strings.Contains(pattern, "*") {
		return true
	}
	kind, ok := strings.CutSuffix(pattern, "/*")
	if !ok {
		return false
	}
	slash := len(kind)
	if kind == "*" {
		for slash = range len(media) {
			if media[slash] == '/' {
				break
			}
		}
	} else if len(media) <= slash || string(media[:slash]) != kind {
		return false
	}
	return slash > 0 && slash < len(media)-1 && media[slash] == '/'
}

// isMediaRange reports whether s is a media type or one of the two forms of
// patterns that [MatchMedia] knows.
func isMediaRange(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	if !ok || !isMediaName(sub) && sub != "*" {
		return false
	}
	return isMediaName(kind) || kind == "*" && sub == "*"
}

// whyNoMedia returns what to say of what is no media type: that parameters are too
// much, if it is only for these, or else what is given.
func whyNoMedia(s, otherwise string) string {
	if media, _, ok := strings.Cut(s, ";"); ok && isMediaRange(strings.TrimRight(media, " \t")) {
		return ": parameters are not allowed"
	}
	return otherwise
}

// isMediaName reports whether s is a token of RFC 9110 without an asterisk
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
func isMediaName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}*`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
