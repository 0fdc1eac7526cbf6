package data

import (
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
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
// was. With nil options it does not allocate if dst has room for the result and
// for a quarter more than b.
func AppendJSON(dst, b []byte, o *Options) ([]byte, error) {
	return appendJSON(dst, b, o.rules())
}

func appendJSON(dst, b []byte, ru *rules) ([]byte, error) {
	if len(b) > ru.maxCBOR {
		return dst, limitError("CBOR size", ru.maxCBOR, len(b), -1)
	}
	w := jsonWriter{
		dst:   slices.Grow(dst, len(b)+len(b)/4+16),
		base:  len(dst),
		r:     *dagcbor.NewReader(b, &ru.cbor),
		in:    b,
		rules: ru,
	}
	if err := w.value(); err != nil {
		return dst, err
	}
	if err := w.r.End(); err != nil {
		return dst, err
	}
	if err := w.room(); err != nil {
		return dst, err
	}
	if err := ru.checkRecord(b); err != nil {
		return dst, err
	}
	return w.dst, nil
}

// A jsonWriter turns DAG-CBOR into JSON text in one pass. It recurses, to at
// most the depth to which the reader is limited.
type jsonWriter struct {
	dst   []byte
	base  int // where the text begins in dst
	r     dagcbor.Reader
	in    []byte // what r reads
	rules *rules
}

// room makes room for what is short, and stops before a text that is too
// large takes more memory. It doubles dst: append's own steps copy long texts
// more often.
func (w *jsonWriter) room() error {
	n := len(w.dst) - w.base
	if n > w.rules.maxJSON {
		return limitError("JSON size", w.rules.maxJSON, n, -1)
	}
	if cap(w.dst)-len(w.dst) < 16 {
		w.dst = slices.Grow(w.dst, n+16)
	}
	return nil
}

func (w *jsonWriter) value() error {
	if err := w.room(); err != nil {
		return err
	}
	switch w.r.Kind() {
	case dagcbor.KindText:
		text, err := w.r.Text()
		if err != nil {
			return err
		}
		return w.quoted(text)
	case dagcbor.KindMap:
		return w.mapValue()
	case dagcbor.KindArray:
		return w.array()
	case dagcbor.KindInt:
		at := w.r.Offset()
		n, err := w.r.Int()
		if msg := w.rules.checkInt(n); msg != "" && err == nil {
			return &Error{Offset: at, Msg: msg}
		}
		w.dst = strconv.AppendInt(w.dst, n, 10)
		return err
	case dagcbor.KindLink:
		cid, err := w.r.Link()
		w.dst = append(w.dst, `{"$link":"`...)
		w.dst = append(appendCIDText(w.dst, cid), `"}`...)
		return err
	case dagcbor.KindBytes:
		b, err := w.r.Bytes()
		w.dst = append(w.dst, `{"$bytes":"`...)
		w.dst = append(base64.RawStdEncoding.AppendEncode(w.dst, b), `"}`...)
		return err
	case dagcbor.KindBool:
		v, err := w.r.Bool()
		w.dst = strconv.AppendBool(w.dst, v)
		return err
	}
	w.dst = append(w.dst, "null"...)
	return w.r.Null() // or the error of what is not a value
}

func (w *jsonWriter) array() error {
	n, err := w.r.Array()
	if err != nil {
		return err
	}
	w.dst = append(w.dst, '[')
	for i := range n {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		if err := w.value(); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, ']')
	return nil
}

func (w *jsonWriter) mapValue() error {
	start := w.r.Offset()
	n, err := w.r.Map()
	if err != nil {
		return err
	}
	blob := false
	w.dst = append(w.dst, '{')
	for i := range n {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		key, err := w.r.Key()
		if err != nil {
			return err
		}
		if err := w.quoted(key); err != nil {
			return err
		}
		w.dst = append(w.dst, ':')
		at := w.r.Offset()
		if err := w.value(); err != nil {
			return err
		}
		if len(key) > 0 && key[0] == '$' {
			is, msg := w.rules.checkPair(key, w.in[at:w.r.Offset()])
			if msg != "" {
				return &Error{Offset: at, Msg: msg}
			}
			blob = blob || is
		}
	}
	w.dst = append(w.dst, '}')
	if blob {
		if msg := w.rules.checkBlob(w.in[start:w.r.Offset()]); msg != "" {
			return &Error{Offset: start, Msg: msg}
		}
	}
	return nil
}

// quoted appends text as a JSON string. Only quotes, backslashes and control
// characters are escaped (RFC 8259, section 7).
func (w *jsonWriter) quoted(text []byte) error {
	w.dst = append(w.dst, '"')
	for {
		n := plainLen(text)
		w.dst = append(w.dst, text[:n]...)
		if n == len(text) {
			w.dst = append(w.dst, '"')
			return nil
		}
		if err := w.room(); err != nil {
			return err
		}
		w.dst = appendEscape(w.dst, text[n])
		text = text[n+1:]
	}
}

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
	const ones, highs = 0x0101010101010101, 0x8080808080808080
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
