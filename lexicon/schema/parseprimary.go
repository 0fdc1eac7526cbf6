package schema

import "github.com/linnet-at/linnet/internal/strictjson"

func (p *parser) record(n at) *Record {
	t := new(Record)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "key":
			t.Key = p.recordKey(m)
		case "record":
			if o, ok := p.typ(m).(*Object); ok {
				t.Record = o
			} else {
				p.add(p.offset(m), "record is not an object type")
			}
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) query(n at) *Query {
	t := new(Query)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "parameters":
			t.Parameters = p.parameters(m)
		case "output":
			t.Output = p.body(m)
		case "errors":
			t.Errors = p.errorDefs(m)
		case "input":
			p.add(p.offset(m), "query with an input")
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) procedure(n at) *Procedure {
	t := new(Procedure)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "parameters":
			t.Parameters = p.parameters(m)
		case "input":
			t.Input = p.body(m)
		case "output":
			t.Output = p.body(m)
		case "errors":
			t.Errors = p.errorDefs(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) subscription(n at) *Subscription {
	t := new(Subscription)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "parameters":
			t.Parameters = p.parameters(m)
		case "message":
			t.Message = p.message(m)
		case "errors":
			t.Errors = p.errorDefs(m)
		case "subprotocol":
			t.Subprotocol = p.text(m)
			return t.Subprotocol != ""
		default:
			return name == "type"
		}
		return true
	})
	return t
}

// parameters reads the parameters of a method.
func (p *parser) parameters(m at) *Params {
	t, ok := p.typ(m).(*Params)
	if !ok {
		p.add(p.offset(m), "parameters are not of type params")
	}
	return t
}

func (p *parser) params(n at) *Params {
	t := new(Params)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "properties":
			t.Properties = p.properties(m)
		case "required":
			t.Required = p.texts(m)
		case "nullable":
			p.add(p.offset(m), "parameters that may be null")
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) body(m at) *Body {
	t := new(Body)
	p.members(m, &t.Common, func(name string, m at) bool {
		switch name {
		case "encoding":
			t.Encoding = p.text(m)
			if p.opts.Lenient {
				t.Encoding = firstEncoding(t.Encoding)
			}
		case "schema":
			t.Schema = p.typ(m)
		default:
			return false
		}
		return true
	})
	return t
}

func (p *parser) message(m at) *Message {
	t := new(Message)
	p.members(m, &t.Common, func(name string, m at) bool {
		if name != "schema" {
			return false
		}
		u, ok := p.typ(m).(*Union)
		if !ok {
			p.add(p.offset(m), "schema of messages is not a union")
		}
		t.Schema = u
		return true
	})
	return t
}

// errorDefs reads the errors of a method. The result is not nil.
func (p *parser) errorDefs(m at) []ErrorDef {
	list := make([]ErrorDef, 0, p.count(m))
	p.array(m, func(e at) {
		var d ErrorDef
		p.members(e, &d.Common, func(name string, m at) bool {
			if name == "name" {
				d.Name = p.text(m)
				return true
			}
			return false
		})
		list = append(list, d)
	})
	return list
}

func (p *parser) permissionSet(n at) *PermissionSet {
	t := new(PermissionSet)
	found := false
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "title":
			t.Title = p.text(m)
			return t.Title != ""
		case "title:lang":
			t.TitleLang = p.translations(m)
		case "detail":
			t.Detail = p.text(m)
			return t.Detail != ""
		case "detail:lang":
			t.DetailLang = p.translations(m)
		case "permissions":
			found = true
			t.Permissions = p.permissions(m)
		default:
			return name == "type"
		}
		return true
	})
	if !found {
		p.add(p.offset(n), "no permissions")
	}
	return t
}

func (p *parser) permissions(m at) []*Permission {
	list := make([]*Permission, 0, p.count(m))
	p.array(m, func(e at) {
		if t, ok := p.typ(e).(*Permission); ok {
			list = append(list, t)
		} else {
			p.add(p.offset(e), "not of type permission")
		}
	})
	return list
}

// permission reads a permission. Members of the wrong kind are kept as if they
// were unknown, in which case the permission grants nothing: for other
// resources than those of today they may be right.
func (p *parser) permission(n at) *Permission {
	t := new(Permission)
	p.members(n, &t.Common, func(name string, m at) bool {
		ok := true
		switch name {
		case "resource":
			t.Resource = p.text(m)
		case "collection":
			t.Collection, ok = p.textsIf(m)
		case "action":
			t.Action, ok = p.textsIf(m)
		case "lxm":
			t.LXM, ok = p.textsIf(m)
		case "aud":
			if ok = p.kindAt(m) == strictjson.String; ok {
				t.Aud = new(p.textAt(m))
			}
		case "inheritAud":
			if ok = p.kindAt(m) == strictjson.True || p.kindAt(m) == strictjson.False; ok {
				t.InheritAud = p.boolean(m)
			}
		default:
			return name == "type"
		}
		return ok
	})
	return t
}

// textsIf returns the strings of the array at m, and whether it is one of
// strings.
func (p *parser) textsIf(m at) ([]string, bool) {
	if p.kindAt(m) != strictjson.Array {
		return nil, false
	}
	list := make([]string, 0, p.count(m))
	for e := m + 1; e < p.after(m); e = p.after(e) {
		if p.kindAt(e) != strictjson.String {
			return nil, false
		}
		list = append(list, p.textAt(e))
	}
	return list, true
}

// translations reads a text in several languages. The result is not nil.
func (p *parser) translations(m at) map[string]string {
	byLang := make(map[string]string)
	if p.kindAt(m) != strictjson.Object {
		p.add(p.offset(m), "not an object")
		return byLang
	}
	for e := m + 1; e < p.after(m); e = p.after(e) {
		p.path.push(p.nameAt(e))
		byLang[p.nameAt(e)] = p.text(e)
		p.path.pop()
	}
	return byLang
}

func (p *parser) space(n at) *Space {
	t := new(Space)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "key":
			t.Key = p.recordKey(m)
		case "name":
			t.Name = p.text(m)
		case "name:lang":
			t.NameLang = p.translations(m)
		case "collections":
			t.Collections = p.texts(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}
