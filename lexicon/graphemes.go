package lexicon

import (
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
func countGraphemes(text []byte, limit int) int {
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
		cluster, _, _, _ := uniseg.FirstGraphemeCluster(text[i:], -1)
		i += len(cluster)
	}
	return n
}

// decodeRune is utf8.DecodeRune, faster for ASCII.
func decodeRune(b []byte) (rune, int) {
	if b[0] < utf8.RuneSelf {
		return rune(b[0]), 1
	}
	return utf8.DecodeRune(b)
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

// graphemesWithin reports whether text, which is valid UTF-8, has from lo to hi
// graphemes. They are counted only where the number of bytes, and that of
// characters, of which no grapheme has less than one, leave it open.
func graphemesWithin(text []byte, lo, hi int) bool {
	if len(text) < lo {
		return false
	}
	if lo <= 0 && len(text) <= hi {
		return true
	}
	runes := utf8.RuneCountInString(alias(text))
	if runes < lo {
		return false
	}
	if lo <= 1 && runes <= hi {
		return true // a text that is not empty has one grapheme
	}
	n := countGraphemes(text, max(lo, hi))
	return n >= lo && n <= hi
}
