package schema

import (
	"slices"

	"github.com/linnet-at/linnet/syntax"
)

// Version is the version of the language that documents are in, which their
// member lexicon says (https://atproto.com/specs/lexicon#lexicon-files).
const Version = 1

// Collection is the collection of the records in which documents are published,
// each with its NSID as the record key, and the $type of those records
// (https://atproto.com/specs/lexicon#lexicon-publication-and-resolution).
const Collection = "com.atproto.lexicon.schema"

// A Document is a Lexicon schema document.
type Document struct {
	Common
	ID   syntax.NSID
	Defs []Def // in the order of the text, with different names
}

// A Def is a named definition.
type Def struct {
	Name string
	Type Type
}

// Def returns the definition with the given name, or nil.
func (d *Document) Def(name string) Type {
	for i := range d.Defs {
		if d.Defs[i].Name == name {
			return d.Defs[i].Type
		}
	}
	return nil
}

// Main returns the definition that the document is about, or nil.
func (d *Document) Main() Type { return d.Def(MainName) }

// Dependencies returns the NSIDs of the other documents that this one names,
// sorted: in references, in the values of strings that name tokens, and in
// permissions. Those that are no NSIDs are left out.
func (d *Document) Dependencies() []syntax.NSID {
	found := make(map[syntax.NSID]bool)
	add := func(ref string) {
		if name, err := ParseRef(ref, d.ID); err == nil && name.NSID != d.ID {
			found[name.NSID] = true
		}
	}
	for _, t := range d.Walk() {
		switch t := t.(type) {
		case *Ref:
			add(t.Ref)
		case *Union:
			each(t.Refs, add)
		case *String:
			each(slices.Concat(t.KnownValues, t.Enum), func(s string) {
				if slices.Contains([]byte(s), '#') {
					add(s)
				}
			})
		case *Permission:
			each(slices.Concat(t.Collection, t.LXM), add)
		case *Space:
			each(t.Collections, add)
		}
	}
	list := make([]syntax.NSID, 0, len(found))
	for id := range found {
		list = append(list, id)
	}
	slices.SortFunc(list, syntax.NSID.Compare)
	return list
}

func each(list []string, f func(string)) {
	for _, s := range list {
		f(s)
	}
}
