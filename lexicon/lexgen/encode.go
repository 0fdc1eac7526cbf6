package lexgen

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

// objectAppend writes the method AppendLex of a struct. Keys are sorted here.
func (w *writer) objectAppend(t *typ, fields []*field, isRecord bool) {
	lex := w.lex()
	w.setsErr, w.setsOK = false, false
	body := w.detach(func() { w.appendPairs(t, fields, isRecord) })
	w.p("// AppendLex implements lex.Appender.")
	w.p("func (x *%s) AppendLex(dst []byte, m %s.Mode) ([]byte, error) {", t.name, lex)
	w.p("if x == nil || m.Deep() {\nreturn %s.AppendDeep(dst, x, x == nil, m)\n}", lex)
	w.p("start := len(dst)")
	if w.setsErr {
		w.p("var err error")
	}
	if w.setsOK {
		w.p("ok := true")
	}
	w.out.Write(body)
	if w.setsOK {
		w.p("if !ok {\nreturn dst, %s.ValueError(x)\n}", lex)
	}
	w.p("if !x.Extra.IsZero() {\nreturn %s.AppendExtra(dst, start, x.Extra, m)\n}", lex)
	w.p("return dst, nil\n}\n")
}

// detach returns what f writes, and takes it off.
func (w *writer) detach(f func()) []byte {
	from := w.out.Len()
	f()
	body := bytes.Clone(w.out.Bytes()[from:])
	w.out.Truncate(from)
	return body
}

// appendPairs writes the head of a map and its pairs. A map of which the number
// of pairs is only known when they are written has a head of one byte, which is
// then set, or else they are counted before.
func (w *writer) appendPairs(t *typ, fields []*field, isRecord bool) {
	count := 0
	if isRecord {
		count++
	}
	member := t.def != nil && !isRecord
	counts := member
	for _, f := range fields {
		if f.required {
			count++
		} else {
			counts = true
		}
	}
	later := counts && len(fields)+1 < cborhead.ArgInline
	pending := dagcbor.AppendMap(nil, count) // what is constant and not written yet
	switch {
	case later:
		w.p("head := byte(%#x)", cborhead.Map|count)
	case counts:
		pending = nil
		w.countPairs(fields, member, count)
	}
	flush := func() {
		if len(pending) > 0 {
			w.p("dst = append(dst, %s...)", bytesLiteral(pending))
			pending = nil
		}
	}
	optional := func(cond, key string, value func()) {
		flush()
		w.p("if %s {", cond)
		if later {
			w.p("head++")
		}
		w.p("dst = append(dst, %s...)", key)
		value()
		w.p("}")
	}
	typed := false
	writeType := func() {
		typed = true
		pair := dagcbor.AppendText(dagcbor.AppendText(nil, typeKey), t.typeName())
		switch {
		case isRecord:
			pending = append(pending, pair...)
		case member:
			optional("m.Typed()", bytesLiteral(pair), func() {})
		}
	}
	for _, f := range fields {
		if !typed && dagcbor.CompareKeys(f.prop.Name, typeKey) > 0 {
			writeType()
		}
		if f.required {
			pending = dagcbor.AppendText(pending, f.prop.Name)
			flush()
			w.appendRequired(f)
			continue
		}
		optional(f.present(), keyLiteral(f.prop.Name), func() { w.appendOptional(f) })
	}
	if !typed {
		writeType()
	}
	flush()
	if later {
		w.p("dst[start] = head")
	}
}

// countPairs writes the counting of pairs, and the head of the map.
func (w *writer) countPairs(fields []*field, member bool, count int) {
	w.p("n := %d", count)
	if member {
		w.p("if m.Typed() {\nn++\n}")
	}
	for _, f := range fields {
		if !f.required {
			w.p("if %s {\nn++\n}", f.present())
		}
	}
	w.p("dst = %s.AppendMap(dst, n)", w.lex())
}

func (t *typ) typeName() string {
	if t.def == nil {
		return ""
	}
	return t.def.name.String()
}

// present returns the condition under which an optional property is there.
func (f *field) present() string {
	x := "x." + f.name
	switch f.form {
	case formNullable:
		return "!" + x + ".IsZero()"
	case formPointer:
		return x + " != nil"
	}
	return f.typ.isSet(x)
}

