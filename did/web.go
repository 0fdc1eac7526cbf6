package did

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

const methodWeb = "web"

// A webResolver asks the host in a did:web.
type webResolver struct{ documents }

// NewWeb returns a resolver of did:web, which asks the host that the DID names;
// nil options mean the defaults. The host must be a name that could be a handle,
// without port or path; with [Options].Development also localhost, and a port of
// it, which are asked over http. Redirects are not followed.
//
// https://atproto.com/specs/did#blessed-did-methods,
// https://w3c-ccg.github.io/did-method-web/
func NewWeb(o *Options) Resolver {
	opts := o.withDefaults()
	return opts.observeDID(armWeb, &webResolver{documents{opts.newAsker(nil), opts}})
}

// ResolveDID implements [Resolver].
func (r *webResolver) ResolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	if err := id.CheckResolvable(r.opts.policy()); err != nil {
		return nil, err
	}
	if id.Method() != methodWeb {
		return nil, fmt.Errorf("did: %s is not a did:web: %w", quote(id.String()), syntax.ErrUnsupportedMethod)
	}
	d, e := r.fetch(ctx, id, webURL(id))
	if e == nil {
		return d, nil
	}
	if e.Status == http.StatusNotFound {
		e.Reason = ReasonNotFound
	}
	return nil, didError(id, armWeb, e)
}

// webURL returns where the document of a did:web is that passed CheckResolvable:
// its identifier is the name of a host, or localhost, maybe with "%3A" and a
// port.
func webURL(id syntax.DID) string {
	scheme := "https"
	host, port, hasPort := strings.Cut(id.Identifier(), "%3A")
	if host == "localhost" {
		scheme = "http"
	}
	if hasPort {
		host += ":" + port
	}
	return scheme + "://" + host + "/.well-known/did.json"
}
