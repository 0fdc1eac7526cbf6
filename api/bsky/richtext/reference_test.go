package richtext_test

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/syntax"
)

// The rules of detection once more, slowly and in other words.
const (
	refSpace  = `\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}`
	refHidden = `\x{AD}\x{200B}-\x{200D}\x{2060}\x{20E2}`
)

var (
	refToken   = regexp.MustCompile(`[^` + refSpace + `]+`)
	refMention = regexp.MustCompile(`^@([A-Za-z0-9.-]*[A-Za-z0-9])[.-]*(?:$|[^A-Za-z0-9._@-])`)
	refURL     = regexp.MustCompile(`^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9\[\x{80}-\x{10FFFF}]`)
	refBare    = regexp.MustCompile(`(?s)^([A-Za-z0-9.-]*[A-Za-z0-9])([.-]*)(?:$|[^A-Za-z0-9._@-].*$)`)
	refTail    = regexp.MustCompile(`^(?:[/?#]|:[0-9])`)
	refEnd     = regexp.MustCompile(`[.,;:!?'"…’”»。、，．！？；：\p{Cc}` + refHidden + `]$`)
	refClosed  = regexp.MustCompile(`[)\]}>）」』】》〉］]$`)
	refOpened  = regexp.MustCompile(`[(\[{<（「『【《〈［]$`)
	refTag     = regexp.MustCompile(`^[#＃]([^` + refHidden + `]+)`)
	refWordy   = regexp.MustCompile(`[^0-9\p{P}]`)
	refPunct   = regexp.MustCompile(`\p{P}+$`)
)

// reference is Detect.
func reference(text string) []richtext.Match {
	var all []richtext.Match
	for _, span := range refToken.FindAllStringIndex(text, -1) {
		token := text[span[0]:span[1]]
		for i := 0; i < len(token); {
			m, ok := richtext.Match{}, false
			if i == 0 || token[i-1] == '(' {
				m, ok = refMatch(token[i:], i == 0)
			}
			if !ok {
				_, size := utf8.DecodeRuneInString(token[i:])
				i += size
				continue
			}
			i += m.End
			if m.Kind == 0 {
				continue
			}
			m.Start, m.End = span[0]+i-m.End, span[0]+i
			all = append(all, m)
		}
	}
	return all
}

func refMatch(s string, free bool) (richtext.Match, bool) {
	if p := refMention.FindStringSubmatch(s); p != nil {
		h, err := syntax.ParseHandle(strings.ToLower(p[1]))
		return richtext.Match{End: 1 + len(p[1]), Kind: richtext.Mention, Handle: h}, err == nil && !h.HasReservedTLD()
	}
	if p := refTag.FindStringSubmatch(s); p != nil && free {
		tag := refPunct.ReplaceAllString(p[1], "")
		ok := refWordy.MatchString(p[1]) && !strings.HasPrefix(tag, "\ufe0f") && tag != "" && utf8.ValidString(tag) &&
			len(tag) <= 640 && uniseg.GraphemeClusterCount(tag) <= 64
		return richtext.Match{End: strings.Index(s, p[1]) + len(tag), Kind: richtext.Tag, Tag: tag}, ok
	}
	if begin := refURL.FindString(s); begin != "" {
		return refLink(s, strings.Index(s, "//")+2, "")
	}
	p := refBare.FindStringSubmatch(s)
	if p == nil {
		return richtext.Match{}, false
	}
	labels := strings.Split(p[1], ".")
	if _, err := syntax.ParseHandle(p[1]); err != nil || !richtext.KnownTLD(labels[len(labels)-1]) || strings.Trim(labels[0], "0123456789") == "" {
		return richtext.Match{}, false
	}
	if p[2] != "" || !refTail.MatchString(s[len(p[1]):]) {
		s = p[1]
	}
	return refLink(s, len(p[1]), "https://")
}

// refLink is the link that s is when its end is cut off, but for the first bytes.
func refLink(s string, keep int, scheme string) (richtext.Match, bool) {
	if len(s) > syntax.MaxURILen {
		return richtext.Match{End: len(s)}, true
	}
	for {
		end := refEnd.FindStringIndex(s)
		if end == nil {
			end = refOpened.FindStringIndex(s)
		}
		if end == nil {
			if end = refClosed.FindStringIndex(s); end != nil {
				pair := map[string]string{")": "(", "]": "[", "}": "{", ">": "<", "）": "（", "」": "「", "』": "『", "】": "【", "》": "《", "〉": "〈", "］": "［"}
				if c := s[end[0]:]; strings.Count(s[keep:], pair[c]) >= strings.Count(s[keep:], c) {
					end = nil
				}
			}
		}
		if end == nil || end[0] < keep {
			break
		}
		s = s[:end[0]]
	}
	_, err := syntax.ParseURI(scheme + s)
	return richtext.Match{End: len(s), Kind: richtext.Link, URI: scheme + s}, err == nil && (scheme != "" || len(s) > keep)
}
