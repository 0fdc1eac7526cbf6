package richtext

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Graphemes returns the number of extended grapheme clusters in s: what people
// see as characters, and what limits of schemas count. A flag or a family is one.
//
// https://atproto.com/specs/lexicon#string, https://www.unicode.org/reports/tr29/
func Graphemes(s string) int {
	if isASCII(s) {
		return len(s) - strings.Count(s, "\r\n")
	}
	return uniseg.GraphemeClusterCount(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// prefix returns the length of the longest beginning of s, in whole graphemes,
// that has no more than the given numbers of graphemes and bytes.
func prefix(s string, graphemes, bytes int) int {
	n, state := 0, -1
	for rest := s; rest != "" && graphemes > 0; graphemes-- {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n+len(cluster) > bytes {
			break
		}
		n += len(cluster)
	}
	return n
}
