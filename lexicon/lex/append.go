package lex

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
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
	b, err := data.FromJSON(text, &data.Options{
		MaxCBOR: opts.MaxSize, MaxJSON: 2 * opts.MaxSize, MaxDepth: opts.MaxDepth, Permissive: opts.Permissive,
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
	if f.path == "" {
		return "lex: " + f.err.Error()
	}
	return fmt.Sprintf("lex: %v at %.320q", f.err, f.path)
}

func (f *encodeError) Unwrap() error { return f.err }

// In returns err with the name of the property in which it is.
func In(name string, err error) error {
	return within(string(appendPointer(nil, name)), err)
}

// InItem is In for an element of the property.
func InItem(name string, i int, err error) error {
	return within(string(strconv.AppendInt(append(appendPointer(nil, name), '/'), int64(i), 10)), err)
}

func within(path string, err error) error {
	if f, ok := errors.AsType[*encodeError](err); ok {
		if len(f.path) < maxPath {
			f.path = path + f.path
		}
		return f
	}
	return &encodeError{path, err}
}

var (
	errValue  = errors.New("string that is not UTF-8, or link or blob that is not valid")
	errUnion  = errors.New("union without exactly one member")
	errAbsent = errors.New("required property is not set")
)

// UnionError is the error of a union with no member, or with several.
func UnionError() error { return &encodeError{err: errUnion} }

// AbsentError is the error of a required property that has no zero value.
func AbsentError(name string) error { return In(name, errAbsent) }

// ValueError is the error of an object in which a string is not UTF-8, or a link
// or a reference to a blob is none.
func ValueError() error { return &encodeError{err: errValue} }

// AppendMap appends the head of a map.
func AppendMap(dst []byte, n int) []byte { return cborhead.Append(dst, cborhead.Map, uint64(n)) }

// AppendArray appends the head of an array.
func AppendArray(dst []byte, n int) []byte { return cborhead.Append(dst, cborhead.Array, uint64(n)) }

// AppendText appends a string. The result ok is false if ok was, or if it is not
// UTF-8.
func AppendText(dst []byte, s string, ok bool) ([]byte, bool) {
	switch {
	case len(s) < cborhead.ArgInline:
		dst = append(dst, cborhead.Text|byte(len(s)))
	case len(s) < 256:
		dst = append(dst, cborhead.Text|24, byte(len(s)))
	default:
		dst = cborhead.Append(dst, cborhead.Text, uint64(len(s)))
	}
	dst = append(dst, s...)
	return dst, validText(dst[len(dst)-len(s):]) && ok
}

// highs are the highest bits of eight bytes, which none of ASCII has.
const highs = 0x8080808080808080

// validText reports whether b is UTF-8. It looks at ASCII without a call, and all
// of it at once.
func validText(b []byte) bool {
	n := len(b)
	if n < 8 {
		return utf8scan.Valid(b)
	}
	bits := binary.LittleEndian.Uint64(b[n-8:])
	for i := 0; i < n-8; i += 8 {
		bits |= binary.LittleEndian.Uint64(b[i:])
	}
	return bits&highs == 0 || utf8scan.Valid(b)
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
func AppendBlob(dst []byte, blob data.Blob, ok bool) ([]byte, bool) {
	if blob.Legacy() || blob.Ref.Codec() != dagcbor.Raw || blob.MimeType == "" {
		b, err := blob.MarshalCBOR()
		return append(dst, b...), err == nil && ok
	}
	digest := blob.Ref.Digest()
	dst = append(append(append(dst, blobHead...), digest[:]...), blobSize...)
	dst = append(dagcbor.AppendInt(dst, blob.Size), blobTail...)
	return AppendText(dst, blob.MimeType, ok)
}
