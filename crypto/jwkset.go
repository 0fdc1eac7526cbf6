package crypto

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto/internal/jose"
)

// MaxJWKSetSize is the longest text, in bytes, that is read as a JWK set. It is
// room for hundreds of keys; clients publish one to three.
const MaxJWKSetSize = 65_536

// A JWKSet is a list of public keys, each with a key ID of its own, as a
// confidential client publishes it for the servers that verify its assertions.
//
// A JWKSet is plain data. The zero JWKSet has no keys and marshals as such.
//
// https://www.rfc-editor.org/rfc/rfc7517#section-5 and
// https://atproto.com/specs/oauth#confidential-client-authentication
type JWKSet struct {
	Keys []JWK
}

// ParseJWKSet decodes a JWK set, an object whose member keys is a list of JWKs;
// other members are ignored.
//
// Keys of other types, curves and uses, for which [ParseJWK] gives
// [ErrUnsupportedKeyType], are left out, so the result may be empty. Everything
// else that is wrong with one key is an error for the set: above all a private
// key, of whatever type. Every key must have a kid, and no two the same. It is
// an error if data is longer than [MaxJWKSetSize].
func ParseJWKSet(data []byte) (*JWKSet, error) {
	o, err := parseJOSE(data, MaxJWKSetSize)
	if err != nil {
		return nil, importError("JWK set", err)
	}
	text, _ := o.Get("keys")
	elements, ok := jose.Elements(text)
	if !ok {
		return nil, errors.New("crypto: invalid JWK set: keys is not a list")
	}
	s := &JWKSet{}
	for i, e := range elements {
		j, err := parseJWK([]byte(e))
		if errors.Is(err, ErrUnsupportedKeyType) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("crypto: invalid JWK set: key %d: %v", i, err)
		}
		s.Keys = append(s.Keys, *j)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// check checks that every key has an ID of its own.
func (s *JWKSet) check() error {
	seen := make(map[string]bool, len(s.Keys))
	for i := range s.Keys {
		switch kid := s.Keys[i].KeyID; {
		case kid == "":
			return errors.New("crypto: invalid JWK set: a key without kid")
		case seen[kid]:
			return fmt.Errorf("crypto: invalid JWK set: two keys with the kid %s", quote(kid))
		default:
			seen[kid] = true
		}
	}
	return nil
}

// Lookup returns the key with the given ID, which is compared exactly, or nil
// if there is none.
func (s *JWKSet) Lookup(kid string) *PublicKey {
	if s == nil || kid == "" {
		return nil
	}
	for i := range s.Keys {
		if s.Keys[i].KeyID == kid {
			return s.Keys[i].Key
		}
	}
	return nil
}

// MarshalJSON implements [encoding/json.Marshaler]. It is an error if a key
// does not marshal, has no ID, or shares its ID with another.
func (s JWKSet) MarshalJSON() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, 16+256*len(s.Keys)), `{"keys":[`...)
	for i := range s.Keys {
		text, err := s.Keys[i].MarshalJSON()
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, text...)
	}
	return append(b, "]}"...), nil
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]. It accepts what
// [ParseJWKSet] does, and on error leaves the receiver alone.
func (s *JWKSet) UnmarshalJSON(data []byte) error {
	parsed, err := ParseJWKSet(data)
	if err != nil {
		return err
	}
	*s = *parsed
	return nil
}
