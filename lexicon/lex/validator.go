package lex

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// A Validator collects what is wrong with a value. Generated types call its
// methods; programs call their method Validate, or [Validate].
type Validator struct {
	def   string // the definition at hand
	depth int
	steps [dagcbor.DefaultMaxDepth]step
	more  []step
	errs  lexicon.Errors
	max   int  // how many errors to collect; zero means one, and -1 no more
	all   bool // Err returns a list
	o     lexicon.Options
}

// A step leads from a value into one of its parts.
type step struct {
	name  string // of a property, or else
	index int    // of an element
}

// Validate reports what is wrong with x by its schema: nothing if what it is
// encoded to is valid for a [lexicon.Catalog] with the options o, for which nil
// means strict. Errors are those of package lexicon. Unlike with a catalog,
// members of open unions that the union does not list are only looked at as
// data, and Options.OpenUnions has no effect.
func Validate(x Value, o *lexicon.Options) error {
	v := new(Validator)
	if o != nil {
		v.o = *o
		v.max = o.MaxErrors
		if v.max < 0 {
			v.max = math.MaxInt
		}
		v.all = v.max > 1
	}
	x.ValidateLex(v)
	return v.Err()
}

// Err returns the problems.
func (v *Validator) Err() error {
	switch {
	case len(v.errs) == 0:
		return nil
	case !v.all:
		return v.errs[0]
	}
	return v.errs
}

// Enter says of which definition the values are that follow, and returns that
// of before, for [Validator.Leave].
func (v *Validator) Enter(def string) (outer string) {
	outer, v.def = v.def, def
	return outer
}

// Leave undoes [Validator.Enter].
func (v *Validator) Leave(outer string) { v.def = outer }

// Push adds the name of a property to the path.
func (v *Validator) Push(name string) { v.push(step{name: name}) }

// PushIndex adds the index of an element to the path.
func (v *Validator) PushIndex(i int) { v.push(step{index: i}) }

func (v *Validator) push(s step) {
	if v.depth < len(v.steps) {
		v.steps[v.depth] = s
	} else {
		v.more = append(v.more[:v.depth-len(v.steps)], s)
	}
	v.depth++
}

// Pop takes the last step off the path.
func (v *Validator) Pop() { v.depth-- }

// Go reports whether to go on into a value: whether more problems are wanted, and
// it is not deeper than data can be, as it is in a struct that refers to itself.
func (v *Validator) Go() bool {
	if v.depth > maxDepth {
		v.Fail(lexicon.CodeType, "nested more than %d deep", maxDepth)
		v.max = -1 // that is enough
	}
	return len(v.errs) < max(v.max, 1) && v.max >= 0
}

// Fail notes a problem with the value at the path.
func (v *Validator) Fail(code lexicon.Code, format string, args ...any) {
	if len(v.errs) >= max(v.max, 1) || v.max < 0 {
		return
	}
	var path []byte
	for i := range v.depth {
		s := &step{}
		if i < len(v.steps) {
			s = &v.steps[i]
		} else {
			s = &v.more[i-len(v.steps)]
		}
		if s.name != "" {
			path = appendPointer(path, s.name)
		} else if len(path) <= maxPath {
			path = strconv.AppendInt(append(path, '/'), int64(s.index), 10)
		}
	}
	v.errs = append(v.errs, &lexicon.Error{Path: string(path), Code: code, Def: v.def, Msg: fmt.Sprintf(format, args...)})
}

// fail is Fail for a property.
func (v *Validator) fail(name string, code lexicon.Code, format string, args ...any) {
	if name == "" {
		v.Fail(code, format, args...)
		return
	}
	v.Push(name)
	v.Fail(code, format, args...)
	v.Pop()
}

// failIn is fail for a property of a property.
func (v *Validator) failIn(outer, name string, code lexicon.Code, format string, args ...any) {
	if outer == "" {
		v.fail(name, code, format, args...)
		return
	}
	v.Push(outer)
	v.fail(name, code, format, args...)
	v.Pop()
}

// Missing notes a required property that is not set.
func (v *Validator) Missing(name string) {
	v.fail(name, lexicon.CodeMissing, "property is required and missing")
}

