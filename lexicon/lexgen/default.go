package lexgen

// defaults writes a method for each property that may be absent and then has a
// default: what reads it in one go.
//
// https://atproto.com/specs/lexicon#object
func (w *writer) defaults(t *typ, fields []*field) {
	taken := make(names)
	for _, f := range fields {
		taken[f.name] = true
	}
	for _, f := range fields {
		def := defaultOf(f.typ.src)
		if def == "" || f.required {
			continue
		}
		name := taken.take(f.name + "OrDefault")
		w.comment(name + " returns " + f.prop.Name + ", or its default if it is not set.")
		w.p("func (x *%s) %s() %s {", t.name, name, w.goType(f.typ))
		if f.form == formNullable {
			w.p("if v, ok := x.%s.Get(); ok {\nreturn v\n}", f.name)
		} else {
			w.p("if x.%s != nil {\nreturn *x.%s\n}", f.name, f.name)
		}
		w.p("return %s\n}\n", def)
	}
}
