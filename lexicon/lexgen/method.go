package lexgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// A method is a query or procedure.
type method struct {
	def       *def
	doc       *schema.Document
	procedure bool
	params    *schema.Params
	input     *schema.Body
	output    *schema.Body
	errors    []schema.ErrorDef
}

// method writes the types and the function of a method.
func (w *writer) method(m *method) {
	id := m.def.name.NSID.String()
	nsid := w.pkg.taken.take(m.def.base + "NSID")
	w.p("")
	w.comment(nsid + " is the method " + id + ".")
	w.p("const %s = %q", nsid, id)
	w.descriptor(m.def, m.doc, nsid, w.errorNames(m.def, m.errors))
	params := ""
	if m.params != nil && len(m.params.Properties) > 0 {
		params = w.g.inline[m.params]
		w.params(m.doc, m.params, params, id)
	}
	in := w.body(m.doc, m.input, "the input of "+id, m.def.base+"Input")
	out := w.body(m.doc, m.output, "the output of "+id, m.def.base+"Output")
	w.function(m, nsid, params, in, out)
	if !m.procedure && params != "" && out.typ != nil {
		w.pager(m, params, out)
	}
}

// A bodyType says how a body is passed.
type bodyType struct {
	stream bool
	typ    *typ
	name   string // Go type of JSON
}

// isPointer reports whether the body is passed as a pointer.
func (b *bodyType) isPointer() bool { return b.typ != nil && b.typ.kind != kindUnknown }

// zeroInput writes that a nil input stands for the zero value.
func (w *writer) zeroInput(in bodyType) {
	if in.isPointer() {
		w.p("if in == nil {\nin = new(%s)\n}", in.name)
	}
}

func (w *writer) body(d *schema.Document, b *schema.Body, what, base string) bodyType {
	if b == nil {
		return bodyType{}
	}
	if !b.IsJSON() {
		return bodyType{stream: true}
	}
	if b.Schema == nil {
		return bodyType{typ: &typ{kind: kindUnknown, src: &schema.Unknown{}}, name: w.lex() + ".Unknown"}
	}
	t := w.g.typeOf(b.Schema, d, w.pkg)
	w.nested(base, what, t, b.Schema)
	switch t.kind {
	case kindObject, kindUnion, kindUnknown:
	default:
		w.g.problem(d, b.Schema, "body is no object")
	}
	return bodyType{typ: t, name: w.goType(t)}
}

// errorNames writes the names of the errors of a method as constants, and returns
// the names of those.
func (w *writer) errorNames(d *def, list []schema.ErrorDef) []string {
	if len(list) == 0 {
		return nil
	}
	consts := make([]string, len(list))
	w.p("")
	w.comment("Errors of " + d.base + ", for xrpc.Is.")
	w.p("const (")
	for i := range list {
		consts[i] = w.pkg.taken.take(d.base + "Error" + goName(list[i].Name))
		w.p("%s = %q", consts[i], list[i].Name)
	}
	w.p(")")
	return consts
}

