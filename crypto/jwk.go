package crypto

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/linnet-at/linnet/crypto/internal/jose"
	"github.com/linnet-at/linnet/internal/jsontext"
)

// MaxJWKSize is the longest text, in bytes, that is read as a JSON Web Key. Keys
// of the protocol take about 200; the rest is room for members that are not
// read, such as certificates.
const MaxJWKSize = 8192

// A JWK is a public key in the form of a JSON Web Key, as in client metadata
// and in the header of a DPoP proof: the key, and what the JSON says of it
// beyond its coordinates. Private keys have no JWK; see [PrivateKey.ExportJWK].
//
// A JWK is plain data. The zero JWK has no key and does not marshal.
//
// https://www.rfc-editor.org/rfc/rfc7517 and
// https://www.rfc-editor.org/rfc/rfc7518#section-6.2
type JWK struct {
	Key   *PublicKey
	KeyID string // kid, or "" for none
	Alg   string // alg, which is [Curve.Alg] of the key's curve, or "" for none
	Use   string // use, which is "sig", or "" for none
}

// ParseJWK decodes a public key from a JSON Web Key with the members kty
// ("EC"), crv ("P-256" or "secp256k1"), x and y, the coordinates, in base64url
// of exactly 32 bytes each. The members alg, use, key_ops and kid may be there,
// and must then fit a key that verifies signatures on its curve; others are
// ignored.
//
// It is an error if data is longer than [MaxJWKSize], is not exactly one JSON
// object, names a member twice, or holds a private key: who sends one has lost
// it. The error matches [ErrUnsupportedKeyType] for keys of other types, curves
// and uses. Errors never show the input.
func ParseJWK(data []byte) (*JWK, error) {
	j, err := parseJWK(data)
	if err != nil {
		return nil, importError("JWK", err)
	}
	return j, nil
}

// parseJWK is ParseJWK with errors that have no prefix.
func parseJWK(data []byte) (*JWK, error) {
	o, err := parseJOSE(data, MaxJWKSize)
	if err != nil {
		return nil, err
	}
	for name := range o.All() {
		if slices.Contains(privateMembers, name) {
			return nil, errPrivateJWK
		}
	}
	return publicJWK(o, "verify")
}

// privateMembers are the names that only private and symmetric keys have, of
// any type: EC, RSA and oct (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1), OKP
// (RFC 8037, section 2), and AKP, for algorithms after the quantum computer.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// Why a JWK was refused; callers add the prefix.
var (
	errPrivateJWK    = errors.New("it holds a private key")
	errJWKMembers    = errors.New("kty, crv, x and y must all be strings")
	errJWKType       = fmt.Errorf("%w: kty is not EC", ErrUnsupportedKeyType)
	errJWKCurve      = fmt.Errorf("%w: crv is neither P-256 nor secp256k1", ErrUnsupportedKeyType)
	errJWKUse        = fmt.Errorf("%w: not for signatures", ErrUnsupportedKeyType)
	errJWKAlg        = errors.New("alg is not that of the curve")
	errJWKID         = errors.New("kid is not a string, or empty")
	errJWKUseMember  = errors.New("use is not a string")
	errJWKOps        = errors.New("key_ops is not a list of different strings")
	errJWKCoordinate = fmt.Errorf("x or y is not base64url of exactly %d bytes", coordinateSize)
)

// importError describes a text that holds no key for us. It keeps
// ErrUnsupportedKeyType visible.
func importError(what string, err error) error {
	if errors.Is(err, ErrUnsupportedKeyType) {
		return fmt.Errorf("crypto: invalid %s: %w", what, err)
	}
	return fmt.Errorf("crypto: invalid %s: %v", what, err)
}

func parseJOSE(data []byte, limit int) (jose.Object, error) {
	if len(data) > limit {
		return jose.Object{}, fmt.Errorf("longer than %d bytes", limit)
	}
	return jose.ParseObject(data)
}

// publicJWK reads all but the private members of a key that is for the given
// operation.
func publicJWK(o jose.Object, op string) (*JWK, error) {
	c, err := jwkCurve(o)
	if err != nil {
		return nil, err
	}
	j := &JWK{}
	if err := j.readPurpose(o, c, op); err != nil {
		return nil, err
	}
	x, xOK := stringMember(o, "x")
	y, yOK := stringMember(o, "y")
	if !xOK || !yOK {
		return nil, errJWKMembers
	}
	full := [uncompressedSize]byte{pointUncompressed}
	if !jose.DecodeInto(full[1:1+coordinateSize], x) || !jose.DecodeInto(full[1+coordinateSize:], y) {
		return nil, errJWKCoordinate
	}
	if j.Key, err = parseUncompressed(c, full[:]); err != nil {
		return nil, fmt.Errorf("%v: %v", c, err)
	}
	return j, nil
}

