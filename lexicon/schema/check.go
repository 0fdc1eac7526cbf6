package schema

import (
	"slices"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// Check reports whether the document keeps to the rules of the language: all
// that [Parse] demands. The error is [Errors]. What references lead to, and
// whether permissions grant something, is not looked at.
func (d *Document) Check(o *Options) error {
	c := checker{problems: problems{doc: d.ID.String()}, opts: o.orDefault()}
	c.document(d)
	return c.err()
}

// A checker checks a tree.
type checker struct {
	problems
	opts Options
}

// in checks what stands under a name.
func (c *checker) in(name string, check func()) {
	c.path.push(name)
	check()
	c.path.pop()
}

func (c *checker) document(d *Document) {
	if d.ID.IsZero() {
		c.add(d.Offset(), "no id")
	}
	c.path.push("defs")
	defer c.path.pop()
	if len(d.Defs) == 0 {
		c.add(d.Offset(), "no definitions")
	}
	seen := make(map[string]bool, len(d.Defs))
	for _, def := range d.Defs {
		c.path.push(def.Name)
		if seen[def.Name] {
			c.add(-1, "two definitions of this name")
		}
		seen[def.Name] = true
		c.def(def)
		c.path.pop()
	}
}

func (c *checker) def(def Def) {
	if def.Type == nil {
		c.add(-1, "no type")
		return
	}
	pos := def.Type.Info().Offset()
	if msg := checkDefName(def.Name); msg != "" {
		c.add(pos, "%s", msg)
	}
	kind := def.Type.Kind()
	switch {
	case !kind.Definable():
		c.add(pos, "type %s cannot be a definition", kind)
	case kind.Primary() && def.Name != MainName:
		c.add(pos, "type %s is not the definition main", kind)
	}
	c.typ(def.Type)
}

// typ checks a type, where any may be.
func (c *checker) typ(t Type) {
	switch t := t.(type) {
	case *Record:
		c.record(t)
	case *Query:
		c.method(t.Parameters, t.Errors)
		c.body("output", t.Output)
	case *Procedure:
		c.method(t.Parameters, t.Errors)
		c.body("input", t.Input)
		c.body("output", t.Output)
	case *Subscription:
		c.method(t.Parameters, t.Errors)
		c.message(t)
	case *PermissionSet:
		c.permissionSet(t)
	case *Space:
		c.space(t)
	case *Params:
		c.params(t)
	default:
		c.field(t)
	}
}

// field checks a type that data can be of.
func (c *checker) field(t Type) {
	pos := t.Info().Offset()
	switch t := t.(type) {
	case *Boolean:
		c.exclusive(pos, t.Default != nil, t.Const != nil)
	case *Integer:
		c.exclusive(pos, t.Default != nil, t.Const != nil)
		if t.Minimum != nil && t.Maximum != nil && *t.Minimum > *t.Maximum {
			c.add(pos, "minimum %d is greater than maximum %d", *t.Minimum, *t.Maximum)
		}
	case *String:
		c.stringType(t)
	case *Bytes:
		c.lengths(pos, "Length", t.MinLength, t.MaxLength)
	case *Blob:
		c.blob(t)
	case *Array:
		c.lengths(pos, "Length", t.MinLength, t.MaxLength)
		c.in("items", func() { c.inner(t.Items, pos) })
	case *Object:
		c.object(t)
	case *Ref:
		c.in("ref", func() { c.ref(pos, t.Ref) })
	case *Union:
		c.union(t)
	}
}

// inner checks a type inside of another one, at offset pos: one of those that
// data can be of.
func (c *checker) inner(t Type, pos int) {
	if t == nil {
		c.add(pos, "no type")
		return
	}
	switch kind := t.Kind(); kind {
	case KindToken, KindParams, KindPermission:
		c.add(t.Info().Offset(), "type %s cannot stand inside of another", kind)
		return
	default:
		if kind.Primary() {
			c.add(t.Info().Offset(), "type %s cannot stand inside of another", kind)
			return
		}
	}
	c.field(t)
}

func (c *checker) exclusive(pos int, def, cons bool) {
	if def && cons {
		c.add(pos, "default and const exclude each other")
	}
}

// lengths checks bounds of a size.
func (c *checker) lengths(pos int, what string, lo, hi *int64) {
	if lo != nil && *lo < 0 || hi != nil && *hi < 0 {
		c.add(pos, "min%s or max%s is negative", what, what)
		return
	}
	if lo != nil && hi != nil && *lo > *hi {
		c.add(pos, "min%s %d is greater than max%s %d", what, *lo, what, *hi)
	}
}

func (c *checker) stringType(t *String) {
	pos := t.Offset()
	c.exclusive(pos, t.Default != nil, t.Const != nil)
	c.lengths(pos, "Length", t.MinLength, t.MaxLength)
	c.lengths(pos, "Graphemes", t.MinGraphemes, t.MaxGraphemes)
	switch {
	case t.Format == "" || t.Format.Known() || c.opts.Lenient:
	case t.Format == FormatSpaceRef && c.opts.Drafts:
	default:
		c.add(pos, "format %s is unknown", quote(string(t.Format)))
	}
}

func (c *checker) blob(t *Blob) {
	if t.MaxSize != nil && *t.MaxSize <= 0 {
		c.add(t.Offset(), "maxSize is not positive")
	}
	for _, pattern := range t.Accept {
		if !isMediaRange(pattern) {
			c.add(t.Offset(), "accept %s is no media type%s", quote(pattern), whyNoMedia(pattern, `, nor "*/*" or one such as "image/*"`))
		}
	}
}

func (c *checker) object(t *Object) {
	c.properties(t.Properties, t.Offset(), c.inner)
	c.names("required", t.Required, t.Properties, t.Offset())
	c.names("nullable", t.Nullable, t.Properties, t.Offset())
}

// properties checks the properties of an object or of parameters.
func (c *checker) properties(list []Property, pos int, check func(t Type, pos int)) {
	c.path.push("properties")
	defer c.path.pop()
	if list == nil && !c.opts.Lenient {
		c.add(pos, "no properties")
	}
	seen := make(map[string]bool, len(list))
	for _, p := range list {
		c.path.push(p.Name)
		switch {
		case p.Name == "":
			c.add(pos, "empty name of a property")
		case p.Name[0] == '$' && !c.opts.Lenient:
			c.add(pos, "name of a property begins with a dollar sign, which is reserved")
		case seen[p.Name]:
			c.add(pos, "two properties of this name")
		}
		seen[p.Name] = true
		check(p.Type, pos)
		c.path.pop()
	}
}

// names checks a list of names of properties.
func (c *checker) names(what string, list []string, props []Property, pos int) {
	if len(list) == 0 {
		return
	}
	c.path.push(what)
	defer c.path.pop()
	declared := make(map[string]bool, len(props)) // whether it was listed
	for _, p := range props {
		declared[p.Name] = false
	}
	for _, name := range list {
		listed, ok := declared[name]
		switch {
		case !ok:
			c.add(pos, "%s is no property", quote(name))
			continue
		case listed && !c.opts.Lenient:
			c.add(pos, "%s is listed twice", quote(name))
		}
		declared[name] = true
	}
}

func (c *checker) ref(pos int, ref string) {
	if _, err := ParseRef(ref, syntax.NSID{}); err != nil {
		c.add(pos, "%s", strings.TrimPrefix(err.Error(), "schema: "))
	}
}

func (c *checker) union(t *Union) {
	c.path.push("refs")
	defer c.path.pop()
	if t.Refs == nil {
		c.add(t.Offset(), "no refs")
	} else if len(t.Refs) == 0 && t.Closed {
		c.add(t.Offset(), "closed union of nothing")
	}
	for _, ref := range t.Refs {
		c.ref(t.Offset(), ref)
	}
}

func (c *checker) record(t *Record) {
	if t.Key.IsZero() && !c.opts.Lenient {
		c.add(t.Offset(), "no key")
	}
	if t.Record == nil {
		c.add(t.Offset(), "no record")
		return
	}
	c.in("record", func() { c.object(t.Record) })
}

func (c *checker) method(params *Params, errs []ErrorDef) {
	if params != nil {
		c.in("parameters", func() { c.params(params) })
	}
	c.path.push("errors")
	defer c.path.pop()
	for _, e := range errs {
		if e.Name == "" || strings.ContainsAny(e.Name, " \t\r\n\v\f\u0085\u00a0") {
			c.add(e.Offset(), "%s is no name of an error", quote(e.Name))
		}
	}
}

func (c *checker) params(t *Params) {
	c.properties(t.Properties, t.Offset(), c.param)
	c.names("required", t.Required, t.Properties, t.Offset())
}

// param checks the type of a parameter.
func (c *checker) param(t Type, pos int) {
	item := t
	if array, ok := t.(*Array); ok {
		item = array.Items
	}
	switch item.(type) {
	case nil:
		c.add(pos, "no type")
		return
	case *Boolean, *Integer, *String:
		c.inner(t, pos)
		return
	}
	c.add(item.Info().Offset(), "parameter of type %s", item.Kind())
}

func (c *checker) body(name string, b *Body) {
	if b == nil {
		return
	}
	c.path.push(name)
	defer c.path.pop()
	switch {
	case b.Encoding == "":
		c.add(b.Offset(), "no encoding")
	case !isMediaRange(b.Encoding):
		c.add(b.Offset(), "encoding %s is no media type%s", quote(b.Encoding), whyNoMedia(b.Encoding, ""))
	}
	switch b.Schema.(type) {
	case nil:
	case *Object, *Ref, *Union:
		c.in("schema", func() { c.field(b.Schema) })
	default:
		c.add(b.Offset(), "schema of a body is of type %s, not object, ref or union", b.Schema.Kind())
	}
}

func (c *checker) message(t *Subscription) {
	c.path.push("message")
	defer c.path.pop()
	if t.Message == nil || t.Message.Schema == nil {
		c.add(t.Offset(), "no schema of messages")
		return
	}
	c.in("schema", func() { c.union(t.Message.Schema) })
}

func (c *checker) permissionSet(t *PermissionSet) {
	if t.Permissions == nil {
		c.add(t.Offset(), "no permissions")
	}
	c.translations("title:lang", t.TitleLang, t.Offset())
	c.translations("detail:lang", t.DetailLang, t.Offset())
	for i, p := range t.Permissions {
		if p == nil || p.Resource == "" {
			c.in("permissions", func() { c.add(t.Offset(), "permission %d has no resource", i) })
		}
	}
}

func (c *checker) translations(name string, byLang map[string]string, pos int) {
	c.path.push(name)
	defer c.path.pop()
	for _, lang := range sortedKeys(byLang) {
		if err := FormatLanguage.Check(lang); err != nil {
			c.add(pos, "%s is not a language", quote(lang))
		}
	}
}

// maxSpaceName is the length in bytes of the name of a type of spaces.
const maxSpaceName = 64

func (c *checker) space(t *Space) {
	pos := t.Offset()
	if !c.opts.Drafts {
		c.add(pos, "type %s is a draft", KindSpace)
	}
	if t.Key.IsZero() {
		c.add(pos, "no key")
	}
	if n := len(t.Name); n == 0 || n > maxSpaceName {
		c.add(pos, "name is not of 1 to %d bytes", maxSpaceName)
	}
	if t.Collections == nil {
		c.add(pos, "no collections")
	}
	for _, s := range t.Collections {
		if _, err := syntax.ParseNSID(s); err != nil {
			c.add(pos, "collection %s is not an NSID", quote(s))
		}
	}
	c.translations("name:lang", t.NameLang, pos)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
