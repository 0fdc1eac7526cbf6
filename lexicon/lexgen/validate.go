package lexgen

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// objectValidate writes the method ValidateLex of a struct.
func (w *writer) objectValidate(t *typ, fields []*field) {
	lex := w.lex()
	w.p("// ValidateLex implements lex.Value.")
	w.p("func (x *%s) ValidateLex(v *%s.Validator) {", t.name, lex)
	w.p("if !v.Go(x != nil) {\nreturn\n}")
	def := w.at.String()
	if t.def != nil {
		def = t.def.name.String()
	}
	w.p("outer := v.Enter(%q)", def)
	for _, f := range fields {
		w.validateField(f)
	}
	var known strings.Builder
	for _, f := range fields {
		known.WriteString(", " + quote(f.prop.Name))
	}
	w.p("if !x.Extra.IsZero() {\nv.Extra(x.Extra, %q%s)\n}", t.typeName(), known.String())
	w.p("v.Leave(outer)\n}\n")
}

func (w *writer) validateField(f *field) {
	x := "x." + f.name
	name := quote(f.prop.Name)
	expr := x
	if f.form == formPointer && f.typ.kind != kindObject {
		expr = "*" + x
	}
	if f.form == formNullable {
		expr = "(*e)"
	}
	body := w.detach(func() { w.check(f.typ, expr, name, 1) })
	switch {
	case f.form == formNullable:
		if len(body) > 0 {
			w.p("if e := %s.Ptr(); e != nil {\n%s}", x, body)
		}
	case f.required && !f.nullable:
		switch {
		case f.form == formPointer:
			w.p("if %s == nil {\nv.Missing(%s)\n} else {\n%s}", x, name, body)
		case f.typ.kind == kindUnion || f.typ.kind == kindLink:
			w.p("if %s {\nv.Missing(%s)", f.typ.isUnset(x), name)
			if len(body) > 0 {
				w.p("} else {\n%s", body)
			}
			w.p("}")
		default:
			w.out.Write(body)
		}
	case len(body) > 0:
		w.p("if %s {\n%s}", f.present(), body)
	}
}

// check writes what has to hold of a value x. name is a literal of its name, or
// an empty one for that of the path.
func (w *writer) check(t *typ, x, name string, level int) {
	switch s := t.src.(type) {
	case *schema.Boolean:
		if s.Const != nil {
			w.p("if %s != %v {\nv.Const(%s, %s)\n}", x, *s.Const, name, x)
		}
	case *schema.Integer:
		w.checkInt(s, x, name)
	case *schema.String:
		w.checkText(s, x, name)
	case *schema.Bytes:
		var c chain
		c.length("byte string", name, s.MinLength, s.MaxLength)
		c.write(w, x, nil)
	case *schema.CIDLink:
		if name == `""` || x == "(*e)" {
			w.p("if !%s.Defined() {\nv.Link(%s)\n}", x, name)
		}
	case *schema.Blob:
		limit := int64(math.MaxInt64)
		if s.MaxSize != nil {
			limit = *s.MaxSize
		}
		var accept strings.Builder
		for _, a := range s.Accept {
			accept.WriteString(", " + quote(a))
		}
		w.p("v.Blob(%s, %s, %d%s)", name, x, limit, accept.String())
	case *schema.Array:
		var c chain
		c.length("array", name, s.MinLength, s.MaxLength)
		c.write(w, x, w.detach(func() { w.checkElements(t, x, name, level) }))
	case *schema.Unknown:
		w.p("v.Unknown(%s, %s)", name, x)
	case *schema.Object, *schema.Record, *schema.Union:
		if name != `""` {
			w.p("v.Push(%s)\n%s.ValidateLex(v)\nv.Pop()", name, x)
		} else {
			w.p("%s.ValidateLex(v)", x)
		}
	}
}

