package lexgen

import (
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// A member is a definition that a union lists.
type member struct {
	name string // of the field
	def  *def
	typ  *typ
}

// members returns the members of a union, each once.
func (g *generator) members(t *typ) []member {
	u := t.src.(*schema.Union)
	var list []member
	seen := make(map[*def]bool)
	short := make(map[string]int)
	for _, ref := range u.Refs {
		d := g.target(ref, t.doc)
		if d == nil {
			g.problem(t.doc, u, "reference "+quote(ref)+" is to a document that no package has")
			continue
		}
		if seen[d] {
			continue
		}
		seen[d] = true
		m := member{name: shortName(d, t.doc), def: d, typ: g.resolve(d.typ, d.doc, d.pkg, d, 0)}
		short[m.name]++
		list = append(list, m)
	}
	taken := make(names)
	for i := range list {
		m := &list[i]
		if short[m.name] > 1 {
			m.name = m.def.base
		}
		if contains(splitWords(reservedUnion), m.name) {
			m.name += "Member"
		}
		m.name = taken.take(m.name)
	}
	return list
}

// shortName returns a name for a member of a union: that of its definition, or of
// its document, or both where neither says enough.
func shortName(d *def, in *schema.Document) string {
	last := goName(d.name.NSID.Name())
	switch {
	case d.name.Def == schema.MainName:
		return last
	case d.name.NSID == in.ID || strings.EqualFold(last, "defs"):
		return goName(d.name.Def)
	}
	return last + goName(d.name.Def)
}

// union writes the struct of a union and its methods.
func (w *writer) union(t *typ, where string) {
	u := t.src.(*schema.Union)
	list := w.g.members(t)
	lex := w.lex()
	w.p("")
	if u.Closed {
		w.comment("A " + t.name + " is " + where + ": exactly one of its members is set.")
	} else {
		w.comment("A " + t.name + " is " + where + ": exactly one of its members is set, which is Unknown for types that the schema does not list.")
	}
	w.description(u.Description)
	w.p("type %s struct {", t.name)
	for _, m := range list {
		w.p("%s *%s // %s", m.name, w.named(m.typ), m.def.name)
	}
	if !u.Closed {
		w.p("\nUnknown *%s.Unknown", lex)
	}
	w.p("}\n")
	w.unionValue(t, list, u.Closed)
	w.jsonMethods(t.name)
	w.unionCodec(t, list, u.Closed)
}

// unionValue writes the methods Value and IsZero.
func (w *writer) unionValue(t *typ, list []member, closed bool) {
	w.comment("Value returns the member that is set, to switch over its type, or nil.")
	w.p("func (x *%s) Value() any {\nswitch {", t.name)
	for _, m := range list {
		w.p("case x.%s != nil:\nreturn x.%s", m.name, m.name)
	}
	if !closed {
		w.p("case x.Unknown != nil:\nreturn x.Unknown")
	}
	w.p("}\nreturn nil\n}\n")
	w.comment("IsZero reports whether no member is set.")
	w.p("func (x *%s) IsZero() bool { return x.members() == 0 }\n", t.name)
	w.p("func (x *%s) members() (n int) {", t.name)
	for _, m := range list {
		w.p("if x.%s != nil {\nn++\n}", m.name)
	}
	if !closed {
		w.p("if x.Unknown != nil {\nn++\n}")
	}
	w.p("return n\n}\n")
}

func (w *writer) unionCodec(t *typ, list []member, closed bool) {
	lex := w.lex()
	w.p("// AppendLex implements lex.Appender.")
	w.p("func (x *%s) AppendLex(dst []byte, m %s.Mode) ([]byte, error) {", t.name, lex)
	w.p("if x == nil || x.members() != 1 {\nreturn dst, %s.UnionError()\n}", lex)
	w.p("switch {")
	for _, m := range list {
		w.p("case x.%s != nil:\nreturn x.%s.AppendLex(dst, m.Member())", m.name, m.name)
	}
	w.p("}")
	if closed {
		w.p("return dst, %s.UnionError()\n}\n", lex)
	} else {
		w.p("return x.Unknown.AppendLex(dst, m.Member())\n}\n")
	}

	w.p("// ReadLex implements lex.Value.")
	w.p("func (x *%s) ReadLex(r *%s.Reader) {", t.name, lex)
	if closed {
		w.p("switch typ := r.UnionType(); typ {")
	} else {
		w.p("switch r.UnionType() {")
	}
	for _, m := range list {
		w.p("case %q:\nx.%s = %s.New[%s](r)\nx.%s.ReadLex(r.Member())", m.def.name.String(), m.name, lex, w.named(m.typ), m.name)
	}
	if closed {
		w.p("default:\nr.NoMember(typ)\n}\n}\n")
	} else {
		w.p("default:\nx.Unknown = r.UnknownMember()\n}\n}\n")
	}

	w.p("// ValidateLex implements lex.Value.")
	w.p("func (x *%s) ValidateLex(v *%s.Validator) {", t.name, lex)
	w.p("switch {")
	w.p("case x == nil || x.members() != 1:\nv.Union()")
	for _, m := range list {
		w.p("case x.%s != nil:\nx.%s.ValidateLex(v)", m.name, m.name)
	}
	if !closed {
		listed := make([]string, len(list))
		for i, m := range list {
			listed[i] = ", " + quote(m.def.name.String())
		}
		w.p("default:\nv.Member(x.Unknown%s)", strings.Join(listed, ""))
	}
	w.p("}\n}\n")
}

// frames writes the method that decodes a message of a subscription.
func (w *writer) frames(t *typ, list []member) {
	lex := w.lex()
	w.comment("UnmarshalFrame decodes a message from the body of a frame, whose header says that it is of the given type, such as \"#commit\". Messages of types that the schema does not list, which may come at any time, become Unknown. It leaves x alone on error.")
	w.p("//\n// https://atproto.com/specs/event-stream#framing")
	w.p("func (x *%s) UnmarshalFrame(typ string, body []byte) error {", t.name)
	w.p("var v %s\nvar err error\nswitch typ {", t.name)
	for _, m := range list {
		var cases []string
		if m.def.name.NSID == t.doc.ID {
			cases = append(cases, quote("#"+m.def.name.Def))
		}
		cases = append(cases, quote(m.def.name.String()))
		w.p("case %s:\nv.%s = new(%s)\nerr = %s.Unmarshal(body, v.%s, %s.FrameOptions())", strings.Join(cases, ", "), m.name, w.named(m.typ), lex, m.name, lex)
	}
	if t.src.(*schema.Union).Closed {
		w.p("default:\nerr = %s.FrameError(typ)\n}", lex)
	} else {
		w.p("default:\nv.Unknown = new(%s.Unknown)\n*v.Unknown, err = %s.UnknownFromFrame(body)\n}", lex, lex)
	}
	w.p("if err == nil {\n*x = v\n}\nreturn err\n}\n")
}
