package did

import (
	"fmt"

	"github.com/linnet-at/linnet/crypto"
)

// SigningKeyFragment is the fragment of the id of an account's signing key.
//
// https://atproto.com/specs/did#did-documents
const SigningKeyFragment = "atproto"

// maxKeyCandidates is how many entries with the wanted id are looked at, which bounds the work that a document can cause. Honest documents
// have one.
const maxKeyCandidates = 32

// SigningKey returns the key that signs the account's repository and its
// service tokens: [Document.Key] of "atproto".
//
// https://atproto.com/specs/did#did-documents
func (d *Document) SigningKey() (*crypto.PublicKey, error) { return d.Key(SigningKeyFragment) }

// Key returns the key with the given fragment, without "#", such as "atproto"
// or "atproto_label". It is the first verification method whose id is that
// fragment, relative or of the document's DID, whose controller is the
// document's DID, and whose type and key are ones that
// [crypto.ParseVerificationMethod] supports. Others are passed over; of those
// with the right id, the first 32 are looked at.
//
// The error matches [ErrKeyNotDeclared] if there is none. Key decodes on every
// call, which costs about a sixth of verifying a signature: keep the result.
//
// https://atproto.com/specs/did#did-documents
func (d *Document) Key(fragment string) (*crypto.PublicKey, error) {
	var reason error // why the first candidate is none
	candidates := 0
	for _, m := range d.VerificationMethods {
		if !d.names(m.ID, fragment) {
			continue
		}
		if candidates++; candidates > maxKeyCandidates {
			break
		}
		k, err := d.decodeKey(m)
		if err == nil {
			return k, nil
		}
		if reason == nil {
			reason = err
		}
	}
	err := fmt.Errorf("%w: %s in the document of %s", ErrKeyNotDeclared, quote("#"+fragment), quote(d.ID.String()))
	if reason != nil {
		err = fmt.Errorf("%w: %v", err, reason)
	}
	return nil, err
}

// decodeKey returns the key of a method if it is under the account's control.
func (d *Document) decodeKey(m VerificationMethod) (*crypto.PublicKey, error) {
	if m.Controller != d.ID.String() {
		return nil, fmt.Errorf("controller is %s", quote(m.Controller))
	}
	return crypto.ParseVerificationMethod(m.Type, m.PublicKeyMultibase)
}
