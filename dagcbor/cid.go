package dagcbor

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// A Codec says how the bytes that a [CID] names are to be read. The values are
// those of the multicodec table (https://github.com/multiformats/multicodec).
type Codec uint8

// The two codecs that the AT Protocol uses
// (https://atproto.com/specs/data-model#link-and-cid-formats).
const (
	Raw     Codec = 0x55 // plain bytes: blobs
	DAGCBOR Codec = 0x71 // DAG-CBOR: commits, tree nodes, records
)

// String returns the codec's name in the multicodec table.
func (c Codec) String() string {
	switch c {
	case Raw:
		return "raw"
	case DAGCBOR:
		return "dag-cbor"
	}
	return fmt.Sprintf("codec(0x%x)", uint8(c))
}

const (
	cidLen     = 36 // binary: version, codec, hash function, hash length, digest
	cidTextLen = 59 // "b" and 58 base32 digits
	maxCIDLen  = 100
)

// A CID is a content identifier of the form that the AT Protocol blesses:
// version 1, codec dag-cbor or raw, SHA-256
// (https://atproto.com/specs/data-model#link-and-cid-formats).
//
// It is a small value without pointers: comparable with ==, usable as a map
// key, made and copied without allocation. The zero CID is undefined and names
// nothing. [CID.Cid] and [CIDFromCid] convert to and from the type that the
// rest of the ecosystem uses.
//
// In Go structs a CID field is a link: tag 42 in DAG-CBOR, {"$link": …} in
// JSON. As text it is the plain string.
type CID struct {
	codec  Codec
	digest [sha256.Size]byte
}

// Sum returns the CID of data under codec c. It panics if the codec is neither
// [Raw] nor [DAGCBOR].
func Sum(c Codec, data []byte) CID {
	return CIDFromDigest(c, sha256.Sum256(data))
}

// CIDFromDigest returns the CID with the given codec and SHA-256 digest. It
// panics if the codec is neither [Raw] nor [DAGCBOR].
func CIDFromDigest(c Codec, digest [sha256.Size]byte) CID {
	if c != Raw && c != DAGCBOR {
		noSuchCodec(c)
	}
	return CID{c, digest}
}

// noSuchCodec panics. It is a function so that its caller can be inlined.
func noSuchCodec(c Codec) { panic("dagcbor: no CID has the codec " + c.String()) }

// constString admits only untyped string constants in calls from outside the
// package, so that MustParseCID can't be given run-time input.
type constString string

// MustParseCID is like [ParseCID] but panics if s is invalid. It accepts only
// string constants.
func MustParseCID(s constString) CID {
	c, err := ParseCID(string(s))
	if err != nil {
		panic(err)
	}
	return c
}

// A CIDError describes text or bytes that are not a CID of the blessed form.
type CIDError struct {
	Input string // the rejected text, or the rejected bytes in hexadecimal
	Msg   string // what is wrong with it
}

func (e *CIDError) Error() string {
	in := e.Input
	if len(in) > 2*maxCIDLen {
		in = in[:2*maxCIDLen] + "…"
	}
	return fmt.Sprintf("dagcbor: invalid CID %q: %s", in, e.Msg)
}

// ParseCID parses the string form of a CID strictly: "b" and 58 lower-case
// base32 digits, the form that [CID.String] prints. Other bases, versions,
// codecs and hash functions are errors, and so are stray bits at the end.
func ParseCID(s string) (CID, error) {
	var b [cidLen]byte
	if msg := decodeCIDText(&b, s); msg != "" {
		return CID{}, &CIDError{s, msg}
	}
	if !isBlessed(b[:]) {
		return CID{}, &CIDError{s, "not version 1, dag-cbor or raw, SHA-256"}
	}
	return cidFromBlessed(b[:]), nil
}

