package lex

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/check"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// A Validator collects what is wrong with a value. Generated types call its
// methods; programs call their method Validate, or [Validate].
type Validator struct {
	def   string // the definition at hand
	depth int
	steps [usualDepth]step
	more  []step
	errs  lexicon.Errors
	max   int  // how many errors to collect; zero means one, and -1 no more
	all   bool // Err returns a list
	o     lexicon.Options

	search bool // only what cannot be encoded is looked for
	found  bool // and has been found

	// Strings that are valid, the last of each format. The root of a thread is
	// often what a reply is to, and the link of a card stands in the text.
	aturi, cid, uri string
}

// usualDepth is how deep most records are, in properties and elements.
const usualDepth = 12

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

// PushArray is Push for an array.
func (v *Validator) PushArray(name string) {
	v.Push(name)
	v.Array()
}

// Array notes that the value at the path is an array, which may be too deep.
func (v *Validator) Array() {
	if v.depth >= dagcbor.DefaultMaxDepth {
		v.tooDeep()
	}
}

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

// Go reports whether to go on into a value: whether it is there, which the nil
// pointer is not, more problems are wanted, and it is not deeper than data can be,
// as it is in a struct that refers to itself.
func (v *Validator) Go(there bool) bool {
	if !there {
		v.Fail(lexicon.CodeType, "%s", errNil)
		return false
	}
	if v.depth >= dagcbor.DefaultMaxDepth {
		v.tooDeep()
	}
	return len(v.errs) < max(v.max, 1) && v.max >= 0
}

// tooDeep notes that a value cannot be encoded for its depth, and ends the search
// for problems.
func (v *Validator) tooDeep() {
	v.Fail(lexicon.CodeType, "nested more than %d deep", dagcbor.DefaultMaxDepth)
	v.max = -1 // that is enough
}

// Fail notes a problem with the value at the path.
func (v *Validator) Fail(code lexicon.Code, format string, args ...any) {
	if len(v.errs) >= max(v.max, 1) || v.max < 0 || v.search && !v.found {
		return
	}
	v.errs = append(v.errs, &lexicon.Error{Path: v.path(), Code: code, Def: v.def, Msg: fmt.Sprintf(format, args...)})
}

