package richtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linnet-at/linnet/syntax"
)

// link matches a link at i.
func (d *detector) link(i int) (Match, int) {
	s := d.text[i:]
	if n := schemeLen(s); n > 0 {
		return d.url(i, n)
	}
	name := s[:domainLen(s)]
	rest := s[len(name):]
	if rest != "" && (rest[0] == '_' || rest[0] == '@') {
		return Match{}, i // an e-mail address, or the name of a file
	}
	host := trimDomain(name)
	if !d.isHost(host) {
		return Match{}, i
	}
	if len(host) < len(name) || !beginsTail(rest) {
		return d.linkTo(i, i+len(host), "https://")
	}
	end, ok := d.token(i)
	if !ok {
		return Match{}, end
	}
	return d.linkTo(i, i+len(host)+len(trimLink(d.text[i+len(host):end])), "https://")
}

// schemeLen returns the length of a scheme with its slashes, or zero if s does
// not begin with one and a host.
func schemeLen(s string) int {
	for _, scheme := range [2]string{"https://", "http://"} {
		if n := len(scheme); len(s) > n && strings.EqualFold(s[:n], scheme) {
			if c := s[n]; isAlnum(c) || c == '[' || c >= utf8.RuneSelf {
				return n
			}
		}
	}
	return 0
}

// url matches a link with a scheme of n bytes at i.
func (d *detector) url(i, n int) (Match, int) {
	end, ok := d.token(i)
	if !ok {
		return Match{}, end
	}
	trimmed := trimLink(d.text[i+n : end])
	if trimmed == "" {
		return Match{}, i
	}
	return d.linkTo(i, i+n+len(trimmed), "")
}

// linkTo returns the match of a link, if it is one that can be.
func (d *detector) linkTo(start, end int, scheme string) (Match, int) {
	uri := scheme + d.text[start:end]
	if _, err := syntax.ParseURI(uri); err != nil {
		return Match{}, start
	}
	return Match{Start: start, End: end, Kind: Link, URI: uri}, end
}

// token returns where the characters end that are not white space, and whether
// that is near enough for a URI. If not, whatever is in between is no link, and
// need not be looked at again.
func (d *detector) token(i int) (end int, ok bool) {
	if n := strings.IndexFunc(d.text[i:], isSpace); n >= 0 {
		return i + n, n <= syntax.MaxURILen
	}
	return len(d.text), len(d.text)-i <= syntax.MaxURILen
}

// isHost reports whether a domain name that has no scheme before it can be meant
// as a link: its top-level domain is known, and its first label is no number.
func (d *detector) isHost(name string) bool {
	label, _, ok := strings.Cut(name, ".")
	if !ok || strings.Trim(label, "0123456789") == "" {
		return false
	}
	h, err := syntax.ParseHandle(name) // which is a domain name
	if err != nil {
		return false
	}
	tld := name[strings.LastIndexByte(name, '.')+1:]
	return tld == h.TLD() && d.tld(tld)
}

// beginsTail reports whether what follows a host belongs to the link: a port, a
// path, a query, or a fragment.
func beginsTail(s string) bool {
	switch {
	case s == "":
		return false
	case s[0] == ':':
		return len(s) > 1 && isDigit(s[1])
	}
	return s[0] == '/' || s[0] == '?' || s[0] == '#'
}

// brackets are pairs, of which the second belongs to a link only if the first
// one does.
const brackets = "()[]{}<>（）「」『』【】《》〈〉［］"

// trimLink cuts off what stands after a link: punctuation, quotes, what is not
// seen, and brackets that are closed and not opened in it.
func trimLink(s string) string {
	var opened [len(brackets)]int // by the offset of the first of a pair
	for _, r := range s {
		if at, sign := bracket(r); sign != 0 {
			opened[at] += sign
		}
	}
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		at, sign := bracket(r)
		switch {
		case sign < 0 && opened[at] >= 0: // opened in the link
			return s
		case sign != 0:
			opened[at] -= sign
		case !endsSentence(r):
			return s
		}
		s = s[:len(s)-size]
	}
	return s
}

// bracket returns the offset of the pair that r is of, and 1 if it is the first,
// -1 if it is the second, or 0 if r is no bracket.
func bracket(r rune) (at, sign int) {
	if r < utf8.RuneSelf && !strings.ContainsRune("()[]{}<>", r) {
		return 0, 0
	}
	first := -1
	for i, b := range brackets {
		if first < 0 {
			if b == r {
				return i, 1
			}
			first = i
			continue
		}
		if b == r {
			return first, -1
		}
		first = -1
	}
	return 0, 0
}

// endsSentence reports whether r, at the end of a link, is of the text around
// it.
func endsSentence(r rune) bool {
	switch r {
	case '.', ',', ';', ':', '!', '?', '\'', '"', '…', '’', '”', '»', '。', '、', '，', '．', '！', '？', '；', '：':
		return true
	}
	return isHidden(r) || unicode.IsControl(r)
}
