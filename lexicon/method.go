package lexicon

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// method returns the method of a name.
func (p *program) method(id syntax.NSID, kinds ...schema.Kind) (*method, error) {
	m := p.methods[id.String()]
	if m == nil {
		return nil, noSchema("method", id.String())
	}
	if slices.Contains(kinds, m.kind) {
		return m, nil
	}
	if len(kinds) > 0 {
		return nil, noSchema(string(kinds[0]), id.String())
	}
	return m, nil
}

// Method returns the description of a query, procedure or subscription, which is
// that of the generated function of its name: the error matches [ErrNoSchema] if
// the catalog has none with the NSID. The result shares nothing with the catalog.
func (c *Catalog) Method(id syntax.NSID) (schema.Method, error) {
	d := c.docs[id]
	if d == nil {
		return schema.Method{}, noSchema("method", id.String())
	}
	m, ok := d.Method()
	if !ok {
		return schema.Method{}, noSchema("method", id.String())
	}
	return m, nil
}

// ValidateInput validates the body of a request to a procedure, of which
// contentType is the Content-Type. It returns the view of a JSON body, to decode
// from, and the zero View for bodies of other types and methods that declare
// none, which are not looked at.
//
// A content type that is not of the declared encoding is an [*Error] with
// [CodeEncoding]; case and parameters of it do not matter. What a body that is
// missing or not expected means is the caller's to say.
//
// https://atproto.com/specs/lexicon#query-and-procedure-http-api
func (c *Catalog) ValidateInput(id syntax.NSID, contentType string, in []byte, o *Options) (data.View, error) {
	p := c.compiled()
	m, err := p.method(id, schema.KindProcedure)
	if err != nil {
		return data.View{}, err
	}
	return p.checkBody(id, &m.input, contentType, in, o)
}

// ValidateOutput validates the body of a response to a query or procedure, as
// [Catalog.ValidateInput] does.
func (c *Catalog) ValidateOutput(id syntax.NSID, contentType string, out []byte, o *Options) (data.View, error) {
	p := c.compiled()
	m, err := p.method(id, schema.KindQuery, schema.KindProcedure)
	if err != nil {
		return data.View{}, err
	}
	return p.checkBody(id, &m.output, contentType, out, o)
}

func (p *program) checkBody(id syntax.NSID, b *body, contentType string, in []byte, o *Options) (data.View, error) {
	if !b.declared {
		return data.View{}, nil
	}
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if !schema.MatchMedia(strings.ToLower(b.encoding), media) {
		return data.View{}, &Error{
			Code: CodeEncoding, Def: id.String(),
			Msg: fmt.Sprintf("body of type %.64q, expected %q", contentType, b.encoding),
		}
	}
	if !b.json {
		return data.View{}, nil
	}
	ru := o.rules()
	return p.checkJSON(b.node, in, &ru)
}

// ValidateMessage validates a message of a subscription in DAG-CBOR. typ is what
// the header of its frame says, such as "#commit", or the full name of a
// definition; if it is empty, the $type of the message counts. It reports
// whether the type is one that the schema lists: messages of others are to be
// skipped, since new types may come at any time.
//
// https://atproto.com/specs/event-stream#framing
func (c *Catalog) ValidateMessage(id syntax.NSID, typ string, message []byte, o *Options) (known bool, err error) {
	p := c.compiled()
	m, err := p.method(id, schema.KindSubscription)
	if err != nil {
		return false, err
	}
	ru := o.rules()
	v, err := data.NewView(message, &ru.data)
	if err != nil {
		return false, err
	}
	if typ == "" {
		typ = v.Type()
	} else if strings.HasPrefix(typ, "#") {
		typ = id.String() + typ
	}
	if m.message == noNode {
		return false, nil
	}
	n := (&validator{program: p}).variant(&p.nodes[m.message], []byte(typ))
	if n == noNode {
		if typ == "" {
			return false, &Error{Path: "/" + typeKey, Code: CodeUnionType, Def: id.String(), Msg: "message without a type"}
		}
		return false, nil
	}
	return true, p.validate(n, message, &ru)
}
