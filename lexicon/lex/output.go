package lex

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon"
)

// An Output decodes the output of a method into a value that was generated. It is
// lenient, since what servers answer should be made use of as far as it goes,
// and leaves limits on size to the client. An error is what the data model has no
// value for: fractions, integers beyond 64 bits, halves of surrogate pairs and two
// members of one name, wherever they stand.
type Output struct{ value Value }

// OutputOf returns the output that decodes itself into x.
func OutputOf(x Value) Output { return Output{x} }

// UnmarshalJSON implements json.Unmarshaler, except that null is an error: no
// method has such an output. It does not keep text.
func (o Output) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return Unmarshal([]byte{cborhead.Null}, o.value, nil)
	}
	return UnmarshalJSON(text, o.value, &Options{Lenient: true, Permissive: true, IntegralNumbers: true, MaxSize: -1, MaxDepth: -1})
}

// FrameOptions are those for messages of subscriptions, which are read strictly
// and may be as large as frames.
//
// https://atproto.com/specs/event-stream
func FrameOptions() *Options { return &Options{MaxSize: dagcbor.DefaultMaxSize, Permissive: true} }

// UnknownFromFrame returns a message of a type that is not known.
func UnknownFromFrame(body []byte) (Unknown, error) {
	r := NewReader(body, FrameOptions())
	u := r.Unknown()
	return u, r.End()
}

// FrameError is the error of a message of a type that a closed union does not
// list.
func FrameError(typ string) error {
	return &lexicon.Error{Code: lexicon.CodeUnionType, Msg: fmt.Sprintf("message of type %.320q is not one of the union", typ)}
}
