package did

import (
	"errors"
	"fmt"
)

// The fragment of the id, and the type, of the service of an account's server.
//
// https://atproto.com/specs/did#did-documents
const (
	PDSFragment = "atproto_pds"
	PDSType     = "AtprotoPersonalDataServer"
)

// PDS returns the address of the account's Personal Data Server, such as
// "https://pds.example.com": [Document.ServiceURL] of "atproto_pds" and
// "AtprotoPersonalDataServer". The error matches [ErrPDSNotDeclared] if there
// is none.
//
// https://atproto.com/specs/did#did-documents
func (d *Document) PDS() (string, error) {
	origin, reason := d.serviceURL(PDSFragment, PDSType)
	if reason != nil {
		return "", fmt.Errorf("%w in the document of %s: %v", ErrPDSNotDeclared, quote(d.ID.String()), reason)
	}
	return origin, nil
}

// Service returns the first service with the given fragment, without "#", and
// type, such as "bsky_fg" and "BskyFeedGenerator". An empty type stands for any.
// The endpoint is as the document has it, not checked.
func (d *Document) Service(fragment, typ string) (Service, bool) {
	for _, s := range d.Services {
		if d.offers(s, fragment, typ) {
			return s, true
		}
	}
	return Service{}, false
}

// ServiceURL returns the address of the first service with the given fragment,
// without "#", and type, where an empty type stands for any, whose endpoint is
// usable. That is "https://", a host, and maybe ":" and a port; a single "/"
// after it is cut off, and anything else there is not allowed. A host is an IP
// address or a DNS name of two or more labels; hosts on the same machine, and
// http with them, need [ParseOptions].AllowLoopback.
//
// The error matches [ErrServiceNotDeclared] if there is none. An address says
// nothing about what is there, or whether it is safe to connect to.
//
// https://atproto.com/specs/did#did-documents
func (d *Document) ServiceURL(fragment, typ string) (string, error) {
	origin, reason := d.serviceURL(fragment, typ)
	if reason != nil {
		return "", fmt.Errorf("%w: %s in the document of %s: %v", ErrServiceNotDeclared, quote("#"+fragment), quote(d.ID.String()), reason)
	}
	return origin, nil
}

// serviceURL returns the address of a service, or why there is none.
func (d *Document) serviceURL(fragment, typ string) (string, error) {
	var reason error // why the first candidate is none
	for _, s := range d.Services {
		if !d.offers(s, fragment, typ) {
			continue
		}
		origin, err := parseOrigin(s.Endpoint, d.allowLoopback)
		if err == nil {
			return origin, nil
		}
		if reason == nil {
			reason = fmt.Errorf("endpoint %s %v", quote(s.Endpoint), err)
		}
	}
	if reason == nil {
		reason = errors.New("no such service")
	}
	return "", reason
}

// offers reports whether s has the given fragment and type.
func (d *Document) offers(s Service, fragment, typ string) bool {
	return d.names(s.ID, fragment) && (typ == "" || s.Type == typ)
}
