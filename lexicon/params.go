package lexicon

import (
	"fmt"
	"unicode/utf8"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon/internal/check"
	"github.com/linnet-at/linnet/syntax"
)

// ParseParams reads the parameters of a method from the query of a URL, with its
// escapes resolved: a url.Values will do. The result is a map with a value of
// its type for each parameter that is there or has a default; v.Get("limit")
// and the like look them up.
//
// Booleans are "true" and "false", integers are decimal, and lists are the same
// name several times. A boolean or integer with no text counts as absent.
// Parameters that the schema does not know are ignored. The error is an
// [*Error], or [Errors].
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
func (c *Catalog) ParseParams(id syntax.NSID, query map[string][]string, o *Options) (data.View, error) {
	p := c.compiled()
	m, err := p.method(id)
	if err != nil {
		return data.View{}, err
	}
	ru := o.rules()
	r := paramReader{validator: validator{program: p, rules: ru}, query: query, node: m.params}
	b := r.read()
	if err := r.err(); err != nil {
		return data.View{}, err
	}
	v, err := data.NewView(b, &ru.data)
	if err == nil {
		err = p.validate(m.params, b, &ru)
	}
	if err != nil {
		return data.View{}, err
	}
	return v, nil
}

// A paramReader makes a map of parameters.
type paramReader struct {
	validator
	query map[string][]string
	node  int32
	dst   []byte
}

// read returns the map in DAG-CBOR.
func (r *paramReader) read() []byte {
	nd := &r.nodes[r.node]
	count := 0
	for i := range r.props[nd.from:nd.to] {
		p := &r.props[int(nd.from)+i]
		at := len(r.dst)
		r.dst = dagcbor.AppendText(r.dst, p.name)
		switch {
		case r.param(p):
			count++
		case p.def != nil:
			r.dst = append(r.dst, p.def...)
			count++
		default:
			r.dst = r.dst[:at]
		}
	}
	return append(dagcbor.AppendMap(nil, count), r.dst...)
}

// param appends the value of a parameter, and reports whether there is one.
func (r *paramReader) param(p *prop) bool {
	texts := r.query[p.name]
	nd := &r.nodes[p.node]
	if nd.op == opArray {
		if len(texts) == 0 {
			return false
		}
		r.dst = dagcbor.AppendArray(r.dst, len(texts))
		for _, text := range texts {
			r.scalar(p, &r.nodes[nd.sub], text)
		}
		return true
	}
	if len(texts) > 1 {
		r.problem(p, CodeRepeated, "parameter is there %d times", len(texts))
		return false
	}
	if len(texts) == 0 || texts[0] == "" && nd.op != opString {
		return false
	}
	r.scalar(p, nd, texts[0])
	return true
}

// scalar appends a value.
func (r *paramReader) scalar(p *prop, nd *node, text string) {
	switch nd.op {
	case opBoolean:
		if text != "true" && text != "false" {
			r.problem(p, CodeType, `parameter %.64q is neither "true" nor "false"`, text)
		}
		r.dst = dagcbor.AppendBool(r.dst, text == "true")
	case opInteger:
		n, ok := check.Integer(text)
		if !ok {
			r.problem(p, CodeType, "parameter %.64q is not an integer of 64 bits", text)
		}
		r.dst = dagcbor.AppendInt(r.dst, n)
	default:
		if !utf8.ValidString(text) {
			r.problem(p, CodeType, "parameter %.64q is not UTF-8", text)
			text = ""
		}
		r.dst = dagcbor.AppendText(r.dst, text)
	}
}

// problem reports what is wrong with a parameter.
func (r *paramReader) problem(p *prop, code Code, format string, args ...any) {
	if len(r.errs) < r.rules.maxErrors {
		r.errs = append(r.errs, &Error{
			Path: string(check.AppendPath(nil, p.name)), Code: code, Def: r.defName(r.node), Msg: fmt.Sprintf(format, args...),
		})
	}
}
