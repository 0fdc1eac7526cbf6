// Package jose reads the two notations that JSON Web Keys and JSON Web Tokens
// are made of, JSON objects and base64url, and gives each of them one meaning.
//
// [ParseObject] takes JSON by the grammar of RFC 8259
// (https://www.rfc-editor.org/rfc/rfc8259) and the profile of RFC 7493
// (https://www.rfc-editor.org/rfc/rfc7493#section-2): valid UTF-8, no half of a
// surrogate pair, and no name twice in one object, at any depth. Names are told
// apart by their case, as RFC 7515, section 5.3, wants it; encoding/json does
// neither. [Decode] takes base64url by RFC 7515, section 2: without padding,
// line breaks, or stray bits in the last character.
//
// Start with [ParseObject] and [Decode]. Errors never show the input, which may
// hold a secret. Nothing here knows what the members mean, and nothing limits
// the size: callers do. Nesting is limited to [MaxDepth].
//
// Values are immutable and functions safe for concurrent use. The zero
// [Object] has no members.
package jose

import (
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how many objects and arrays may be inside each other, the
// outermost included. Keys and the tokens of the protocol need three.
const MaxDepth = 16

// Why a text is not an object.
var (
	errUTF8      = errors.New("not valid UTF-8")
	errGrammar   = errors.New("not valid JSON")
	errNotObject = errors.New("not a JSON object")
	errDuplicate = errors.New("a name is there twice in one object")
	errSurrogate = errors.New("half of a surrogate pair")
	errDepth     = errors.New("nested too deeply")
)

// An Object is a JSON object whose whole text has been checked.
type Object struct {
	members []member
}

type member struct {
	name  string // escapes resolved
	value string // JSON text, without white space around it
}

// ParseObject checks that data is exactly one JSON object and splits it into
// its members. It keeps no reference to data.
func ParseObject(data []byte) (Object, error) {
	if !utf8.Valid(data) {
		return Object{}, errUTF8
	}
	if !json.Valid(data) {
		return Object{}, errGrammar
	}
	s := scanner{text: string(data)}
	if s.next(); s.text[s.pos] != '{' {
		return Object{}, errNotObject
	}
	members, err := s.object(1)
	return Object{members}, err
}

// Get returns the JSON text of the member with the given name.
func (o Object) Get(name string) (value string, ok bool) {
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].value, true
		}
	}
	return "", false
}

// All returns the names and the JSON texts of the members in their order.
func (o Object) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range o.members {
			if !yield(o.members[i].name, o.members[i].value) {
				return
			}
		}
	}
}

// String returns the string that value, a JSON text from an [Object], stands
// for, and whether it is one.
func String(value string) (s string, ok bool) {
	if value == "" || value[0] != '"' {
		return "", false
	}
	if !strings.Contains(value, `\`) {
		return value[1 : len(value)-1], true
	}
	return unescape(value)
}

func unescape(value string) (s string, ok bool) {
	err := json.Unmarshal([]byte(value), &s)
	return s, err == nil
}

// Elements returns the JSON texts of the elements of value, a JSON text from an
// [Object], and whether it is an array.
func Elements(value string) (elements []string, ok bool) {
	if value == "" || value[0] != '[' {
		return nil, false
	}
	s := scanner{text: value, pos: 1}
	for s.next() != ']' {
		from := s.pos
		if s.value(0) != nil {
			return nil, false
		}
		elements = append(elements, value[from:s.pos])
	}
	return elements, true
}

// A scanner walks over text that is known to be grammatical JSON, and checks
// what the grammar does not.
type scanner struct {
	text string
	pos  int
}

// next skips white space, commas and colons, and returns the byte after them.
// Where the grammar wants those, they are; so they tell nothing.
func (s *scanner) next() byte {
	for {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			s.pos++
		default:
			return c
		}
	}
}

// value walks over a value; an array or object in it would be the depth-th.
func (s *scanner) value(depth int) error {
	switch s.text[s.pos] {
	case '{':
		_, err := s.object(depth)
		return err
	case '[':
		return s.array(depth)
	case '"':
		return s.string()
	}
	if n := strings.IndexAny(s.text[s.pos:], ",]} \t\r\n"); n >= 0 {
		s.pos += n
	} else {
		s.pos = len(s.text)
	}
	return nil
}

func (s *scanner) array(depth int) error {
	if depth > MaxDepth {
		return errDepth
	}
	s.pos++
	for s.next() != ']' {
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
	s.pos++
	return nil
}

func (s *scanner) object(depth int) ([]member, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	s.pos++
	var members []member
	for s.next() != '}' {
		from := s.pos
		if err := s.string(); err != nil {
			return nil, err
		}
		name, _ := String(s.text[from:s.pos])
		s.next()
		from = s.pos
		if err := s.value(depth + 1); err != nil {
			return nil, err
		}
		members = append(members, member{name, s.text[from:s.pos]})
	}
	s.pos++
	if hasDuplicate(members) {
		return nil, errDuplicate
	}
	return members, nil
}

// hasDuplicate looks at every pair where there are few, and sorts where not,
// so that many names do not cost quadratic time.
func hasDuplicate(members []member) bool {
	const few = 16
	if len(members) <= few {
		for i := range members {
			for j := range i {
				if members[i].name == members[j].name {
					return true
				}
			}
		}
		return false
	}
	names := make([]string, len(members))
	for i := range members {
		names[i] = members[i].name
	}
	slices.Sort(names)
	return len(slices.Compact(names)) != len(members)
}

// string walks over a string.
func (s *scanner) string() error {
	for s.pos++; s.text[s.pos] != '"'; {
		if s.text[s.pos] != '\\' {
			s.pos++
			continue
		}
		n := escapeLen(s.text[s.pos:])
		if n == 0 {
			return errSurrogate
		}
		s.pos += n
	}
	s.pos++
	return nil
}

// escapeLen returns the length of the escape, or of the pair of escapes for one
// character, with which s begins, and 0 for half of a pair.
func escapeLen(s string) int {
	if s[1] != 'u' {
		return 2
	}
	r := hex4(s[2:6])
	if !utf16.IsSurrogate(r) {
		return 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' && utf16.DecodeRune(r, hex4(s[8:12])) != utf8.RuneError {
		return 12
	}
	return 0
}

// hex4 returns the number that four hexadecimal digits stand for.
func hex4(s string) (r rune) {
	for i := range len(s) {
		c := rune(s[i])
		if c > '9' {
			c = c&^0x20 - 'A' + '9' + 1
		}
		r = r<<4 | (c - '0')
	}
	return r
}
