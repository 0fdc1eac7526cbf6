package lint

import (
	"errors"
	"strings"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// Text lints a document in JSON. What is wrong with one that cannot be parsed
// are issues, too; the rest is looked at if leniency makes something of it.
func Text(text []byte, o *Options) []Issue {
	r := newReporter("", o)
	d, err := schema.Parse(text, &schema.Options{Drafts: r.opts.Drafts})
	if err != nil {
		if d, lenient := schema.Parse(text, &schema.Options{Drafts: r.opts.Drafts, Lenient: true}); lenient == nil {
			return Document(d, o)
		}
		r.invalid(err)
		return r.issues
	}
	return Document(d, o)
}

// Document lints a document.
func Document(d *schema.Document, o *Options) []Issue {
	r := newReporter(d.ID.String(), o)
	if err := d.Check(&schema.Options{Drafts: r.opts.Drafts}); err != nil {
		r.invalid(err)
	}
	r.document(d)
	return r.issues
}

// Catalog lints all documents of a catalog, in the order of their NSIDs, and
// reports references that do not hold.
func Catalog(c *lexicon.Catalog, o *Options) []Issue {
	r := newReporter("", o)
	r.opts.File = ""
	for d := range c.Documents() {
		r.issues = append(r.issues, Document(d, &r.opts)...)
	}
	if problems, ok := errors.AsType[schema.Errors](c.Link()); ok {
		for _, e := range problems {
			r.doc = e.Document
			r.add(Issue{Rule: UnresolvedRef, Level: Error, Path: e.Path, Offset: e.Offset, Msg: e.Msg})
		}
	}
	return r.issues
}

// invalid reports what is wrong with a document that is not valid.
func (r *reporter) invalid(err error) {
	problems, ok := errors.AsType[schema.Errors](err)
	if !ok {
		r.add(Issue{Rule: LexiconSchema, Level: Error, Offset: -1, Msg: strings.TrimPrefix(err.Error(), "schema: ")})
		return
	}
	for _, e := range problems {
		rule := LexiconSchema
		switch {
		case e.Path == "/lexicon":
			rule = LexiconVersion
		case e.Path == "/id":
			rule = InvalidNSID
		case e.Msg == "no encoding":
			rule = MissingEncoding
		}
		r.doc = e.Document
		r.add(Issue{Rule: rule, Level: Error, Path: e.Path, Offset: e.Offset, Msg: e.Msg})
	}
}

// maxAuthority is the length of a domain name.
const maxAuthority = 253

func (r *reporter) document(d *schema.Document) {
	c := &d.Common
	id := d.ID.String()
	if want := strings.ReplaceAll(id, ".", "/") + ".json"; r.opts.File != "" && r.opts.File != want &&
		!strings.HasSuffix(r.opts.File, "/"+want) {
		r.warn(FilePath, "", c, "file %.300q should be named %.330q", r.opts.File, want)
	}
	if n := len(d.ID.Group()); n > maxAuthority {
		r.warn(LongAuthority, "/id", c, "authority of %d bytes is longer than a domain name can be", n)
	}
	if d.ID.Name() == "defs" && d.Main() != nil {
		r.warn(DefsMain, "/defs/main", d.Main().Info(), "document named defs should not have a main definition")
	}
	r.experimental(d)
	r.unexpected("", c, "$type", "revision")
	for _, def := range d.Defs {
		path := "/defs/" + def.Name
		if def.Type != nil && !isLowerCamel(def.Name) {
			r.warn(DefName, path, def.Type.Info(), "name of a definition is not in lowerCamelCase")
		}
	}
	for path, t := range d.Walk() {
		if t.Kind() != schema.KindPermission { // which has a rule of its own
			r.unexpected(path, t.Info(), mayBeEmpty(t.Kind())...)
		}
		r.typ(d, path, t)
	}
}

// mayBeEmpty returns the members of a kind of type that are among the extra ones
// when they say nothing.
func mayBeEmpty(k schema.Kind) []string {
	switch k {
	case schema.KindUnion:
		return []string{"closed"}
	case schema.KindPermissionSet:
		return []string{"title", "detail"}
	case schema.KindSubscription:
		return []string{"subprotocol"}
	}
	return nil
}

// unexpected reports members that the language does not know.
func (r *reporter) unexpected(path string, c *schema.Common, known ...string) {
	for _, m := range c.Extra {
		expected := m.Name == "description"
		for _, name := range known {
			expected = expected || m.Name == name
		}
		if !expected {
			r.warn(UnexpectedField, path, c, "unknown member %.64q", m.Name)
		}
	}
}

func (r *reporter) typ(d *schema.Document, path string, t schema.Type) {
	c := t.Info()
	if t.Kind().Primary() && c.Description == "" && t.Kind() != schema.KindPermissionSet {
		r.warn(PrimaryDescription, path, c, "%s without description", t.Kind())
	}
	switch t := t.(type) {
	case *schema.Record:
		r.record(path, t)
	case *schema.Query:
		r.method(path, t.Parameters, t.Output, t.Errors, c)
		r.pagination(path, t)
	case *schema.Procedure:
		r.method(path, t.Parameters, t.Output, t.Errors, c)
		r.body(path+"/input", t.Input)
	case *schema.Subscription:
		r.errorNames(path, t.Errors)
		r.params(path, t.Parameters)
		r.subscription(d, path, t)
	case *schema.PermissionSet:
		r.permissionSet(d, path, t)
	default:
		r.field(d, path, t)
	}
}
