package xrpc

import (
	"context"
	"encoding/json"
)

// A Caller makes calls. A [*Client] is one, and [With] makes one of another;
// generated functions take any. It must be safe for concurrent use.
type Caller interface {
	// Call makes the call and decodes the output into call.Output. It neither
	// changes nor keeps call.
	Call(ctx context.Context, call *Call) (Response, error)
}

// A Kind says whether a method changes anything.
type Kind uint8

// The kinds of methods.
//
// https://atproto.com/specs/lexicon#query-and-procedure-http-api
const (
	KindQuery     Kind = iota // a GET, which may be repeated
	KindProcedure             // a POST, which may not
)

// A JSONAppender is an input that writes itself as JSON. Generated types are.
type JSONAppender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// A Call is what a [Caller] is to do. Generated functions fill it in; by hand,
// [Query] and [Procedure] are shorter.
type Call struct {
	// NSID is the method, such as "app.bsky.feed.getTimeline".
	NSID string
	// Kind is what the method is.
	Kind Kind

	// Params are the parameters of the query string. Nil means none.
	Params Params
	// Input is the input of a procedure in JSON. Nil means none, or Body.
	Input JSONAppender
	// Body is the input of a procedure in any other media type. It can't be
	// used by two calls at a time. Nil means none, or Input.
	Body *Body

	// Accept is the media type that the method declares for its output, such
	// as "application/vnd.ipld.car" or "*/*". A response of another type is an
	// [*InvalidResponseError]. Empty means "application/json" if there is an
	// Output, "*/*" for a Stream, and otherwise that there is no output: what
	// comes nevertheless is thrown away.
	Accept string
	// Output decodes an output in JSON. It is given the body as it came, which
	// need not be valid JSON, and must not keep it: the memory is used again.
	// Nil means no output, or Stream. After an error, what it holds is not
	// defined.
	Output json.Unmarshaler
	// Stream hands the output out as it comes, in [Response].Body, which must
	// then be closed.
	Stream bool

	// Options are for this call.
	Options CallOptions
}

// check reports what is wrong with a call.
func (c *Call) check() error {
	switch {
	case c.Kind == KindQuery && (c.Input != nil || c.Body != nil):
		return errQueryInput
	case c.Input != nil && c.Body != nil:
		return errTwoInputs
	case c.Output != nil && c.Stream:
		return errTwoOutputs
	}
	return nil
}

// accept returns the media type to ask for, or "".
func (c *Call) accept() string {
	switch {
	case c.Accept != "":
		return c.Accept
	case c.Output != nil:
		return typeJSON
	case c.Stream:
		return "*/*"
	}
	return ""
}
