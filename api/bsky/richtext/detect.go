package richtext

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linnet-at/linnet/syntax"
)

// A Kind says what a [Match] is.
type Kind uint8

// The kinds of matches.
const (
	Mention Kind = iota + 1
	Link
	Tag
)

// String returns the name of the kind, such as "mention".
func (k Kind) String() string {
	switch k {
	case Mention:
		return "mention"
	case Link:
		return "link"
	case Tag:
		return "tag"
	}
	return "unknown"
}

// A Match is a part of a text that [Detect] has found: text[Start:End].
type Match struct {
	Start, End int // bytes
	Kind       Kind

	Handle syntax.Handle // of a mention, in lower case
	URI    string        // of a link, with the scheme https if the text has none
	Tag    string        // of a tag, without the "#" before it
}

// DetectOptions are options for [Detect].
type DetectOptions struct {
	// TLD reports whether a top-level domain, in lower case and without a dot,
	// makes a name without a scheme a link. Nil means [KnownTLD]. Programs that
	// have the list of all can put it here.
	TLD func(tld string) bool
}

// Detect returns what looks like a mention, a link or a tag in a text, from its
// beginning to its end and without overlaps; nil options mean the defaults. It
// finds what people expect to be found, as the applications do:
//
//   - a mention is "@" and a handle: "@alice.example.com". Whether there is such
//     an account is not known yet;
//   - a link is a URL with the scheme http or https, or a domain name, maybe
//     with a port, a path, a query and a fragment: "example.com/linnets". The
//     name ends in a [KnownTLD] in lower case, as in "end.So" a sentence begins
//     more often than a host is meant. Punctuation at the end does not belong
//     to a link, and neither does a bracket that was opened before it;
//   - a tag is "#", or "＃", and what follows it up to a space or a character
//     that is not seen, without punctuation at the end. It has at most 64
//     graphemes and 640 bytes, and something in it that is neither a digit nor
//     punctuation.
//
// Each stands at the beginning of the text or after white space; mentions and
// links also after "(".
//
// https://docs.bsky.app/docs/advanced-guides/post-richtext
func Detect(text string, o *DetectOptions) iter.Seq[Match] {
	d := detector{text: text, tld: KnownTLD}
	if o != nil && o.TLD != nil {
		d.tld = o.TLD
	}
	return func(yield func(Match) bool) {
		for i, free, open := 0, true, false; i < len(text); {
			if free || open {
				if m, next := d.match(i, free); next > i {
					if m.Kind != 0 && !yield(m) {
						return
					}
					i, free, open = next, false, false
					continue
				}
			}
			r, size := utf8.DecodeRuneInString(text[i:])
			free, open = isSpace(r), r == '('
			i += size
		}
	}
}

// A detector looks for matches in a text.
type detector struct {
	text string
	tld  func(string) bool
}

// match returns what begins at i and where to go on, or i if nothing does. A
// tag can only begin where it is free: after white space. A match without a
// kind is a part of the text in which there is none.
func (d *detector) match(i int, free bool) (Match, int) {
	switch c := d.text[i]; {
	case c == '@':
		return d.mention(i)
	case c == '#' && free:
		return d.tag(i, 1)
	case c == wideHash[0] && free && strings.HasPrefix(d.text[i:], wideHash):
		return d.tag(i, len(wideHash))
	case isAlnum(c):
		return d.link(i)
	}
	return Match{}, i
}

// mention matches a mention at i.
func (d *detector) mention(i int) (Match, int) {
	name := d.text[i+1:]
	name = name[:domainLen(name)]
	if next := d.text[i+1+len(name):]; next != "" && (next[0] == '_' || next[0] == '@') {
		return Match{}, i // of another kind, such as "@alice.example.com@example.com"
	}
	h, err := syntax.ParseHandle(trimDomain(name))
	if err != nil || h.HasReservedTLD() {
		return Match{}, i
	}
	end := i + 1 + len(h.String())
	return Match{Start: i, End: end, Kind: Mention, Handle: h.Normalize()}, end
}

// domainLen returns the number of bytes at the beginning of s that can be in a
// domain name.
func domainLen(s string) int {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '.' && c != '-' {
			return i
		}
	}
	return len(s)
}

// trimDomain cuts off what can be in a domain name and not at its end.
func trimDomain(s string) string {
	for s != "" && !isAlnum(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isSpace reports whether r is white space: what Unicode says, and the byte
// order mark, which clients count as such.
//
// https://tc39.es/ecma262/#sec-white-space
func isSpace(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }
