package lexicon

import (
	"errors"
	"fmt"
	"strings"
)

// A Code says which rule a value breaks.
type Code string

// The codes.
const (
	CodeMissing    Code = "missing"     // a property that is required is not there
	CodeType       Code = "type"        // a value of another kind
	CodeNull       Code = "null"        // null where it is not allowed
	CodeConst      Code = "const"       // not the one value that is allowed
	CodeEnum       Code = "enum"        // none of the values that are allowed
	CodeRange      Code = "range"       // an integer that is too small or too large
	CodeLength     Code = "length"      // too few or too many bytes or elements
	CodeGraphemes  Code = "graphemes"   // too few or too many graphemes
	CodeFormat     Code = "format"      // a string that has not its format
	CodeTypeName   Code = "type-name"   // a $type that is missing, or is not the name of the schema
	CodeUnionType  Code = "union-type"  // a $type that is none of a union
	CodeBlob       Code = "blob"        // a blob reference of the wrong shape
	CodeBlobAccept Code = "blob-accept" // a blob of a media type that is not accepted
	CodeBlobSize   Code = "blob-size"   // a blob that is too large
	CodeRecordKey  Code = "record-key"  // a key that records of the collection cannot have
	CodeEncoding   Code = "encoding"    // a body of another media type
	CodeUnresolved Code = "unresolved"  // a schema that is not in the catalog
	CodeRepeated   Code = "repeated"    // a parameter that is no list and is there twice
)

// ErrNoSchema is matched by errors that say that a schema is needed and not in
// the catalog: the one that was asked for, or one that it refers to. The data
// may be right or wrong.
var ErrNoSchema = errors.New("lexicon: schema is not in the catalog")

// An Error describes a value that does not follow its schema.
//
// The text returned by the Error method may change between releases.
type Error struct {
	Path string // the place in the value, as a JSON pointer (RFC 6901), such as "/reply/parent/uri"; "" for the value itself
	Code Code
	Def  string // full name of the innermost definition that the place belongs to, such as "com.atproto.repo.strongRef"
	Msg  string // what is wrong there
}

// Error gives the place with dots, as in "lexicon: reply.parent.uri: …".
func (e *Error) Error() string {
	if e.Path == "" {
		return "lexicon: " + e.Msg
	}
	return "lexicon: " + dotted(e.Path) + ": " + e.Msg
}

// Is reports whether target is [ErrNoSchema] and the error is about a schema.
func (e *Error) Is(target error) bool { return target == ErrNoSchema && e.Code == CodeUnresolved }

// dotted returns a JSON pointer in the manner of programs: names with dots
// before them and indexes in brackets. Names that would be mistaken are quoted.
func dotted(pointer string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(pointer[1:], "/") {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch {
		case isIndex(name):
			b.WriteString("[" + name + "]")
		case !isPlain(name):
			fmt.Fprintf(&b, "[%q]", name)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(name)
		}
	}
	return b.String()
}

func isIndex(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '_' && s[i] != '-' && s[i] != '$' {
			return false
		}
	}
	return s != ""
}

// Errors are all problems of a value, in the order in which they stand in it.
// There is at least one.
type Errors []*Error

// Error describes the first problem, and says how many there are.
func (es Errors) Error() string {
	if len(es) == 1 {
		return es[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", es[0], len(es)-1)
}

// Unwrap returns the problems, for [errors.AsType] and [errors.Is].
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// noSchema returns the error for a schema that was asked for.
func noSchema(kind, name string) *Error {
	return &Error{Code: CodeUnresolved, Def: name, Msg: fmt.Sprintf("no schema of a %s %.320q in the catalog", kind, name)}
}
