package data

// UnmarshalJSON decodes a value in its JSON form to the tree that [Unmarshal]
// makes. The text is checked as by [FromJSON], except that empty map keys are
// let pass, and the errors are the same.
func UnmarshalJSON(text []byte, o *Options) (any, error) {
	ru := o.rules()
	ru.emptyKeys = true
	b, err := appendCBOR(make([]byte, 0, min(len(text), DefaultMaxCBOR)), text, &ru)
	if err != nil {
		return nil, err
	}
	return unmarshal(b, &ru)
}

// MarshalJSON encodes a tree in its JSON form. The tree is checked as by
// [Marshal], and the errors are the same.
func MarshalJSON(v any, o *Options) ([]byte, error) {
	b, err := Append(nil, v, o)
	if err != nil {
		return nil, err
	}
	return AppendJSON(nil, b, o)
}
