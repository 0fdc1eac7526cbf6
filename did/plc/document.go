package plc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/jsontext"
	"github.com/linnet-at/linnet/syntax"
)

// JSON-LD contexts of a document, in the order in which they are written.
//
// https://web.plc.directory/spec/v0.1/did-plc#presentation-as-did-document
const (
	contextDID      = "https://www.w3.org/ns/did/v1"
	contextMultikey = "https://w3id.org/security/multikey/v1"
	contextP256     = "https://w3id.org/security/suites/ecdsa-2019/v1"
	contextK256     = "https://w3id.org/security/suites/secp256k1-2019/v1"
)

// Document returns the DID document of a DID that has these data: keys as
// Multikeys with absolute ids, services with relative ones, both ordered by
// name, and names as they are. Keys of types that the protocol does not use are
// in it as well.
//
// https://web.plc.directory/spec/v0.1/did-plc#presentation-as-did-document
func (d *Data) Document(id syntax.DID) *did.Document {
	doc := &did.Document{ID: id, AlsoKnownAs: slices.Clone(d.AlsoKnownAs)}
	for name, key := range sorted(d.VerificationMethods) {
		doc.VerificationMethods = append(doc.VerificationMethods, did.VerificationMethod{
			ID: id.String() + "#" + name, Type: crypto.TypeMultikey, Controller: id.String(),
			PublicKeyMultibase: strings.TrimPrefix(key, "did:key:"),
		})
	}
	for name, s := range sorted(d.Services) {
		doc.Services = append(doc.Services, did.Service{ID: "#" + name, Type: s.Type, Endpoint: s.Endpoint})
	}
	return doc
}

// AppendDocument appends the DID document of [Data.Document] as a directory
// writes it, with a JSON-LD context for every kind of key in it.
//
// https://web.plc.directory/spec/v0.1/did-plc#presentation-as-did-document
func (d *Data) AppendDocument(dst []byte, id syntax.DID) []byte {
	doc := d.Document(id)
	dst = appendStrings(append(dst, `{"@context":`...), d.contexts())
	dst = jsontext.AppendString(append(dst, `,"id":`...), id.String())
	dst = appendStrings(append(dst, `,"alsoKnownAs":`...), doc.AlsoKnownAs)
	dst = append(dst, `,"verificationMethod":[`...)
	for i, m := range doc.VerificationMethods {
		dst = appendObject(dst, i, "id", m.ID, "type", m.Type, "controller", m.Controller, "publicKeyMultibase", m.PublicKeyMultibase)
	}
	dst = append(dst, `],"service":[`...)
	for i, s := range doc.Services {
		dst = appendObject(dst, i, "id", s.ID, "type", s.Type, "serviceEndpoint", s.Endpoint)
	}
	return append(dst, `]}`...)
}

// contexts returns the contexts of the document.
func (d *Data) contexts() []string {
	list := []string{contextDID, contextMultikey}
	for _, text := range sorted(d.VerificationMethods) {
		key, err := crypto.ParseDIDKey(text)
		if err != nil {
			continue
		}
		suite := contextK256
		if key.Curve() == crypto.P256 {
			suite = contextP256
		}
		if !slices.Contains(list, suite) {
			list = append(list, suite)
		}
	}
	return list
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontext.AppendString(dst, s)
	}
	return append(dst, ']')
}

// appendObject appends an object of names and texts, the i-th of a list.
func appendObject(dst []byte, i int, pairs ...string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	for j, s := range pairs {
		dst = append(dst, "{:,:"[min(j, 2)|j&1])
		dst = jsontext.AppendString(dst, s)
	}
	return append(dst, '}')
}

// compareDocument returns the first point in which doc differs from what the
// data say, or "". Documents may be written in several ways: what counts are
// names in their order, keys, and services.
func (d *Data) compareDocument(id syntax.DID, doc *did.Document) string {
	if doc.ID != id {
		return "id is " + quote(doc.ID.String())
	}
	if !slices.Equal(doc.AlsoKnownAs, d.AlsoKnownAs) {
		return fmt.Sprintf("alsoKnownAs is %.200q", doc.AlsoKnownAs)
	}
	if len(doc.VerificationMethods) != len(d.VerificationMethods) || len(doc.Services) != len(d.Services) {
		return fmt.Sprintf("it has %d keys and %d services, and should have %d and %d",
			len(doc.VerificationMethods), len(doc.Services), len(d.VerificationMethods), len(d.Services))
	}
	for _, m := range doc.VerificationMethods {
		name, ok := fragment(id, m.ID)
		want, there := d.VerificationMethods[name]
		if !ok || !there || m.Controller != id.String() || didKey(m) != want {
			return "key " + quote(m.ID)
		}
	}
	for _, s := range doc.Services {
		name, ok := fragment(id, s.ID)
		if want, there := d.Services[name]; !ok || !there || want != (Service{s.Type, s.Endpoint}) {
			return "service " + quote(s.ID)
		}
	}
	// As many entries as there should be, each of which is one of them: that is
	// all of them, unless one is there twice, and another is missing.
	for name := range d.VerificationMethods {
		if !slices.ContainsFunc(doc.VerificationMethods, func(m did.VerificationMethod) bool { f, _ := fragment(id, m.ID); return f == name }) {
			return "key " + quote(name) + " is missing"
		}
	}
	for name := range d.Services {
		if !slices.ContainsFunc(doc.Services, func(s did.Service) bool { f, _ := fragment(id, s.ID); return f == name }) {
			return "service " + quote(name) + " is missing"
		}
	}
	return ""
}

// fragment returns the name in an id, relative or of the DID.
func fragment(id syntax.DID, s string) (string, bool) {
	return strings.CutPrefix(strings.TrimPrefix(s, id.String()), "#")
}

// didKey returns the key of a method as did:key.
func didKey(m did.VerificationMethod) string {
	if m.Type == crypto.TypeMultikey {
		return "did:key:" + m.PublicKeyMultibase
	}
	key, err := crypto.ParseVerificationMethod(m.Type, m.PublicKeyMultibase)
	if err != nil {
		return ""
	}
	return key.DIDKey()
}