// isUnset returns the opposite of isSet for what has no zero value that data has.
func (t *typ) isUnset(x string) string {
	if t.kind == kindLink {
		return "!" + x + ".Defined()"
	}
	return x + ".IsZero()"
}

// isSet returns the condition under which a value of formZero is not zero.
func (t *typ) isSet(x string) string {
	switch t.kind {
	case kindBytes, kindArray:
		return x + " != nil"
	case kindLink:
		return x + ".Defined()"
	}
	return "!" + x + ".IsZero()"
}

// appendRequired writes the value of a property that is always there.
func (w *writer) appendRequired(f *field) {
	x := "x." + f.name
	if !f.nullable {
		if f.form == formPointer { // of a struct that holds itself
			w.p("if %s == nil {\nreturn dst, %s.AbsentError(%q)\n}", x, w.lex(), f.prop.Name)
		}
		w.appendValue(f.typ, x, place{name: f.prop.Name}, 1)
		return
	}
	w.p("if %s {", f.present())
	w.appendOptional(f)
	w.p("} else {\ndst = %s.AppendNull(dst)\n}", w.lex())
}

// appendOptional writes the value of a property that is there.
func (w *writer) appendOptional(f *field) {
	x := "x." + f.name
	switch f.form {
	case formPointer:
		if f.typ.kind != kindObject {
			x = "*" + x
		}
		w.appendValue(f.typ, x, place{name: f.prop.Name}, 1)
	case formNullable:
		w.p("if e := %s.Ptr(); e != nil {", x)
		w.appendValue(f.typ, "(*e)", place{name: f.prop.Name}, 1)
		w.p("} else {\ndst = %s.AppendNull(dst)\n}", w.lex())
	default:
		w.appendValue(f.typ, x, place{name: f.prop.Name}, 1)
	}
}

// address returns the expression of the address of x.
func address(x string) string {
	if strings.HasPrefix(x, "*") {
		return x[1:]
	}
	if strings.HasPrefix(x, "(*") {
		return x[2 : len(x)-1]
	}
	return "&" + x
}

// A place is where a value is, for errors.
type place struct {
	name  string
	index string // of an element, a variable; may be empty
}

func (w *writer) wrap(at place) string {
	if at.index != "" {
		return fmt.Sprintf("%s.InItem(%q, %s, err)", w.lex(), at.name, at.index)
	}
	return fmt.Sprintf("%s.In(%q, err)", w.lex(), at.name)
}

// appendValue writes a value, which is the given number of levels inside.
func (w *writer) appendValue(t *typ, x string, at place, level int) {
	lex := w.lex()
	switch t.kind {
	case kindBool:
		w.p("dst = %s.AppendBool(dst, %s)", lex, x)
	case kindInt:
		w.p("dst = %s.AppendInt(dst, %s)", lex, x)
	case kindText:
		w.appendChecked("AppendText", x)
	case kindBytes:
		w.p("dst = %s.AppendBytes(dst, %s)", lex, x)
	case kindLink:
		w.appendChecked("AppendLink", x)
	case kindBlob:
		w.appendChecked("AppendBlob", address(x))
	case kindArray:
		if t.elem.kind == kindText {
			w.appendChecked("AppendTexts", x)
			return
		}
		i := fmt.Sprintf("i%d", level)
		e := fmt.Sprintf("e%d", level)
		w.p("dst = %s.AppendArray(dst, len(%s))", lex, x)
		if t.elem.kind == kindObject || t.elem.kind == kindUnion || t.elem.kind == kindUnknown {
			w.p("for %s := range %s {", i, x)
			w.appendValue(t.elem, x+"["+i+"]", place{at.name, i}, level+1)
		} else {
			w.p("for _, %s := range %s {", e, x)
			w.appendValue(t.elem, e, at, level+1)
		}
		w.p("}")
	default:
		w.setsErr = true
		w.p("if dst, err = %s.AppendLex(dst, m.In(%d)); err != nil {\nreturn dst, %s\n}", x, level, w.wrap(at))
	}
}

// appendChecked writes the call of a function that appends what may be invalid.
func (w *writer) appendChecked(f, x string) {
	w.setsOK = true
	w.p("dst, ok = %s.%s(dst, %s, ok)", w.lex(), f, x)
}