// function writes the function that calls a method.
func (w *writer) function(m *method, nsid, params string, in, out bodyType) {
	w.imports["context"] = "context"
	xrpc := w.fixed(pathXRPC)
	w.p("")
	verb := "calls the query "
	if m.procedure {
		verb = "calls the procedure "
	}
	text := m.def.base + " " + verb + m.def.name.NSID.String() + "."
	if params != "" {
		text += " Nil params mean none but the defaults."
	}
	if in.stream {
		text += " The input is of type " + m.input.Encoding + "."
	}
	if in.isPointer() {
		text += " A nil input means an empty one."
	}
	if out.stream {
		text += " The output, of type " + m.output.Encoding + ", is the Body of the response, which has to be closed."
	}
	w.comment(text)
	w.description(m.def.typ.Info().Description)
	args := []string{"ctx context.Context", "c " + xrpc + ".Caller"}
	call := []string{"NSID: " + nsid}
	if m.procedure {
		call = append(call, "Kind: "+xrpc+".KindProcedure")
	}
	if params != "" {
		args = append(args, "params *"+params)
		call = append(call, "Params: params")
	}
	switch {
	case in.stream:
		args = append(args, "body *"+xrpc+".Body")
		call = append(call, "Body: body")
	case in.isPointer():
		args = append(args, "in *"+in.name)
		call = append(call, "Input: in")
	case in.typ != nil:
		args = append(args, "in "+in.name)
		call = append(call, "Input: in")
	}
	head := fmt.Sprintf("func %s(%s)", m.def.base, strings.Join(args, ", "))
	switch {
	case out.stream:
		call = append(call, "Stream: true", "Accept: "+quote(m.output.Encoding))
		w.p("%s (%s.Response, error) {", head, xrpc)
		w.zeroInput(in)
		w.p("return c.Call(ctx, &%s.Call{%s})\n}", xrpc, strings.Join(call, ", "))
	case out.typ != nil:
		call = append(call, "Output: "+w.lex()+".OutputOf(out)")
		w.p("%s (*%s, error) {", head, out.name)
		w.zeroInput(in)
		w.p("out := new(%s)", out.name)
		w.p("if _, err := c.Call(ctx, &%s.Call{%s}); err != nil {\nreturn nil, err\n}\nreturn out, nil\n}", xrpc, strings.Join(call, ", "))
	default:
		w.p("%s error {", head)
		w.zeroInput(in)
		w.p("_, err := c.Call(ctx, &%s.Call{%s})\nreturn err\n}", xrpc, strings.Join(call, ", "))
	}
}

// pager writes a function that returns a pager, for queries with a cursor in and
// out and one list of things.
func (w *writer) pager(m *method, params string, out bodyType) {
	s, ok := m.params.Property("cursor").(*schema.String)
	if !ok || s == nil || contains(m.params.Required, "cursor") || out.typ.kind != kindObject {
		return
	}
	var items, cursor *field
	for _, f := range w.g.fields(out.typ) {
		switch {
		case f.prop.Name == "cursor" && f.typ.kind == kindText && f.form == formPointer:
			cursor = f
		case f.typ.kind == kindArray && items == nil && f.form != formNullable:
			items = f
		case f.typ.kind == kindArray:
			return
		}
	}
	if items == nil || cursor == nil {
		return
	}
	xrpc := w.fixed(pathXRPC)
	name := w.pkg.taken.take(m.def.base + "Pager")
	elem := w.goType(items.typ.elem)
	w.p("")
	w.comment(name + " returns a pager of the " + items.prop.Name + " that " + m.def.base + " gives. The cursor of params is not used.")
	w.p("func %s(c %s.Caller, params *%s, o *%s.PagerOptions) *%s.Pager[%s] {", name, xrpc, params, xrpc, xrpc, elem)
	w.p("var query %s", params)
	w.p("if params != nil {\nquery = *params\n}")
	w.p("return %s.NewPager(func(ctx context.Context, cursor string) ([]%s, string, error) {", xrpc, elem)
	w.p("page := query\npage.%s = nil\nif cursor != \"\" {\npage.%s = &cursor\n}", paramName(m.params, "cursor"), paramName(m.params, "cursor"))
	w.p("out, err := %s(ctx, c, &page)", m.def.base)
	w.p("if err != nil {\nreturn nil, \"\", err\n}")
	w.p("next := \"\"\nif out.%s != nil {\nnext = *out.%s\n}", cursor.name, cursor.name)
	w.p("return out.%s, next, nil\n}, o)\n}", items.name)
}

func paramName(p *schema.Params, name string) string {
	taken := make(names)
	for _, prop := range p.Properties {
		field := fieldName(taken, prop.Name, reservedParams)
		if prop.Name == name {
			return field
		}
	}
	return ""
}

