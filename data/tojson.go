package data

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// ToJSON returns the JSON form
// (https://atproto.com/specs/data-model#json-representation) of a value in
// DAG-CBOR: links as {"$link": …}, byte strings as {"$bytes": …} without
// padding, integers with all their digits, names in the order of the CBOR,
// which is canonical, no white space. Text is escaped only where JSON demands
// it.
//
// The value is checked as by [Validate], and the errors are the same. JSON has
// no canonical form: hash and sign only DAG-CBOR.
func ToJSON(b []byte, o *Options) ([]byte, error) {
	return AppendJSON(nil, b, o)
}

// AppendJSON is [ToJSON] and appends to dst. On an error it returns dst as it
// was. It allocates what [Validate] does if dst has room for the result and
// for a quarter more than b.
func AppendJSON(dst, b []byte, o *Options) ([]byte, error) {
	ru := o.rules()
	return appendJSON(dst, b, &ru)
}

func appendJSON(dst, b []byte, ru *rules) ([]byte, error) {
	if len(b) > ru.maxCBOR {
		return dst, limitError("CBOR size", ru.maxCBOR, len(b), -1)
	}
	if err := ru.validate(b); err != nil {
		return dst, err
	}
	return writeJSON(dst, b, ru)
}

// writeJSON appends the JSON form of the value b, which is valid.
func writeJSON(dst, b []byte, ru *rules) ([]byte, error) {
	w := jsonWriter{in: b, base: len(dst), most: ru.maxJSON}
	out, _ := w.value(slices.Grow(dst, len(b)+len(b)/4+16), 0)
	if n := len(out) - w.base; n > ru.maxJSON {
		return dst, limitError("JSON size", ru.maxJSON, n, -1)
	}
	return out, nil
}

// A jsonWriter turns DAG-CBOR that is valid into JSON text. It recurses, to at
// most the depth to which the value was checked.
//
// Once the text is longer than it may be, strings are left out and containers
// cut short, so that it does not take more memory for nothing.
type jsonWriter struct {
	in   []byte
	base int // where the text begins in dst
	most int // how long the text may be
}

func (w *jsonWriter) full(dst []byte) bool { return len(dst)-w.base > w.most }

// room makes room for n bytes and for what stands between strings. It doubles
// dst: append's own steps copy long texts more often.
func (w *jsonWriter) room(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n+32 {
		dst = slices.Grow(dst, max(len(dst)-w.base, n)+32)
	}
	return dst
}

// value appends the value at in[off:], and returns where that ends.
func (w *jsonWriter) value(dst []byte, off int) ([]byte, int) {
	switch head := w.in[off]; head & cborhead.Mask {
	case cborhead.Text:
		n, start := cborhead.Read(w.in, off)
		return w.quoted(dst, start, n), start + n
	case cborhead.Map:
		return w.mapValue(dst, off)
	case cborhead.Array:
		return w.array(dst, off)
	case cborhead.Uint, cborhead.Nint:
		n, next := cborhead.ReadInt(w.in, off)
		return strconv.AppendInt(w.room(dst, 0), n, 10), next
	case cborhead.Tag:
		cid, next := cborhead.ReadLink(w.in, off)
		dst = append(w.room(dst, 2*len(cid)), `{"$link":"`...)
		return append(appendCIDText(dst, cid), `"}`...), next
	case cborhead.Bytes:
		n, start := cborhead.Read(w.in, off)
		dst = append(w.room(dst, base64.RawStdEncoding.EncodedLen(n)), `{"$bytes":"`...)
		return append(base64.RawStdEncoding.AppendEncode(dst, w.in[start:start+n]), `"}`...), start + n
	default:
		word := "null"
		switch head {
		case cborhead.True:
			word = "true"
		case cborhead.False:
			word = "false"
		}
		return append(w.room(dst, 0), word...), off + 1
	}
}

func (w *jsonWriter) array(dst []byte, off int) ([]byte, int) {
	n, off := cborhead.Read(w.in, off)
	dst = append(w.room(dst, 0), '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, off = w.value(dst, off); w.full(dst) {
			return dst, off
		}
	}
	return append(dst, ']'), off
}

func (w *jsonWriter) mapValue(dst []byte, off int) ([]byte, int) {
	pairs, off := cborhead.Read(w.in, off)
	dst = append(w.room(dst, 0), '{')
	for i := range pairs {
		if i > 0 {
			dst = append(dst, ',')
		}
		n, start := cborhead.Read(w.in, off)
		off = start + n
		dst = append(w.quoted(dst, start, n), ':')
		if dst, off = w.value(dst, off); w.full(dst) {
			return dst, off
		}
	}
	return append(dst, '}'), off
}

// quoted appends the n bytes of text at in[start:] as a JSON string. Only
// quotes, backslashes and control characters are escaped (RFC 8259, section 7).
func (w *jsonWriter) quoted(dst []byte, start, n int) []byte {
	text := w.in[start : start+n]
	dst = append(w.room(dst, n), '"')
	for {
		n := plainLen(text)
		dst = append(dst, text[:n]...)
		if n == len(text) || w.full(dst) {
			return append(dst, '"')
		}
		dst = appendEscape(w.room(dst, len(text)-n), text[n])
		text = text[n+1:]
	}
}

// ones and highs have the lowest and the highest bit of each byte set.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

const hexDigits = "0123456789abcdef"

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// plainLen returns how many bytes at the beginning of text need no escape,
// looking at eight at a time: subtracting carries into a byte's high bit where
// it falls below zero, and the lowest such byte is one that needs an escape.
func plainLen(text []byte) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		hit := (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)
		if hit &= highs &^ x; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(text) && text[i] >= ' ' && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}
