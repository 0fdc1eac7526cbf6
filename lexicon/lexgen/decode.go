package lexgen

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
)

// objectRead writes the method ReadLex of a struct.
func (w *writer) objectRead(t *typ, fields []*field, isRecord bool) {
	lex := w.lex()
	w.p("// ReadLex implements lex.Value.")
	w.p("func (x *%s) ReadLex(r *%s.Reader) {", t.name, lex)
	def := w.at.String()
	if t.def != nil {
		def = t.def.name.String()
	}
	w.p("outer := r.Map()")
	typed := false
	readType := func() {
		typed = true
		switch {
		case isRecord:
			w.p("r.Type(%q)", t.typeName())
		case t.def != nil:
			w.p("r.MemberType()")
		}
	}
	for _, f := range fields {
		if !typed && dagcbor.CompareKeys(f.prop.Name, typeKey) > 0 {
			readType()
		}
		w.readField(f)
	}
	if !typed {
		readType()
	}
	w.p("x.Extra = r.EndMap(outer, %q)", def)
	w.p("}\n")
}

// readField writes the reading of a property, if it is there.
func (w *writer) readField(f *field) {
	if f.required && !f.nullable && f.typ.kind == kindText && f.form != formPointer {
		w.p("x.%s = r.RequiredText(%s)", f.name, keyLiteral(f.prop.Name))
		return
	}
	key := "Key"
	if f.nullable {
		key = "NullableKey"
	}
	w.p("if r.%s(%s) {", key, keyLiteral(f.prop.Name))
	x := "x." + f.name
	switch {
	case f.form == formNullable:
		w.p("if r.Null() {\n%s = %s.Null[%s]()\n} else {", x, w.lex(), w.goType(f.typ))
		w.p("var e %s", w.goType(f.typ))
		w.readValue(f.typ, "e", 1)
		w.p("%s = %s.Some(e)\n}", x, w.lex())
	case f.nullable:
		w.p("if !r.Null() {")
		w.readForm(f, x)
		w.p("}")
	default:
		w.readForm(f, x)
	}
	if f.required {
		w.p("} else {\nr.Missing(%q)", f.prop.Name)
	}
	w.p("}")
}

func (w *writer) readForm(f *field, x string) {
	if f.form != formPointer {
		w.readValue(f.typ, x, 1)
		return
	}
	if expr := w.readExpr(f.typ); expr != "" {
		w.p("%s = new(%s)", x, expr)
		return
	}
	w.p("%s = %s.New[%s](r)", x, w.lex(), w.goType(f.typ))
	w.readValue(f.typ, x, 1)
}

// readExpr returns an expression that reads a value of t, or an empty string if
// that takes more.
func (w *writer) readExpr(t *typ) string {
	switch t.kind {
	case kindBool:
		return "r.Bool()"
	case kindInt:
		return "r.Int()"
	case kindText:
		return "r.Text()"
	case kindBytes:
		return "r.Bytes()"
	case kindLink:
		return "r.Link()"
	case kindBlob:
		return "r.Blob()"
	case kindUnknown:
		return "r.Unknown()"
	case kindArray:
		if t.elem.kind == kindText {
			return "r.Texts()"
		}
	}
	return ""
}

// readValue writes the reading of a value into x.
func (w *writer) readValue(t *typ, x string, level int) {
	switch {
	case t.kind == kindArray && t.elem.kind != kindText:
		n, list := fmt.Sprintf("n%d", level), fmt.Sprintf("list%d", level)
		w.p("%s := r.Array()", n)
		w.p("%s := %s.MakeSlice[%s](r, %s)", list, w.lex(), w.goType(t.elem), n)
		w.p("for range %s {", n)
		w.p("if !r.More() {\nbreak\n}")
		w.readElement(t.elem, list, level)
		w.p("}")
		w.p("r.EndArray()")
		w.p("%s = %s", x, list)
	case t.kind == kindObject || t.kind == kindUnion:
		w.p("%s.ReadLex(r)", x)
	default:
		w.p("%s = %s", x, w.readExpr(t))
	}
}

func (w *writer) readElement(t *typ, list string, level int) {
	if expr := w.readExpr(t); expr != "" {
		w.p("%s = append(%s, %s)", list, list, expr)
		return
	}
	if t.kind == kindArray {
		e := fmt.Sprintf("e%d", level)
		w.p("var %s %s", e, w.goType(t))
		w.readValue(t, e, level+1)
		w.p("%s = append(%s, %s)", list, list, e)
		return
	}
	w.p("%s = append(%s, %s{})", list, list, w.goType(t))
	w.p("%s[len(%s)-1].ReadLex(r)", list, list)
}
