package crypto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"
)

// ErrUnsupportedKeyType reports a well-formed key that is not a P-256 or K-256
// key: another multicodec (Ed25519, RSA and so on), or an unknown type of
// verification method. Such keys may appear in PLC operations and in DID
// documents beside those of the protocol.
var ErrUnsupportedKeyType = errors.New("unsupported key type")

// MaxKeyTextLength is the longest text, in bytes, that is decoded as a key.
// Decoding base58 takes time quadratic in the length. Keys of the protocol are
// under 100 bytes; the rest is room to tell keys of other types, up to RSA with
// 4096 bits, from garbage.
const MaxKeyTextLength = 1024

const (
	didKeyPrefix    = "did:key:"
	base58btcPrefix = "z" // https://github.com/multiformats/multibase
)

// Multicodec codes as unsigned varints, which precede the key bytes.
// https://github.com/multiformats/multicodec/blob/master/table.csv
const (
	p256PublicPrefix  = "\x80\x24" // p256-pub, 0x1200
	k256PublicPrefix  = "\xe7\x01" // secp256k1-pub, 0xe7
	p256PrivatePrefix = "\x86\x26" // p256-priv, 0x1306
	k256PrivatePrefix = "\x81\x26" // secp256k1-priv, 0x1301

	multicodecSize = 2 // of each of them
)

// ParseDIDKey decodes a did:key identifier of a P-256 or K-256 key:
// "did:key:" followed by a multikey. See [ParseMultikey] for the errors.
//
// https://atproto.com/specs/cryptography#public-key-encoding
func ParseDIDKey(s string) (*PublicKey, error) {
	multikey, ok := strings.CutPrefix(s, didKeyPrefix)
	if !ok {
		return nil, fmt.Errorf("crypto: invalid did:key %s: no prefix %q", quote(s), didKeyPrefix)
	}
	return parseMultikey("did:key", s, multikey)
}

// ParseMultikey decodes a P-256 or K-256 key in multikey form: "z" and the
// base58btc encoding of the multicodec code and the 33-byte compressed point.
//
// The error matches [ErrUnsupportedKeyType] if the text is well-formed but its
// multicodec is of another type of key. The text must be the only one for its
// key: what ParseMultikey accepts, [PublicKey.Multikey] gives back.
//
// https://atproto.com/specs/cryptography#public-key-encoding
func ParseMultikey(s string) (*PublicKey, error) {
	return parseMultikey("multikey", s, s)
}

// ParsePublicKeyText decodes a key in either of the protocol's text forms:
// did:key, as in PLC operations, or multikey, as in DID documents. See
// [ParseMultikey] for the errors.
func ParsePublicKeyText(s string) (*PublicKey, error) {
	if strings.HasPrefix(s, didKeyPrefix) {
		return ParseDIDKey(s)
	}
	return ParseMultikey(s)
}

// parseMultikey decodes multikey, which is the whole or the end of input. Kind
// and input are for errors.
func parseMultikey(kind, input, multikey string) (*PublicKey, error) {
	raw, err := decodeBase58btc(multikey)
	if err != nil {
		return nil, keyTextError(kind, input, err)
	}
	c, point, err := cutMulticodec(raw, p256PublicPrefix, k256PublicPrefix)
	if err != nil {
		return nil, keyTextError(kind, input, err)
	}
	k, err := parseCompressed(c, point)
	if err != nil {
		return nil, keyTextError(kind, input, fmt.Errorf("%v: %v", c, err))
	}
	if k.Multikey() != multikey {
		return nil, keyTextError(kind, input, errNotCanonical)
	}
	return k, nil
}

// Multikey returns the multikey form of k, such as "zQ3sh…" for K-256 and
// "zDna…" for P-256, which is what DID documents carry in publicKeyMultibase.
// It is empty if the key is invalid.
func (k *PublicKey) Multikey() string {
	return k.text(base58btcPrefix)
}

// DIDKey returns the did:key form of k, which is what PLC operations carry. It
// is empty if the key is invalid.
func (k *PublicKey) DIDKey() string {
	return k.text(didKeyPrefix + base58btcPrefix)
}

// text returns the multicodec code and the point in base58btc after prefix.
func (k *PublicKey) text(prefix string) string {
	if !k.valid() {
		return ""
	}
	code := k256PublicPrefix
	if k.curve == P256 {
		code = p256PublicPrefix
	}
	var raw [multicodecSize + compressedSize]byte
	copy(raw[:], code)
	copy(raw[multicodecSize:], k.compressed[:])
	return prefix + base58.Encode(raw[:])
}

var (
	errNotMultibase  = errors.New(`no prefix "z"`)
	errNotBase58     = errors.New("not base58btc")
	errNotCanonical  = errors.New("not the canonical base58btc")
	errNotMulticodec = errors.New("no multicodec code")
	errKeyTextLength = fmt.Errorf("longer than %d bytes", MaxKeyTextLength)
)

// decodeBase58btc decodes "z" followed by base58btc. Its errors have no prefix
// and show no input.
func decodeBase58btc(s string) ([]byte, error) {
	if len(s) > MaxKeyTextLength {
		return nil, errKeyTextLength
	}
	digits, ok := strings.CutPrefix(s, base58btcPrefix)
	if !ok {
		return nil, errNotMultibase
	}
	raw, err := base58.Decode(digits)
	if err != nil {
		return nil, errNotBase58
	}
	return raw, nil
}

// cutMulticodec splits raw into the curve that its multicodec code stands for,
// given the codes of the two curves, and the bytes that follow. The code must
// be a varint in its shortest form.
func cutMulticodec(raw []byte, p256Prefix, k256Prefix string) (Curve, []byte, error) {
	if len(raw) >= multicodecSize {
		switch string(raw[:multicodecSize]) {
		case p256Prefix:
			return P256, raw[multicodecSize:], nil
		case k256Prefix:
			return K256, raw[multicodecSize:], nil
		}
	}
	code, n := binary.Uvarint(raw)
	if n <= 0 || n > 1 && raw[n-1] == 0 {
		return 0, nil, errNotMulticodec
	}
	return 0, nil, fmt.Errorf("%w: multicodec 0x%x", ErrUnsupportedKeyType, code)
}

// keyTextError describes a public key's text that did not parse. It keeps
// ErrUnsupportedKeyType visible.
func keyTextError(kind, input string, err error) error {
	if errors.Is(err, ErrUnsupportedKeyType) {
		return fmt.Errorf("crypto: invalid %s %s: %w", kind, quote(input), err)
	}
	return fmt.Errorf("crypto: invalid %s %s: %v", kind, quote(input), err)
}

// quote returns at most 96 bytes of s in quotes.
func quote(s string) string {
	const limit = 96
	if len(s) <= limit {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", s[:limit])
}