func jwkCurve(o jose.Object) (Curve, error) {
	kty, ok := stringMember(o, "kty")
	if !ok {
		return 0, errJWKMembers
	}
	if kty != "EC" {
		return 0, errJWKType
	}
	crv, ok := stringMember(o, "crv")
	if !ok {
		return 0, errJWKMembers
	}
	for _, c := range []Curve{P256, K256} {
		if crv == c.String() {
			return c, nil
		}
	}
	return 0, errJWKCurve
}

// readPurpose reads what the key is called and meant for. A use or an operation
// that is another one is no mistake: the key is not for us.
func (j *JWK) readPurpose(o jose.Object, c Curve, op string) error {
	var ok bool
	if _, has := o.Get("use"); has {
		if j.Use, ok = stringMember(o, "use"); !ok {
			return errJWKUseMember
		}
		if j.Use != useSignature {
			return errJWKUse
		}
	}
	if err := checkKeyOps(o, op); err != nil {
		return err
	}
	if _, has := o.Get("alg"); has {
		if j.Alg, ok = stringMember(o, "alg"); !ok || j.Alg != c.Alg() {
			return errJWKAlg
		}
	}
	if _, has := o.Get("kid"); has {
		if j.KeyID, ok = stringMember(o, "kid"); !ok || j.KeyID == "" {
			return errJWKID
		}
	}
	return nil
}

// useSignature is the use of keys for signatures (RFC 7517, section 4.2).
const useSignature = "sig"

// checkKeyOps checks that key_ops, if it is there, allows op (RFC 7517, section
// 4.3).
func checkKeyOps(o jose.Object, op string) error {
	text, has := o.Get("key_ops")
	if !has {
		return nil
	}
	elements, ok := jose.Elements(text)
	if !ok {
		return errJWKOps
	}
	ops := make([]string, len(elements))
	for i, e := range elements {
		if ops[i], ok = jose.String(e); !ok {
			return errJWKOps
		}
	}
	if !slices.Contains(ops, op) {
		return errJWKUse
	}
	slices.Sort(ops)
	if len(slices.Compact(ops)) != len(elements) {
		return errJWKOps
	}
	return nil
}

func stringMember(o jose.Object, name string) (string, bool) {
	text, _ := o.Get(name)
	return jose.String(text)
}

// MarshalJSON implements [encoding/json.Marshaler]. It writes crv, kty, x and
// y, both of 32 bytes, and then kid, alg and use where they are set. It is an
// error if the key is invalid or Alg or Use do not fit it.
func (j JWK) MarshalJSON() ([]byte, error) {
	switch {
	case !j.Key.valid():
		return nil, errZeroKey
	case j.Alg != "" && j.Alg != j.Key.Curve().Alg():
		return nil, importError("JWK", errJWKAlg)
	case j.Use != "" && j.Use != useSignature:
		return nil, fmt.Errorf("crypto: invalid JWK: use is not %q", useSignature)
	case !utf8.ValidString(j.KeyID):
		return nil, errors.New("crypto: invalid JWK: kid is not UTF-8")
	}
	b := j.Key.appendJWK(make([]byte, 0, 256))
	for _, m := range []struct{ name, value string }{{"kid", j.KeyID}, {"alg", j.Alg}, {"use", j.Use}} {
		if m.value != "" {
			b = append(b, `,"`+m.name+`":`...)
			b = jsontext.AppendString(b, m.value)
		}
	}
	return append(b, '}'), nil
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]. It accepts what
// [ParseJWK] does, and on error leaves the receiver alone.
func (j *JWK) UnmarshalJSON(data []byte) error {
	parsed, err := ParseJWK(data)
	if err != nil {
		return err
	}
	*j = *parsed
	return nil
}

// Thumbprint returns the key's JWK thumbprint with SHA-256 in base64url: 43
// characters, the same for every JWK of the key. It is what jkt is in tokens
// bound to a key, and a good key ID. It is empty if the key is invalid.
//
// https://www.rfc-editor.org/rfc/rfc7638
func (k *PublicKey) Thumbprint() string {
	if !k.valid() {
		return ""
	}
	var buf [160]byte
	sum := sha256.Sum256(append(k.appendJWK(buf[:0]), '}'))
	return string(jose.AppendBase64(nil, sum[:]))
}

// appendJWK appends the JWK of a valid key with its required members in the
// order of a thumbprint, and without the brace at the end.
func (k *PublicKey) appendJWK(dst []byte) []byte {
	full := k.uncompressed()
	dst = append(dst, `{"crv":"`...)
	dst = append(dst, k.curve.String()...)
	dst = append(dst, `","kty":"EC","x":"`...)
	dst = jose.AppendBase64(dst, full[1:1+coordinateSize])
	dst = append(dst, `","y":"`...)
	dst = jose.AppendBase64(dst, full[1+coordinateSize:])
	return append(dst, '"')
}

// uncompressed returns the 65-byte form of a valid key.
func (k *PublicKey) uncompressed() []byte {
	if k.curve == K256 {
		return k.k256.Bytes()
	}
	b, err := k.p256.Bytes()
	if err != nil {
		panic("crypto: internal error: P-256 point does not encode")
	}
	return b
}
