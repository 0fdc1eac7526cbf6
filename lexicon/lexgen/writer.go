package lexgen

import (
	"bytes"
	"fmt"
	"go/doc"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/schema"
)

const (
	pathLex     = "github.com/linnet-at/linnet/lexicon/lex"
	pathXRPC    = "github.com/linnet-at/linnet/xrpc"
	pathDAGCBOR = "github.com/linnet-at/linnet/dagcbor"
	pathData    = "github.com/linnet-at/linnet/data"
	pathLexicon = "github.com/linnet-at/linnet/lexicon"
	pathSchema  = "github.com/linnet-at/linnet/lexicon/schema"
)

// A writer writes a file.
type writer struct {
	g       *generator
	pkg     *goPackage
	out     bytes.Buffer
	imports map[string]string // names by path
	at      schema.Name       // the definition at hand

	// Which variables the code of a method AppendLex has assigned so far.
	setsErr, setsOK bool
}

// p writes a line.
func (w *writer) p(format string, args ...any) {
	if len(args) == 0 {
		w.out.WriteString(format)
	} else {
		fmt.Fprintf(&w.out, format, args...)
	}
	w.out.WriteByte('\n')
}

// use returns the name by which a package is used.
func (w *writer) use(importPath, name string) string {
	if have, ok := w.imports[importPath]; ok {
		return have
	}
	if isReserved(name) {
		name = "lex" + name
	}
	free := name
	for i := 2; w.isUsed(free); i++ {
		free = name + itoa(i)
	}
	w.imports[importPath] = free
	return free
}

// isUsed reports whether a package must not have a name, or another one has it.
func (w *writer) isUsed(name string) bool {
	if isReserved(name) {
		return true
	}
	for _, have := range w.imports {
		if have == name {
			return true
		}
	}
	return false
}

// locals are the variables of the code, and the names of the packages that it
// always calls so.
const locals = "x r m v q before dst err ok start outer out params query c ctx in head body p text def typ b cursor page next o lex xrpc dagcbor data lexicon schema context"

// isReserved reports whether a package of that name would hide what the code needs,
// or be hidden: variables, of which those of nested lists have a number, names that
// Go declares, and exported names, which are those of types. Go imports no package
// as init (https://go.dev/ref/spec#Package_initialization).
func isReserved(name string) bool {
	switch strings.TrimRight(name, "0123456789") {
	case "n", "i", "e", "list":
		return true
	}
	return name == "init" || doc.IsPredeclared(name) || token.IsExported(name) || contains(splitWords(locals), name)
}

func (w *writer) lex() string { w.imports[pathLex] = "lex"; return "lex" }

// fixed imports one of the packages with a fixed name.
func (w *writer) fixed(importPath string) string {
	name := path.Base(importPath)
	w.imports[importPath] = name
	return name
}

// goType returns a Go type of the schema's, as this package names it.
func (w *writer) named(t *typ) string {
	if t.pkg == w.pkg || t.pkg == nil {
		return t.name
	}
	if _, ok := w.pkg.imports[t.pkg]; !ok {
		w.pkg.imports[t.pkg] = w.at
	}
	return w.use(t.pkg.Import, t.pkg.name) + "." + t.name
}

// goType returns the Go type of values of t.
func (w *writer) goType(t *typ) string {
	switch t.kind {
	case kindBool:
		return "bool"
	case kindInt:
		return "int64"
	case kindText:
		return "string"
	case kindBytes:
		return "[]byte"
	case kindLink:
		return w.fixed(pathDAGCBOR) + ".CID"
	case kindBlob:
		return w.fixed(pathData) + ".Blob"
	case kindArray:
		return "[]" + w.goType(t.elem)
	case kindUnknown:
		return w.lex() + ".Unknown"
	}
	return w.named(t)
}

// fieldType returns the Go type of a field.
func (w *writer) fieldType(f *field) string {
	t := w.goType(f.typ)
	switch f.form {
	case formPointer:
		return "*" + t
	case formNullable:
		return w.lex() + ".Nullable[" + t + "]"
	}
	return t
}

// file returns the whole file, or nil if there is nothing in it.
func (w *writer) file() []byte {
	if w.out.Len() == 0 {
		return nil
	}
	var f bytes.Buffer
	fmt.Fprintf(&f, "%s\n\npackage %s\n", FileHeader, w.pkg.name)
	var std, others []string
	for importPath, name := range w.imports {
		line := strconv.Quote(importPath)
		if packageName(importPath) != name || path.Base(importPath) != name {
			line = name + " " + line
		}
		if strings.Contains(importPath, ".") {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	slices.SortFunc(others, func(a, b string) int {
		return strings.Compare(a[strings.IndexByte(a, '"'):], b[strings.IndexByte(b, '"'):])
	})
	slices.Sort(std)
	if len(std)+len(others) > 0 {
		f.WriteString("\nimport (\n")
		for _, line := range std {
			f.WriteString(line + "\n")
		}
		f.WriteString("\n")
		for _, line := range others {
			f.WriteString(line + "\n")
		}
		f.WriteString(")\n")
	}
	f.Write(w.out.Bytes())
	return f.Bytes()
}

// plain returns text as it may stand in a comment: on one line, and without what
// Go source must not have (https://go.dev/ref/spec#Source_code_representation),
// what has no meaning there, and what would show the code around it in another
// order than it has.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == '\ufeff', unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
}

// comment writes a comment, broken into lines.
func (w *writer) comment(text string) {
	const width = 77
	line := "//"
	for word := range strings.FieldsSeq(plain(text)) {
		if line != "//" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			w.p("%s", line)
			line = "//"
		}
		line += " " + word
	}
	w.p("%s", line)
}

