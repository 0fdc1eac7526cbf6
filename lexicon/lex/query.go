package lex

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// MaxQuery is the greatest length in bytes of a query that is read, which is that
// of all headers of a request for a server of package net/http. Clients do not
// send more than a few kilobytes.
const MaxQuery = 1 << 20

// A Query reads the parameters of a method from the query of a URL as
// [lexicon.Catalog.ParseParams] does. Methods ParseQuery of generated types make
// one, and ask it for the parameters that the schema has, so that others are not
// looked at.
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
type Query struct {
	raw     string
	def     string
	problem error // the first
	missing error // the first; counts if there is no problem
}

// NewQuery returns the Query for raw, the query of a URL as it is sent, without a
// question mark. A def is the name of the method, for errors.
func NewQuery(raw, def string) Query {
	q := Query{raw: raw, def: def}
	if len(raw) > MaxQuery {
		q.raw = ""
		q.problem = &dagcbor.LimitError{Name: "lex: length of a query", Limit: MaxQuery, Got: int64(len(raw)), Offset: -1}
	} else if bad := badEscape(raw); bad != "" {
		q.fail("", lexicon.CodeType, "query with %.3q, which is no escape", bad)
	}
	return q
}

// badEscape returns the rest of s from the first percent sign that begins no
// escape, or nothing.
func badEscape(s string) string {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return ""
		}
		s = s[i:]
		if len(s) < 3 || !isHex(s[1]) || !isHex(s[2]) {
			return s
		}
		s = s[3:]
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// Check returns what is wrong with the parameters that were asked for: an
// [*lexicon.Error], or for a query that is too long a [*dagcbor.LimitError]. If
// nothing is, it validates x, which was made of them.
func (q *Query) Check(x interface{ Validate() error }) error {
	switch {
	case q.problem != nil:
		return q.problem
	case q.missing != nil:
		return q.missing
	}
	return x.Validate()
}

// fail notes a problem with a parameter.
func (q *Query) fail(name string, code lexicon.Code, format string, args ...any) {
	if q.problem == nil {
		q.problem = q.error(name, code, format, args...)
	}
}

func (q *Query) error(name string, code lexicon.Code, format string, args ...any) error {
	path := ""
	if name != "" {
		path = string(check.AppendPath(nil, name))
	}
	return &lexicon.Error{Path: path, Code: code, Def: q.def, Msg: fmt.Sprintf(format, args...)}
}

// each calls yield with the values of a parameter, in the order of the query.
func (q *Query) each(name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for rest := q.raw; rest != ""; {
			pair := rest
			if i := strings.IndexByte(rest, '&'); i >= 0 {
				pair, rest = rest[:i], rest[i+1:]
			} else {
				rest = ""
			}
			key, value, _ := strings.Cut(pair, "=")
			if pair != "" && isName(key, name) && !yield(unescape(value)) {
				return
			}
		}
	}
}

// isName reports whether key is name, with escapes.
func isName(key, name string) bool {
	if len(key) < len(name) { // no escape is shorter than what it stands for
		return false
	}
	if !isEscaped(key) {
		return key == name
	}
	return unescape(key) == name
}

func isEscaped(s string) bool {
	return strings.IndexByte(s, '%') >= 0 || strings.IndexByte(s, '+') >= 0
}

// unescape returns s with its escapes resolved.
func unescape(s string) string {
	if !isEscaped(s) {
		return s
	}
	s, _ = url.QueryUnescape(s) // all escapes are good
	return s
}

// one returns the value of a parameter that is no list. A value without text
// counts only where that is one of the type.
func (q *Query) one(name string, empty bool) (value string, ok bool) {
	n := 0
	for v := range q.each(name) {
		value = v
		n++
	}
	if n > 1 {
		q.fail(name, lexicon.CodeRepeated, "parameter is there %d times", n)
		return "", false
	}
	return value, n > 0 && (empty || value != "")
}

// must returns the value that x points to, and notes that a required parameter is
// missing if it is nil.
func must[T any](q *Query, name string, x *T) (v T) {
	if x != nil {
		return *x
	}
	q.Require(name, false)
	return v
}

// Require notes that a required parameter is missing, unless it is there.
func (q *Query) Require(name string, there bool) {
	if !there && q.missing == nil {
		q.missing = q.error(name, lexicon.CodeMissing, "property is required and missing")
	}
}

// Text reads a required string.
func (q *Query) Text(name string) string { return must(q, name, q.OptText(name)) }

// Int reads a required integer.
func (q *Query) Int(name string) int64 { return must(q, name, q.OptInt(name)) }

// Bool reads a required boolean.
func (q *Query) Bool(name string) bool { return must(q, name, q.OptBool(name)) }

// OptText reads a string, which is nil if it is absent.
func (q *Query) OptText(name string) *string {
	v, ok := q.one(name, true)
	if !ok {
		return nil
	}
	v = q.parseText(name, v)
	return &v
}

// OptInt reads an integer.
func (q *Query) OptInt(name string) *int64 {
	v, ok := q.one(name, false)
	if !ok {
		return nil
	}
	return new(q.parseInt(name, v))
}

// OptBool reads a boolean.
func (q *Query) OptBool(name string) *bool {
	v, ok := q.one(name, false)
	if !ok {
		return nil
	}
	return new(q.parseBool(name, v))
}

// Texts reads a list of strings, which is nil if it is absent.
func (q *Query) Texts(name string) (list []string) {
	for v := range q.each(name) {
		list = append(list, q.parseText(name, v))
	}
	return list
}

// Ints reads a list of integers.
func (q *Query) Ints(name string) (list []int64) {
	for v := range q.each(name) {
		list = append(list, q.parseInt(name, v))
	}
	return list
}

// Bools reads a list of booleans.
func (q *Query) Bools(name string) (list []bool) {
	for v := range q.each(name) {
		list = append(list, q.parseBool(name, v))
	}
	return list
}

func (q *Query) parseText(name, v string) string {
	if !utf8.ValidString(v) {
		q.fail(name, lexicon.CodeType, "parameter %.64q is not UTF-8", v)
	}
	return strings.Clone(v) // not to keep the whole query
}

func (q *Query) parseInt(name, v string) int64 {
	n, ok := check.Integer(v)
	if !ok {
		q.fail(name, lexicon.CodeType, "parameter %.64q is not an integer of 64 bits", v)
	}
	return n
}

func (q *Query) parseBool(name, v string) bool {
	if v != "true" && v != "false" {
		q.fail(name, lexicon.CodeType, `parameter %.64q is neither "true" nor "false"`, v)
	}
	return v == "true"
}

// Or returns x, or a pointer to its default if it is nil.
func Or[T any](x *T, def T) *T {
	if x == nil {
		x = &def
	}
	return x
}
