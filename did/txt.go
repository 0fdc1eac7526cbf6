package did

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// A TXTResolver looks up TXT records in the DNS. [*net.Resolver] is one.
type TXTResolver interface {
	// LookupTXT returns the values of the TXT records at a name, which ends in a
	// dot, so that no search domains are tried. The strings of a record are put
	// together. If there are none the error is a [*net.DNSError] with
	// IsNotFound, or nil.
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// txtPrefix precedes a DID in TXT records.
//
// https://atproto.com/specs/handle#dns-txt-method
const txtPrefix = "did="

var errNoTXT = errors.New(`no TXT record with "did="`)

// ParseTXT returns the DID in the values of the TXT records at "_atproto." and a
// handle, or at "_lexicon." and the authority of an NSID. Values that do not
// begin with "did=" are of other uses, and of those that do the invalid ones do
// not count, but there must be no two different DIDs. The DID may be of any
// method.
//
// The error is an [*ArmError]: [ReasonNotFound] if there is no such value,
// [ReasonInvalid] if none is valid, and [ReasonAmbiguous].
//
// https://atproto.com/specs/handle#dns-txt-method,
// https://atproto.com/specs/lexicon#lexicon-publication-and-resolution
func ParseTXT(values []string) (syntax.DID, error) {
	id, e := parseTXT(values)
	if e != nil {
		return syntax.DID{}, e
	}
	return id, nil
}

func parseTXT(values []string) (syntax.DID, *ArmError) {
	var found syntax.DID
	reason, fault := ReasonNotFound, errNoTXT
	for _, v := range values {
		text, ok := strings.CutPrefix(v, txtPrefix)
		if !ok {
			continue
		}
		id, err := syntax.ParseDID(text)
		switch {
		case err != nil:
			reason, fault = ReasonInvalid, err
		case !found.IsZero() && found != id:
			return syntax.DID{}, ambiguous(found, id)
		default:
			found = id
		}
	}
	if found.IsZero() {
		return syntax.DID{}, &ArmError{Arm: armDNS, Reason: reason, Err: fault}
	}
	return found, nil
}

// ambiguous returns the error for two DIDs. It is temporary: names are moved by
// putting a new record beside the old one.
func ambiguous(a, b syntax.DID) *ArmError {
	err := fmt.Errorf("%s and %s", quote(a.String()), quote(b.String()))
	return &ArmError{Arm: armDNS, Reason: ReasonAmbiguous, Temporary: true, Err: err}
}

// ResolveTXT looks up the DID at a name in the DNS, such as
// "_lexicon.example.com". It asks once, and about no other name: authority is
// not inherited from parent domains. The error is an [*ArmError], as that of
// [ParseTXT], or says why there is no answer.
//
// A nil dns means the DNS servers of the system. The time is up to ctx.
//
// https://atproto.com/specs/lexicon#lexicon-publication-and-resolution
func ResolveTXT(ctx context.Context, dns TXTResolver, name string) (syntax.DID, error) {
	id, e := resolveTXT(ctx, promptDNS(dns), name)
	if e != nil {
		return syntax.DID{}, e
	}
	return id, nil
}

func resolveTXT(ctx context.Context, dns TXTResolver, name string) (syntax.DID, *ArmError) {
	name = strings.TrimSuffix(name, ".")
	var e *ArmError
	values, err := dns.LookupTXT(ctx, name+".")
	if err != nil {
		if ctx.Err() != nil { // which not all resolvers say
			err = ctx.Err()
		}
		e = explain(err)
		e.Arm = armDNS
	} else {
		var id syntax.DID
		if id, e = parseTXT(values); e == nil {
			return id, nil
		}
	}
	e.Asked = name
	return syntax.DID{}, e
}

// promptDNS returns dns, or what stands in for it. The resolver of package net
// does not notice that a context is done while it waits for a server: so its
// connections are made to do so.
func promptDNS(dns TXTResolver) TXTResolver {
	r, ok := dns.(*net.Resolver)
	switch {
	case dns == nil || ok && r == nil:
		r = new(net.Resolver)
	case !ok || r.Dial != nil:
		return dns
	}
	return &net.Resolver{PreferGo: r.PreferGo, StrictErrors: r.StrictErrors, Dial: dialPrompt}
}

// dialPrompt connects to a DNS server until ctx is done, which package net makes
// sure of when it has the answer.
func dialPrompt(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err == nil {
		context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	}
	return c, err
}
