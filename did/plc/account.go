package plc

import (
	"errors"
	"strings"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// An Account is what an account of the AT Protocol has to state about itself.
//
// https://web.plc.directory/spec/v0.1/did-plc#use-with-at-protocol
type Account struct {
	// Handle is the account's handle. It has to lead to the DID as well.
	Handle syntax.Handle

	// PDS is the account's server, such as "https://pds.example.com".
	PDS string

	// SigningKey signs the account's repository. It must not be a rotation key.
	SigningKey *crypto.PublicKey

	// RotationKeys may change what is stated here, strongest first. The first
	// one should be held by the user, and the last by the server.
	RotationKeys []*crypto.PublicKey

	// AllowLoopback lets PDS be on the same machine, with http as well as
	// https. It is for development and tests.
	AllowLoopback bool
}

// Data returns what [Create] signs. It is an error if anything is missing or
// malformed, if the address of the PDS has more than scheme, host and port, or
// if the signing key is a rotation key.
func (a *Account) Data() (*Data, error) {
	switch {
	case a.Handle.IsZero():
		return nil, errors.New("plc: account without a handle")
	case a.SigningKey.Curve() == 0:
		return nil, errors.New("plc: account without a signing key")
	}
	d := &Data{}
	d.SetHandle(a.Handle)
	d.SetSigningKey(a.SigningKey)
	d.SetRotationKeys(a.RotationKeys...)
	for _, k := range a.RotationKeys {
		if k.Equal(a.SigningKey) {
			return nil, errors.New("plc: account whose signing key is a rotation key")
		}
	}
	d.SetPDS(strings.TrimSuffix(a.PDS, "/"))
	if err := checkPDS(d, a.AllowLoopback); err != nil {
		return nil, err
	}
	return d, d.Check()
}

// checkPDS checks the address of the server as readers of the document will.
func checkPDS(d *Data, allowLoopback bool) error {
	id := syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
	doc, err := did.ParseDocument(d.AppendDocument(nil, id), &did.ParseOptions{AllowLoopback: allowLoopback})
	if err == nil {
		_, err = doc.PDS()
	}
	if err != nil {
		return &OperationError{"services." + did.PDSFragment, "has no usable endpoint: " + quote(d.Services[did.PDSFragment].Endpoint)}
	}
	return nil
}
