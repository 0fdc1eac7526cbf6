package schema

import "slices"

// A Method describes a method: all that its document says but the types of its
// bodies and messages, which have Go types in generated code, and the words for
// people. Servers route by it, read parameters and choose encodings; clients send
// what it says.
//
// [Document.Method] returns that of a document, a catalog of package lexicon that
// of a method by its name, and generated code has a function that returns it,
// such as bsky.FeedGetTimelineMethod. For one document all give equal values.
//
// https://atproto.com/specs/lexicon#query-and-procedure-http-api
type Method struct {
	// NSID is the name of the method, such as "app.bsky.feed.getTimeline".
	NSID string
	// Kind is [KindQuery], [KindProcedure] or [KindSubscription].
	Kind Kind
	// Params are the parameters, in the order of the document, or nil if there
	// are none. They have no descriptions.
	Params *Params
	// Input is the body of requests, and Output that of responses. They are zero
	// if there is none: queries and subscriptions have no input, and what
	// subscriptions send are messages.
	Input, Output MethodBody
	// Errors are the names of the errors that are the method's own.
	Errors []string
}

// A MethodBody says what a body is.
type MethodBody struct {
	// Encoding is a media type or range, see [MatchMedia], or empty if there is
	// no body.
	Encoding string
	// Typed is true for JSON that the document has a schema for.
	Typed bool
}

// IsZero reports whether there is no body.
func (b MethodBody) IsZero() bool { return b.Encoding == "" }

// Method returns what the document says of the method that it is about, and false
// if it is about something else. The result shares nothing with the document that
// can be changed.
func (d *Document) Method() (m Method, ok bool) {
	m.NSID = d.ID.String()
	switch t := d.Main().(type) {
	case *Query:
		m.describe(t.Kind(), t.Parameters, nil, t.Output, t.Errors)
	case *Procedure:
		m.describe(t.Kind(), t.Parameters, t.Input, t.Output, t.Errors)
	case *Subscription:
		m.describe(t.Kind(), t.Parameters, nil, nil, t.Errors)
	default:
		return Method{}, false
	}
	return m, true
}

func (m *Method) describe(kind Kind, params *Params, in, out *Body, errs []ErrorDef) {
	m.Kind, m.Input, m.Output = kind, in.method(), out.method()
	for i := range errs {
		m.Errors = append(m.Errors, errs[i].Name)
	}
	if params == nil || len(params.Properties) == 0 {
		return
	}
	m.Params = &Params{Required: append([]string(nil), params.Required...)}
	for _, p := range params.Properties {
		m.Params.Properties = append(m.Params.Properties, Property{Name: p.Name, Type: bareType(p.Type)})
	}
}

func (b *Body) method() MethodBody {
	if b == nil {
		return MethodBody{}
	}
	return MethodBody{Encoding: b.Encoding, Typed: b.IsJSON() && b.Schema != nil}
}

// bareType returns a copy of the type of a parameter without what all types have.
func bareType(t Type) Type {
	switch t := t.(type) {
	case *Boolean:
		return &Boolean{Default: clone(t.Default), Const: clone(t.Const)}
	case *Integer:
		return &Integer{
			Minimum: clone(t.Minimum), Maximum: clone(t.Maximum), Enum: slices.Clone(t.Enum),
			Default: clone(t.Default), Const: clone(t.Const),
		}
	case *String:
		return &String{
			Format: t.Format, MinLength: clone(t.MinLength), MaxLength: clone(t.MaxLength),
			MinGraphemes: clone(t.MinGraphemes), MaxGraphemes: clone(t.MaxGraphemes),
			KnownValues: append([]string(nil), t.KnownValues...), Enum: slices.Clone(t.Enum),
			Default: clone(t.Default), Const: clone(t.Const),
		}
	case *Array:
		return &Array{Items: bareType(t.Items), MinLength: clone(t.MinLength), MaxLength: clone(t.MaxLength)}
	}
	return t // no other types are parameters
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}
