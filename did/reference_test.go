package did_test

import (
	"encoding/json"
	"errors"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// The slow readable reference: a document as maps, which encoding/json fills
// without folding the case of names.

type object map[string]json.RawMessage

// text returns the string with the given name.
func (o object) text(name string) (s string, ok bool) {
	var p *string
	if o[name] == nil || json.Unmarshal(o[name], &p) != nil || p == nil {
		return "", false
	}
	return *p, true
}

func refParseDocument(data []byte) (*did.Document, error) {
	if err := strictjson.Check(data, nil); err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	id, ok := o.text("id")
	if !ok {
		return nil, errors.New("no id")
	}
	d := new(did.Document)
	var err error
	if d.ID, err = syntax.ParseDID(id); err != nil {
		return nil, err
	}
	var names, methods, services []json.RawMessage
	for name, list := range map[string]*[]json.RawMessage{"alsoKnownAs": &names, "verificationMethod": &methods, "service": &services} {
		if o[name] != nil {
			if err := json.Unmarshal(o[name], list); err != nil {
				return nil, err
			}
		}
	}
	for _, raw := range names {
		if s, ok := (object{"": raw}).text(""); ok {
			d.AlsoKnownAs = append(d.AlsoKnownAs, s)
		}
	}
	for _, raw := range methods {
		var m object
		_ = json.Unmarshal(raw, &m) // nil if it is no object
		var v did.VerificationMethod
		var ok1, ok2 bool
		v.ID, ok1 = m.text("id")
		v.Type, ok2 = m.text("type")
		v.Controller, _ = m.text("controller")
		v.PublicKeyMultibase, _ = m.text("publicKeyMultibase")
		if ok1 && ok2 && v.Controller != "" {
			d.VerificationMethods = append(d.VerificationMethods, v)
		}
	}
	for _, raw := range services {
		var m object
		_ = json.Unmarshal(raw, &m)
		var v did.Service
		var ok1, ok2, ok3 bool
		v.ID, ok1 = m.text("id")
		v.Type, ok2 = m.text("type")
		v.Endpoint, ok3 = m.text("serviceEndpoint")
		if ok1 && ok2 && ok3 {
			d.Services = append(d.Services, v)
		}
	}
	return d, nil
}
