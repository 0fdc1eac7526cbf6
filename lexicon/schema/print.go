package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON returns the document in JSON, without white space. Members come
// in a fixed order, definitions and properties in that of the document, so that
// equal documents give the same text.
func (d *Document) MarshalJSON() ([]byte, error) {
	var w writer
	w.document(d)
	return w.dst, nil
}

// UnmarshalJSON is a strict [Parse]. It leaves d alone on error.
func (d *Document) UnmarshalJSON(text []byte) error {
	parsed, err := Parse(text, nil)
	if err == nil {
		*d = *parsed
	}
	return err
}

// Format returns the document in JSON for a file: as MarshalJSON does, indented
// by two spaces, with a line feed at the end.
func (d *Document) Format() []byte {
	var w writer
	w.document(d)
	var b bytes.Buffer
	if err := json.Indent(&b, w.dst, "", "  "); err != nil { // an Extra that is no JSON
		b.Write(w.dst)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// A writer appends JSON. What is absent is left out.
type writer struct {
	dst   []byte
	comma bool // whether a member or element stands before
}

func (w *writer) open(c byte) {
	w.dst = append(w.dst, c)
	w.comma = false
}

func (w *writer) close(c byte) {
	w.dst = append(w.dst, c)
	w.comma = true
}

// next begins an element.
func (w *writer) next() {
	if w.comma {
		w.dst = append(w.dst, ',')
	}
	w.comma = true
}

// name begins a member.
func (w *writer) name(name string) {
	w.next()
	w.dst = append(appendString(w.dst, name), ':')
}

func (w *writer) text(name, s string) {
	if s != "" {
		w.name(name)
		w.dst = appendString(w.dst, s)
	}
}

func (w *writer) textPtr(name string, s *string) {
	if s != nil {
		w.name(name)
		w.dst = appendString(w.dst, *s)
	}
}

func (w *writer) boolean(name string, v *bool) {
	if v != nil {
		w.name(name)
		w.dst = strconv.AppendBool(w.dst, *v)
	}
}

func (w *writer) integer(name string, v *int64) {
	if v != nil {
		w.name(name)
		w.dst = strconv.AppendInt(w.dst, *v, 10)
	}
}

func (w *writer) texts(name string, list []string) {
	if list == nil {
		return
	}
	w.name(name)
	w.open('[')
	for _, s := range list {
		w.next()
		w.dst = appendString(w.dst, s)
	}
	w.close(']')
}

func (w *writer) translations(name string, byLang map[string]string) {
	if byLang == nil {
		return
	}
	w.name(name)
	w.open('{')
	for _, lang := range sortedKeys(byLang) {
		w.name(lang)
		w.dst = appendString(w.dst, byLang[lang])
	}
	w.close('}')
}

// extra writes the members that the fields do not hold. has reports whether a
// field has come to hold one since.
func (w *writer) extra(c *Common, has func(name string) bool) {
	for _, m := range c.Extra {
		if m.Name == "description" && c.Description != "" || has != nil && has(m.Name) {
			continue
		}
		w.name(m.Name)
		w.dst = append(w.dst, m.Value...)
	}
}

func (w *writer) document(d *Document) {
	w.open('{')
	typ, hasType := d.ExtraMember("$type")
	if hasType {
		w.name("$type")
		w.dst = append(w.dst, typ...)
	}
	w.name("lexicon")
	w.dst = strconv.AppendInt(w.dst, Version, 10)
	w.name("id")
	w.dst = appendString(w.dst, d.ID.String())
	w.text("description", d.Description)
	w.name("defs")
	w.open('{')
	for _, def := range d.Defs {
		w.name(def.Name)
		w.typ(def.Type)
	}
	w.close('}')
	w.extra(&d.Common, func(name string) bool { return name == "$type" })
	w.close('}')
}

// appendString appends s as a JSON string. Only what has to be is escaped, and
// what is not UTF-8 is replaced.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		i++
	}
	return append(dst, '"')
}
