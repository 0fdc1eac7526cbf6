// Package strictjson reads JSON the way a protocol has to: as exactly one
// value of the grammar of RFC 8259 (https://www.rfc-editor.org/rfc/rfc8259),
// with nothing repaired and nothing chosen silently.
//
// Beyond the grammar it follows the stricter profile of RFC 7493, I-JSON
// (https://www.rfc-editor.org/rfc/rfc7493#section-2): text is valid UTF-8
// without a byte order mark, a \u escape never names half of a surrogate pair,
// and no object holds two equal names, where names are compared after their
// escapes are resolved. Nesting and size are limited.
//
// [Check] judges a whole input; decoders that are less strict can then be let
// loose on it. [Scanner] hands out one token at a time, as slices of the
// input, for decoders that look at their input once. A Scanner leaves equal
// names to its caller, who has to look at the names anyway; all other rules
// hold for both.
//
// Numbers are checked against the grammar and handed on as text: which of them
// a program can represent is for the program to say. [ParseInt] reads the
// integers of the data model.
//
// A Scanner is a value for one goroutine; its zero value has no input to read.
// Functions are safe for concurrent use. Neither recurses on the input: memory
// for nesting is one bit a level. Check allocates at most a small multiple of
// the input, for the names of objects that are still open.
package strictjson

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
)

// Default limits, from the AT Protocol's data validation guide
// (https://atproto.com/guides/data-validation).
const (
	DefaultMaxSize  = 2_097_152 // bytes of input
	DefaultMaxDepth = 32        // arrays and objects inside each other
)

// maxSize bounds every input, so that an offset fits in 32 bits.
const maxSize = 1 << 30

// Options sets limits. A nil *Options, and a zero field, mean the default; a
// negative limit lifts it.
type Options struct {
	MaxSize  int // bytes of input; 0 means [DefaultMaxSize], and no input may exceed 1 GiB
	MaxDepth int // nesting of arrays and objects; 0 means [DefaultMaxDepth]
}

func (o *Options) limits() (size, depth int) {
	if o == nil {
		return DefaultMaxSize, DefaultMaxDepth
	}
	return min(limitOr(o.MaxSize, DefaultMaxSize), maxSize), limitOr(o.MaxDepth, DefaultMaxDepth)
}

func limitOr(n, def int) int {
	switch {
	case n == 0:
		return def
	case n < 0:
		return int(^uint(0) >> 1)
	}
	return n
}

// An Error reports input that is not strict JSON.
type Error struct {
	Offset int    // byte offset in the input at which it went wrong
	Msg    string // what was wrong there
}

// Error says what was wrong and where. The text may change between releases.
func (e *Error) Error() string {
	return fmt.Sprintf("json: %s at offset %d", e.Msg, e.Offset)
}

func limitError(what string, limit, got, offset int) error {
	return &dagcbor.LimitError{
		Name: "json: " + what, Limit: int64(limit), Got: int64(got), Offset: int64(offset),
	}
}

// Check reports whether data is exactly one strict JSON value. The error is an
// [*Error], or a [*dagcbor.LimitError] if data is too large or too deep.
func Check(data []byte, o *Options) error {
	s := NewScanner(data, o)
	names := nameStack{data: data}
	for {
		kind, err := s.Next()
		if err != nil {
			return err
		}
		switch kind {
		case End:
			return nil
		case Object:
			names.open()
		case Name:
			names.add(&s)
		case ObjectEnd:
			if err := names.close(); err != nil {
				return err
			}
		}
	}
}
