package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/linnet-at/linnet/internal/jsontext"
)

// An Error is a problem in a document.
//
// The text returned by the Error method may change between releases.
type Error struct {
	Document string // the NSID of the document, as far as it is known
	Path     string // where, as a JSON pointer (RFC 6901): "/defs/main/record"
	Offset   int    // where in the text, in bytes; -1 for what was not parsed
	Msg      string // what is wrong there
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("schema: ")
	if e.Document != "" {
		b.WriteString(e.Document + ": ")
	}
	b.WriteString(e.Msg)
	if e.Path != "" {
		fmt.Fprintf(&b, " at %q", e.Path)
	}
	if e.Offset >= 0 {
		b.WriteString(" at offset " + strconv.Itoa(e.Offset))
	}
	return b.String()
}

// Errors are the problems of a document, in the order in which they were met.
// There is at least one.
type Errors []*Error

// Error describes the first problem, and says how many there are.
func (es Errors) Error() string {
	if len(es) == 1 {
		return es[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", es[0], len(es)-1)
}

// Unwrap returns the problems, for [errors.AsType].
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// maxProblems is how many problems of a document are reported: a text that is
// wrong throughout should not be answered with many times its size.
const maxProblems = 100

// maxPath bounds the path of a problem, whose names are the input's.
const maxPath = 1000

// A place is a path into a document, kept as its parts.
type place []part

// A part of a path is the name of a member, or the index of an element.
type part struct {
	name  string
	index int // negative for a name
}

func (p *place) push(name string) { *p = append(*p, part{name, -1}) }
func (p *place) pushIndex(i int)  { *p = append(*p, part{"", i}) }
func (p *place) pop()             { *p = (*p)[:len(*p)-1] }

func (p place) String() string {
	var b []byte
	for _, part := range p {
		if len(b) > maxPath {
			break
		}
		if part.index >= 0 {
			b = strconv.AppendInt(append(b, '/'), int64(part.index), 10)
		} else {
			b = jsontext.AppendPointer(b, part.name[:min(len(part.name), maxPath)])
		}
	}
	return string(b)
}

// problems collects what is wrong with a document.
type problems struct {
	doc  string
	path place
	list Errors
}

func (ps *problems) add(offset int, format string, args ...any) {
	if len(ps.list) < maxProblems {
		ps.list = append(ps.list, &Error{ps.doc, ps.path.String(), offset, fmt.Sprintf(format, args...)})
	}
}

// err returns the problems as an error, or nil if there are none.
func (ps *problems) err() error {
	if len(ps.list) == 0 {
		return nil
	}
	return ps.list
}