// params writes the struct of parameters and its method AppendQuery.
func (w *writer) params(d *schema.Document, p *schema.Params, name, id string) {
	xrpc := w.fixed(pathXRPC)
	t := &typ{kind: kindObject, src: &schema.Object{Properties: p.Properties, Required: p.Required}, doc: d, pkg: w.pkg, name: name}
	fields := w.g.fieldsBut(t, reservedParams)
	w.p("")
	w.comment(name + " are the parameters of " + id + ".")
	w.description(p.Description)
	w.p("type %s struct {", name)
	for _, f := range fields {
		w.fieldDescription(f.prop.Type.Info().Description)
		w.p("%s %s %s", f.name, w.fieldType(f), note(w.notes(f)))
	}
	w.p("}\n")
	w.comment("AppendQuery implements xrpc.Params. A nil x has no parameters but the defaults.")
	w.p("func (x *%s) AppendQuery(query []byte) []byte {", name)
	w.p("if x == nil {\nx = new(%s)\n}", name)
	for _, f := range fields {
		w.param(f, xrpc)
	}
	w.p("return query\n}\n")
	sorted := slices.Clone(fields)
	slices.SortFunc(sorted, func(a, b *field) int { return dagcbor.CompareKeys(a.prop.Name, b.prop.Name) })
	w.parseQuery(name, id, sorted)
	w.comment("Validate reports what in x is not as the schema has it.")
	w.p("func (x *%s) Validate() error {", name)
	w.p("var v %s.Validator\nv.Enter(%q)", w.lex(), id)
	for _, f := range sorted {
		w.validateField(f)
	}
	w.p("return v.Err()\n}")
	for _, f := range fields {
		w.nested(name+goName(f.prop.Name), f.prop.Name+" of "+name, f.typ, f.prop.Type)
	}
}

// param writes the appending of a parameter to a query.
func (w *writer) param(f *field, xrpc string) {
	x := "x." + f.name
	if f.typ.kind == kindArray {
		w.p("for _, e := range %s {\n%s\n}", x, appendParam(f.typ.elem, xrpc, f.prop.Name, "e"))
		return
	}
	if f.required {
		w.p("%s", appendParam(f.typ, xrpc, f.prop.Name, x))
		return
	}
	w.p("if %s != nil {\n%s\n}", x, appendParam(f.typ, xrpc, f.prop.Name, "*"+x))
	if def := defaultOf(f.prop.Type); def != "" {
		w.out.Truncate(w.out.Len() - 1)
		w.p(" else {\n%s\n}", appendParam(f.typ, xrpc, f.prop.Name, def))
	}
}

// defaultOf returns the default of a parameter as a Go literal, or nothing.
func defaultOf(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Boolean:
		if t.Default != nil {
			return fmt.Sprint(*t.Default)
		}
	case *schema.Integer:
		if t.Default != nil {
			return fmt.Sprint(*t.Default)
		}
	case *schema.String:
		if t.Default != nil {
			return quote(*t.Default)
		}
	}
	return ""
}

func appendParam(t *typ, xrpc, name, x string) string {
	f := "AppendParam"
	switch t.kind {
	case kindBool:
		f = "AppendBoolParam"
	case kindInt:
		f = "AppendIntParam"
	}
	return fmt.Sprintf("query = %s.%s(query, %q, %s)", xrpc, f, name, x)
}

// subscription writes the parameters and messages of a subscription.
func (w *writer) subscription(d *def, doc *schema.Document, s *schema.Subscription) {
	id := d.name.NSID.String()
	nsid := w.pkg.taken.take(d.base + "NSID")
	w.p("")
	w.comment(nsid + " is the subscription " + id + ".")
	w.description(s.Description)
	w.p("const %s = %q", nsid, id)
	w.descriptor(d, doc, nsid, w.errorNames(d, s.Errors))
	if s.Parameters != nil && len(s.Parameters.Properties) > 0 {
		w.params(doc, s.Parameters, w.g.inline[s.Parameters], id)
	}
	if s.Message != nil && s.Message.Schema != nil {
		t := w.g.typeOf(s.Message.Schema, doc, w.pkg)
		w.union(t, "a message of "+id)
		w.frames(t, w.g.members(t))
	}
}
