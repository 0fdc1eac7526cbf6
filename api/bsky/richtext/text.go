package richtext

import (
	"fmt"
	"unicode/utf8"
)

// A Text is a text with facets, as a post has it: parts of it that are mentions,
// links or tags. [New] makes one of a text that somebody wrote, and a [Builder]
// one of its parts.
//
// It is plain data. Methods do not change it, and return texts that share no
// memory with it that is written to. Text is UTF-8, as facets count its bytes;
// whatever else is put there by hand can't be in a post.
type Text struct {
	Text   string
	Facets []Facet
}

// checkUTF8 checks that s can be the text of a post, or a part of it.
func checkUTF8(s string) error {
	for i, r := range s {
		if r != utf8.RuneError {
			continue
		}
		if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
			return fmt.Errorf("richtext: text %.40q is not UTF-8 at offset %d", s[i:], i)
		}
	}
	return nil
}

// Graphemes returns the length of the text in graphemes; see [Graphemes].
func (t Text) Graphemes() int { return Graphemes(t.Text) }

// Insert returns t with s inserted at byte i; see [Text.Replace].
func (t Text) Insert(i int, s string) Text { return t.Replace(i, i, s) }

// Delete returns t without the bytes [start, end); see [Text.Replace].
func (t Text) Delete(start, end int) Text { return t.Replace(start, end, "") }

// Replace returns t with s in the place of the bytes [start, end). Facets stay
// with what is left of the part of the text that they are of: s belongs to one only
// if that goes on before and after it, and one of which nothing is left is
// dropped. So are those that are not valid; see [Segments].
//
// Offsets outside of the text, or within a character, count as the nearest ones
// before that are not.
func (t Text) Replace(start, end int, s string) Text {
	start = boundary(t.Text, start)
	end = max(boundary(t.Text, end), start)
	out := Text{Text: t.Text[:start] + s + t.Text[end:]}
	for _, f := range t.Facets {
		from, to, ok := valid(t.Text, &f)
		if !ok {
			continue
		}
		from, to = movedStart(from, start, end, len(s)), movedEnd(to, start, end, len(s))
		if from < to {
			out.Facets = append(out.Facets, withSpan(f, from, to))
		}
	}
	return out
}

// movedStart returns where a facet begins that began at i, when n bytes stand in
// the place of [start, end): after them if it began within.
func movedStart(i, start, end, n int) int {
	switch {
	case i < start:
		return i
	case i < end:
		return start + n
	}
	return i - end + start + n
}

// movedEnd returns where a facet ends that ended at i: before the n bytes if it
// ended within.
func movedEnd(i, start, end, n int) int {
	switch {
	case i <= start:
		return i
	case i <= end:
		return start
	}
	return i - end + start + n
}

// boundary returns the last offset up to i, and within s, where a character
// begins or s ends.
func boundary(s string, i int) int {
	i = min(max(i, 0), len(s))
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// Truncate returns t, shortened so that it has no more than the given numbers of
// graphemes and bytes, with the ellipsis, such as "…", which stands at its end
// only if something was cut off. Facets end where the text was cut off. A limit
// that leaves no room for the ellipsis leaves it out.
//
// A post may have [MaxPostGraphemes] and [MaxPostBytes].
func (t Text) Truncate(graphemes, bytes int, ellipsis string) Text {
	if len(t.Text) <= bytes && (len(t.Text) <= graphemes || Graphemes(t.Text) <= graphemes) {
		return t.Replace(len(t.Text), len(t.Text), "")
	}
	n := Graphemes(ellipsis)
	if n > graphemes || len(ellipsis) > bytes {
		ellipsis, n = "", 0
	}
	cut := prefix(t.Text, graphemes-n, bytes-len(ellipsis))
	return t.Replace(cut, len(t.Text), ellipsis)
}

// The longest text of a post, in graphemes and in bytes.
//
// https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
const (
	MaxPostGraphemes = 300
	MaxPostBytes     = 3000
)