// checkElements writes what has to hold of the elements of an array.
func (w *writer) checkElements(t *typ, x, name string, level int) {
	i := fmt.Sprintf("i%d", level)
	body := w.detach(func() { w.check(t.elem, x+"["+i+"]", `""`, level+1) })
	if name != `""` {
		w.p("v.PushArray(%s)", name)
	} else {
		w.p("v.Array()")
	}
	if len(body) > 0 {
		w.p("for %s := range %s {\nv.PushIndex(%s)\n%sv.Pop()\n}", i, x, i, body)
	}
	if name != `""` {
		w.p("v.Pop()")
	}
}

func (w *writer) checkInt(s *schema.Integer, x, name string) {
	var c chain
	if s.Minimum != nil || s.Maximum != nil {
		lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
		var conds []string
		if s.Minimum != nil {
			lo = *s.Minimum
			conds = append(conds, fmt.Sprintf("%s < %d", x, lo))
		}
		if s.Maximum != nil {
			hi = *s.Maximum
			conds = append(conds, fmt.Sprintf("%s > %d", x, hi))
		}
		c.add(strings.Join(conds, " || "), "v.Range(%s, %s, %d, %d)", name, x, lo, hi)
	}
	c.write(w, x, w.detach(func() {
		literals := make([]string, len(s.Enum))
		for i, n := range s.Enum {
			literals[i] = fmt.Sprint(n)
		}
		if s.Const != nil {
			w.checkConst(fmt.Sprint(*s.Const), s.Enum == nil || slices.Contains(s.Enum, *s.Const), x, name, nil)
		} else if s.Enum != nil {
			w.checkEnum(literals, x, name, nil)
		}
	}))
}

// checkConst writes the comparison with the only value that is allowed, which
// none is if an enumeration does not have it, and what to do with that.
func (w *writer) checkConst(literal string, possible bool, x, name string, rest []byte) {
	if !possible {
		w.p("v.Const(%s, %s)", name, x)
		return
	}
	var c chain
	c.add(x+" != "+literal, "v.Const(%s, %s)", name, x)
	c.write(w, x, rest)
}

// checkEnum writes a switch over the values that are allowed, and what to do with
// those.
func (w *writer) checkEnum(list []string, x, name string, rest []byte) {
	seen := make(map[string]bool)
	var unique []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			unique = append(unique, s)
		}
	}
	w.p("switch %s {", x)
	if len(unique) > 0 {
		w.p("case %s:", strings.Join(unique, ", "))
		w.out.Write(rest)
	}
	w.p("default:\nv.Enum(%s, %s)\n}", name, x)
}

func (w *writer) checkText(s *schema.String, x, name string) {
	format := w.detach(func() { w.checkFormat(s.Format, x, name) })
	rest := w.detach(func() {
		literals := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			literals[i] = quote(e)
		}
		switch {
		case s.Const != nil:
			w.checkConst(quote(*s.Const), s.Enum == nil || contains(s.Enum, *s.Const), x, name, format)
		case s.Enum != nil:
			w.checkEnum(literals, x, name, format)
		default:
			w.out.Write(format)
		}
	})
	var c chain
	c.length("string", name, s.MinLength, s.MaxLength)
	c.graphemes(s, x, name)
	looks := s.Const != nil || s.Enum != nil || s.Format.Known() // at what is no text, too
	if len(c.cases) > 0 || !looks {
		c.cases = slices.Insert(c.cases, 0, problem{cond: "!" + w.lex() + ".IsText(" + x + ")", call: "v.Text(" + name + ")"})
	}
	c.write(w, x, rest)
}

// checkFormat writes the check of a format of strings.
func (w *writer) checkFormat(f schema.Format, x, name string) {
	switch f {
	case "":
	case schema.FormatDatetime:
		w.p("v.Datetime(%s, %s)", name, x)
	case schema.FormatATURI:
		w.p("v.ATURI(%s, %s)", name, x)
	case schema.FormatURI:
		w.p("v.URI(%s, %s)", name, x)
	case schema.FormatDID:
		w.p("v.DID(%s, %s)", name, x)
	case schema.FormatCID:
		w.p("v.CID(%s, %s)", name, x)
	default:
		w.p("v.Format(%s, %s, %q)", name, x, string(f))
	}
}