// Union notes a union without exactly one member.
func (v *Validator) Union() { v.Fail(lexicon.CodeUnionType, "union without exactly one member") }

// Length notes a length that is not within its bounds.
func (v *Validator) Length(name, what string, n int, lo, hi int64) {
	v.fail(name, lexicon.CodeLength, "%s of length %d, %s", what, n, bounds(lo, hi))
}

// Range notes an integer that is not within its bounds.
func (v *Validator) Range(name string, n, lo, hi int64) {
	if n < lo {
		v.fail(name, lexicon.CodeRange, "integer %d is less than %d", n, lo)
		return
	}
	v.fail(name, lexicon.CodeRange, "integer %d is greater than %d", n, hi)
}

// Enum notes a value that is not among those allowed.
func (v *Validator) Enum(name string, value any) {
	v.fail(name, lexicon.CodeEnum, "%.64q is not one of the values that are allowed", fmt.Sprint(value))
}

// Const notes a value that is not the only one allowed.
func (v *Validator) Const(name string, value any) {
	v.fail(name, lexicon.CodeConst, "%.64q is not the value that is expected", fmt.Sprint(value))
}

func bounds(lo, hi int64) string {
	switch {
	case lo <= 0:
		return fmt.Sprintf("at most %d are allowed", hi)
	case hi == math.MaxInt64:
		return fmt.Sprintf("at least %d are required", lo)
	}
	return fmt.Sprintf("%d to %d are allowed", lo, hi)
}

// Graphemes checks that a string has from lo to hi graphemes. They are counted
// only where the number of bytes and that of characters leave it open.
func (v *Validator) Graphemes(name, s string, lo, hi int64) {
	size := int64(len(s))
	if lo <= 0 && size <= hi {
		return
	}
	n := int64(utf8.RuneCountInString(s))
	if size >= lo && n >= lo && lo <= 1 && n <= hi {
		return
	}
	if n = int64(uniseg.GraphemeClusterCount(s)); n < lo || n > hi {
		v.fail(name, lexicon.CodeGraphemes, "string of %d graphemes, %s", n, bounds(lo, hi))
	}
}

// Format checks that a string has a format other than those that have methods
// of their own.
func (v *Validator) Format(name, s string, f schema.Format) {
	if err := f.Check(s); err != nil {
		v.format(name, s, f, err)
	}
}

// Datetime checks that a string is of format datetime.
func (v *Validator) Datetime(name, s string) {
	if _, err := syntax.ParseDatetime(s); err != nil {
		v.format(name, s, schema.FormatDatetime, err)
	}
}

// ATURI checks that a string is of format at-uri.
func (v *Validator) ATURI(name, s string) {
	if _, err := syntax.ParseATURI(s); err != nil {
		v.format(name, s, schema.FormatATURI, err)
	}
}

// URI checks that a string is of format uri.
func (v *Validator) URI(name, s string) {
	if _, err := syntax.ParseURI(s); err != nil {
		v.format(name, s, schema.FormatURI, err)
	}
}

// DID checks that a string is of format did.
func (v *Validator) DID(name, s string) {
	if _, err := syntax.ParseDID(s); err != nil {
		v.format(name, s, schema.FormatDID, err)
	}
}

// CID checks that a string is of format cid.
func (v *Validator) CID(name, s string) {
	if _, err := syntax.ParseCIDString(s); err != nil {
		v.format(name, s, schema.FormatCID, err)
	}
}

// format notes a string that has not its format, unless it is one of those that
// loose formats allow.
func (v *Validator) format(name, s string, f schema.Format, err error) {
	if v.o.LooseFormats && looseFormat(f, s) {
		return
	}
	msg := "not of the format"
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		msg = e.Msg
	}
	v.fail(name, lexicon.CodeFormat, "%.64q is not of format %s: %s", s, f, msg)
}

// looseFormat reports whether s is of format f as Options.LooseFormats of package
// lexicon has it.
func looseFormat(f schema.Format, s string) bool {
	var err error
	switch f {
	case schema.FormatDatetime:
		_, err = syntax.ParseDatetimeLenient(s)
	case schema.FormatATURI:
		_, err = syntax.ParseFullATURI(s)
	case schema.FormatLanguage:
		_, err = syntax.ParseLanguage(strings.ToLower(s))
	default:
		return false
	}
	return err == nil
}

