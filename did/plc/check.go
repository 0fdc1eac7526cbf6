package plc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/crypto"
)

// Limits on operations. A directory takes more rotation keys than the
// specification has, and smaller operations: what is read is held to the wider
// of the two limits, what is written to the narrower.
//
// https://web.plc.directory/spec/v0.1/did-plc#how-it-works and
// https://github.com/did-method-plc/did-method-plc, packages/server/src/constraints.ts
const (
	maxSubmitSize          = 4000 // bytes of DRISL
	maxRotationKeysRead    = 10
	maxRotationKeysWritten = 5
	maxVerificationMethods = 10
	maxAliases             = 10
	maxAliasLength         = 258
	maxServices            = 10
	maxNameLength          = 32 // of verification methods and services
	maxServiceTypeLength   = 256
	maxEndpointLength      = 512
	maxDIDKeyLength        = 256
)

func limitError(what string, limit, got int) error {
	return &LimitError{Name: "plc: " + what, Limit: int64(limit), Got: int64(got), Offset: -1}
}

// Validate checks what the specification asks of every operation, whoever
// wrote it: that rotation keys are P-256 or K-256 keys and at most 10,
// verification methods texts of the form did:key and at most 10, and that the
// signature is written in its only form, without knowing who made it. Those are
// the rules that a directory of today holds new operations to; it took others
// long ago.
//
// The error is a [*LimitError] or an [*OperationError].
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
func (op *Operation) Validate() error {
	if err := op.validate(nil); err != nil {
		return err
	}
	if _, ok := op.signature(); !ok {
		return &OperationError{"sig", "is not 64 bytes in base64url without padding: " + quote(op.Signature())}
	}
	return nil
}

// validate is Validate without the signature.
func (op *Operation) validate(cache *KeyCache) error {
	if op.fault != nil {
		return op.fault
	}
	for i, s := range op.keys {
		if _, err := cache.load(op.at(s)); err != nil {
			return &OperationError{fmt.Sprintf("rotationKeys[%d]", i), "is no usable key: " + err.Error()}
		}
	}
	return nil
}

// CheckSubmit checks what a directory asks of an operation that is submitted,
// besides a valid signature by the right key: [Operation.Validate], the current
// form, no unknown fields, at most 4000 bytes of DRISL, at most 10 names of 258
// bytes without repetition, at most 10 services with types of 256 and endpoints
// of 512 bytes, names of keys and services of 32 bytes, and keys of 256 bytes.
//
// The error is a [*LimitError] or an [*OperationError].
//
// https://github.com/did-method-plc/did-method-plc, packages/server/src/constraints.ts
func (op *Operation) CheckSubmit() error {
	if len(op.raw) > maxSubmitSize {
		return limitError("size of an operation to submit", maxSubmitSize, len(op.raw))
	}
	if op.typ == TypeCreate {
		return &OperationError{"type", "is an old one, which is not written any more: " + quote(op.typ)}
	}
	if len(op.extra) > 0 {
		return &OperationError{quote(op.extra[0]), "is no field of an operation"}
	}
	if err := op.Validate(); err != nil {
		return err
	}
	if d := op.Data(); d != nil {
		return d.checkSubmit()
	}
	return nil
}

// checkSubmit checks the limits that a directory sets.
func (d *Data) checkSubmit() error {
	for _, l := range []struct {
		what       string
		limit, got int
	}{
		{"rotation keys", maxRotationKeysRead, len(d.RotationKeys)},
		{"verification methods", maxVerificationMethods, len(d.VerificationMethods)},
		{"names in alsoKnownAs", maxAliases, len(d.AlsoKnownAs)},
		{"services", maxServices, len(d.Services)},
	} {
		if l.got > l.limit {
			return limitError(l.what, l.limit, l.got)
		}
	}
	for i, s := range d.AlsoKnownAs {
		if len(s) > maxAliasLength {
			return limitError("length of a name in alsoKnownAs", maxAliasLength, len(s))
		}
		if slices.Contains(d.AlsoKnownAs[:i], s) {
			return &OperationError{"alsoKnownAs", "has a name twice: " + quote(s)}
		}
	}
	for name, key := range sorted(d.VerificationMethods) {
		if err := checkMethod(name, key); err != nil {
			return err
		}
	}
	for name, s := range sorted(d.Services) {
		if err := s.check(name); err != nil {
			return err
		}
	}
	return nil
}

