package lex

import "errors"

// errNull says that nothing was decoded, since the JSON is null.
var errNull = errors.New("lex: null")

// DecodeJSON is [UnmarshalJSON] with the default options, for methods
// UnmarshalJSON of generated types, which hand its error to [Undo]. The value x
// must be zero.
func DecodeJSON(text []byte, x Value) error {
	if string(text) == "null" {
		return errNull
	}
	return UnmarshalJSON(text, x, nil)
}

// Undo sets x to what it was before if decoding failed, and returns the error. It
// does so, too, if the JSON was null, which by the convention of package
// encoding/json changes nothing and is no error.
func Undo[T any](err error, x *T, before T) error {
	if err == nil {
		return nil
	}
	*x = before
	if errors.Is(err, errNull) {
		return nil
	}
	return err
}
