package schema

import (
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// Options say how documents are read. A nil *Options is strict: it accepts what
// may be published.
type Options struct {
	// Lenient accepts documents that break a rule for authors but can be made
	// sense of: records without a key, which then may have any; objects and
	// parameters without properties, which then have none; names of properties
	// that begin with a dollar sign; names that are listed twice as required or
	// nullable; formats that are not known, which then allow any string; and
	// encodings that list several media types with commas, of which the first
	// is kept.
	Lenient bool

	// Drafts accepts what has only been proposed: the type space and the format
	// space-ref. Both may change.
	Drafts bool

	MaxSize  int // bytes of text; 0 means 2 MiB, and a negative number no limit
	MaxDepth int // nesting of JSON; 0 means 32, as for records, and a negative number no limit but 1000
}

// usualDepth is the length of paths in most documents.
const usualDepth = 16

// maxDepth bounds what [Options.MaxDepth] can lift, since types are walked
// recursively.
const maxDepth = 1000

func (o *Options) orDefault() Options {
	if o == nil {
		return Options{}
	}
	return *o
}

// Parse parses a document in JSON.
//
// The text must be strict JSON: a name that occurs twice is an error. If the
// document breaks the rules of the language, the error is [Errors], of which
// each has the path and the offset; if the text is no JSON, too, with a single
// problem. A text that exceeds a limit gives a [*dagcbor.LimitError]. What
// references lead to is not looked at.
//
// https://atproto.com/specs/lexicon#lexicon-files
func Parse(text []byte, o *Options) (*Document, error) {
	opts := o.orDefault()
	depth := opts.MaxDepth
	if depth < 0 || depth > maxDepth {
		depth = maxDepth
	}
	t, err := readTape(text, &strictjson.Options{MaxSize: opts.MaxSize, MaxDepth: depth})
	if err != nil {
		if e, ok := errors.AsType[*strictjson.Error](err); ok {
			return nil, Errors{{Offset: e.Offset, Msg: e.Msg}}
		}
		if e, ok := errors.AsType[*dagcbor.LimitError](err); ok {
			e.Name = "schema: document, " + e.Name
		}
		return nil, err
	}
	p := parser{tape: t, opts: opts}
	p.path = make(place, 0, usualDepth)
	d := p.document()
	if len(p.list) == 0 {
		c := checker{problems: problems{doc: p.doc, path: p.path[:0]}, opts: opts}
		c.document(d)
		p.list = c.list
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return d, nil
}

// ParseRecord parses a document that was published: a record in DAG-CBOR, whose
// $type must be [Collection]. Offsets in errors are those in its JSON form, as
// [data.ToJSON] makes it.
//
// https://atproto.com/specs/lexicon#lexicon-publication-and-resolution
func ParseRecord(record []byte, o *Options) (*Document, error) {
	text, err := data.ToJSON(record, &data.Options{Record: true})
	if err != nil {
		return nil, err
	}
	if typ, err := data.Type(record); err != nil || typ != Collection {
		return nil, Errors{{Path: "/$type", Offset: -1, Msg: "$type " + quote(typ) + " of a record is not " + Collection}}
	}
	return Parse(text, o)
}

// A parser makes a document of a tape. It is about the kinds of the members;
// rules that need no text are the checker's.
type parser struct {
	*tape
	problems
	opts Options
}

// members calls member for each member of the object at n, except for those
// that all types have, and keeps those that it does not want. It reports
// whether n is an object.
func (p *parser) members(n at, c *Common, member func(name string, m at) bool) bool {
	c.pos = p.offset(n) + 1
	if p.kindAt(n) != strictjson.Object {
		p.add(p.offset(n), "not an object")
		return false
	}
	for m := n + 1; m < p.after(n); m = p.after(m) {
		name := p.nameAt(m)
		p.path.push(name)
		var known bool
		if name == "description" {
			c.Description = p.text(m)
			known = c.Description != "" || p.kindAt(m) != strictjson.String
		} else {
			known = member(name, m)
		}
		p.path.pop()
		if !known {
			c.Extra = append(c.Extra, Member{name, p.raw(m)})
		}
	}
	return true
}

// text returns the string at m.
func (p *parser) text(m at) string {
	if p.kindAt(m) != strictjson.String {
		p.add(p.offset(m), "not a string")
	}
	return p.textAt(m)
}

// integer returns the integer at m.
func (p *parser) integer(m at) *int64 {
	if p.kindAt(m) != strictjson.Number {
		p.add(p.offset(m), "not an integer")
		return nil
	}
	n, msg := strictjson.ParseInt([]byte(p.textAt(m)))
	if msg != "" {
		p.add(p.offset(m), "%s", msg)
		return nil
	}
	return &n
}

// boolean returns the boolean at m.
func (p *parser) boolean(m at) *bool {
	switch p.kindAt(m) {
	case strictjson.True:
		return new(true)
	case strictjson.False:
		return new(false)
	}
	p.add(p.offset(m), "not a boolean")
	return nil
}

// list calls element for each element of the array at m.
func (p *parser) array(m at, element func(e at)) {
	if p.kindAt(m) != strictjson.Array {
		p.add(p.offset(m), "not an array")
		return
	}
	i := 0
	for e := m + 1; e < p.after(m); e = p.after(e) {
		p.path.pushIndex(i)
		element(e)
		p.path.pop()
		i++
	}
}

// texts returns the strings of the array at m.
func (p *parser) texts(m at) []string {
	list := make([]string, 0, p.count(m))
	p.array(m, func(e at) { list = append(list, p.text(e)) })
	return list
}

// document reads the whole tape.
func (p *parser) document() *Document {
	d := new(Document)
	version, id, defs := -1, -1, -1
	ok := p.members(0, &d.Common, func(name string, m at) bool {
		switch name {
		case "lexicon":
			version = m
		case "id":
			id = m
		case "defs":
			defs = m
		default:
			return false
		}
		return true
	})
	if !ok {
		return d
	}
	p.id(d, id)
	p.version(version)
	p.path.push("defs")
	defer p.path.pop()
	if defs < 0 {
		p.add(p.offset(0), "no defs")
		return d
	}
	d.Defs = p.defs(defs)
	return d
}

func (p *parser) id(d *Document, m at) {
	p.path.push("id")
	defer p.path.pop()
	if m < 0 {
		p.add(p.offset(0), "no id")
		return
	}
	if p.kindAt(m) != strictjson.String {
		p.add(p.offset(m), "not a string")
		return
	}
	id, err := syntax.ParseNSID(p.textAt(m))
	if err != nil {
		p.add(p.offset(m), "%s is not an NSID", quote(p.textAt(m)))
	}
	d.ID, p.doc = id, id.String()
}

func (p *parser) version(m at) {
	p.path.push("lexicon")
	defer p.path.pop()
	if m < 0 {
		p.add(p.offset(0), "no lexicon version")
		return
	}
	if n := p.integer(m); n != nil && *n != Version {
		p.add(p.offset(m), "lexicon version %d is not %d", *n, Version)
	}
}

func (p *parser) defs(m at) []Def {
	if p.kindAt(m) != strictjson.Object {
		p.add(p.offset(m), "not an object")
		return nil
	}
	list := make([]Def, 0, p.count(m))
	for e := m + 1; e < p.after(m); e = p.after(e) {
		name := p.nameAt(e)
		p.path.push(name)
		if t := p.typ(e); t != nil {
			list = append(list, Def{name, t})
		}
		p.path.pop()
	}
	return list
}
