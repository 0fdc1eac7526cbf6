package lexicon

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/internal/check"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// FormatParams returns the query of a URL for parameters of a method, without a
// question mark: the other direction of [Catalog.ParseParams]. The parameters
// are a tree, see [data.Marshal], and are validated first; nil is none.
//
// Equal parameters always give the same query: those of the schema come in its
// order, with their defaults where they are missing, then others in the order
// of their names, since the schema may be older than the server. The elements
// of a list are the same name several times; an empty list is left out.
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
func (c *Catalog) FormatParams(id syntax.NSID, params map[string]any, o *Options) (string, error) {
	p := c.compiled()
	m, err := p.method(id)
	if err != nil {
		return "", err
	}
	if params == nil {
		params = map[string]any{}
	}
	ru := o.rules()
	b, err := data.Marshal(params, &ru.data)
	if err != nil {
		return "", err
	}
	if err := p.check(m.params, b, &ru); err != nil {
		return "", err
	}
	v, err := data.NewView(b, &ru.data)
	if err != nil {
		return "", err
	}
	var q queryWriter
	nd := &p.nodes[m.params]
	for _, name := range c.paramOrder(id) {
		value, ok := v.Get(name)
		if !ok {
			if value, ok = p.defaultView(nd, name); !ok {
				continue
			}
		}
		if err := q.add(name, value); err != nil {
			return "", err
		}
	}
	others := slices.DeleteFunc(slices.Sorted(keysOf(v)), func(name string) bool { return p.hasProp(nd, name) })
	for _, name := range others {
		value, _ := v.Get(name)
		if err := q.add(name, value); err != nil {
			return "", err
		}
	}
	return string(q), nil
}

// keysOf returns the keys of a map.
func keysOf(v data.View) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range v.Pairs() {
			if name, _ := key.Text(); !yield(name) {
				return
			}
		}
	}
}

// paramOrder returns the names of the parameters of a method as the schema
// orders them.
func (c *Catalog) paramOrder(id syntax.NSID) []string {
	var params *schema.Params
	switch t := c.docs[id].Main().(type) {
	case *schema.Query:
		params = t.Parameters
	case *schema.Procedure:
		params = t.Parameters
	case *schema.Subscription:
		params = t.Parameters
	}
	if params == nil {
		return nil
	}
	names := make([]string, len(params.Properties))
	for i, p := range params.Properties {
		names[i] = p.Name
	}
	return names
}

// findProp returns the property of an object with the given name, or nil.
func (p *program) findProp(nd *node, name string) *prop {
	props := p.props[nd.from:nd.to]
	i, ok := slices.BinarySearchFunc(props, name, func(p prop, name string) int { return compareKeys(p.name, []byte(name)) })
	if !ok {
		return nil
	}
	return &props[i]
}

func (p *program) hasProp(nd *node, name string) bool { return p.findProp(nd, name) != nil }

// defaultView returns the default of a parameter.
func (p *program) defaultView(nd *node, name string) (data.View, bool) {
	prop := p.findProp(nd, name)
	if prop == nil || prop.def == nil {
		return data.View{}, false
	}
	v, err := data.NewView(prop.def, nil)
	return v, err == nil
}

// A queryWriter is a query, escaped so that a space is %20: a plus sign is not
// read as a space everywhere.
type queryWriter []byte

// add appends a parameter. Those that the schema does not know must be of a
// type that parameters can have, too.
func (q *queryWriter) add(name string, v data.View) error {
	if b := v.Raw(); len(b) > 0 && b[0]&cborhead.Mask == cborhead.Array {
		for _, e := range v.Elements() {
			if err := q.scalar(name, e); err != nil {
				return err
			}
		}
		return nil
	}
	return q.scalar(name, v)
}

func (q *queryWriter) scalar(name string, v data.View) error {
	text, ok := v.Text()
	if n, isInt := v.Int(); isInt {
		text, ok = strconv.FormatInt(n, 10), true
	} else if t, isBool := v.Bool(); isBool {
		text, ok = strconv.FormatBool(t), true
	}
	if !ok {
		return &Error{Path: string(check.AppendPath(nil, name)), Code: CodeType, Msg: "parameter is not a boolean, integer, string or list of those"}
	}
	if len(*q) > 0 {
		*q = append(*q, '&')
	}
	*q = append(*q, escape(name)...)
	*q = append(*q, '=')
	*q = append(*q, escape(text)...)
	return nil
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
