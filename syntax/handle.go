package syntax

import "strings"

// MaxHandleLen is the maximum length of a handle in bytes, that of a DNS name.
//
// https://atproto.com/specs/handle#handle-identifier-syntax
const MaxHandleLen = 253

// dnsPrefix precedes a handle in the name of its DNS TXT record.
const dnsPrefix = "_atproto."

const invalidHandle = "handle.invalid"

// A Handle is a syntactically valid handle, the mutable name of an account,
// such as "alice.example.com". It is a claim: only resolving it, and the DID
// that it resolves to, shows to whom it belongs.
//
// Handles are comparable and may be map keys, but == tells upper from lower
// case and DNS does not: call [Handle.Normalize] before comparing or storing,
// or compare with [Handle.EqualFold]. The zero Handle is not valid.
type Handle struct {
	s string // "", or at least two segments
}

// InvalidHandle returns the handle "handle.invalid", which stands in for the
// handle of an account that has none or whose handle did not verify. It is
// valid as syntax but must never be looked up, registered or resolved.
//
// https://atproto.com/specs/handle#invalid-handles
func InvalidHandle() Handle { return Handle{invalidHandle} }

// ParseHandle parses a handle: two or more segments (DNS labels) with dots
// between them, in at most [MaxHandleLen] bytes. A segment is 1 to 63 ASCII
// letters, digits and hyphens, without a hyphen at either end; the last starts
// with a letter.
//
// Reserved top-level domains are accepted, see [Handle.HasReservedTLD]. A
// leading "@" is not part of a handle. Internationalised names must be given
// in their ASCII form ("xn--"), which is not checked further.
//
// https://atproto.com/specs/handle#handle-identifier-syntax
func ParseHandle(s string) (Handle, error) {
	if off, msg := checkHandle(s); msg != "" {
		return Handle{}, &Error{Kind: kindHandle, Input: s, Offset: off, Msg: msg}
	}
	return Handle{s}, nil
}

// MustParseHandle is like [ParseHandle] but panics if s is invalid. It accepts
// only string constants.
func MustParseHandle(s constString) Handle { return must(ParseHandle(string(s))) }

// checkHandle returns where and why s is not a handle, or an empty message.
func checkHandle(s string) (offset int, msg string) {
	if len(s) > MaxHandleLen {
		return MaxHandleLen, "longer than 253 bytes"
	}
	last, dots, _, offset, msg := checkSegments(s)
	switch {
	case msg != "":
		return offset, msg
	case dots == 0:
		return len(s), "expected two or more segments"
	case !is(s[last], letter):
		return last, "last segment must start with a letter"
	}
	return 0, ""
}

// Normalize returns the handle in lower case, the only form to store in
// records or to send.
//
// https://atproto.com/specs/handle#handle-identifier-syntax
func (h Handle) Normalize() Handle { return Handle{strings.ToLower(h.s)} }

// EqualFold reports whether h and g are the same handle: equal when normalised.
func (h Handle) EqualFold(g Handle) bool { return strings.EqualFold(h.s, g.s) }

// TLD returns the top-level domain, which is the last segment, in lower case. It
// is empty for the zero Handle.
func (h Handle) TLD() string {
	return strings.ToLower(h.s[strings.LastIndexByte(h.s, '.')+1:])
}

// IsInvalid reports whether h is "handle.invalid", in any case. See
// [InvalidHandle].
func (h Handle) IsInvalid() bool { return strings.EqualFold(h.s, invalidHandle) }

// HasReservedTLD reports whether h ends in a top-level domain under which no
// account may be registered, resolved or linked: alt, arpa, example, internal,
// invalid, local, localhost or onion. For ".test" see [Handle.HasTestTLD].
//
// https://atproto.com/specs/handle#additional-non-syntax-restrictions
func (h Handle) HasReservedTLD() bool {
	switch h.TLD() {
	case "alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion":
		return true
	}
	return false
}

// HasTestTLD reports whether h ends in ".test", which is for development and
// must not resolve in production.
//
// https://atproto.com/specs/handle#additional-non-syntax-restrictions
func (h Handle) HasTestTLD() bool { return h.TLD() == "test" }

// FitsDNS reports whether h is short enough (244 bytes) for the name of its
// DNS TXT record, "_atproto." and the handle, to be a DNS name. Longer handles
// can be resolved over HTTPS only and are best not created.
//
// https://atproto.com/specs/handle#dns-txt-method
func (h Handle) FitsDNS() bool { return h.s != "" && len(dnsPrefix)+len(h.s) <= MaxHandleLen }

// IsZero reports whether h is the zero Handle.
func (h Handle) IsZero() bool { return h.s == "" }

// Compare orders handles by their bytes, as [strings.Compare] does. Normalize
// them first for an order without regard to case.
func (h Handle) Compare(g Handle) int { return strings.Compare(h.s, g.s) }

// String returns the text that was parsed, or "" for the zero Handle.
func (h Handle) String() string { return h.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero Handle.
func (h Handle) AppendText(b []byte) ([]byte, error) { return appendText(b, kindHandle, h.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// Handle.
func (h Handle) MarshalText() ([]byte, error) { return marshalText(kindHandle, h.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseHandle]. It
// leaves h alone if text is invalid.
func (h *Handle) UnmarshalText(text []byte) error { return unmarshalText(h, text, ParseHandle) }
