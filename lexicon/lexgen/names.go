package lexgen

import (
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// initialisms are words that Go writes in capitals
// (https://go.dev/wiki/CodeReviewComments#initialisms), with those of the AT
// Protocol.
const initialisms = " API ASCII CAR CBOR CDN CID CPU DID DM DNS GIF HTML HTTP HTTPS ID IP JSON JWT NSID OS PDS PLC RPC SMS SQL TID TLS TTL UI UID URI URL UTF UUID XML XRPC "

// plurals are words that are initialisms but for a last letter s.
const plurals = " apis cars cids dids dms gifs ids ips nsids tids uris urls uuids "

// goName returns an exported Go identifier for text of whatever kind: "createdAt"
// is CreatedAt, "didDoc" is DIDDoc, "!no-promote" is NoPromote.
func goName(s string) string {
	var b strings.Builder
	for _, word := range words(s) {
		b.WriteString(goWord(word))
	}
	name := b.String()
	if name == "" {
		return "X"
	}
	if r, _ := utf8.DecodeRuneInString(name); !unicode.IsUpper(r) {
		return "X" + name // a digit, or a letter without case
	}
	return name
}

func goWord(word string) string {
	lower := strings.ToLower(word)
	if strings.Contains(initialisms, " "+strings.ToUpper(word)+" ") {
		return strings.ToUpper(word)
	}
	if lower == "rkey" {
		return "RKey"
	}
	if strings.Contains(plurals, " "+lower+" ") {
		return strings.ToUpper(word[:len(word)-1]) + "s"
	}
	r, size := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[size:]
}

// words cuts text into words: at characters that no identifier has, and before
// capitals that follow a small letter or precede one.
func words(s string) []string {
	var list []string
	start := -1
	runes := []rune(s)
	flush := func(end int) {
		if start >= 0 && start < end {
			list = append(list, string(runes[start:end]))
		}
		start = -1
	}
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush(i)
			continue
		}
		if start < 0 {
			start = i
			continue
		}
		last := runes[i-1]
		next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(r) && (!unicode.IsUpper(last) || next) {
			flush(i)
			start = i
		}
	}
	flush(len(runes))
	return list
}

// packageName returns the name of a Go package for the last part of an import
// path.
func packageName(path string) string {
	base := path[strings.LastIndexByte(path, '/')+1:]
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" && base != path {
		rest := path[:len(path)-len(base)-1] // a major version
		base = rest[strings.LastIndexByte(rest, '/')+1:]
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' {
			return unicode.ToLower(r)
		}
		return -1
	}, base)
	if !token.IsIdentifier(name) {
		name = "lex" + name
	}
	return name
}

// names hands out identifiers, each once.
type names map[string]bool

// take returns name, or if it is taken, name with the first number behind it
// that is free. A name that ends in a digit is kept apart from the number.
func (n names) take(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = joinName(name, itoa(i))
	}
	n[free] = true
	return free
}

// joinName joins parts of a name, with a line between two digits.
func joinName(a, b string) string {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	if unicode.IsDigit(last) && unicode.IsDigit(first) {
		return a + "_" + b
	}
	return a + b
}
