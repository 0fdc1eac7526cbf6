package did

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// DefaultMaxDocumentSize is the largest DID document, in bytes of JSON, that
// is read by default. Documents of the protocol have about a thousandth of it.
const DefaultMaxDocumentSize = 262_144

// ParseOptions are options for [ParseDocument].
type ParseOptions struct {
	// DID is the DID whose document is expected. A document with another id is
	// refused with [ErrIDMismatch]. The zero DID accepts any.
	DID syntax.DID

	// MaxSize is the largest document in bytes. Zero means
	// [DefaultMaxDocumentSize], and a negative number no limit.
	MaxSize int

	// AllowLoopback lets [Document.PDS] and [Document.ServiceURL] accept
	// addresses on the same machine (localhost, 127.0.0.0/8, ::1), with http as
	// well as https. It is for development and tests.
	AllowLoopback bool
}

// ParseDocument parses a DID document in JSON; nil options mean the defaults.
//
// The error is a [*dagcbor.LimitError] if the document is too large or nested
// too deeply, matches [ErrIDMismatch] if it is of another DID than expected,
// and otherwise says what is wrong with the document. Missing or unusable
// handles, keys and services are no errors: the methods that look for them say
// so.
//
// https://atproto.com/specs/did#did-documents
func ParseDocument(data []byte, opts *ParseOptions) (*Document, error) {
	var o ParseOptions
	if opts != nil {
		o = *opts
	}
	if o.MaxSize == 0 {
		o.MaxSize = DefaultMaxDocumentSize
	}
	if o.MaxSize > 0 && len(data) > o.MaxSize {
		return nil, &dagcbor.LimitError{Name: "did: document size", Limit: int64(o.MaxSize), Got: int64(len(data)), Offset: -1}
	}
	if err := strictjson.Check(data, &strictjson.Options{MaxSize: -1}); err != nil {
		if limit, ok := errors.AsType[*dagcbor.LimitError](err); ok {
			limit.Name = "did: document, " + limit.Name
			return nil, limit
		}
		return nil, fmt.Errorf("did: invalid document: %v", err)
	}
	d, err := readDocument(data)
	if err != nil {
		return nil, fmt.Errorf("did: invalid document: %v", err)
	}
	if !o.DID.IsZero() && d.ID != o.DID {
		return nil, fmt.Errorf("%w: got %s, want %s", ErrIDMismatch, quote(d.ID.String()), quote(o.DID.String()))
	}
	d.allowLoopback = o.AllowLoopback
	return d, nil
}

// UnmarshalJSON implements [json.Unmarshaler] like [ParseDocument] with default
// options. It leaves d alone if data is invalid, or null.
func (d *Document) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	parsed, err := ParseDocument(data, nil)
	if err != nil {
		return err
	}
	*d = *parsed
	return nil
}

// quote returns the beginning of s in quotes, for an error text.
func quote(s string) string { return quoteMax(s, 64) }

// quoteMax is quote with up to limit bytes of s.
func quoteMax(s string, limit int) string {
	if len(s) > limit {
		return fmt.Sprintf("%q...", s[:limit])
	}
	return fmt.Sprintf("%q", s)
}
