package lex

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// AppendCBOR appends x to dst in DAG-CBOR. On an error it returns dst as it was.
// It does not allocate if dst has room and nothing in x is unknown to its schema.
func AppendCBOR(dst []byte, x Appender) ([]byte, error) {
	out, err := x.AppendLex(dst, Root)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendJSON appends x to dst in JSON. On an error it returns dst as it was.
func AppendJSON(dst []byte, x Appender) ([]byte, error) {
	const usual = 1024 // bytes of a value
	b, err := AppendCBOR(make([]byte, 0, usual), x)
	if err != nil {
		return dst, err
	}
	return data.AppendJSON(dst, b, jsonOptions())
}

// jsonOptions are those with which whatever was decoded can be passed on.
func jsonOptions() *data.Options {
	return &data.Options{MaxCBOR: -1, MaxJSON: -1, MaxDepth: -1, MaxContainer: -1, MaxKey: -1, Permissive: true}
}

// UnmarshalJSON decodes a value in JSON. A nil o means the defaults; of JSON,
// Options.MaxSize bounds what it is in DAG-CBOR. x is not defined after an error.
func UnmarshalJSON(text []byte, x Value, o *Options) error {
	if string(text) == "null" {
		return nil // as package encoding/json wants it
	}
	opts := o.orDefault()
	numbers := data.PlainNumbers
	if opts.IntegralNumbers {
		numbers = data.SafeNumbers
	}
	b, err := data.FromJSON(text, &data.Options{
		MaxCBOR: opts.MaxSize, MaxJSON: 2 * opts.MaxSize, MaxDepth: opts.MaxDepth, Permissive: opts.Permissive, Numbers: numbers,
	})
	if err != nil {
		return err
	}
	r := Reader{in: b, owned: true}
	r.init(o)
	x.ReadLex(&r)
	return r.End()
}

// An encodeError is an error with the place where it is, which grows from the
// inside to the outside.
type encodeError struct {
	path string // a JSON pointer
	err  error
}

func (f *encodeError) Error() string {
	msg := f.err.Error()
	if _, own := f.err.(textError); own { //nolint:errorlint // those of others begin with their package
		msg = "lex: " + msg
	}
	if f.path == "" {
		return msg
	}
	return fmt.Sprintf("%s at %.320q", msg, f.path)
}

func (f *encodeError) Unwrap() error { return f.err }

// A textError is the text of an error of this package.
type textError string

func (t textError) Error() string { return string(t) }

// In returns err with the name of the property in which it is.
func In(name string, err error) error {
	return within(string(check.AppendPath(nil, name)), err)
}

// InItem is In for an element of the property.
func InItem(name string, i int, err error) error {
	return within(string(strconv.AppendInt(append(check.AppendPath(nil, name), '/'), int64(i), 10)), err)
}

func within(path string, err error) error {
	if f, ok := errors.AsType[*encodeError](err); ok {
		if len(f.path) < check.MaxPath {
			f.path = path + f.path
		}
		return f
	}
	return &encodeError{path, err}
}

const (
	errValue  textError = "string that is not UTF-8, or link or blob that is not valid"
	errUnion  textError = "union without exactly one member"
	errAbsent textError = "required property is not set"
	errNil    textError = "pointer that is nil"
)

// UnionError is the error of a union with no member, or with several.
func UnionError() error { return &encodeError{err: errUnion} }

// AbsentError is the error of a required property that has no zero value.
func AbsentError(name string) error { return In(name, errAbsent) }

// ValueError is the error of an object in which a string is not UTF-8, or a link
// or a reference to a blob is none. It looks for the place.
func ValueError(x Value) error {
	v := Validator{search: true}
	x.ValidateLex(&v)
	if len(v.errs) == 0 {
		return &encodeError{err: errValue}
	}
	return &encodeError{v.errs[0].Path, textError(v.errs[0].Msg)}
}

// IsText reports whether s is UTF-8, as all strings have to be
// (https://atproto.com/specs/data-model#data-types).
func IsText(s string) bool { return utf8scan.ASCII(s) || utf8scan.Valid(aliasBytes(s)) }

// AppendMap appends the head of a map.
func AppendMap(dst []byte, n int) []byte { return cborhead.Append(dst, cborhead.Map, uint64(n)) }

// AppendArray appends the head of an array.
func AppendArray(dst []byte, n int) []byte { return cborhead.Append(dst, cborhead.Array, uint64(n)) }

// AppendText appends a string. The result ok is false if ok was, or if it is not
// UTF-8.
func AppendText(dst []byte, s string, ok bool) ([]byte, bool) {
	n := len(s)
	switch {
	case n < cborhead.ArgInline:
		dst = append(dst, cborhead.Text|byte(n))
	case n < 256:
		dst = append(dst, cborhead.Text|24, byte(n))
	default:
		dst = cborhead.Append(dst, cborhead.Text, uint64(n))
	}
	ascii := utf8scan.ASCII(s)
	dst = append(dst, s...)
	if !ascii {
		ok = ok && utf8scan.Valid(dst[len(dst)-n:])
	}
	return dst, ok
}

// AppendTexts is AppendText for an array of strings.
func AppendTexts(dst []byte, list []string, ok bool) ([]byte, bool) {
	dst = AppendArray(dst, len(list))
	for _, s := range list {
		dst, ok = AppendText(dst, s, ok)
	}
	return dst, ok
}

// AppendInt appends an integer.
func AppendInt(dst []byte, v int64) []byte { return dagcbor.AppendInt(dst, v) }

// AppendBool appends a boolean.
func AppendBool(dst []byte, v bool) []byte { return dagcbor.AppendBool(dst, v) }

// AppendBytes appends a byte string.
func AppendBytes(dst, v []byte) []byte { return dagcbor.AppendBytes(dst, v) }

// AppendNull appends null.
func AppendNull(dst []byte) []byte { return append(dst, cborhead.Null) }

// AppendLink appends a link. The result ok is false if ok was, or if c is
// undefined.
func AppendLink(dst []byte, c dagcbor.CID, ok bool) ([]byte, bool) {
	if !c.Defined() {
		return dst, false
	}
	return dagcbor.AppendLink(dst, c), ok
}

// AppendBlob appends a reference to a blob. The result ok is false if ok was, or
// if blob is not valid.
func AppendBlob(dst []byte, blob *data.Blob, ok bool) ([]byte, bool) {
	if blob.Size < 0 || blob.MimeType == "" || !blob.Ref.Defined() {
		return appendOddBlob(dst, blob, ok)
	}
	start := len(dst)
	dst = append(dst, "\xa4\x63ref"...)
	dst = dagcbor.AppendLink(dst, blob.Ref)
	if dst[start+len(blobHead)-3] != byte(dagcbor.Raw) {
		return appendOddBlob(dst[:start], blob, ok)
	}
	dst = append(dst, blobSize...)
	dst = append(dagcbor.AppendInt(dst, blob.Size), blobTail...)
	return AppendText(dst, blob.MimeType, ok)
}

// appendOddBlob is AppendBlob for one of the legacy form, or none.
func appendOddBlob(dst []byte, blob *data.Blob, ok bool) ([]byte, bool) {
	b, err := blob.MarshalCBOR()
	return append(dst, b...), err == nil && ok
}
