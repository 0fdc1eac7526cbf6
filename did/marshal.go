package did

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/linnet-at/linnet/crypto"
)

// JSON-LD contexts, in the order in which they are written.
const (
	contextDID      = "https://www.w3.org/ns/did/v1"
	contextMultikey = "https://w3id.org/security/multikey/v1"
)

// jsonDocument is the form in which documents are written.
type jsonDocument struct {
	Context             []string     `json:"@context"`
	ID                  string       `json:"id"`
	AlsoKnownAs         []string     `json:"alsoKnownAs"`
	VerificationMethods []jsonMethod `json:"verificationMethod"`
	Services            []jsonServe  `json:"service"`
}

type jsonMethod struct {
	ID                 string `json:"id"`
	Type               string `json:"type"`
	Controller         string `json:"controller"`
	PublicKeyMultibase string `json:"publicKeyMultibase,omitempty"`
}

type jsonServe struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Endpoint string `json:"serviceEndpoint"`
}

// MarshalJSON implements [json.Marshaler]. It writes the document in the form
// that the protocol recommends, whatever the form in which it was read: the ids
// of keys absolute ("did:web:example.com#atproto") and those of services
// relative ("#atproto_pds"), keys of legacy types as Multikeys, and the
// document's DID as the controller where there is none. It fails if the ID is
// zero.
//
// https://atproto.com/specs/did#did-documents
func (d Document) MarshalJSON() ([]byte, error) {
	if d.ID.IsZero() {
		return nil, errors.New("did: document has no id")
	}
	id := d.ID.String()
	out := jsonDocument{
		Context:             []string{contextDID},
		ID:                  id,
		AlsoKnownAs:         append([]string{}, d.AlsoKnownAs...),
		VerificationMethods: make([]jsonMethod, 0, len(d.VerificationMethods)),
		Services:            make([]jsonServe, 0, len(d.Services)),
	}
	for _, m := range d.VerificationMethods {
		m = asMultikey(m)
		if strings.HasPrefix(m.ID, "#") {
			m.ID = id + m.ID
		}
		m.Controller = cmp.Or(m.Controller, id)
		out.VerificationMethods = append(out.VerificationMethods, jsonMethod(m))
		if m.Type == crypto.TypeMultikey && len(out.Context) == 1 {
			out.Context = append(out.Context, contextMultikey)
		}
	}
	for _, s := range d.Services {
		if rest := strings.TrimPrefix(s.ID, id); strings.HasPrefix(rest, "#") {
			s.ID = rest
		}
		out.Services = append(out.Services, jsonServe(s))
	}
	return json.Marshal(out)
}

// asMultikey returns m as a Multikey if it is a valid key of a legacy type.
func asMultikey(m VerificationMethod) VerificationMethod {
	k, err := crypto.ParseVerificationMethod(m.Type, m.PublicKeyMultibase)
	if err == nil {
		m.Type, m.PublicKeyMultibase = crypto.TypeMultikey, k.Multikey()
	}
	return m
}
