package schema

import (
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// A Record is the schema of the records of a collection, which bears the name
// of the document.
//
// https://atproto.com/specs/lexicon#record
type Record struct {
	Common
	// Key says which keys the records have. It is zero only in documents that
	// [Options.Lenient] let pass, where it means any.
	Key    syntax.RecordKeyType
	Record *Object
}

// A Query is a method that changes nothing: an HTTP GET.
//
// https://atproto.com/specs/lexicon#query-and-procedure-http-api
type Query struct {
	Common
	Parameters *Params // nil if there are none, as are the other pointers
	Output     *Body
	Errors     []ErrorDef
}

// A Procedure is a method that may change something: an HTTP POST.
//
// https://atproto.com/specs/lexicon#query-and-procedure-http-api
type Procedure struct {
	Common
	Parameters *Params
	Input      *Body
	Output     *Body
	Errors     []ErrorDef
}

// A Subscription is a method that answers with a stream of messages.
//
// https://atproto.com/specs/lexicon#subscription-event-stream
type Subscription struct {
	Common
	Parameters *Params
	Message    *Message
	Errors     []ErrorDef

	// Subprotocol is the framing that is used when the client asks for none:
	// a draft.
	Subprotocol string
}

// A Body is what an HTTP request or response carries.
type Body struct {
	Common
	Encoding string // a media type or range
	Schema   Type   // of JSON bodies: an *[Object], *[Ref] or *[Union], or nil
}

// IsJSON reports whether bodies are JSON in the sense of the data model: only
// to those does the schema apply.
func (b *Body) IsJSON() bool { return strings.EqualFold(b.Encoding, "application/json") }

// A Message is what a subscription sends.
type Message struct {
	Common
	Schema *Union
}

// An ErrorDef is an error that a method may answer with.
type ErrorDef struct {
	Common
	Name string
}

// Params are the parameters of a method, in the query of its URL. Each property
// is a *[Boolean], *[Integer] or *[String], or an *[Array] of those.
//
// https://atproto.com/specs/lexicon#params
type Params struct {
	Common
	Properties []Property
	Required   []string
}

// A Space is a type of permissioned space: a draft.
type Space struct {
	Common
	Key         syntax.RecordKeyType
	Name        string
	NameLang    map[string]string // by language
	Collections []string
}

// Kind returns [KindRecord].
func (*Record) Kind() Kind { return KindRecord }

// Kind returns [KindQuery].
func (*Query) Kind() Kind { return KindQuery }

// Kind returns [KindProcedure].
func (*Procedure) Kind() Kind { return KindProcedure }

// Kind returns [KindSubscription].
func (*Subscription) Kind() Kind { return KindSubscription }

// Kind returns [KindParams].
func (*Params) Kind() Kind { return KindParams }

// Kind returns [KindSpace].
func (*Space) Kind() Kind { return KindSpace }

// Property returns the type of the parameter with the given name, or nil.
func (p *Params) Property(name string) Type { return findProperty(p.Properties, name) }
