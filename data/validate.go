package data

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/syntax"
)

// Validate reports whether b is a valid value of the data model in DAG-CBOR,
// as far as that can be said without a schema
// (https://atproto.com/guides/data-validation#validation-without-schema): its
// encoding, $type, the shape of blobs, keys that JSON reserves, integers,
// links, UTF-8 and limits, but not the formats of strings.
//
// The error is an [*Error] or a [*dagcbor.Error] with an offset in b, or a
// [*dagcbor.LimitError]. Validate does not allocate if
// there is no error, but for the $type of what has to be a record.
func Validate(b []byte, o *Options) error {
	ru := o.rules()
	return ru.validate(b)
}

func (ru *rules) validate(b []byte) error {
	if !ru.accepts(b) {
		if err := ru.judge(b); err != nil {
			return err
		}
	}
	return ru.checkRecord(b)
}

// judge is accepts with an error that says what is wrong, and has the last
// word.
func (ru *rules) judge(b []byte) error {
	w := walker{r: *dagcbor.NewReader(b, ru.cbor()), in: b, rules: *ru}
	if err := w.value(); err != nil {
		return err
	}
	return w.r.End()
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
	if b[0]&cborhead.Mask != cborhead.Map {
		return &Error{Msg: "record is not a map"}
	}
	t := View{b}.Type()
	if t == "" {
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
// What msg says is wrong, is so unless the rules are permissive.
func checkPair(key, value []byte) (blob bool, msg string) {
	switch string(key) {
	case keyLink:
		msg = "map with the key $link, which JSON reserves for links"
	case keyBytes:
		msg = "map with the key $bytes, which JSON reserves for byte strings"
	case keyType:
		blob = isBlobType(value)
		if value[0]&cborhead.Mask != cborhead.Text || value[0] == cborhead.Text {
			msg = "$type is not a string, or is empty"
		}
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
	if arg := b[0] & cborhead.ArgMask; arg >= cborhead.ArgInline {
		return b[1+1<<(arg-24):]
	}
	return b[1:]
}

// A walker checks a value and says what is wrong with it. It recurses, to at
// most the depth to which the reader is limited.
type walker struct {
	r     dagcbor.Reader
	in    []byte // what r reads
	rules rules
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
		if len(key) == 0 && w.rules.noEmptyKeys {
			return &Error{Offset: at - 1, Msg: "empty map key"}
		}
		if err := w.value(); err != nil {
			return err
		}
		if len(key) > 0 && key[0] == '$' {
			is, msg := checkPair(key, w.in[at:w.r.Offset()])
			if msg != "" && !w.rules.permissive {
				return &Error{Offset: at, Msg: msg}
			}
			blob = blob || is
		}
	}
	if blob {
		if msg := w.rules.checkBlob(w.in[start:w.r.Offset()]); msg != "" {
			return &Error{Offset: start, Msg: msg}
		}
	}
	return nil
}
