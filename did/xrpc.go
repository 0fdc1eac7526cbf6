package did

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// An XRPC resolves DIDs and handles by asking a server of the protocol, such as
// the one of the user's account, that does the work. It may be used
// concurrently. Make one with [NewXRPC].
//
// The server is trusted. That it says to which DID a handle leads does not spare
// anyone to look whether the document claims the handle.
type XRPC struct {
	documents
	base string // the URL of the methods, with a slash at the end
}

var (
	_ Resolver       = (*XRPC)(nil)
	_ HandleResolver = (*XRPC)(nil)
)

// NewXRPC returns a resolver that asks the server with the given URL, such as
// "https://pds.example.com"; nil options mean the defaults. It fails if that is
// not a URL.
//
// https://atproto.com/specs/handle#resolution-best-practices
func NewXRPC(server string, o *Options) (*XRPC, error) {
	opts := o.withDefaults()
	u, err := parseBase(server)
	if err != nil {
		return nil, fmt.Errorf("did: server %s %v", quote(server), err)
	}
	base := strings.TrimSuffix(server, "/") + "/xrpc/"
	return &XRPC{documents{opts.newAsker(u), opts}, base}, nil
}

// ResolveHandle calls com.atproto.identity.resolveHandle.
func (x *XRPC) ResolveHandle(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
	return x.opts.observeHandle(armXRPC, HandleResolverFunc(x.resolveHandle)).ResolveHandle(ctx, h)
}

func (x *XRPC) resolveHandle(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
	if err := h.CheckResolvable(x.opts.policy()); err != nil {
		return syntax.DID{}, err
	}
	asked := x.base + "com.atproto.identity.resolveHandle?handle=" + h.Normalize().String()
	body, e := x.query(ctx, asked, maxSmall)
	if e == nil {
		var id syntax.DID
		if id, e = x.readDID(asked, body); e == nil {
			return id, nil
		}
	}
	return syntax.DID{}, handleError(h, armXRPC, e)
}

// ResolveDID calls com.atproto.identity.resolveDid. The document may be of any
// method that the server knows.
func (x *XRPC) ResolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	return x.opts.observeDID(armXRPC, ResolverFunc(x.resolveDID)).ResolveDID(ctx, id)
}

func (x *XRPC) resolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	if id.IsZero() {
		return nil, id.CheckResolvable(nil)
	}
	asked := x.base + "com.atproto.identity.resolveDid?did=" + url.QueryEscape(id.String())
	size := int64(x.opts.MaxDocumentSize)
	if size > 0 {
		size += maxAround
	}
	body, e := x.query(ctx, asked, size)
	if e == nil {
		var d *Document
		if d, e = x.readDocument(id, asked, body); e == nil {
			return d, nil
		}
	}
	return nil, didError(id, armXRPC, e)
}

// query fetches the output of a method, and reads the name of an error.
func (x *XRPC) query(ctx context.Context, asked string, size int64) ([]byte, *ArmError) {
	body, e := x.get(ctx, asked, &safehttp.GetOptions{Accept: "application/json", MaxBody: size})
	if e == nil {
		return body, nil
	}
	if s, ok := errors.AsType[*safehttp.StatusError](e.Err); ok && s.Status < 500 {
		switch errorName(s.Body) {
		case "HandleNotFound", "DidNotFound":
			e.Reason = ReasonNotFound
		case "DidDeactivated":
			e.Reason = ReasonDeactivated
		}
	}
	return nil, e
}

// errorName returns the name of an error of the protocol, or "".
//
// https://atproto.com/specs/xrpc#error-responses
func errorName(body []byte) string {
	r, value, err := readObject(body)
	if err != nil {
		return ""
	}
	v, _ := r.entry(value, &[4]string{"error"})
	return v[0]
}

func (x *XRPC) readDID(asked string, body []byte) (syntax.DID, *ArmError) {
	r, value, err := readObject(body)
	if err != nil {
		return syntax.DID{}, invalid(asked, body, err)
	}
	v, _ := r.entry(value, &[4]string{"did"})
	id, err := syntax.ParseDID(v[0])
	if err != nil {
		return syntax.DID{}, invalid(asked, body, err)
	}
	if e := x.opts.unusable(id, asked); e != nil {
		return syntax.DID{}, e
	}
	return id, nil
}

func (x *XRPC) readDocument(id syntax.DID, asked string, body []byte) (*Document, *ArmError) {
	r, _, err := readObject(body)
	if err != nil {
		return nil, invalid(asked, body, err)
	}
	for r.nextName() {
		found := string(r.name) == "didDoc"
		value := r.next()
		start := r.scan.Offset()
		r.skip(value)
		if found && value == strictjson.Object {
			return x.parse(id, asked, body[start:r.scan.Offset()+1])
		}
	}
	return nil, invalid(asked, body, errors.New("no document in it"))
}

// readObject returns a reader of a strict JSON object, and its first token.
func readObject(body []byte) (*reader, strictjson.Kind, error) {
	if err := strictjson.Check(body, &strictjson.Options{MaxSize: -1}); err != nil {
		return nil, strictjson.End, err
	}
	r := &reader{scan: strictjson.NewScanner(body, &strictjson.Options{MaxSize: -1})}
	value := r.next()
	if value != strictjson.Object {
		return nil, value, errors.New("not an object")
	}
	return r, value, nil
}
