package plc

import (
	"maps"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// Data is what an operation states about its DID. It is plain data, to be read,
// or changed and signed with [Update].
//
// None of it is verified but that a holder of a rotation key has stated it:
// names and servers are claims.
//
// https://web.plc.directory/spec/v0.1/did-plc#how-it-works
type Data struct {
	// RotationKeys are the keys that may sign operations, as did:key, strongest
	// first: a key can undo for 72 hours what weaker ones have signed. Holders
	// of accounts should have the first one.
	RotationKeys []string `json:"rotationKeys"`

	// VerificationMethods are keys by name, such as "atproto", without "#", as
	// did:key. They have no power over the DID.
	VerificationMethods map[string]string `json:"verificationMethods"`

	// AlsoKnownAs are other names of the DID, as URIs, first the one to show.
	AlsoKnownAs []string `json:"alsoKnownAs"`

	// Services are network services by name, such as "atproto_pds", without "#".
	Services map[string]Service `json:"services"`
}

// A Service is a network service.
type Service struct {
	Type     string `json:"type"`     // such as "AtprotoPersonalDataServer"
	Endpoint string `json:"endpoint"` // a URL, not checked
}

// handleScheme precedes a handle in AlsoKnownAs.
const handleScheme = "at://"

// Data returns what op states, in a form that is the same for operations of
// all types, or nil if op is a tombstone. The caller may change it.
//
// Of a [TypeCreate] operation, the recovery key comes before the signing key,
// "https://" is put before an address that lacks a scheme, and a scheme before
// the handle is taken off.
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
func (op *Operation) Data() *Data {
	d := &Data{RotationKeys: op.RotationKeys(), AlsoKnownAs: []string{}, VerificationMethods: map[string]string{}, Services: map[string]Service{}}
	switch op.typ {
	case TypeOperation:
		d.read(dagcbor.NewReader(op.raw, nil))
	case TypeCreate:
		d.readCreate(dagcbor.NewReader(op.raw, nil))
	default:
		return nil
	}
	return d
}

// read reads the fields of a regular operation, which have been checked.
func (d *Data) read(r *dagcbor.Reader) {
	for range length(r.Map()) {
		switch key, _ := r.Key(); string(key) {
		case "alsoKnownAs":
			n := length(r.Array())
			d.AlsoKnownAs = make([]string, n)
			for i := range n {
				d.AlsoKnownAs[i] = readText(r)
			}
		case "verificationMethods":
			for range length(r.Map()) {
				name, _ := r.Key()
				d.VerificationMethods[string(name)] = readText(r)
			}
		case "services":
			for range length(r.Map()) {
				name, _ := r.Key()
				d.Services[string(name)] = readService(r)
			}
		default:
			_ = r.Skip()
		}
	}
}

func readService(r *dagcbor.Reader) (s Service) {
	for range length(r.Map()) {
		switch key, _ := r.Key(); string(key) {
		case "type":
			s.Type = readText(r)
		case "endpoint":
			s.Endpoint = readText(r)
		default:
			_ = r.Skip()
		}
	}
	return s
}

// readCreate reads the fields of an operation of the old form.
func (d *Data) readCreate(r *dagcbor.Reader) {
	for range length(r.Map()) {
		switch key, _ := r.Key(); string(key) {
		case "handle":
			d.AlsoKnownAs = []string{legacyAlias(readText(r))}
		case "service":
			d.SetPDS(legacyEndpoint(readText(r)))
		case "signingKey":
			d.VerificationMethods[did.SigningKeyFragment] = readText(r)
		default:
			_ = r.Skip()
		}
	}
}

func legacyAlias(handle string) string {
	if strings.HasPrefix(handle, handleScheme) {
		return handle
	}
	return handleScheme + strings.TrimPrefix(strings.TrimPrefix(handle, "http://"), "https://")
}

func legacyEndpoint(service string) string {
	if strings.HasPrefix(service, "https://") || strings.HasPrefix(service, "http://") {
		return service
	}
	return "https://" + service
}

// length drops an error that cannot be: the bytes have been checked.
func length(n int, _ error) int { return n }

func readText(r *dagcbor.Reader) string {
	b, _ := r.Text()
	return string(b)
}

// Clone returns a copy that shares nothing with d.
func (d *Data) Clone() *Data {
	return &Data{slices.Clone(d.RotationKeys), maps.Clone(d.VerificationMethods), slices.Clone(d.AlsoKnownAs), maps.Clone(d.Services)}
}

// Equal reports whether both state the same, which does not tell nil from
// empty.
func (d *Data) Equal(other *Data) bool {
	return slices.Equal(d.RotationKeys, other.RotationKeys) && slices.Equal(d.AlsoKnownAs, other.AlsoKnownAs) &&
		maps.Equal(d.VerificationMethods, other.VerificationMethods) && maps.Equal(d.Services, other.Services)
}

// Handle returns the handle that the data claims, in lower case, and whether
// there is one: the first name that is "at://" and a valid handle. The claim is
// not verified: before it is shown, the handle must lead back to the DID.
func (d *Data) Handle() (syntax.Handle, bool) {
	doc := did.Document{AlsoKnownAs: d.AlsoKnownAs}
	return doc.ClaimedHandle()
}

// SetHandle sets the handle. It takes the place of the first name that begins
// with "at://", or comes before all others if there is none; other names stay
// as they are.
func (d *Data) SetHandle(h syntax.Handle) {
	alias := handleScheme + h.Normalize().String()
	i := slices.IndexFunc(d.AlsoKnownAs, func(s string) bool { return strings.HasPrefix(s, handleScheme) })
	if i < 0 {
		d.AlsoKnownAs = slices.Insert(slices.Clone(d.AlsoKnownAs), 0, alias)
		return
	}
	d.AlsoKnownAs = slices.Clone(d.AlsoKnownAs)
	d.AlsoKnownAs[i] = alias
}

// SetPDS sets the account's server, such as "https://pds.example.com".
func (d *Data) SetPDS(endpoint string) {
	if d.Services == nil {
		d.Services = map[string]Service{}
	}
	d.Services[did.PDSFragment] = Service{did.PDSType, endpoint}
}

// SetSigningKey sets the key that signs the account's repository. It should not
// be a rotation key as well.
func (d *Data) SetSigningKey(key *crypto.PublicKey) {
	if d.VerificationMethods == nil {
		d.VerificationMethods = map[string]string{}
	}
	d.VerificationMethods[did.SigningKeyFragment] = key.DIDKey()
}

// SetRotationKeys sets the rotation keys, strongest first.
func (d *Data) SetRotationKeys(keys ...*crypto.PublicKey) {
	d.RotationKeys = make([]string, len(keys))
	for i, k := range keys {
		d.RotationKeys[i] = k.DIDKey()
	}
}
