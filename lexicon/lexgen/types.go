package lexgen

import (
	"github.com/linnet-at/linnet/lexicon/schema"
)

// A kind says how a type is written, read and checked.
type kind uint8

const (
	kindBool kind = iota
	kindInt
	kindText
	kindBytes
	kindLink
	kindBlob
	kindArray
	kindObject // a struct for an object or record
	kindUnion
	kindUnknown
)

// A typ is a type of data with its Go type. References are followed.
type typ struct {
	kind kind
	src  schema.Type
	doc  *schema.Document // in which src stands
	pkg  *goPackage       // of kinds that are Go types of their own
	name string           // of those in pkg
	elem *typ             // of arrays
	def  *def             // that the type is, if it is one
}

// typeOf returns the type that t is in a document.
func (g *generator) typeOf(t schema.Type, d *schema.Document, pkg *goPackage) *typ {
	return g.resolve(t, d, pkg, nil, 0)
}

// maxRefs is how many arrays may be nested by references to definitions of
// arrays.
const maxRefs = 100

func (g *generator) resolve(t schema.Type, d *schema.Document, pkg *goPackage, as *def, depth int) *typ {
	r := &typ{src: t, doc: d, pkg: pkg, def: as}
	switch t := t.(type) {
	case *schema.Ref:
		return g.follow(t, d, depth)
	case *schema.Boolean:
		r.kind = kindBool
	case *schema.Integer:
		r.kind = kindInt
	case *schema.String:
		r.kind = kindText
	case *schema.Bytes:
		r.kind = kindBytes
	case *schema.CIDLink:
		r.kind = kindLink
	case *schema.Blob:
		r.kind = kindBlob
	case *schema.Array:
		r.kind = kindArray
		r.elem = g.resolve(t.Items, d, pkg, nil, depth+1)
	case *schema.Object:
		r.kind, r.name = kindObject, g.inline[t]
		if as != nil {
			r.name = as.base
		}
	case *schema.Record:
		r.kind, r.name = kindObject, as.base
	case *schema.Union:
		r.kind, r.name = kindUnion, g.inline[t]
	default:
		r.kind = kindUnknown
	}
	return r
}

// follow returns the type that a reference leads to.
func (g *generator) follow(t *schema.Ref, d *schema.Document, depth int) *typ {
	to := g.target(t.Ref, d)
	if to == nil || depth > maxRefs {
		what := "is to a document that no package has"
		if to != nil {
			what = "leads to lists of nothing but lists"
		}
		g.problem(d, t, "reference "+quote(t.Ref)+" "+what)
		return &typ{kind: kindUnknown, src: &schema.Unknown{}, doc: d}
	}
	return g.resolve(to.typ, to.doc, to.pkg, to, depth)
}

// target returns the definition that a reference leads to, or nil.
func (g *generator) target(ref string, d *schema.Document) *def {
	name, err := schema.ParseRef(ref, d.ID)
	if err != nil {
		return nil
	}
	return g.defs[name]
}

// problem notes what is wrong with a type in a document, with its path.
func (g *generator) problem(d *schema.Document, at schema.Type, msg string) {
	e := &schema.Error{Document: d.ID.String(), Offset: at.Info().Offset(), Msg: msg}
	for path, t := range d.Walk() {
		if t == at {
			e.Path = path
		}
	}
	for _, known := range g.problems {
		if known.Error() == e.Error() {
			return
		}
	}
	g.problems = append(g.problems, e)
}

// object returns the properties of a struct.
func (t *typ) object() *schema.Object {
	switch src := t.src.(type) {
	case *schema.Record:
		return src.Record
	case *schema.Object:
		return src
	}
	return &schema.Object{}
}

// holds reports whether a value of the struct a has a value of the struct b
// inside of it, through required properties that are no pointers: then one of them
// has to be a pointer.
func (g *generator) holds(a *typ, b schema.Type, seen map[schema.Type]bool) bool {
	if a.src == b {
		return true
	}
	if seen[a.src] {
		return false
	}
	seen[a.src] = true
	o := a.object()
	for _, p := range o.Properties {
		if !contains(o.Required, p.Name) && !contains(o.Nullable, p.Name) || contains(o.Nullable, p.Name) && contains(o.Required, p.Name) {
			continue
		}
		if t := g.typeOf(p.Type, a.doc, a.pkg); t.kind == kindObject && g.holds(t, b, seen) {
			return true
		}
	}
	return false
}

// A form says how a property is represented.
type form uint8

const (
	formValue    form = iota // the value itself
	formPointer              // a pointer to it, which is nil for an absent value, or for null
	formZero                 // the value, of which the zero value stands for an absent one, or for null
	formNullable             // a lex.Nullable
)

// A field is a property of a struct.
type field struct {
	prop     schema.Property
	name     string // in Go
	typ      *typ
	required bool
	nullable bool
	form     form
}

// formOf returns the form of a property.
func (g *generator) formOf(f *field, in *typ) form {
	switch {
	case f.nullable && !f.required:
		return formNullable
	case f.required && !f.nullable:
		if f.typ.kind == kindObject && g.holds(f.typ, in.src, make(map[schema.Type]bool)) {
			return formPointer
		}
		return formValue
	}
	switch f.typ.kind {
	case kindBytes, kindLink, kindArray, kindUnion, kindUnknown:
		return formZero
	}
	return formPointer
}

// Names of methods and fields that properties and members must not have. Those of
// all structs come first.
const (
	reserved       = " AppendCBOR MarshalCBOR UnmarshalCBOR AppendJSON MarshalJSON UnmarshalJSON AppendLex ReadLex ValidateLex Validate LexType Extra "
	reservedRecord = reserved + "Collection "
	reservedUnion  = reserved + "Value IsZero Unknown UnmarshalFrame "
	reservedParams = "AppendQuery ParseQuery Validate"
)

// fields returns the fields of a struct, in the order of the schema.
func (g *generator) fields(t *typ) []*field {
	if _, isRecord := t.src.(*schema.Record); isRecord {
		return g.fieldsBut(t, reservedRecord)
	}
	return g.fieldsBut(t, reserved)
}

// fieldsBut is fields with the given names reserved.
func (g *generator) fieldsBut(t *typ, reserved string) []*field {
	o := t.object()
	taken := make(names)
	list := make([]*field, 0, len(o.Properties))
	for _, p := range o.Properties {
		f := &field{
			prop: p, typ: g.typeOf(p.Type, t.doc, t.pkg),
			required: contains(o.Required, p.Name), nullable: contains(o.Nullable, p.Name),
		}
		f.name = fieldName(taken, p.Name, reserved)
		f.form = g.formOf(f, t)
		list = append(list, f)
	}
	return list
}

func fieldName(taken names, prop, reserved string) string {
	name := goName(prop)
	if contains(splitWords(reserved), name) {
		name += "Field"
	}
	return taken.take(name)
}
