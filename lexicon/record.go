package lexicon

import (
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// ValidateRecord reports whether a record in DAG-CBOR may be in a collection
// under a key: whether it is valid data, the key is of the kind that the
// collection has, its $type is the collection, and the rest follows the schema.
// It does not allocate if there is no error.
//
// Errors about the data model come first, and are those of [data.Validate].
// Otherwise the error is an [*Error], or [Errors] if [Options.MaxErrors] asks for
// more than one; it matches [ErrNoSchema] if a schema is not in the catalog.
//
// https://atproto.com/specs/lexicon#record
func (c *Catalog) ValidateRecord(collection syntax.NSID, key syntax.RecordKey, record []byte, o *Options) error {
	p := c.compiled()
	r, ok := p.records[collection.String()]
	if !ok {
		return noSchema("record", collection.String())
	}
	if err := r.checkKey(collection, key); err != nil {
		return err
	}
	ru := o.rules()
	return p.check(r.node, record, &ru)
}

// ValidateRecordData is [Catalog.ValidateRecord] for a record whose key is not
// known.
func (c *Catalog) ValidateRecordData(collection syntax.NSID, record []byte, o *Options) error {
	p := c.compiled()
	r, ok := p.records[collection.String()]
	if !ok {
		return noSchema("record", collection.String())
	}
	ru := o.rules()
	return p.check(r.node, record, &ru)
}

// ValidateRecordJSON is [Catalog.ValidateRecord] for a record in JSON, of which
// it returns the view. Errors about the data model are those of
// [data.FromJSON].
func (c *Catalog) ValidateRecordJSON(collection syntax.NSID, key syntax.RecordKey, text []byte, o *Options) (data.View, error) {
	p := c.compiled()
	r, ok := p.records[collection.String()]
	if !ok {
		return data.View{}, noSchema("record", collection.String())
	}
	if err := r.checkKey(collection, key); err != nil {
		return data.View{}, err
	}
	ru := o.rules()
	return p.checkJSON(r.node, text, &ru)
}

// ValidateView reports whether a value that was found to be valid data follows
// the definition with the given name, which may be any that data can be of. The
// rules of the data model are not looked at again.
func (c *Catalog) ValidateView(name schema.Name, v data.View, o *Options) error {
	p := c.compiled()
	n, ok := p.defs[name.String()]
	if !ok {
		return noSchema("definition", name.String())
	}
	b := v.Raw()
	if b == nil {
		b = []byte{cborhead.Null}
	}
	ru := o.rules()
	return p.validate(n, b, &ru)
}

// checkKey checks the key of a record.
func (r record) checkKey(collection syntax.NSID, key syntax.RecordKey) error {
	if r.key.IsZero() && !key.IsZero() || r.key.Allow(key) {
		return nil
	}
	return &Error{
		Code: CodeRecordKey, Def: collection.String(),
		Msg: "key " + quoted(key.String()) + " is not of type " + quoted(r.key.String()),
	}
}

// check checks that b is valid data that follows a node.
func (p *program) check(n int32, b []byte, ru *rules) error {
	if err := data.Validate(b, &ru.data); err != nil {
		return err
	}
	return p.validate(n, b, ru)
}

// checkJSON checks that text is JSON of valid data that follows a node, unless
// that is noNode, and returns its view.
func (p *program) checkJSON(n int32, text []byte, ru *rules) (data.View, error) {
	b, err := data.FromJSON(text, &ru.data)
	if err != nil {
		return data.View{}, err
	}
	v, err := data.NewView(b, &ru.data)
	if err == nil && n != noNode {
		err = p.validate(n, b, ru)
	}
	if err != nil {
		return data.View{}, err
	}
	return v, nil
}
