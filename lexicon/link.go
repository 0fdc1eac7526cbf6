package lexicon

import (
	"strconv"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// Link reports references between the documents that do not hold: those that
// lead to nothing in the catalog, or to a definition of a type that does not
// belong there. A ref may be to anything that data can be of, and a union
// consists of objects and records. The error is a [schema.Errors] of all
// problems, in the order of the documents.
//
// https://atproto.com/specs/lexicon#ref
func (c *Catalog) Link() error {
	var problems schema.Errors
	defs := make(map[schema.Name]schema.Type, 4*len(c.sorted))
	for _, d := range c.sorted {
		for _, def := range d.Defs {
			defs[schema.Name{NSID: d.ID, Def: def.Name}] = def.Type
		}
	}
	for _, d := range c.sorted {
		l := linker{defs: defs, doc: d}
		for path, t := range d.Walk() {
			switch t := t.(type) {
			case *schema.Ref:
				l.ref(path+"/ref", t.Offset(), t.Ref)
			case *schema.Union:
				for i, ref := range t.Refs {
					l.member(path+"/refs/"+strconv.Itoa(i), t.Offset(), ref)
				}
			}
		}
		problems = append(problems, l.problems...)
	}
	if problems == nil {
		return nil
	}
	return problems
}

// A linker checks the references of one document.
type linker struct {
	defs     map[schema.Name]schema.Type
	doc      *schema.Document
	problems schema.Errors
}

func (l *linker) add(path string, offset int, msg string) {
	l.problems = append(l.problems, &schema.Error{Document: l.doc.ID.String(), Path: path, Offset: offset, Msg: msg})
}

// target returns what a reference leads to, or nil after it has said that this
// is nothing.
func (l *linker) target(path string, offset int, ref string) schema.Type {
	name, err := schema.ParseRef(ref, l.doc.ID)
	if err == nil {
		if t := l.defs[name]; t != nil {
			return t
		}
	}
	l.add(path, offset, "reference "+strconv.Quote(ref)+" leads to nothing")
	return nil
}

func (l *linker) ref(path string, offset int, ref string) {
	t := l.target(path, offset, ref)
	if t == nil || isData(t.Kind()) {
		return
	}
	l.add(path, offset, "reference "+strconv.Quote(ref)+" is to type "+string(t.Kind()))
}

func (l *linker) member(path string, offset int, ref string) {
	t := l.target(path, offset, ref)
	if t == nil || t.Kind() == schema.KindObject || t.Kind() == schema.KindRecord {
		return
	}
	l.add(path, offset, "union of "+strconv.Quote(ref)+", which is of type "+string(t.Kind())+", not object or record")
}

// isData reports whether data can be of a definition of kind k.
func isData(k schema.Kind) bool {
	return k.Definable() && k != schema.KindToken && (!k.Primary() || k == schema.KindRecord)
}
