package lexgen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// values writes the values of a string that are known, as constants.
func (w *writer) values(base, where string, t *schema.String) {
	list := slices.Concat(t.KnownValues, t.Enum)
	seen := make(map[string]bool)
	var lines []string
	for _, value := range list {
		if seen[value] || strings.Contains(value, "#") && w.g.isToken(value) {
			continue
		}
		seen[value] = true
		lines = append(lines, w.constant(base, value)+" = "+strconv.Quote(value))
	}
	if lines == nil {
		return
	}
	w.p("")
	what := "Known values of "
	if t.Enum != nil {
		what = "The values of "
	}
	w.comment(what + where + ".")
	w.p("const (")
	for _, line := range lines {
		w.p("%s", line)
	}
	w.p(")")
}

// constant takes the name of the constant of a value: base with the words of the
// value, and if that is taken, with its symbols too.
func (w *writer) constant(base, value string) string {
	name := joinName(base, valueName(value, false))
	if w.pkg.taken[name] {
		name = joinName(base, valueName(value, true))
	}
	return w.pkg.taken.take(name)
}

// telling are symbols that have a meaning before a number and at the end of a
// value: -1, <5, C++, C#, 50%.
const telling = "+-#%*<=>~"

// valueName returns the part of a name that stands for a value of a string: its
// words, and its symbols if all are wanted, or where they are telling, or where
// there is nothing else. A value that is the full name of a definition stands for
// that.
func valueName(value string, all bool) string {
	if value == "" {
		return "Empty"
	}
	if name, err := schema.ParseName(value); err == nil && strings.Contains(value, "#") {
		value = name.Def
	}
	runes := []rune(value)
	all = all || !slices.ContainsFunc(runes, isWord)
	name := ""
	for start, end := 0, 0; start < len(runes); start = end {
		end = start + 1
		for end < len(runes) && isWord(runes[end]) == isWord(runes[start]) {
			end++
		}
		run := string(runes[start:end])
		switch {
		case isWord(runes[start]):
			for _, word := range words(run) {
				name = joinName(name, goWord(word))
			}
		case all, strings.Trim(run, telling) == "" && (end == len(runes) || start == 0 && unicode.IsDigit(runes[end])):
			for _, r := range run {
				name = joinName(name, symbolName(r))
			}
		}
	}
	return name
}

// isWord reports whether a character can stand in a name.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// symbols are the names of the symbols of ASCII, each behind the symbol.
const symbols = `!Exclamation "Quote #Hash $Dollar %Percent &And 'Apostrophe (Open )Close *Star +Plus ,Comma -Minus .Dot /Slash :Colon ;Semicolon <Less =Equal >Greater ?Question @At [Open \Backslash ]Close ^Caret _Underscore {Open |Or }Close ~Tilde`

// symbolName returns a word for a character that cannot stand in a name: its name,
// or its number.
func symbolName(r rune) string {
	if r == ' ' {
		return "Space"
	}
	for symbol := range strings.FieldsSeq(symbols) {
		if rune(symbol[0]) == r {
			return symbol[1:]
		}
	}
	return fmt.Sprintf("U%04X", r)
}

// isToken reports whether a full name is that of a token.
func (g *generator) isToken(name string) bool {
	n, err := schema.ParseName(name)
	if err != nil {
		return false
	}
	d := g.defs[n]
	if d == nil {
		return false
	}
	_, is := d.typ.(*schema.Token)
	return is
}