// Blob checks a reference to a blob of at most max bytes, of one of the media
// types that are accepted, if there are any.
func (v *Validator) Blob(name string, b data.Blob, max int64, accept ...string) {
	switch {
	case b.Legacy() && !v.o.LegacyBlobs:
		v.fail(name, lexicon.CodeBlob, "blob of the legacy form")
	case !b.Ref.Defined() || b.Ref.Codec() != dagcbor.Raw && !b.Legacy() && !v.o.Permissive:
		v.failIn(name, "ref", lexicon.CodeBlob, "ref of a blob is not a link to a CID of codec raw")
	case !isMimeType(b.MimeType, v.o.Permissive):
		v.failIn(name, "mimeType", lexicon.CodeBlob, "mimeType of a blob is not a media type")
	case v.o.AnyBlobs:
	case b.Size > max:
		v.fail(name, lexicon.CodeBlobSize, "blob of %d bytes, at most %d are allowed", b.Size, max)
	case len(accept) > 0 && !accepts(accept, b.MimeType):
		v.fail(name, lexicon.CodeBlobAccept, "blob of type %.64q, which is not accepted", b.MimeType)
	}
}

func accepts(patterns []string, media string) bool {
	for _, p := range patterns {
		if schema.MatchMedia(p, media) {
			return true
		}
	}
	return false
}

func isMimeType(s string, permissive bool) bool {
	if permissive {
		return s != ""
	}
	slash := -1
	for i := range len(s) {
		if s[i] != '/' {
			continue
		}
		if slash >= 0 {
			return false
		}
		slash = i
	}
	return slash > 0 && slash < len(s)-1
}

// Unknown checks data of which no schema is known: an object that is no blob.
func (v *Validator) Unknown(name string, u Unknown) {
	b, ok := v.unknown(name, u)
	if !ok {
		return
	}
	if typ, err := data.Type(b); err == nil && typ == "blob" {
		v.fail(name, lexicon.CodeType, "a blob, expected an object")
	}
}

// Member checks a member of an open union that the union does not list.
func (v *Validator) Member(u *Unknown) {
	b, ok := v.unknown("", *u)
	if !ok {
		return
	}
	typ, err := data.Type(b)
	switch {
	case err != nil || typ == "":
		v.Fail(lexicon.CodeUnionType, "object of a union without $type")
	case len(typ) >= 5 && typ[len(typ)-5:] == "#main" && !v.o.Permissive:
		v.Fail(lexicon.CodeUnionType, "$type %.320q ends in #main", typ)
	}
}

// unknown returns u in DAG-CBOR, if it is valid data.
func (v *Validator) unknown(name string, u Unknown) ([]byte, bool) {
	if u.IsZero() {
		v.Missing(name)
		return nil, false
	}
	b, err := u.CBOR()
	if err == nil {
		err = data.Validate(b, v.data())
	}
	if err != nil {
		v.fail(name, lexicon.CodeType, "%v", err)
		return nil, false
	}
	return b, true
}

func (v *Validator) data() *data.Options {
	o := data.Options{}
	if v.o.Data != nil {
		o = *v.o.Data
	}
	o.Permissive, o.NoEmptyKeys = v.o.Permissive, !v.o.Permissive
	return &o
}

// Extra checks the properties of an object that its schema does not know, among
// them a $type that is not due.
func (v *Validator) Extra(e Extra, def string) {
	if e.pairs == "" {
		return
	}
	b := AppendMap(make([]byte, 0, len(e.pairs)+9), v.count(e))
	b = append(b, e.pairs...)
	if err := data.Validate(b, v.data()); err != nil {
		v.Fail(lexicon.CodeType, "%v", err)
		return
	}
	if typ, err := data.Type(b); def != "" && e.Get("$type") != nil && (err != nil || typ != def) {
		v.fail("$type", lexicon.CodeTypeName, "$type %.320q is not %q", typ, def)
	}
}

func (v *Validator) count(e Extra) int {
	n := 0
	for range e.each() {
		n++
	}
	return n
}
