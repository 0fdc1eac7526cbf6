package did

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/syntax"
)

// handleTXT precedes a handle in the name of its TXT records.
//
// https://atproto.com/specs/handle#dns-txt-method
const handleTXT = "_atproto."

var errTooLong = errors.New("too long for a name in the DNS")

// A dnsResolver asks the DNS for handles.
type dnsResolver struct {
	opts    Options
	dns     TXTResolver
	timeout time.Duration
}

// NewDNS returns a resolver that looks handles up in the DNS; nil options mean
// the defaults. There must be exactly one DID in the TXT records at "_atproto."
// and the handle, see [ParseTXT]. Handles that are too long for that are not
// found.
//
// https://atproto.com/specs/handle#dns-txt-method
func NewDNS(o *Options) HandleResolver {
	opts := o.withDefaults()
	return opts.observeHandle(armDNS, &dnsResolver{opts: opts, dns: opts.DNS, timeout: opts.Timeout})
}

// ResolveHandle implements [HandleResolver].
func (r *dnsResolver) ResolveHandle(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
	if err := h.CheckResolvable(r.opts.policy()); err != nil {
		return syntax.DID{}, err
	}
	if !h.FitsDNS() {
		return syntax.DID{}, handleError(h, armDNS, &ArmError{Reason: ReasonNotFound, Err: errTooLong})
	}
	ctx, cancel := withTimeout(ctx, r.timeout)
	defer cancel()
	name := handleTXT + h.Normalize().String()
	id, e := resolveTXT(ctx, r.dns, name)
	if e == nil {
		e = r.opts.unusable(id, name)
	}
	if e != nil {
		return syntax.DID{}, handleError(h, armDNS, e)
	}
	return id, nil
}

// unusable returns the error for a DID that an answer has, but that can't be
// resolved, or nil.
func (o *Options) unusable(id syntax.DID, asked string) *ArmError {
	if err := id.CheckResolvable(o.policy()); err != nil {
		return &ArmError{Asked: asked, Reason: ReasonUnsupported, Err: err}
	}
	return nil
}

// An httpsResolver asks the web servers of handles.
type httpsResolver struct {
	*asker
	opts Options
}

// NewHTTPS returns a resolver that asks the web server of a handle's name for
// "/.well-known/atproto-did"; nil options mean the defaults. The answer must be a
// DID, white space around it aside, of at most 2048 bytes. Up to 5 redirects are
// followed, if the client allows them.
//
// https://atproto.com/specs/handle#https-well-known-method
func NewHTTPS(o *Options) HandleResolver {
	opts := o.withDefaults()
	return opts.observeHandle(armHTTPS, &httpsResolver{opts.newAsker(nil), opts})
}

// ResolveHandle implements [HandleResolver].
func (r *httpsResolver) ResolveHandle(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
	if err := h.CheckResolvable(r.opts.policy()); err != nil {
		return syntax.DID{}, err
	}
	asked := "https://" + h.Normalize().String() + "/.well-known/atproto-did"
	body, e := r.get(ctx, asked, &safehttp.GetOptions{MaxBody: maxHandleBody, MaxRedirects: maxHandleRedirects})
	if e == nil {
		var id syntax.DID
		if id, e = r.opts.parseWellKnown(asked, body); e == nil {
			return id, nil
		}
	} else if e.Status == http.StatusNotFound {
		e.Reason = ReasonNotFound
	}
	return syntax.DID{}, handleError(h, armHTTPS, e)
}

// parseWellKnown reads the DID in the body of an answer.
func (o *Options) parseWellKnown(asked string, body []byte) (syntax.DID, *ArmError) {
	id, err := syntax.ParseDID(string(bytes.Trim(body, " \t\r\n")))
	if err != nil {
		return syntax.DID{}, invalid(asked, body, err)
	}
	if e := o.unusable(id, asked); e != nil {
		return syntax.DID{}, e
	}
	return id, nil
}
