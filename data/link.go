package data

import (
	"encoding/base32"
	"encoding/base64"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

// The reserved keys of the JSON form
// (https://atproto.com/specs/data-model#json-representation).
const (
	keyLink  = "$link"
	keyBytes = "$bytes"
	keyType  = "$type"
)

const (
	cidLen      = 36  // binary, of the blessed form
	maxCIDLen   = 100 // binary, of any form
	base32Alpha = "abcdefghijklmnopqrstuvwxyz234567"
)

var base32CID = base32.NewEncoding(base32Alpha).WithPadding(base32.NoPadding)

// appendCIDText appends the text form of a binary CID: multibase "b", base32
// in lower case without padding.
func appendCIDText(dst, cid []byte) []byte {
	if c, err := dagcbor.CIDFromBytes(cid); err == nil {
		dst, _ = c.AppendText(dst) // the same, and faster
		return dst
	}
	return base32CID.AppendEncode(append(dst, 'b'), cid)
}

const notBase32 = 0x80

// base32Values maps the characters of base32Alpha to their values, and all
// others to notBase32.
var base32Values = func() (t [256]byte) {
	for i := range t {
		t[i] = notBase32
	}
	for i, c := range []byte(base32Alpha) {
		t[c] = byte(i)
	}
	return t
}()

// appendCIDLink appends the link to the CID with the given text form, which
// must be the one that appendCIDText gives. Unless foreign is set, the CID
// must be of the blessed form.
func appendCIDLink(dst, text []byte, foreign bool) ([]byte, string) {
	if len(text) < 2 || text[0] != 'b' {
		return dst, `not base32 with prefix "b"`
	}
	if len(text) > 1+maxCIDLen*8/5 {
		return dst, "longer than a CID"
	}
	var room [maxCIDLen + 8]byte
	var acc uint64
	var bad byte
	cid := room[:0]
	digits := text[1:]
	for len(digits) >= 8 { // eight digits are five bytes
		for _, c := range digits[:8] {
			v := base32Values[c]
			bad |= v
			acc = acc<<5 | uint64(v&31)
		}
		cid = append(cid, byte(acc>>32), byte(acc>>24), byte(acc>>16), byte(acc>>8), byte(acc))
		digits = digits[8:]
	}
	bits := 0
	for _, c := range digits {
		v := base32Values[c]
		bad |= v
		acc = acc<<5 | uint64(v&31)
		if bits += 5; bits >= 8 {
			bits -= 8
			cid = append(cid, byte(acc>>bits))
		}
	}
	if bad&notBase32 != 0 {
		return dst, "not base32 in lower case"
	}
	if bits >= 5 || acc&(1<<bits-1) != 0 {
		return dst, "base32 with stray bits after the last byte"
	}
	start := len(dst)
	dst = dagcbor.AppendLinkBytes(dst, cid)
	if isLink(dst[start:], foreign) {
		return dst, ""
	}
	if foreign {
		return dst, "not a CID of version 1"
	}
	return dst, "not a CID of version 1, dag-cbor or raw, SHA-256"
}

// linkHead is how every link to a blessed CID begins: tag 42, a byte string
// of 37 bytes, the zero prefix, and version 1.
const linkHead = "\xd8\x2a\x58\x25\x00\x01"

// isLink reports whether link, just encoded, is one that a reader accepts.
func isLink(link []byte, foreign bool) bool {
	if foreign {
		return dagcbor.Valid(link, &dagcbor.Options{ForeignLinks: true}) == nil
	}
	return len(link) == len(linkHead)-1+cidLen && string(link[:len(linkHead)]) == linkHead &&
		(link[6] == byte(dagcbor.DAGCBOR) || link[6] == byte(dagcbor.Raw)) && link[7] == 0x12 && link[8] == 32
}

// appendBase64 appends the byte string with the given text form: base64 with
// the standard alphabet (RFC 4648, section 4), padded or not. Bits after the
// last byte are ignored, as other readers do.
func appendBase64(dst, text []byte) ([]byte, string) {
	if n := len(text); n > 0 && n%4 == 0 && text[n-1] == '=' {
		text = text[:n-1]
		if text[n-2] == '=' {
			text = text[:n-2]
		}
	}
	if len(text)%4 == 1 {
		return dst, "not a whole number of bytes"
	}
	// The standard decoder skips line ends. Strings of JSON hold them rarely.
	if slices.Contains(text, '\n') || slices.Contains(text, '\r') {
		return dst, "not base64 with the standard alphabet"
	}
	dst = cborhead.Append(dst, cborhead.Bytes, uint64(base64.RawStdEncoding.DecodedLen(len(text))))
	dst, err := base64.RawStdEncoding.AppendDecode(dst, text)
	if err != nil {
		return dst, "not base64 with the standard alphabet"
	}
	return dst, ""
}
