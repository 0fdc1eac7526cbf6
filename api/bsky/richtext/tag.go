package richtext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest tag, in graphemes and in bytes: those of the schema.
//
// https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json
const (
	MaxTagGraphemes = 64
	MaxTagBytes     = 640
)

// wideHash is the number sign of East Asian text, U+FF03.
const wideHash = "＃"

// tag matches a tag at i, after a number sign of the given length.
func (d *detector) tag(i, sign int) (Match, int) {
	body := d.text[i+sign:]
	end, wordy := len(body), false
	for j, r := range body {
		if isSpace(r) || isHidden(r) {
			end = j
			break
		}
		wordy = wordy || (r < '0' || r > '9') && !unicode.IsPunct(r)
	}
	tag := strings.TrimRightFunc(body[:end], unicode.IsPunct)
	if !wordy || strings.HasPrefix(tag, emojiStyle) || !validTag(tag) {
		return Match{}, i
	}
	end = i + sign + len(tag)
	return Match{Start: i, End: end, Kind: Tag, Tag: tag}, end
}

// validTag reports whether s can be a tag by its schema.
func validTag(s string) bool {
	return s != "" && len(s) <= MaxTagBytes && utf8.ValidString(s) && Graphemes(s) <= MaxTagGraphemes
}

// emojiStyle makes an emoji of the character before it, such as of "#".
const emojiStyle = "\ufe0f"

// isHidden reports whether r is one of the characters without a width that end a
// tag, lest two tags that look alike are different.
func isHidden(r rune) bool {
	switch r {
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\u20e2':
		return true
	}
	return false
}
