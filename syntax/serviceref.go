package syntax

import "strings"

// MaxServiceRefLen is the maximum length of a service reference in bytes. It
// is a limit of this package, since no specification states one for fragments.
const MaxServiceRefLen = MaxDIDLen + 1 + 512

// A ServiceRef is a syntactically valid reference to a service of an account,
// such as "did:web:api.bsky.app#bsky_appview": a DID and the fragment of an
// entry in its DID document. It says where requests are proxied to, and for
// whom a service token is.
//
// ServiceRefs are comparable and may be map keys; they are equal if their
// bytes are. A reference is never equal to its DID alone. The zero ServiceRef
// is not valid.
//
// https://atproto.com/specs/xrpc#service-proxying
type ServiceRef struct {
	s string // "", or DID "#" fragment
}

// ParseServiceRef parses a service reference: a DID, "#", and a fragment of
// one or more characters after RFC 3986, section 3.5, in at most
// [MaxServiceRefLen] bytes. Any DID method is accepted.
//
// https://atproto.com/specs/xrpc#service-proxying
func ParseServiceRef(s string) (ServiceRef, error) {
	if off, msg := checkServiceRef(s); msg != "" {
		return ServiceRef{}, &Error{Kind: kindServiceRef, Input: s, Offset: off, Msg: msg}
	}
	return ServiceRef{s}, nil
}

// MustParseServiceRef is like [ParseServiceRef] but panics if s is invalid. It
// accepts only string constants.
func MustParseServiceRef(s constString) ServiceRef { return must(ParseServiceRef(string(s))) }

// NewServiceRef returns the reference to a service of did. The fragment, such
// as "bsky_appview", is without "#"; the error is that of [ParseServiceRef].
func NewServiceRef(did DID, fragment string) (ServiceRef, error) {
	return ParseServiceRef(did.s + "#" + fragment)
}

// checkServiceRef returns where and why s is not a service reference, or an
// empty message.
func checkServiceRef(s string) (offset int, msg string) {
	if len(s) > MaxServiceRefLen {
		return MaxServiceRefLen, "longer than 2561 bytes"
	}
	did, fragment, found := strings.Cut(s, "#")
	if off, msg := checkDID(did); msg != "" {
		return off, "DID: " + msg
	}
	start := len(did) + 1
	switch {
	case !found:
		return len(s), `expected "#" and a fragment`
	case fragment == "":
		return len(s), "empty fragment"
	}
	if i := span(fragment, queryByte); i < len(fragment) {
		return start + i, "invalid character in fragment"
	}
	if i := badEscape(fragment); i >= 0 {
		return start + i, "invalid escape in fragment"
	}
	return 0, ""
}

// DID returns the DID before the "#". It costs no allocation. It is zero for
// the zero ServiceRef.
func (r ServiceRef) DID() DID {
	did, _, _ := strings.Cut(r.s, "#")
	return DID{did}
}

// Fragment returns what follows the "#", as written. It is empty for the zero
// ServiceRef.
func (r ServiceRef) Fragment() string {
	_, fragment, _ := strings.Cut(r.s, "#")
	return fragment
}

// IsZero reports whether r is the zero ServiceRef.
func (r ServiceRef) IsZero() bool { return r.s == "" }

// Compare orders references by their bytes, as [strings.Compare] does.
func (r ServiceRef) Compare(q ServiceRef) int { return strings.Compare(r.s, q.s) }

// String returns the text that was parsed, or "" for the zero ServiceRef.
func (r ServiceRef) String() string { return r.s }

// AppendText implements [encoding.TextAppender]. It fails for the zero
// ServiceRef.
func (r ServiceRef) AppendText(b []byte) ([]byte, error) { return appendText(b, kindServiceRef, r.s) }

// MarshalText implements [encoding.TextMarshaler]. It fails for the zero
// ServiceRef.
func (r ServiceRef) MarshalText() ([]byte, error) { return marshalText(kindServiceRef, r.s) }

// UnmarshalText implements [encoding.TextUnmarshaler] like [ParseServiceRef].
// It leaves r alone if text is invalid.
func (r *ServiceRef) UnmarshalText(text []byte) error { return unmarshalText(r, text, ParseServiceRef) }
