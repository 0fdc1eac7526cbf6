package schema

import (
	"iter"
	"strconv"

	"github.com/linnet-at/linnet/internal/jsontext"
)

// Walk returns all types in the document with their paths, which are JSON
// pointers into it: each definition, followed by what stands inside of it.
func (d *Document) Walk() iter.Seq2[string, Type] {
	return func(yield func(string, Type) bool) {
		w := walker{yield: yield}
		for _, def := range d.Defs {
			if !w.visit(string(jsontext.AppendPointer([]byte("/defs"), def.Name)), def.Type) {
				return
			}
		}
	}
}

type walker struct {
	yield func(string, Type) bool
}

// visit yields t and what is in it, and reports whether to go on.
func (w *walker) visit(path string, t Type) bool {
	if t == nil {
		return true
	}
	if !w.yield(path, t) {
		return false
	}
	switch t := t.(type) {
	case *Record:
		return t.Record == nil || w.visit(path+"/record", t.Record)
	case *Query:
		return w.params(path, t.Parameters) && w.body(path+"/output", t.Output)
	case *Procedure:
		return w.params(path, t.Parameters) && w.body(path+"/input", t.Input) && w.body(path+"/output", t.Output)
	case *Subscription:
		return w.params(path, t.Parameters) &&
			(t.Message == nil || t.Message.Schema == nil || w.visit(path+"/message/schema", t.Message.Schema))
	case *Params:
		return w.properties(path, t.Properties)
	case *Object:
		return w.properties(path, t.Properties)
	case *Array:
		return w.visit(path+"/items", t.Items)
	case *PermissionSet:
		for i, p := range t.Permissions {
			if !w.visit(path+"/permissions/"+strconv.Itoa(i), p) {
				return false
			}
		}
	}
	return true
}

func (w *walker) params(path string, p *Params) bool {
	return p == nil || w.visit(path+"/parameters", p)
}

func (w *walker) body(path string, b *Body) bool {
	return b == nil || w.visit(path+"/schema", b.Schema)
}

func (w *walker) properties(path string, list []Property) bool {
	for _, p := range list {
		if !w.visit(string(jsontext.AppendPointer([]byte(path+"/properties"), p.Name)), p.Type) {
			return false
		}
	}
	return true
}
