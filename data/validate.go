package data

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// Validate reports whether b is a valid value of the data model in DAG-CBOR,
// as far as that can be said without a schema
// (https://atproto.com/guides/data-validation#validation-without-schema): its
// encoding, $type, the shape of blobs, keys that JSON reserves, integers,
// links, UTF-8 and limits, but not the formats of strings.
//
// The error is an [*Error] or a [*dagcbor.Error] with an offset in b, or a
// [*dagcbor.LimitError]. With nil options Validate does not allocate.
func Validate(b []byte, o *Options) error {
	ru := o.rules()
	w := walker{r: *dagcbor.NewReader(b, &ru.cbor), in: b, rules: ru}
	if err := w.value(); err != nil {
		return err
	}
	if err := w.r.End(); err != nil {
		return err
	}
	return ru.checkRecord(b)
}

// Type returns the $type of the map b, or "" if it has none. It reads only as
// far as it must; use it on values that were validated.
func Type(b []byte) (string, error) {
	r := dagcbor.NewReader(b, &dagcbor.Options{ForeignLinks: true})
	n, err := r.Map()
	if err != nil {
		return "", err
	}
	for range n {
		key, err := r.Key()
		if err != nil {
			return "", err
		}
		if string(key) == keyType {
			t, err := r.Text()
			return string(t), err
		}
		if err := r.Skip(); err != nil {
			return "", err
		}
	}
	return "", nil
}

// checkRecord checks that b, a valid value, is a record if it has to be one.
func (ru *rules) checkRecord(b []byte) error {
	if !ru.record {
		return nil
	}
	if b[0]&0xe0 != majorMap {
		return &Error{Msg: "record is not a map"}
	}
	t, err := Type(b)
	if err != nil || t == "" {
		return &Error{Msg: "record without $type"}
	}
	if _, err := syntax.ParseNSID(t); err != nil {
		return &Error{Msg: fmt.Sprintf("$type %.100q of a record is not an NSID", t)}
	}
	return nil
}

// checkInt returns what is wrong with n.
func (ru *rules) checkInt(n int64) string {
	if ru.safeInts && (n > MaxSafeInteger || n < -MaxSafeInteger) {
		return "integer beyond 53 bits"
	}
	return ""
}

// checkPair checks a pair of a map whose key begins with a dollar sign, and
// reports whether it says that the map is a blob. value is the encoded value.
func (ru *rules) checkPair(key, value []byte) (blob bool, msg string) {
	switch string(key) {
	case keyLink:
		msg = "map with the key $link, which JSON reserves for links"
	case keyBytes:
		msg = "map with the key $bytes, which JSON reserves for byte strings"
	case keyType:
		blob = isBlobType(value)
		if value[0]&0xe0 != majorText || value[0] == majorText {
			msg = "$type is not a string, or is empty"
		}
	}
	if ru.permissive {
		msg = ""
	}
	return blob, msg
}

// checkBlob returns what is wrong with the encoded map m, whose $type is
// "blob".
func (ru *rules) checkBlob(m []byte) string {
	if ru.permissive || isUsualBlob(m) {
		return ""
	}
	_, msg := parseBlob(m)
	return msg
}

// isBlobType reports whether b, the encoded value of a $type, is "blob".
func isBlobType(b []byte) bool { return string(b) == "\x64"+typeBlob }

// textOf returns the text of an encoded text string.
func textOf(b []byte) []byte {
	if arg := b[0] & 0x1f; arg >= 24 {
		return b[1+1<<(arg-24):]
	}
	return b[1:]
}

// A walker checks a value and visits the maps in it.
type walker struct {
	r     dagcbor.Reader
	in    []byte // what r reads
	rules *rules

	// visit, if set, is called with every map, its offset and whether its
	// $type is "blob", after the maps inside of it. If it returns an error,
	// the walk ends with that.
	visit func(m []byte, offset int, blob bool) error
}

func (w *walker) value() error {
	switch w.r.Kind() {
	case dagcbor.KindArray:
		n, err := w.r.Array()
		for range n {
			if err := w.value(); err != nil {
				return err
			}
		}
		return err
	case dagcbor.KindMap:
		return w.mapValue()
	case dagcbor.KindInt:
		at := w.r.Offset()
		n, err := w.r.Int()
		if msg := w.rules.checkInt(n); msg != "" && err == nil {
			return &Error{Offset: at, Msg: msg}
		}
		return err
	}
	return w.r.Skip()
}

func (w *walker) mapValue() error {
	start := w.r.Offset()
	n, err := w.r.Map()
	if err != nil {
		return err
	}
	blob := false
	for range n {
		key, err := w.r.Key()
		if err != nil {
			return err
		}
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
	m := w.in[start:w.r.Offset()]
	if blob {
		if msg := w.rules.checkBlob(m); msg != "" {
			return &Error{Offset: start, Msg: msg}
		}
	}
	if w.visit != nil {
		return w.visit(m, start, blob)
	}
	return nil
}
