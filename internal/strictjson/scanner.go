package strictjson

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// A Kind is the kind of a token.
type Kind uint8

// The kinds of tokens. Commas and colons are not tokens: the scanner checks
// and skips them.
const (
	End       Kind = iota // the input is complete
	Null                  // null
	True                  // true
	False                 // false
	Number                // a number, as text
	String                // a string that is a value
	Name                  // a string that names the value after it
	Array                 // [
	ArrayEnd              // ]
	Object                // {
	ObjectEnd             // }
)

// state says what the grammar allows next.
type state uint8

const (
	wantValue   state = iota // a value
	wantElement              // a value, or the end of an array just opened
	wantName                 // a name, or the end of an object just opened
	wantNext                 // a comma or an end; after the top-level value, the end of the input
)

// A Scanner cuts JSON text into tokens. Make one with [NewScanner].
type Scanner struct {
	data []byte
	pos  int // where the next token is looked for

	state    state
	escaped  bool // the string token holds escapes
	start    int  // offset of the current token
	text     int  // offset of what the string holds, or of the number
	end      int  // where that ends
	textLen  int  // its length when its escapes are resolved
	depth    int
	maxDepth int
	bits     uint64   // one bit for each of the innermost levels, 1 for an object
	spill    []uint64 // the levels that did not fit, 64 to a word
	err      error
}

// NewScanner returns a scanner of data, which the caller must not change while
// tokens are in use. If data is too large, the first call of Next says so.
func NewScanner(data []byte, o *Options) Scanner {
	size, depth := o.limits()
	s := Scanner{data: data, maxDepth: depth}
	if len(data) > size {
		s.err = limitError("input size", size, len(data), -1)
	}
	return s
}

// Next moves to the next token and returns its kind, [End] when the value is
// complete and nothing but white space follows it. The error is an [*Error] or
// a [*dagcbor.LimitError]; after an error, every further call returns the same.
func (s *Scanner) Next() (Kind, error) {
	if s.err != nil {
		return End, s.err
	}
	i := s.skipSpace(s.pos)
	if i >= len(s.data) {
		return s.endOfInput()
	}
	c := s.data[i]
	switch s.state {
	case wantNext:
		if c == ',' && s.depth > 0 {
			if s.bits&1 == 0 {
				return s.value(s.skipSpace(i + 1))
			}
			return s.name(s.skipSpace(i + 1))
		}
		return s.endContainer(i, c)
	case wantName:
		if c == '}' {
			return s.close(i, ObjectEnd), nil
		}
		return s.name(i)
	case wantElement:
		if c == ']' {
			return s.close(i, ArrayEnd), nil
		}
	}
	return s.value(i)
}

// Text returns the current token as it stands in the input: a number, or what
// a string or name holds between its quotes, escapes unresolved.
func (s *Scanner) Text() []byte { return s.data[s.text:s.end] }

// Escaped reports whether the current token is a string or name that holds
// escapes. If not, Text is its value.
func (s *Scanner) Escaped() bool { return s.escaped }

// TextLen returns the length in bytes of the current number, or of the current
// string or name when its escapes are resolved.
func (s *Scanner) TextLen() int { return s.textLen }

// AppendText appends the current number, or the current string or name with its
// escapes resolved, to dst: TextLen bytes.
func (s *Scanner) AppendText(dst []byte) []byte {
	if !s.escaped {
		return append(dst, s.data[s.text:s.end]...)
	}
	return appendUnescaped(dst, s.data[s.text:s.end])
}

// Offset returns the offset in the input of the current token.
func (s *Scanner) Offset() int { return s.start }

// Depth returns the number of arrays and objects that are open.
func (s *Scanner) Depth() int { return s.depth }

// endOfInput reads the end of the input.
func (s *Scanner) endOfInput() (Kind, error) {
	if s.state != wantNext || s.depth > 0 {
		return s.unexpected(len(s.data), "")
	}
	s.pos, s.start = len(s.data), len(s.data)
	return End, nil
}

