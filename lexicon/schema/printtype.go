package schema

import "strconv"

// typ writes a type.
func (w *writer) typ(t Type) {
	if t == nil {
		w.dst = append(w.dst, "null"...)
		w.comma = true
		return
	}
	w.open('{')
	w.text("type", string(t.Kind()))
	c := t.Info()
	w.text("description", c.Description)
	var has func(string) bool
	switch t := t.(type) {
	case *Record, *Query, *Procedure:
		w.primary(t)
	case *Subscription:
		w.subscription(t)
		has = func(name string) bool { return name == "subprotocol" && t.Subprotocol != "" }
	case *PermissionSet:
		w.permissionSet(t)
		has = func(name string) bool {
			return name == "title" && t.Title != "" || name == "detail" && t.Detail != ""
		}
	case *Permission:
		w.permission(t)
		has = t.holds
	case *Space:
		w.space(t)
	case *Union:
		w.texts("refs", t.Refs)
		if t.Closed {
			w.boolean("closed", &t.Closed)
		}
		has = func(name string) bool { return name == "closed" && t.Closed }
	case *Params:
		w.texts("required", t.Required)
		w.properties(t.Properties)
	case *Object:
		w.texts("required", t.Required)
		w.texts("nullable", t.Nullable)
		w.properties(t.Properties)
	default:
		w.field(t)
	}
	w.extra(c, has)
	w.close('}')
}

func (w *writer) field(t Type) {
	switch t := t.(type) {
	case *Boolean:
		w.boolean("default", t.Default)
		w.boolean("const", t.Const)
	case *Integer:
		w.integer("minimum", t.Minimum)
		w.integer("maximum", t.Maximum)
		w.integers("enum", t.Enum)
		w.integer("default", t.Default)
		w.integer("const", t.Const)
	case *String:
		w.text("format", string(t.Format))
		w.integer("minLength", t.MinLength)
		w.integer("maxLength", t.MaxLength)
		w.integer("minGraphemes", t.MinGraphemes)
		w.integer("maxGraphemes", t.MaxGraphemes)
		w.texts("knownValues", t.KnownValues)
		w.texts("enum", t.Enum)
		w.textPtr("default", t.Default)
		w.textPtr("const", t.Const)
	case *Bytes:
		w.integer("minLength", t.MinLength)
		w.integer("maxLength", t.MaxLength)
	case *Blob:
		w.texts("accept", t.Accept)
		w.integer("maxSize", t.MaxSize)
	case *Array:
		w.name("items")
		w.typ(t.Items)
		w.integer("minLength", t.MinLength)
		w.integer("maxLength", t.MaxLength)
	case *Ref:
		w.name("ref")
		w.dst = appendString(w.dst, t.Ref)
	}
}

func (w *writer) integers(name string, list []int64) {
	if list == nil {
		return
	}
	w.name(name)
	w.open('[')
	for _, v := range list {
		w.next()
		w.dst = strconv.AppendInt(w.dst, v, 10)
	}
	w.close(']')
}

// properties writes properties, which are absent only if list is nil.
func (w *writer) properties(list []Property) {
	if list == nil {
		return
	}
	w.name("properties")
	w.open('{')
	for _, p := range list {
		w.name(p.Name)
		w.typ(p.Type)
	}
	w.close('}')
}

func (w *writer) primary(t Type) {
	switch t := t.(type) {
	case *Record:
		w.text("key", t.Key.String())
		if t.Record != nil {
			w.name("record")
			w.typ(t.Record)
		}
	case *Query:
		w.params(t.Parameters)
		w.body("output", t.Output)
		w.errors(t.Errors)
	case *Procedure:
		w.params(t.Parameters)
		w.body("input", t.Input)
		w.body("output", t.Output)
		w.errors(t.Errors)
	}
}

func (w *writer) params(t *Params) {
	if t != nil {
		w.name("parameters")
		w.typ(t)
	}
}

func (w *writer) body(name string, b *Body) {
	if b == nil {
		return
	}
	w.name(name)
	w.open('{')
	w.text("encoding", b.Encoding)
	w.text("description", b.Description)
	if b.Schema != nil {
		w.name("schema")
		w.typ(b.Schema)
	}
	w.extra(&b.Common, nil)
	w.close('}')
}

func (w *writer) errors(list []ErrorDef) {
	if list == nil {
		return
	}
	w.name("errors")
	w.open('[')
	for i := range list {
		w.next()
		w.open('{')
		w.text("name", list[i].Name)
		w.text("description", list[i].Description)
		w.extra(&list[i].Common, nil)
		w.close('}')
	}
	w.close(']')
}

func (w *writer) subscription(t *Subscription) {
	w.params(t.Parameters)
	if t.Message != nil {
		w.name("message")
		w.open('{')
		w.text("description", t.Message.Description)
		if t.Message.Schema != nil {
			w.name("schema")
			w.typ(t.Message.Schema)
		}
		w.extra(&t.Message.Common, nil)
		w.close('}')
	}
	w.errors(t.Errors)
	w.text("subprotocol", t.Subprotocol)
}

func (w *writer) permissionSet(t *PermissionSet) {
	w.text("title", t.Title)
	w.translations("title:lang", t.TitleLang)
	w.text("detail", t.Detail)
	w.translations("detail:lang", t.DetailLang)
	if t.Permissions == nil {
		return
	}
	w.name("permissions")
	w.open('[')
	for _, p := range t.Permissions {
		w.next()
		w.typ(p)
	}
	w.close(']')
}

func (w *writer) permission(t *Permission) {
	w.text("resource", t.Resource)
	w.texts("collection", t.Collection)
	w.texts("action", t.Action)
	w.texts("lxm", t.LXM)
	w.textPtr("aud", t.Aud)
	w.boolean("inheritAud", t.InheritAud)
}

// holds reports whether a field holds the member with the given name.
func (p *Permission) holds(name string) bool {
	switch name {
	case "collection":
		return p.Collection != nil
	case "action":
		return p.Action != nil
	case "lxm":
		return p.LXM != nil
	case "aud":
		return p.Aud != nil
	case "inheritAud":
		return p.InheritAud != nil
	}
	return false
}

func (w *writer) space(t *Space) {
	w.text("key", t.Key.String())
	w.text("name", t.Name)
	w.translations("name:lang", t.NameLang)
	w.texts("collections", t.Collections)
}