// description writes the description of a type as a paragraph, if it is wanted,
// and that the type is deprecated.
func (w *writer) description(text string) {
	for _, part := range w.paragraphs(text) {
		w.p("//")
		w.comment(part)
	}
}

// fieldDescription is description for a field.
func (w *writer) fieldDescription(text string) {
	for i, part := range w.paragraphs(text) {
		if i > 0 {
			w.p("//")
		}
		w.comment(part)
	}
}

// paragraphs returns what is written of a description.
func (w *writer) paragraphs(text string) []string {
	var list []string
	if w.g.config.Descriptions && strings.TrimSpace(plain(text)) != "" {
		list = append(list, text)
	}
	if deprecated(text) {
		list = append(list, "Deprecated: the schema says so.") // https://go.dev/wiki/Deprecated
	}
	return list
}

// deprecated reports whether a description says so of what it describes: with its
// first word, or with one in capitals. Lexicons have no other mark for it
// (https://atproto.com/specs/lexicon#lexicon-evolution).
func deprecated(text string) bool {
	for i, word := range slices.Collect(strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) })) {
		if word == "DEPRECATED" || i == 0 && strings.EqualFold(word, "deprecated") {
			return true
		}
	}
	return false
}

// document writes all that belongs to a document.
func (w *writer) document(d *schema.Document) {
	for _, x := range d.Defs {
		def := w.g.defs[schema.Name{NSID: d.ID, Def: x.Name}]
		w.at = def.name
		switch t := x.Type.(type) {
		case *schema.Record, *schema.Object:
			w.object(w.g.resolve(t, d, w.pkg, def, 0))
		case *schema.Array:
			w.nested(def.base, "an element of "+def.name.String(), w.g.typeOf(t.Items, d, w.pkg), t.Items)
		case *schema.String:
			w.values(def.base, "strings of type "+def.name.String(), t)
		case *schema.Token:
			w.p("")
			w.comment(def.base + " is the token " + def.name.String() + ".")
			w.description(t.Description)
			w.p("const %s = %q", def.base, def.name.String())
		case *schema.Query:
			w.method(&method{def: def, doc: d, params: t.Parameters, output: t.Output, errors: t.Errors})
		case *schema.Procedure:
			w.method(&method{def: def, doc: d, params: t.Parameters, input: t.Input, output: t.Output, errors: t.Errors, procedure: true})
		case *schema.Subscription:
			w.subscription(def, d, t)
		case *schema.PermissionSet:
			w.p("")
			w.comment(def.base + "NSID is the permission set " + def.name.String() + ".")
			w.p("const %s = %q", w.pkg.taken.take(def.base+"NSID"), def.name.String())
		}
	}
}

// nested writes a type that stands inside of another one, if it is a Go type that
// has not been written with its definition.
func (w *writer) nested(base, where string, t *typ, src schema.Type) {
	for t.kind == kindArray {
		a, ok := src.(*schema.Array)
		if !ok {
			return // a reference
		}
		t, src, base = t.elem, a.Items, base+"Item"
	}
	switch s := src.(type) {
	case *schema.Object:
		w.object(t)
	case *schema.Union:
		w.union(t, where)
	case *schema.String:
		w.values(base, where, s)
	}
}

// keyLiteral returns an encoded key as a Go literal.
func keyLiteral(name string) string { return bytesLiteral(dagcbor.AppendText(nil, name)) }

// bytesLiteral returns encoded data as the literal of a string: text as text, and
// heads in hexadecimal.
func bytesLiteral(b []byte) string {
	var lit strings.Builder
	lit.WriteByte('"')
	for off := 0; off < len(b); {
		n, start := cborhead.Read(b, off)
		end := start
		if b[off]&cborhead.Mask == cborhead.Text {
			end = start + n
		}
		for _, c := range b[off:start] {
			fmt.Fprintf(&lit, "\\x%02x", c)
		}
		text := strconv.Quote(string(b[start:end]))
		lit.WriteString(text[1 : len(text)-1])
		off = end
	}
	lit.WriteByte('"')
	return lit.String()
}

func itoa(n int) string { return strconv.Itoa(n) }

func quote(s string) string { return strconv.Quote(s) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func splitWords(s string) []string { return strings.Fields(s) }