// path returns the path as a JSON pointer.
func (v *Validator) path() string {
	var path []byte
	for i := range v.depth {
		s := &step{}
		if i < len(v.steps) {
			s = &v.steps[i]
		} else {
			s = &v.more[i-len(v.steps)]
		}
		if s.name != "" {
			path = check.AppendPath(path, s.name)
		} else if len(path) <= check.MaxPath {
			path = strconv.AppendInt(append(path, '/'), int64(s.index), 10)
		}
	}
	return string(path)
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

// unencodable is fail for what no data can be.
func (v *Validator) unencodable(name string, code lexicon.Code, msg string) {
	v.found = true
	v.fail(name, code, "%s", msg)
}

// Text notes a string that is not UTF-8.
func (v *Validator) Text(name string) {
	v.unencodable(name, lexicon.CodeType, "string that is not UTF-8")
}

// Link notes a link that is not set.
func (v *Validator) Link(name string) {
	v.unencodable(name, lexicon.CodeType, "link that is not set")
}

// Missing notes a required property that is not set.
func (v *Validator) Missing(name string) {
	v.found = true
	v.fail(name, lexicon.CodeMissing, "property is required and missing")
}

// Union notes a union without exactly one member.
func (v *Validator) Union() { v.Fail(lexicon.CodeUnionType, "union without exactly one member") }

// Length notes a length that is not within its bounds: that of a string or a byte
// string in bytes, or that of an array in elements.
func (v *Validator) Length(name, what string, n int, lo, hi int64) {
	unit := "bytes"
	if what == "array" {
		unit = "elements"
	}
	v.fail(name, lexicon.CodeLength, "%s of %d %s, %s", what, n, unit, check.Bounds(lo, hi))
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
	if v.isText(name, value) {
		v.fail(name, lexicon.CodeEnum, "%s is not one of the values that are allowed", quoted(value))
	}
}

// Const notes a value that is not the only one allowed.
func (v *Validator) Const(name string, value any) {
	switch b, isBool := value.(bool); {
	case isBool:
		v.fail(name, lexicon.CodeConst, "boolean is not %v", !b)
	case v.isText(name, value):
		v.fail(name, lexicon.CodeConst, "%s is not the value that is expected", quoted(value))
	}
}

// isText reports whether a value may be encoded, and notes it if not.
func (v *Validator) isText(name string, value any) bool {
	if s, ok := value.(string); ok && !IsText(s) {
		v.Text(name)
		return false
	}
	return true
}

// quoted returns a value as it stands in JSON, shortened, for an error.
func quoted(value any) string {
	if s, ok := value.(string); ok {
		return fmt.Sprintf("%.64q", s)
	}
	return fmt.Sprint(value)
}

// Graphemes checks that a string has from lo to hi graphemes, and reports whether
// it has. They are counted only where the number of bytes and that of characters
// leave it open. An upper bound of 1<<31-1 is none.
func (v *Validator) Graphemes(name, s string, lo, hi int64) bool {
	if hi == math.MaxInt32 {
		hi = math.MaxInt64
	}
	msg := check.Graphemes(s, lo, hi)
	if msg != "" {
		v.fail(name, lexicon.CodeGraphemes, "%s", msg)
	}
	return msg == ""
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
	if s == v.aturi && s != "" {
		return
	}
	if _, err := syntax.ParseATURI(s); err != nil {
		v.format(name, s, schema.FormatATURI, err)
		return
	}
	v.aturi = s
}

// URI checks that a string is of format uri.
func (v *Validator) URI(name, s string) {
	if s == v.uri && s != "" {
		return
	}
	if _, err := syntax.ParseURI(s); err != nil {
		v.format(name, s, schema.FormatURI, err)
		return
	}
	v.uri = s
}

// DID checks that a string is of format did.
func (v *Validator) DID(name, s string) {
	if _, err := syntax.ParseDID(s); err != nil {
		v.format(name, s, schema.FormatDID, err)
	}
}

// CID checks that a string is of format cid.
func (v *Validator) CID(name, s string) {
	if s == v.cid && s != "" {
		return
	}
	if _, err := syntax.ParseCIDString(s); err != nil {
		v.format(name, s, schema.FormatCID, err)
		return
	}
	v.cid = s
}

// format notes a string that has not its format, unless it is one of those that
// loose formats allow.
func (v *Validator) format(name, s string, f schema.Format, err error) {
	if !v.isText(name, s) {
		return
	}
	if msg := check.FormatError(f, s, v.o.LooseFormats, err); msg != "" {
		v.fail(name, lexicon.CodeFormat, "%.64q is not of format %s: %s", s, f, msg)
	}
}

// Blob checks a reference to a blob of at most max bytes, of one of the media
// types that are accepted, if there are any.
func (v *Validator) Blob(name string, b data.Blob, max int64, accept ...string) {
	switch {
	case v.depth >= dagcbor.DefaultMaxDepth-1 && (name != "" || v.depth >= dagcbor.DefaultMaxDepth):
		v.tooDeep()
	case v.search:
		if _, err := b.MarshalCBOR(); err != nil {
			v.unencodable(name, lexicon.CodeBlob, "blob that is not valid")
		}
	case b.Legacy() && !v.o.LegacyBlobs:
		v.fail(name, lexicon.CodeBlob, "blob of the legacy form")
	case !b.Ref.Defined() || b.Ref.Codec() != dagcbor.Raw && !b.Legacy():
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
	slash, slashes, all := 0, 0, byte(0)
	for i := range len(s) {
		all |= s[i]
		if s[i] == '/' {
			slash = i
			slashes++
		}
	}
	if all >= utf8.RuneSelf && !IsText(s) {
		return false
	}
	return permissive && s != "" || slashes == 1 && slash > 0 && slash < len(s)-1
}

// Unknown checks data of which no schema is known: an object that is no blob.
func (v *Validator) Unknown(name string, u Unknown) {
	b, ok := v.unknown(name, u, Root)
	if !ok {
		return
	}
	if typ, err := data.Type(b); err == nil && typ == "blob" {
		v.fail(name, lexicon.CodeType, "a blob, expected an object")
	}
}

// Member checks a member of an open union that the union does not list, as it
// does the given types.
func (v *Validator) Member(u *Unknown, listed ...string) {
	b, ok := v.unknown("", *u, Root.Member())
	if !ok {
		return
	}
	typ, err := data.Type(b)
	switch {
	case err != nil || typ == "":
		v.Fail(lexicon.CodeUnionType, "object of a union without $type")
	case len(typ) >= 5 && typ[len(typ)-5:] == "#main" && !v.o.Permissive:
		v.Fail(lexicon.CodeUnionType, "$type %.320q ends in #main", typ)
	case slices.Contains(listed, typ):
		v.Fail(lexicon.CodeUnionType, "$type %.320q is one that the union lists, but the member is unknown", typ)
	}
}

// unknown returns u in DAG-CBOR, if it is valid data.
func (v *Validator) unknown(name string, u Unknown, m Mode) ([]byte, bool) {
	if u.IsZero() {
		v.Missing(name)
		return nil, false
	}
	if v.search {
		return nil, false
	}
	depth := v.depth
	if name != "" {
		depth++
	}
	b, err := u.encode(m)
	if err == nil {
		err = data.Validate(b, v.data(depth))
	}
	if err == nil {
		return b, true
	}
	if e, ok := errors.AsType[*encodeError](err); ok {
		v.failWithin(name, e)
	} else {
		v.fail(name, lexicon.CodeType, "%v", err)
	}
	return nil, false
}

// failWithin is fail for what is wrong somewhere in a property.
func (v *Validator) failWithin(name string, e *encodeError) {
	before := len(v.errs)
	v.fail(name, lexicon.CodeType, "%v", e.err)
	if len(v.errs) > before {
		v.errs[before].Path += e.path
	}
}

// data returns the options for data in a value at the given depth.
func (v *Validator) data(depth int) *data.Options {
	o := data.Options{}
	if v.o.Data != nil {
		o = *v.o.Data
	}
	o.Permissive, o.NoEmptyKeys = v.o.Permissive, !v.o.Permissive
	left := max(dagcbor.DefaultMaxDepth-depth, 1)
	if o.MaxDepth <= 0 || o.MaxDepth > left {
		o.MaxDepth = left
	}
	return &o
}

// Extra checks the properties of an object that its schema does not know, as it
// does the given names, among them a $type that is not due.
func (v *Validator) Extra(e Extra, def string, known ...string) {
	if e.pairs == "" || v.search {
		return
	}
	for p := range e.each() {
		if slices.Contains(known, p.name()) {
			v.fail(p.name(), lexicon.CodeType, "%s", errShadow)
		}
	}
	b := AppendMap(make([]byte, 0, len(e.pairs)+9), v.count(e))
	b = append(b, e.pairs...)
	if err := data.Validate(b, v.data(v.depth)); err != nil {
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