// decodeCIDText decodes s into b and returns what is wrong with it.
func decodeCIDText(b *[cidLen]byte, s string) string {
	if len(s) != cidTextLen {
		return "not 59 characters"
	}
	if s[0] != 'b' {
		return `not base32 with prefix "b"`
	}
	var acc, n uint64 // the bits read, and how many bytes they have filled
	var bad byte
	for i := 1; i < cidTextLen; i++ {
		digit := base32Digit[s[i]]
		bad |= digit
		acc = acc<<5 | uint64(digit&31)
		if i%8 == 0 { // 40 bits
			b[n], b[n+1], b[n+2], b[n+3], b[n+4] = byte(acc>>32), byte(acc>>24), byte(acc>>16), byte(acc>>8), byte(acc)
			n += 5
		}
	}
	if bad&notBase32 != 0 {
		return "not base32 in lower case"
	}
	if acc&3 != 0 { // 58 digits hold 290 bits, 36 bytes 288
		return "stray bits after the last byte"
	}
	b[cidLen-1] = byte(acc >> 2)
	return ""
}

// CIDFromBytes parses the binary form: exactly 36 bytes.
func CIDFromBytes(b []byte) (c CID, err error) {
	if !isBlessed(b) {
		return c, notBlessed(b)
	}
	c.codec = Codec(b[1]) // in place: half the time of assigning a whole CID
	copy(c.digest[:], b[4:])
	return c, nil
}

func notBlessed(b []byte) error {
	in := hex.EncodeToString(b[:min(len(b), maxCIDLen+1)])
	return &CIDError{in, "not the 36 bytes of version 1, dag-cbor or raw, SHA-256"}
}

// CIDFromCid converts from the ecosystem's type. It does not allocate. The
// error is a [*CIDError] if c is undefined or not of the blessed form.
func CIDFromCid(c cid.Cid) (CID, error) {
	s := c.KeyString()
	if len(s) != cidLen {
		return CID{}, notBlessed([]byte(s))
	}
	return CIDFromBytes([]byte(s))
}

func isBlessed(b []byte) bool {
	return len(b) == cidLen && b[0] == 1 && (b[1] == byte(DAGCBOR) || b[1] == byte(Raw)) && b[2] == 0x12 && b[3] == sha256.Size
}

func cidFromBlessed(b []byte) CID {
	return CID{Codec(b[1]), [sha256.Size]byte(b[4:])}
}

// Cid returns c as the ecosystem's type, at the price of an allocation. An
// undefined c gives [cid.Undef].
func (c CID) Cid() cid.Cid {
	if !c.Defined() {
		return cid.Undef
	}
	var mh [2 + sha256.Size]byte
	mh[0], mh[1] = multihash.SHA2_256, sha256.Size
	copy(mh[2:], c.digest[:])
	return cid.NewCidV1(uint64(c.codec), mh[:])
}

// Defined reports whether c names something: false for the zero CID only.
func (c CID) Defined() bool { return c.codec != 0 }

// IsZero reports whether c is the zero CID, for the omitzero of struct tags.
func (c CID) IsZero() bool { return c.codec == 0 }

// Codec returns the codec, or 0 if c is undefined.
func (c CID) Codec() Codec { return c.codec }

// Digest returns the SHA-256 digest.
func (c CID) Digest() [sha256.Size]byte { return c.digest }

// Matches reports whether data is what c names: whether its SHA-256 is c's
// digest.
func (c CID) Matches(data []byte) bool {
	return c.Defined() && sha256.Sum256(data) == c.digest
}

// Compare orders CIDs by their binary form, for sorting: it returns -1, 0 or +1.
func (c CID) Compare(d CID) int {
	return cmp.Or(cmp.Compare(c.codec, d.codec), bytes.Compare(c.digest[:], d.digest[:]))
}

// AppendBinary appends the binary form, 36 bytes, and implements
// [encoding.BinaryAppender]. It fails if c is undefined.
func (c CID) AppendBinary(dst []byte) ([]byte, error) {
	if !c.Defined() {
		return dst, errUndefined
	}
	return c.appendBytes(dst), nil
}