// endContainer reads what follows a value and is not a comma: c, at i, must
// end the innermost array or object.
func (s *Scanner) endContainer(i int, c byte) (Kind, error) {
	inObject := s.bits&1 != 0
	switch {
	case s.depth == 0:
		return s.fail(i, "data after the value")
	case c == '}' && inObject:
		return s.close(i, ObjectEnd), nil
	case c == ']' && !inObject:
		return s.close(i, ArrayEnd), nil
	case inObject:
		return s.unexpected(i, "a comma or the end of the object")
	}
	return s.unexpected(i, "a comma or the end of the array")
}

// value reads the first token of a value.
func (s *Scanner) value(i int) (Kind, error) {
	if i == len(s.data) {
		return s.unexpected(i, "")
	}
	switch c := s.data[i]; c {
	case '"':
		end, err := s.scanString(i)
		if err != nil {
			return End, err
		}
		s.pos, s.state = end, wantNext
		return String, nil
	case '{':
		return s.open(i, 1, wantName, Object)
	case '[':
		return s.open(i, 0, wantElement, Array)
	case 't':
		return s.literal(i, "true", True)
	case 'f':
		return s.literal(i, "false", False)
	case 'n':
		return s.literal(i, "null", Null)
	default:
		if c == '-' || c-'0' < 10 {
			return s.number(i)
		}
		if i == 0 && bytes.HasPrefix(s.data, []byte("\xef\xbb\xbf")) {
			return s.fail(i, "byte order mark")
		}
		return s.unexpected(i, "a value")
	}
}

// name reads a name and the colon after it.
func (s *Scanner) name(i int) (Kind, error) {
	if i == len(s.data) || s.data[i] != '"' {
		return s.unexpected(i, "a name in quotes")
	}
	end, err := s.scanString(i)
	if err != nil {
		return End, err
	}
	end = s.skipSpace(end)
	if end == len(s.data) || s.data[end] != ':' {
		return s.unexpected(end, "a colon")
	}
	s.pos, s.state = end+1, wantValue
	return Name, nil
}

func (s *Scanner) open(i int, bit uint64, st state, kind Kind) (Kind, error) {
	if s.depth >= s.maxDepth {
		s.err = limitError("nesting depth", s.maxDepth, s.depth+1, i)
		return End, s.err
	}
	if s.depth != 0 && s.depth%64 == 0 {
		s.spill = append(s.spill, s.bits)
	}
	s.bits = s.bits<<1 | bit
	s.depth++
	s.start, s.pos, s.state = i, i+1, st
	return kind, nil
}

func (s *Scanner) close(i int, kind Kind) Kind {
	s.depth--
	s.bits >>= 1
	if s.depth != 0 && s.depth%64 == 0 {
		last := len(s.spill) - 1
		s.bits, s.spill = s.spill[last], s.spill[:last]
	}
	s.start, s.pos, s.state = i, i+1, wantNext
	return kind
}

func (s *Scanner) literal(i int, word string, kind Kind) (Kind, error) {
	end := i + len(word)
	if end > len(s.data) || string(s.data[i:end]) != word {
		return s.fail(i, "unknown literal, expected "+word)
	}
	s.start, s.pos, s.state = i, end, wantNext
	return kind, nil
}

func (s *Scanner) number(i int) (Kind, error) {
	end, msg := scanNumber(s.data, i)
	if msg != "" {
		return s.fail(end, msg)
	}
	s.text, s.end, s.textLen, s.escaped = i, end, end-i, false
	s.start, s.pos, s.state = i, end, wantNext
	return Number, nil
}

// skipSpace returns the offset at or after i of what is not white space.
func (s *Scanner) skipSpace(i int) int {
	if i < len(s.data) && s.data[i] > ' ' {
		return i
	}
	return s.skipSpaces(i)
}

func (s *Scanner) skipSpaces(i int) int {
	for ; i < len(s.data); i++ {
		switch s.data[i] {
		case ' ', '\t', '\n', '\r':
		default:
			return i
		}
	}
	return i
}

func (s *Scanner) fail(i int, msg string) (Kind, error) {
	s.err = &Error{Offset: i, Msg: msg}
	return End, s.err
}

// unexpected fails with the character at i, and what should be there instead.
func (s *Scanner) unexpected(i int, want string) (Kind, error) {
	if i == len(s.data) {
		return s.fail(i, "unexpected end of input")
	}
	_, n := utf8.DecodeRune(s.data[i:])
	return s.fail(i, fmt.Sprintf("unexpected %q, expected %s", s.data[i:i+n], want))
}
