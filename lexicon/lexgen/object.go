package lexgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon/schema"
)

const typeKey = "$type"

// object writes a struct and its methods, and the types inside of it.
func (w *writer) object(t *typ) {
	fields := w.g.fields(t)
	_, isRecord := t.src.(*schema.Record)
	w.objectType(t, fields, isRecord)
	w.p("")
	if t.def != nil {
		w.comment("LexType returns the name of the type, " + t.def.name.String() + ".")
		w.p("func (*%s) LexType() string { return %q }\n", t.name, t.def.name.String())
	}
	if isRecord {
		w.comment("Collection returns the collection of the records, " + t.def.name.String() + ".")
		w.p("func (*%s) Collection() string { return %q }\n", t.name, t.def.name.String())
	}
	w.methods(t.name)
	sorted := slices.Clone(fields)
	slices.SortFunc(sorted, func(a, b *field) int { return dagcbor.CompareKeys(a.prop.Name, b.prop.Name) })
	w.objectAppend(t, sorted, isRecord)
	w.objectRead(t, sorted, isRecord)
	w.objectValidate(t, sorted)
	w.defaults(t, fields)
	for _, f := range fields {
		w.nested(t.name+goName(f.prop.Name), f.prop.Name+" of "+t.name, f.typ, f.prop.Type)
	}
}

func (w *writer) objectType(t *typ, fields []*field, isRecord bool) {
	w.p("")
	switch {
	case isRecord:
		w.comment("A " + t.name + " is a record of the collection " + t.def.name.String() + ".")
	case t.def != nil:
		w.comment("A " + t.name + " is an object of type " + t.def.name.String() + ".")
	default:
		w.comment("A " + t.name + " is an object within " + w.at.String() + ".")
	}
	w.description(t.src.Info().Description)
	w.p("type %s struct {", t.name)
	for _, f := range fields {
		w.fieldDescription(f.prop.Type.Info().Description)
		w.p("%s %s %s", f.name, w.fieldType(f), note(w.notes(f)))
	}
	w.p("")
	w.p("Extra %s.Extra // properties that the schema does not know", w.lex())
	w.p("}")
	if isRecord {
		w.p("")
		name := w.pkg.taken.take(t.name + "NSID")
		w.comment(name + " is the collection of " + t.name + ".")
		w.p("const %s = %q", name, t.def.name.String())
	}
}

// note returns a comment behind a field.
func note(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "// " + plain(strings.Join(list, ", "))
}

// notes says what the schema demands of a field.
func (w *writer) notes(f *field) []string {
	var list []string
	if !strings.EqualFold(f.name, f.prop.Name) {
		list = append(list, quote(f.prop.Name))
	}
	switch {
	case f.nullable && f.required:
		list = append(list, "nullable")
	case !f.required:
		list = append(list, "optional")
	}
	return append(list, limits(f.typ)...)
}

// limits says what the schema demands of values of a type.
func limits(t *typ) []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch s := t.src.(type) {
	case *schema.Boolean:
		if s.Const != nil {
			add("always %v", *s.Const)
		}
		if s.Default != nil {
			add("default %v", *s.Default)
		}
	case *schema.Integer:
		addRange(add, "", s.Minimum, s.Maximum)
		if s.Enum != nil {
			add("one of %s", strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Enum), " ", ", "), "[]"))
		}
		if s.Const != nil {
			add("always %d", *s.Const)
		}
		if s.Default != nil {
			add("default %d", *s.Default)
		}
	case *schema.String:
		if s.Format != "" {
			add("%s", s.Format)
		}
		addRange(add, " bytes", s.MinLength, s.MaxLength)
		addRange(add, " graphemes", s.MinGraphemes, s.MaxGraphemes)
		if s.Const != nil {
			add("always %q", *s.Const)
		}
		if s.Default != nil {
			add("default %q", *s.Default)
		}
	case *schema.Bytes:
		addRange(add, " bytes", s.MinLength, s.MaxLength)
	case *schema.Array:
		addRange(add, " elements", s.MinLength, s.MaxLength)
		for _, l := range limits(t.elem) {
			add("each %s", l)
		}
	case *schema.Blob:
		addRange(add, " bytes", nil, s.MaxSize)
		if len(s.Accept) > 0 {
			add("%s", strings.Join(s.Accept, " or "))
		}
	}
	return list
}

func addRange(add func(string, ...any), unit string, lo, hi *int64) {
	switch {
	case lo != nil && hi != nil:
		add("%d to %d%s", *lo, *hi, unit)
	case lo != nil:
		add("at least %d%s", *lo, unit)
	case hi != nil:
		add("at most %d%s", *hi, unit)
	}
}

// methods writes the methods that all structs of objects have.
func (w *writer) methods(name string) {
	lex := w.lex()
	w.p(`// AppendCBOR appends x in DAG-CBOR. On an error it returns dst as it was.
func (x *%[1]s) AppendCBOR(dst []byte) ([]byte, error) {
	out, err := x.AppendLex(dst, %[2]s.Root)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// MarshalCBOR returns x in DAG-CBOR.
func (x %[1]s) MarshalCBOR() ([]byte, error) { return x.AppendCBOR(nil) }

// UnmarshalCBOR decodes x from DAG-CBOR. It leaves x alone on error.
func (x *%[1]s) UnmarshalCBOR(b []byte) error {
	var v %[1]s
	r := %[2]s.NewReader(b, nil)
	v.ReadLex(&r)
	if err := r.End(); err != nil {
		return err
	}
	*x = v
	return nil
}

// Validate reports what in x is not as its schema has it.
func (x *%[1]s) Validate() error {
	var v %[2]s.Validator
	x.ValidateLex(&v)
	return v.Err()
}
`, name, lex)
	w.jsonMethods(name)
}

// jsonMethods writes the methods for JSON.
func (w *writer) jsonMethods(name string) {
	w.p(`// AppendJSON appends x in JSON. On an error it returns dst as it was.
func (x *%[1]s) AppendJSON(dst []byte) ([]byte, error) { return %[2]s.AppendJSON(dst, x) }

// MarshalJSON returns x in JSON.
func (x %[1]s) MarshalJSON() ([]byte, error) { return %[2]s.AppendJSON(nil, &x) }

// UnmarshalJSON decodes x from JSON. It leaves x alone on error.
func (x *%[1]s) UnmarshalJSON(text []byte) error {
	before := *x
	*x = %[1]s{}
	return %[2]s.Undo(%[2]s.DecodeJSON(text, x), x, before)
}
`, name, w.lex())
}