func checkMethod(name, key string) error {
	switch {
	case len(name) > maxNameLength:
		return limitError("length of a verification method's name", maxNameLength, len(name))
	case len(key) > maxDIDKeyLength:
		return limitError("length of a verification method's key", maxDIDKeyLength, len(key))
	case !isDIDKey(key):
		return &OperationError{"verificationMethods." + clip([]byte(name)), "is not a did:key: " + quote(key)}
	}
	return nil
}

func (s Service) check(name string) error {
	switch {
	case len(name) > maxNameLength:
		return limitError("length of a service's name", maxNameLength, len(name))
	case len(s.Type) > maxServiceTypeLength:
		return limitError("length of a service's type", maxServiceTypeLength, len(s.Type))
	case len(s.Endpoint) > maxEndpointLength:
		return limitError("length of a service's endpoint", maxEndpointLength, len(s.Endpoint))
	}
	return nil
}

// Check checks what has to be true of data that is to be signed: the limits
// that a directory sets (see [Operation.CheckSubmit]), and of the
// specification, that there are 1 to 5 rotation keys, all of them P-256 or
// K-256 and none of them twice, and that no name begins with "#". Without a
// rotation key nobody could ever change the DID again.
//
// The error is a [*LimitError] or an [*OperationError]. [Create] and [Update]
// call Check.
//
// https://web.plc.directory/spec/v0.1/did-plc#how-it-works
func (d *Data) Check() error {
	switch n := len(d.RotationKeys); {
	case n == 0:
		return &OperationError{"rotationKeys", "is empty: nobody could change the DID again"}
	case n > maxRotationKeysWritten:
		return limitError("rotation keys", maxRotationKeysWritten, n)
	}
	for i, key := range d.RotationKeys {
		field := fmt.Sprintf("rotationKeys[%d]", i)
		if _, err := crypto.ParseDIDKey(key); err != nil {
			return &OperationError{field, "is no usable key: " + err.Error()}
		}
		if slices.Contains(d.RotationKeys[:i], key) {
			return &OperationError{field, "is there twice"}
		}
	}
	if err := d.checkSubmit(); err != nil {
		return err
	}
	for name := range sorted(d.VerificationMethods) {
		if strings.HasPrefix(name, "#") {
			return &OperationError{"verificationMethods", `has a name with a leading "#"`}
		}
	}
	for name := range sorted(d.Services) {
		if strings.HasPrefix(name, "#") {
			return &OperationError{"services", `has a name with a leading "#"`}
		}
	}
	return nil
}

// sorted ranges over a map in DRISL order, so that the first error is the same
// every time.
func sorted[V any](m map[string]V) func(yield func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, k := range sortedKeys(m) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

// isDIDKey reports whether s has the form of a did:key: "did:key:", "z" and
// base58btc. It says nothing about the key in it, which may be of any type.
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
func isDIDKey(s string) bool {
	digits, ok := strings.CutPrefix(s, "did:key:z")
	if !ok || digits == "" {
		return false
	}
	for i := range len(digits) {
		switch c := digits[i]; {
		case '1' <= c && c <= '9', 'a' <= c && c <= 'z' && c != 'l', 'A' <= c && c <= 'Z' && c != 'I' && c != 'O':
		default:
			return false
		}
	}
	return true
}

// sortedKeys returns the names of m in DRISL order.
func sortedKeys[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), compareKeys)
}
