package lex

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// An Unknown is an object of whatever type: one for which the schema says so,
// or a member of an open union that the union does not list. It is kept byte for
// byte until somebody decodes it. The zero Unknown is absent.
//
// https://atproto.com/specs/lexicon#unknown
type Unknown struct {
	raw   string // in DAG-CBOR
	value Appender
}

const errUnknown textError = "object of unknown type is absent"

// Of returns v, such as a record to be written, as an Unknown. It is encoded when
// that is, so that v must not be changed before.
func Of(v Appender) Unknown { return Unknown{value: v} }

// UnknownFromCBOR returns the Unknown that b is, which must be a map within the
// limits of package data.
func UnknownFromCBOR(b []byte) (Unknown, error) {
	if err := data.Validate(b, &data.Options{Permissive: true}); err != nil {
		return Unknown{}, err
	}
	if b[0]&cborhead.Mask != cborhead.Map {
		return Unknown{}, fmt.Errorf("lex: %s, expected an object", check.Kind(b[0]))
	}
	return Unknown{raw: string(b)}, nil
}

// UnknownFromJSON is UnknownFromCBOR for JSON, in which integers have neither a
// fraction nor an exponent.
func UnknownFromJSON(text []byte) (Unknown, error) {
	b, err := data.FromJSON(text, &data.Options{Numbers: data.PlainNumbers})
	if err != nil {
		return Unknown{}, err
	}
	return UnknownFromCBOR(b)
}

// IsZero reports whether u is absent.
func (u Unknown) IsZero() bool { return u.raw == "" && u.value == nil }

// CBOR returns the object in DAG-CBOR, or nil if it is absent. An error is that
// of encoding what [Of] was given.
func (u Unknown) CBOR() ([]byte, error) { return u.encode(Root) }

// encode is CBOR for an object that is within m.
func (u Unknown) encode(m Mode) ([]byte, error) {
	switch {
	case u.value != nil:
		b, err := u.value.AppendLex(nil, m)
		if err != nil {
			return nil, err
		}
		return b, nil
	case u.raw == "":
		return nil, nil
	}
	return []byte(u.raw), nil
}

// JSON returns the object in JSON, or nil if it is absent.
func (u Unknown) JSON() ([]byte, error) {
	b, err := u.CBOR()
	if err != nil || b == nil {
		return nil, err
	}
	return data.ToJSON(b, jsonOptions())
}

// MarshalJSON is JSON, for package encoding/json; what is absent is null.
func (u Unknown) MarshalJSON() ([]byte, error) {
	text, err := u.JSON()
	if text == nil && err == nil {
		return []byte("null"), nil
	}
	return text, err
}

// UnmarshalJSON is UnknownFromJSON.
func (u *Unknown) UnmarshalJSON(text []byte) error {
	v, err := UnknownFromJSON(text)
	if err == nil {
		*u = v
	}
	return err
}

// View returns the view of the object, to look things up in it.
func (u Unknown) View() (data.View, error) {
	b, err := u.CBOR()
	if err != nil {
		return data.View{}, err
	}
	return data.NewView(b, &data.Options{Permissive: true, MaxCBOR: -1, MaxDepth: -1})
}

// LexType returns the $type of the object, or an empty string if it has none.
func (u Unknown) LexType() string {
	b := aliasBytes(u.raw)
	if u.value != nil {
		var err error
		if b, err = u.CBOR(); err != nil {
			return ""
		}
	}
	typ, _ := data.Type(b)
	return typ
}

// Decode decodes the object into x, a pointer to a struct that was generated for
// its type. See [Unmarshal].
func (u Unknown) Decode(x Value) error {
	if u.value != nil {
		b, err := u.CBOR()
		if err != nil {
			return err
		}
		return Unmarshal(b, x, nil)
	}
	r := Reader{in: aliasBytes(u.raw), owned: true}
	r.init(nil)
	x.ReadLex(&r)
	return r.End()
}

// AppendLex implements [Appender].
func (u Unknown) AppendLex(dst []byte, m Mode) ([]byte, error) {
	if u.value != nil {
		return u.value.AppendLex(dst, m)
	}
	if u.raw == "" {
		return dst, &encodeError{err: errUnknown}
	}
	if err := dagcbor.Valid(aliasBytes(u.raw), &dagcbor.Options{
		MaxSize: -1, MaxString: -1, MaxDepth: max(int(m/modeLevel), 1), ForeignLinks: true,
	}); err != nil {
		return dst, err
	}
	return append(dst, u.raw...), nil
}

// AppendJSON appends the object in JSON. On an error it returns dst as it was.
func (u Unknown) AppendJSON(dst []byte) ([]byte, error) { return AppendJSON(dst, u) }

// ReadLex implements [Value].
func (u *Unknown) ReadLex(r *Reader) { *u = r.Unknown() }

// ValidateLex implements [Value].
func (u *Unknown) ValidateLex(v *Validator) { v.Unknown("", *u) }
