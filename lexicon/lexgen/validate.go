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
	w.p("if !v.Go() {\nreturn\n}")
	def := w.at.String()
	if t.def != nil {
		def = t.def.name.String()
	}
	w.p("outer := v.Enter(%q)", def)
	for _, f := range fields {
		w.validateField(f)
	}
	w.p("v.Extra(x.Extra, %q)", t.typeName())
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
		w.checkLength("len("+x+")", "byte string", name, s.MinLength, s.MaxLength)
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
		w.checkLength("len("+x+")", "array", name, s.MinLength, s.MaxLength)
		i := fmt.Sprintf("i%d", level)
		body := w.detach(func() { w.check(t.elem, x+"["+i+"]", `""`, level+1) })
		if len(body) == 0 {
			return
		}
		if name != `""` {
			w.p("v.Push(%s)", name)
		}
		w.p("for %s := range %s {\nv.PushIndex(%s)\n%sv.Pop()\n}", i, x, i, body)
		if name != `""` {
			w.p("v.Pop()")
		}
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

func (w *writer) checkInt(s *schema.Integer, x, name string) {
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
		w.p("if %s {\nv.Range(%s, %s, %d, %d)\n}", strings.Join(conds, " || "), name, x, lo, hi)
	}
	literals := make([]string, len(s.Enum))
	for i, n := range s.Enum {
		literals[i] = fmt.Sprint(n)
	}
	if s.Const != nil {
		w.checkConst(fmt.Sprint(*s.Const), s.Enum == nil || slices.Contains(s.Enum, *s.Const), x, name)
	} else if s.Enum != nil {
		w.checkEnum(literals, x, name)
	}
}

// checkConst writes the comparison with the only value that is allowed, which
// none is if an enumeration does not have it.
func (w *writer) checkConst(literal string, possible bool, x, name string) {
	if !possible {
		w.p("v.Const(%s, %s)", name, x)
		return
	}
	w.p("if %s != %s {\nv.Const(%s, %s)\n}", x, literal, name, x)
}

// checkEnum writes a switch over the values that are allowed.
func (w *writer) checkEnum(list []string, x, name string) {
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
	}
	w.p("default:\nv.Enum(%s, %s)\n}", name, x)
}

func (w *writer) checkLength(n, what, name string, lo, hi *int64) {
	var conds []string
	low, high := int64(0), int64(math.MaxInt64)
	if lo != nil && *lo > 0 {
		low = *lo
		conds = append(conds, fmt.Sprintf("n < %d", low))
	}
	if hi != nil {
		high = *hi
		conds = append(conds, fmt.Sprintf("n > %d", high))
	}
	if conds != nil {
		w.p("if n := int64(%s); %s {\nv.Length(%s, %q, int(n), %d, %d)\n}", n, strings.Join(conds, " || "), name, what, low, high)
	}
}

func (w *writer) checkText(s *schema.String, x, name string) {
	w.checkLength("len("+x+")", "string", name, s.MinLength, s.MaxLength)
	w.checkGraphemes(s, x, name)
	literals := make([]string, len(s.Enum))
	for i, e := range s.Enum {
		literals[i] = quote(e)
	}
	if s.Const != nil {
		w.checkConst(quote(*s.Const), s.Enum == nil || contains(s.Enum, *s.Const), x, name)
	} else if s.Enum != nil {
		w.checkEnum(literals, x, name)
	}
	switch s.Format {
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
		w.p("v.Format(%s, %s, %q)", name, x, string(s.Format))
	}
}

// checkGraphemes writes a call only for strings that have more bytes than
// graphemes are allowed.
func (w *writer) checkGraphemes(s *schema.String, x, name string) {
	lo, hi := int64(0), int64(math.MaxInt32)
	if s.MinGraphemes != nil {
		lo = *s.MinGraphemes
	}
	if s.MaxGraphemes != nil {
		hi = *s.MaxGraphemes
	}
	call := fmt.Sprintf("v.Graphemes(%s, %s, %d, %d)", name, x, lo, hi)
	switch {
	case lo > 0:
		w.p("%s", call)
	case s.MaxGraphemes != nil:
		w.p("if len(%s) > %d {\n%s\n}", x, hi, call)
	}
}
