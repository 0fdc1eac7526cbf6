package xrpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// Query calls a query and returns its output; nil params mean none. It is for
// methods for which there are no generated functions.
//
//	type profile struct{ DID, Handle string }
//	p, err := xrpc.Query[profile](ctx, client, "app.bsky.actor.getProfile",
//		xrpc.Values{"actor": {"alice.example.com"}})
//
// An output of type any or map[string]any is a tree of the data model, as
// [data.UnmarshalJSON] makes it, with links and bytes as what they are. A
// struct{} takes no output. A type whose pointer is a [json.Unmarshaler]
// decodes itself, and package encoding/json decodes any other. The JSON must
// be strict: of valid text, and with no name twice in an object; null is no
// output but of type any.
func Query[Out any](ctx context.Context, c Caller, nsid string, params Params) (Out, error) {
	return call[Out](ctx, c, &Call{NSID: nsid, Params: params})
}

// Procedure calls a procedure and returns its output, which is decoded as by
// [Query].
//
// An input of type map[string]any is a tree of the data model, written as by
// [data.MarshalJSON]. A [JSONAppender] writes itself; a [*Body] is sent as it
// is; nil is no input; and package encoding/json encodes anything else.
func Procedure[Out any](ctx context.Context, c Caller, nsid string, input any) (Out, error) {
	p := &Call{NSID: nsid, Kind: KindProcedure}
	switch in := input.(type) {
	case nil:
	case *Body:
		p.Body = in
	case JSONAppender:
		p.Input = in
	case map[string]any:
		p.Input = treeInput(in)
	default:
		p.Input = jsonInput{in}
	}
	return call[Out](ctx, c, p)
}

func call[Out any](ctx context.Context, c Caller, p *Call) (Out, error) {
	var out, none Out
	switch v := any(&out).(type) {
	case *struct{}:
	case *any:
		p.Output = treeOutput{func(tree any) error { *v = tree; return nil }}
	case *map[string]any:
		p.Output = treeOutput{func(tree any) (err error) { *v, err = asMap(tree); return err }}
	case json.Unmarshaler:
		p.Output = strictOutput{v.UnmarshalJSON}
	default:
		p.Output = strictOutput{func(b []byte) error { return json.Unmarshal(b, v) }}
	}
	if _, err := c.Call(ctx, p); err != nil {
		return none, err
	}
	return out, nil
}

func asMap(tree any) (map[string]any, error) {
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("output is not an object")
	}
	return m, nil
}

// maxDepth is how deep outputs may be nested: threads of posts hold each other.
const maxDepth = 1000

// A treeOutput takes an output as a tree. Records of others are in it, and must
// not spoil the whole by the mistakes that they have. What the data model has no
// value for still does: fractions, integers beyond 64 bits, halves of surrogate
// pairs and two members of one name.
type treeOutput struct{ set func(any) error }

// UnmarshalJSON implements [json.Unmarshaler].
func (o treeOutput) UnmarshalJSON(b []byte) error {
	tree, err := data.UnmarshalJSON(b, &data.Options{MaxCBOR: -1, MaxJSON: -1, MaxDepth: maxDepth, Permissive: true})
	if err != nil {
		return err
	}
	return o.set(tree)
}

// A strictOutput checks JSON before it is decoded.
type strictOutput struct{ decode func([]byte) error }

// UnmarshalJSON implements [json.Unmarshaler].
func (o strictOutput) UnmarshalJSON(b []byte) error {
	if err := strictjson.Check(b, &strictjson.Options{MaxSize: -1, MaxDepth: maxDepth}); err != nil {
		return err
	}
	// Package encoding/json would leave all as it is, as if it were an empty object.
	if string(bytes.TrimSpace(b)) == "null" {
		return errors.New("output is null")
	}
	return o.decode(b)
}

type treeInput map[string]any

// AppendJSON implements [JSONAppender].
func (t treeInput) AppendJSON(dst []byte) ([]byte, error) {
	b, err := data.MarshalJSON(map[string]any(t), nil)
	return append(dst, b...), err
}

type jsonInput struct{ v any }

// AppendJSON implements [JSONAppender].
func (j jsonInput) AppendJSON(dst []byte) ([]byte, error) {
	b, err := json.Marshal(j.v)
	return append(dst, b...), err
}
