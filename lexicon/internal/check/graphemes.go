package check

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// countGraphemes returns the number of extended grapheme clusters of text, which
// is valid UTF-8, or limit+1 if there are more than limit: it does not look
// further. The rules are those of Unicode 15.0
// (https://www.unicode.org/reports/tr29/tr29-41.html), which the library that
// knows them is at: other versions count some rare sequences differently.
//
// The library takes about 80 ns for a character. Where a character that
// is whole in itself follows another one there is always a boundary, so that
// only what is near to others is left to it.
func countGraphemes(text string, limit int) int {
	n := 0
	for i := 0; i < len(text) && n <= limit; n++ {
		r, size := decodeRune(text[i:])
		if isWhole(r) {
			if i+size == len(text) {
				return n + 1
			}
			if next, _ := decodeRune(text[i+size:]); isWhole(next) {
				i += size
				continue
			}
		}
		cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(text[i:], -1)
		i += len(cluster)
	}
	return n
}

// decodeRune is utf8.DecodeRuneInString, faster for ASCII.
func decodeRune(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	return utf8.DecodeRuneInString(s)
}

// isWhole reports whether r is one of many characters that are no part of a
// cluster with another one of them: letters of alphabets, ideographs, syllables
// of Hangul, and emoji that modify no others. Nothing depends on that all are
// listed, which are those whose property Grapheme_Cluster_Break is Other, LV or
// LVT (https://www.unicode.org/Public/15.0.0/ucd/auxiliary/GraphemeBreakProperty.txt).
func isWhole(r rune) bool {
	switch {
	case r < 0x7f:
		return r >= ' '
	case r < 0x300:
		return r >= 0xa0 && r != 0xad
	case r < 0x530:
		return r >= 0x370 && (r < 0x483 || r >= 0x48a) // Greek, Cyrillic
	case r < 0x2010:
		return r >= 0x5d0 && r <= 0x5ea || r >= 0x620 && r <= 0x64a || r >= 0x1e00 && r < 0x2000 // Hebrew, Arabic, more Latin and Greek
	case r < 0x3400:
		return r < 0x2028 || r >= 0x3001 && r < 0x302a || r >= 0x3041 && r <= 0x3096 || r >= 0x309b // punctuation, kana
	case r < 0xd7a4:
		return r < 0xa000 || r >= 0xac00 // ideographs, Hangul
	case r >= 0x1f300:
		return r < 0x1f3fb || r >= 0x1f400 && r < 0x1fa00 || r >= 0x20000 && r < 0x30000 // emoji, ideographs
	}
	return r >= 0xff01 && r < 0xff9e // wide and narrow forms
}

// Graphemes returns what is wrong with text, which is valid UTF-8, if it has not
// from lo to hi graphemes, and else an empty message. They are counted only where
// the number of bytes, and that of characters, of which no grapheme has less than
// one, leave it open.
func Graphemes(text string, lo, hi int64) string {
	size := int64(len(text))
	if lo <= 0 && size <= hi {
		return ""
	}
	if lo <= 1 && size >= lo && int64(utf8.RuneCountInString(text)) <= hi {
		return "" // a text that is not empty has one grapheme
	}
	limit := min(hi, math.MaxInt-1) // which is above all counts
	switch n := int64(countGraphemes(text, int(limit))); {
	case n > hi:
		return fmt.Sprintf("string of more graphemes than %d", hi)
	case n < lo:
		return fmt.Sprintf("string of %d graphemes, %s", n, Bounds(lo, hi))
	}
	return ""
}
