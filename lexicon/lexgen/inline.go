package lexgen

import (
	"github.com/linnet-at/linnet/lexicon/schema"
)

// nameInline names the types in a definition that become Go types and have no
// name of their own, for where they stand.
func (g *generator) nameInline(p *goPackage, d *def) {
	switch t := d.typ.(type) {
	case *schema.Record:
		g.nameProperties(p, d.base, t.Record.Properties)
	case *schema.Object:
		g.nameProperties(p, d.base, t.Properties)
	case *schema.Array:
		g.nameType(p, d.base+"Item", t.Items)
	case *schema.Query:
		g.nameParams(p, d.base, t.Parameters)
		g.nameBody(p, d.base+"Output", t.Output)
	case *schema.Procedure:
		g.nameParams(p, d.base, t.Parameters)
		g.nameBody(p, d.base+"Input", t.Input)
		g.nameBody(p, d.base+"Output", t.Output)
	case *schema.Subscription:
		g.nameParams(p, d.base, t.Parameters)
		if t.Message != nil && t.Message.Schema != nil {
			g.nameType(p, d.base+"Message", t.Message.Schema)
		}
	}
}

func (g *generator) nameParams(p *goPackage, base string, t *schema.Params) {
	if t != nil && len(t.Properties) > 0 {
		g.inline[t] = p.taken.take(base + "Params")
	}
}

func (g *generator) nameBody(p *goPackage, name string, b *schema.Body) {
	if b != nil && b.Schema != nil && b.IsJSON() {
		g.nameType(p, name, b.Schema)
	}
}

func (g *generator) nameProperties(p *goPackage, base string, list []schema.Property) {
	for _, prop := range list {
		g.nameType(p, base+goName(prop.Name), prop.Type)
	}
}

// nameType names t if it is an object or a union, and what is in it.
func (g *generator) nameType(p *goPackage, name string, t schema.Type) {
	switch t := t.(type) {
	case *schema.Object:
		g.inline[t] = p.taken.take(name)
		g.nameProperties(p, g.inline[t], t.Properties)
	case *schema.Union:
		g.inline[t] = p.taken.take(name)
	case *schema.Array:
		g.nameType(p, name+"Item", t.Items)
	}
}