var errUndefined = errors.New("dagcbor: undefined CID")

// appendBytes appends the binary form of a defined CID.
func (c CID) appendBytes(dst []byte) []byte {
	dst = append(dst, 1, byte(c.codec), 0x12, sha256.Size)
	return append(dst, c.digest[:]...)
}

// Bytes returns the binary form, 36 bytes, or nil if c is undefined.
func (c CID) Bytes() []byte {
	if !c.Defined() {
		return nil
	}
	return c.appendBytes(make([]byte, 0, cidLen))
}

// String returns the string form, such as "bafyrei…", or "" if c is undefined.
func (c CID) String() string {
	if !c.Defined() {
		return ""
	}
	var b [cidTextLen]byte
	return string(c.appendText(b[:0]))
}

// AppendText appends the string form and implements [encoding.TextAppender].
// It fails if c is undefined.
func (c CID) AppendText(dst []byte) ([]byte, error) {
	if !c.Defined() {
		return dst, errUndefined
	}
	return c.appendText(dst), nil
}

func (c CID) appendText(dst []byte) []byte {
	var b [cidLen]byte
	c.appendBytes(b[:0])
	dst = append(dst, 'b')
	for i := 0; i < cidLen-1; i += 5 {
		x := uint64(b[i])<<32 | uint64(binary.BigEndian.Uint32(b[i+1:]))
		dst = append(dst,
			base32Text[x>>35&31], base32Text[x>>30&31], base32Text[x>>25&31], base32Text[x>>20&31],
			base32Text[x>>15&31], base32Text[x>>10&31], base32Text[x>>5&31], base32Text[x&31])
	}
	last := b[cidLen-1]
	return append(dst, base32Text[last>>3], base32Text[last<<2&31])
}

// MarshalText is [CID.AppendText] into a new slice.
func (c CID) MarshalText() ([]byte, error) {
	return c.AppendText(make([]byte, 0, cidTextLen))
}

// UnmarshalText is [ParseCID]. It leaves c alone on error.
func (c *CID) UnmarshalText(text []byte) error {
	d, err := ParseCID(string(text))
	if err != nil {
		return err
	}
	*c = d
	return nil
}

var errJSONLink = errors.New(`dagcbor: JSON link is not an object of the one key "$link" and a text`)

// MarshalJSON returns the JSON form of a link, {"$link":"bafyrei…"}
// (https://atproto.com/specs/data-model#link).
func (c CID) MarshalJSON() ([]byte, error) {
	if !c.Defined() {
		return nil, errUndefined
	}
	dst := make([]byte, 0, len(`{"$link":""}`)+cidTextLen)
	dst = c.appendText(append(dst, `{"$link":"`...))
	return append(dst, `"}`...), nil
}

// UnmarshalJSON reads the JSON form of a link: an object with the one key
// "$link". It leaves c alone on error.
func (c *CID) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	var tokens [4]json.Token
	for i := range tokens {
		tokens[i], _ = d.Token() // nil on error, which then is the wrong token
	}
	_, err := d.Token()
	s, isText := tokens[2].(string)
	if err != io.EOF || !isText || tokens != [4]json.Token{json.Delim('{'), "$link", s, json.Delim('}')} {
		return errJSONLink
	}
	return c.UnmarshalText([]byte(s))
}

// MarshalCBOR returns c as a link: tag 42 over a byte string. [Marshal] calls it.
func (c CID) MarshalCBOR() ([]byte, error) {
	if !c.Defined() {
		return nil, errUndefined
	}
	return AppendLink(make([]byte, 0, linkLen), c), nil
}

// UnmarshalCBOR reads a link. It leaves c alone on error. [Unmarshal] calls it.
func (c *CID) UnmarshalCBOR(data []byte) error {
	r := NewReader(data, nil)
	d, err := r.CID()
	if err != nil {
		return err
	}
	if err := r.End(); err != nil {
		return err
	}
	*c = d
	return nil
}
