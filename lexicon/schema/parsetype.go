package schema

import (
	"strconv"
	"strings"

	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// typ reads the type at n. It returns nil if it cannot tell which it is.
func (p *parser) typ(n at) Type {
	if p.kindAt(n) != strictjson.Object {
		p.add(p.offset(n), "not an object")
		return nil
	}
	kind := ""
	for m := n + 1; m < p.after(n); m = p.after(m) {
		if p.nameAt(m) == "type" {
			p.path.push("type")
			kind = p.text(m)
			p.path.pop()
			if p.kindAt(m) != strictjson.String {
				return nil
			}
		}
	}
	switch Kind(kind) {
	case KindRecord, KindQuery, KindProcedure, KindSubscription, KindPermissionSet, KindParams, KindPermission:
		return p.primary(n, Kind(kind))
	case KindSpace:
		if p.opts.Drafts {
			return p.space(n)
		}
	}
	if t := p.field(n, Kind(kind)); t != nil {
		return t
	}
	if kind == "" {
		p.add(p.offset(n), "no type")
	} else {
		p.add(p.offset(n), "type %s is unknown", quote(kind))
	}
	return nil
}

// field reads a type that data can be of.
func (p *parser) field(n at, kind Kind) Type {
	switch kind {
	case KindBoolean:
		return p.booleanType(n)
	case KindInteger:
		return p.integerType(n)
	case KindString:
		return p.stringType(n)
	case KindBytes:
		return p.bytesType(n)
	case KindCIDLink:
		return p.bare(n, new(CIDLink))
	case KindBlob:
		return p.blobType(n)
	case KindArray:
		return p.arrayType(n)
	case KindObject:
		return p.object(n)
	case KindToken:
		return p.bare(n, new(Token))
	case KindRef:
		return p.ref(n)
	case KindUnion:
		return p.union(n)
	case KindUnknown:
		return p.bare(n, new(Unknown))
	}
	return nil
}

// primary reads a type that is not one of fields.
func (p *parser) primary(n at, kind Kind) Type {
	switch kind {
	case KindRecord:
		return p.record(n)
	case KindQuery:
		return p.query(n)
	case KindProcedure:
		return p.procedure(n)
	case KindSubscription:
		return p.subscription(n)
	case KindPermissionSet:
		return p.permissionSet(n)
	case KindParams:
		return p.params(n)
	}
	return p.permission(n)
}

// bare reads a type that has no members of its own.
func (p *parser) bare(n at, t Type) Type {
	p.members(n, t.Info(), isType)
	return t
}

// isType is for members of types without others.
func isType(name string, _ at) bool { return name == "type" }

func (p *parser) booleanType(n at) *Boolean {
	t := new(Boolean)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "default":
			t.Default = p.boolean(m)
		case "const":
			t.Const = p.boolean(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) integerType(n at) *Integer {
	t := new(Integer)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "minimum":
			t.Minimum = p.integer(m)
		case "maximum":
			t.Maximum = p.integer(m)
		case "enum":
			t.Enum = make([]int64, 0, p.count(m))
			p.array(m, func(e at) {
				if v := p.integer(e); v != nil {
					t.Enum = append(t.Enum, *v)
				}
			})
		case "default":
			t.Default = p.integer(m)
		case "const":
			t.Const = p.integer(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) stringType(n at) *String {
	t := new(String)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "format":
			t.Format = Format(p.text(m))
			if t.Format == "" && p.kindAt(m) == strictjson.String {
				p.add(p.offset(m), "empty format")
			}
		case "minLength":
			t.MinLength = p.integer(m)
		case "maxLength":
			t.MaxLength = p.integer(m)
		case "minGraphemes":
			t.MinGraphemes = p.integer(m)
		case "maxGraphemes":
			t.MaxGraphemes = p.integer(m)
		case "knownValues":
			t.KnownValues = p.texts(m)
		case "enum":
			t.Enum = p.texts(m)
		case "default":
			t.Default = new(p.text(m))
		case "const":
			t.Const = new(p.text(m))
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) bytesType(n at) *Bytes {
	t := new(Bytes)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "minLength":
			t.MinLength = p.integer(m)
		case "maxLength":
			t.MaxLength = p.integer(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) blobType(n at) *Blob {
	t := new(Blob)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "accept":
			t.Accept = p.texts(m)
		case "maxSize":
			t.MaxSize = p.integer(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) arrayType(n at) *Array {
	t := new(Array)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "items":
			t.Items = p.typ(m)
		case "minLength":
			t.MinLength = p.integer(m)
		case "maxLength":
			t.MaxLength = p.integer(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

func (p *parser) object(n at) *Object {
	t := new(Object)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "properties":
			t.Properties = p.properties(m)
		case "required":
			t.Required = p.texts(m)
		case "nullable":
			t.Nullable = p.texts(m)
		default:
			return name == "type"
		}
		return true
	})
	return t
}

// properties reads the properties of an object or of parameters. The result is
// not nil.
func (p *parser) properties(m at) []Property {
	list := make([]Property, 0, p.count(m))
	if p.kindAt(m) != strictjson.Object {
		p.add(p.offset(m), "not an object")
		return list
	}
	for e := m + 1; e < p.after(m); e = p.after(e) {
		name := p.nameAt(e)
		p.path.push(name)
		if t := p.typ(e); t != nil {
			list = append(list, Property{name, t})
		}
		p.path.pop()
	}
	return list
}

func (p *parser) ref(n at) *Ref {
	t := new(Ref)
	p.members(n, &t.Common, func(name string, m at) bool {
		if name == "ref" {
			t.Ref = p.text(m)
			return true
		}
		return name == "type"
	})
	return t
}

func (p *parser) union(n at) *Union {
	t := new(Union)
	p.members(n, &t.Common, func(name string, m at) bool {
		switch name {
		case "refs":
			t.Refs = p.texts(m)
		case "closed":
			closed := p.boolean(m)
			t.Closed = closed != nil && *closed
			return closed == nil || *closed // "closed": false says nothing
		default:
			return name == "type"
		}
		return true
	})
	return t
}

// recordKey reads what says which keys the records of a collection have.
func (p *parser) recordKey(m at) syntax.RecordKeyType {
	s := p.text(m)
	key, err := syntax.ParseRecordKeyType(s)
	if err != nil && p.kindAt(m) == strictjson.String {
		p.add(p.offset(m), "%s is no type of record keys", quote(s))
	}
	return key
}

// firstEncoding returns the first of a list of media types with commas.
func firstEncoding(s string) string {
	first, _, _ := strings.Cut(s, ",")
	return strings.TrimSpace(first)
}

// quote returns the beginning of s in quotes.
func quote(s string) string {
	const limit = 64
	if len(s) > limit {
		return strconv.Quote(s[:limit]) + "..."
	}
	return strconv.Quote(s)
}
