package did

import (
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// A Document is a DID document: the parts of it that the protocol uses. It may
// also be put together by hand, to be written.
type Document struct {
	// ID is the DID that the document describes.
	ID syntax.DID

	// AlsoKnownAs are other names of the account, usually one: "at://" and its
	// handle. See [Document.ClaimedHandle].
	AlsoKnownAs []string

	// VerificationMethods are the keys of the account. See [Document.Key].
	VerificationMethods []VerificationMethod

	// Services are the network services of the account. See
	// [Document.ServiceURL].
	Services []Service

	allowLoopback bool // see ParseOptions
}

// A VerificationMethod is a key of a DID document, as it stands there. See
// [Document.Key] for the key itself.
type VerificationMethod struct {
	ID                 string // the DID, which may be left out, "#", and a fragment such as "atproto"
	Type               string // "Multikey", or another type
	Controller         string // the DID to which the key belongs
	PublicKeyMultibase string // the key; empty if it was given in another way
}

// A Service is a network service of a DID document, as it stands there. See
// [Document.ServiceURL] for an address that was checked.
type Service struct {
	ID       string // the DID, which may be left out, "#", and a fragment such as "atproto_pds"
	Type     string // such as "AtprotoPersonalDataServer"
	Endpoint string // a URL, not checked
}

// handleScheme precedes a handle in alsoKnownAs.
const handleScheme = "at://"

// ClaimedHandle returns the handle that the document claims, in lower case,
// and whether there is one. This is the first entry of AlsoKnownAs that is
// "at://" and a syntactically valid handle, with nothing after it.
//
// The claim is not verified. Anybody can claim any handle: before it is shown
// or used, the handle must be resolved and lead back to the DID.
//
// https://atproto.com/specs/did#did-documents
func (d *Document) ClaimedHandle() (syntax.Handle, bool) {
	for _, uri := range d.AlsoKnownAs {
		name, ok := strings.CutPrefix(uri, handleScheme)
		if !ok {
			continue
		}
		if h, err := syntax.ParseHandle(name); err == nil {
			return h.Normalize(), true
		}
	}
	return syntax.Handle{}, false
}

// names reports whether id, relative or absolute, is the document's DID and
// the given fragment.
func (d *Document) names(id, fragment string) bool {
	rest := strings.TrimPrefix(id, d.ID.String())
	return fragment != "" && len(rest) == len(fragment)+1 && rest[0] == '#' && rest[1:] == fragment
}
