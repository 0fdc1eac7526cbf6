package lexgen

import (
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// descriptor writes the function that returns the description of a method. It is a
// function, so that programs that do not call it do not have it.
func (w *writer) descriptor(d *def, doc *schema.Document, nsid string, errorNames []string) {
	m, _ := doc.Method()
	pkg := w.fixed(pathSchema)
	name := w.pkg.taken.take(d.base + "Method")
	w.p("")
	w.comment(name + " describes the method " + m.NSID + ".")
	w.p("func %s() %s.Method {\nreturn %s.Method{", name, pkg, pkg)
	w.p("NSID: %s, Kind: %s.%s,", nsid, pkg, kindConst(m.Kind))
	if p := m.Params; p != nil {
		w.p("Params: &%s.Params{\nProperties: []%s.Property{", pkg, pkg)
		for _, prop := range p.Properties {
			w.p("{Name: %q, Type: %s},", prop.Name, typeLiteral(pkg, prop.Type))
		}
		w.p("},")
		if len(p.Required) > 0 {
			w.p("Required: %s,", textsLiteral(p.Required))
		}
		w.p("},")
	}
	w.bodyLiteral("Input", pkg, m.Input)
	w.bodyLiteral("Output", pkg, m.Output)
	if len(errorNames) > 0 {
		w.p("Errors: []string{%s},", strings.Join(errorNames, ", "))
	}
	w.p("}\n}")
}

func kindConst(k schema.Kind) string {
	switch k {
	case schema.KindQuery:
		return "KindQuery"
	case schema.KindProcedure:
		return "KindProcedure"
	}
	return "KindSubscription"
}

func (w *writer) bodyLiteral(name, pkg string, b schema.MethodBody) {
	switch {
	case b.IsZero():
	case b.Typed:
		w.p("%s: %s.MethodBody{Encoding: %q, Typed: true},", name, pkg, b.Encoding)
	default:
		w.p("%s: %s.MethodBody{Encoding: %q},", name, pkg, b.Encoding)
	}
}

// typeLiteral returns the type of a parameter as a Go literal.
func typeLiteral(pkg string, t schema.Type) string {
	var l literal
	switch t := t.(type) {
	case *schema.Boolean:
		l.name = "Boolean"
		addPtr(&l, "Default", "%v", t.Default)
		addPtr(&l, "Const", "%v", t.Const)
	case *schema.Integer:
		l.name = "Integer"
		addPtr(&l, "Minimum", "int64(%d)", t.Minimum)
		addPtr(&l, "Maximum", "int64(%d)", t.Maximum)
		if t.Enum != nil {
			l.add("Enum", strings.ReplaceAll(fmt.Sprintf("%#v", t.Enum), "{ ", "{"))
		}
		addPtr(&l, "Default", "int64(%d)", t.Default)
		addPtr(&l, "Const", "int64(%d)", t.Const)
	case *schema.String:
		l.name = "String"
		if t.Format != "" {
			l.add("Format", quote(string(t.Format)))
		}
		addPtr(&l, "MinLength", "int64(%d)", t.MinLength)
		addPtr(&l, "MaxLength", "int64(%d)", t.MaxLength)
		addPtr(&l, "MinGraphemes", "int64(%d)", t.MinGraphemes)
		addPtr(&l, "MaxGraphemes", "int64(%d)", t.MaxGraphemes)
		if t.KnownValues != nil {
			l.add("KnownValues", textsLiteral(t.KnownValues))
		}
		if t.Enum != nil {
			l.add("Enum", textsLiteral(t.Enum))
		}
		addPtr(&l, "Default", "%q", t.Default)
		addPtr(&l, "Const", "%q", t.Const)
	case *schema.Array:
		l.name = "Array"
		l.add("Items", typeLiteral(pkg, t.Items))
		addPtr(&l, "MinLength", "int64(%d)", t.MinLength)
		addPtr(&l, "MaxLength", "int64(%d)", t.MaxLength)
	}
	return "&" + pkg + "." + l.name + "{" + strings.Join(l.fields, ", ") + "}"
}

// A literal is one of a struct in the making.
type literal struct {
	name   string
	fields []string
}

func (l *literal) add(name, value string) { l.fields = append(l.fields, name+": "+value) }

func addPtr[T any](l *literal, name, format string, p *T) {
	if p != nil {
		l.add(name, "new("+fmt.Sprintf(format, *p)+")")
	}
}

func textsLiteral(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}

// parseQuery writes the method ParseQuery of parameters, which are in canonical
// order, as they are for a catalog.
func (w *writer) parseQuery(name, id string, fields []*field) {
	lex := w.lex()
	w.comment("ParseQuery sets x to the parameters in the query of a URL, valid and with their defaults. It leaves x alone on error.")
	w.p("func (x *%s) ParseQuery(query string) error {", name)
	w.p("q := %s.NewQuery(query, %q)", lex, id)
	w.p("v := %s{", name)
	for _, f := range fields {
		w.p("%s: %s,", f.name, readParam(f, lex))
	}
	w.p("}")
	for _, f := range fields {
		if f.required && f.typ.kind == kindArray {
			w.p("q.Require(%q, v.%s != nil)", f.prop.Name, f.name)
		}
	}
	w.p("if err := q.Check(&v); err != nil {\nreturn err\n}")
	w.p("*x = v\nreturn nil\n}\n")
}

// readParam returns the expression that reads a parameter.
func readParam(f *field, lex string) string {
	name := quote(f.prop.Name)
	if f.typ.kind == kindArray {
		return "q." + paramKind(f.typ.elem) + "s(" + name + ")"
	}
	optional := "q.Opt" + paramKind(f.typ) + "(" + name + ")"
	def := defaultOf(f.prop.Type)
	switch {
	case def != "" && f.required:
		return "*" + lex + ".Or(" + optional + ", " + def + ")"
	case def != "":
		return lex + ".Or(" + optional + ", " + def + ")"
	case f.required:
		return "q." + paramKind(f.typ) + "(" + name + ")"
	}
	return optional
}

func paramKind(t *typ) string {
	switch t.kind {
	case kindBool:
		return "Bool"
	case kindInt:
		return "Int"
	}
	return "Text"
}
