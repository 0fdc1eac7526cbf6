package syntax

// constString admits only untyped string constants in calls from other
// packages, so that MustParse functions can't be given run-time input.
type constString string

// must returns v, or panics with err.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// appendText appends the text of an identifier, which the zero value has not.
func appendText(dst []byte, kind, s string) ([]byte, error) {
	if s == "" {
		return dst, &Error{Kind: kind, Msg: "zero value has no text"}
	}
	return append(dst, s...), nil
}

// marshalText returns the text of an identifier as a new slice.
func marshalText(kind, s string) ([]byte, error) {
	if s == "" {
		return nil, &Error{Kind: kind, Msg: "zero value has no text"}
	}
	return []byte(s), nil
}

// unmarshalText sets *dst to what parse makes of text, or leaves it alone.
func unmarshalText[T any, S string | []byte](dst *T, text S, parse func(string) (T, error)) error {
	v, err := parse(string(text))
	if err != nil {
		return err
	}
	*dst = v
	return nil
}
