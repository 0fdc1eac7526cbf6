package syntax

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reasons why a valid identifier is not one to resolve. They are in the errors
// of CheckResolvable, for [errors.Is]. A string that is not an identifier at all
// is another matter, an [*Error]; and what can't be resolved in spite of passing
// has errors of the resolver.
var (
	// ErrUnsupportedMethod means that the DID's method is neither plc nor web,
	// the two that accounts may have.
	//
	// https://atproto.com/specs/did#blessed-did-methods
	ErrUnsupportedMethod = errors.New("unsupported DID method")

	// ErrMethodIdentifier means that the DID's identifier is not one of its
	// method: see [DID.CheckResolvable].
	ErrMethodIdentifier = errors.New("identifier does not fit the DID method")

	// ErrReservedTLD means that a handle, or the host of a did:web, is under a
	// top-level domain that is never resolved, or only in development.
	//
	// https://atproto.com/specs/handle#additional-non-syntax-restrictions
	ErrReservedTLD = errors.New("reserved top-level domain")

	// ErrInvalidHandle means that the handle is "handle.invalid", which stands
	// for having none.
	//
	// https://atproto.com/specs/handle#invalid-handles
	ErrInvalidHandle = errors.New("placeholder for a missing handle")
)

// A Policy says which valid identifiers may be resolved, registered, linked, or
// looked up. A nil *Policy and the zero Policy are for production.
type Policy struct {
	// Development admits names that exist on a developer's network alone:
	// handles and did:web hosts under ".test", and did:web:localhost with or
	// without a port. By default they are refused.
	Development bool
}

func (p *Policy) development() bool { return p != nil && p.Development }

// CheckResolvable reports whether h is a handle to resolve, register, link or
// look up, before anything is sent: not "handle.invalid" ([ErrInvalidHandle]),
// and not under a reserved top-level domain ([ErrReservedTLD]), of which policy
// may admit ".test". Case does not matter. The zero Handle gives an [*Error].
//
// https://atproto.com/specs/handle#additional-non-syntax-restrictions
func (h Handle) CheckResolvable(policy *Policy) error {
	switch {
	case h.IsZero():
		return zeroError(kindHandle)
	case h.IsInvalid():
		return policyError(kindHandle, h.s, ErrInvalidHandle)
	case h.HasReservedTLD(), h.HasTestTLD() && !policy.development():
		return policyError(kindHandle, h.s, ErrReservedTLD)
	}
	return nil
}

// CheckResolvable reports whether d is a DID that an account may have and that
// can be looked for, before anything is sent. The method must be plc or web
// ([ErrUnsupportedMethod]). A did:plc must have its exact form, see [DID.IsPLC].
// A did:web must be the name of a host with the syntax of a handle: no path, no
// port, no escapes, no address ([ErrMethodIdentifier]); and not under a
// reserved top-level domain ([ErrReservedTLD]). policy may admit ".test", and
// "localhost" with or without a port, as in "did:web:localhost%3A8080". The zero
// DID gives an [*Error].
//
// https://atproto.com/specs/did#blessed-did-methods
func (d DID) CheckResolvable(policy *Policy) error {
	method, id := d.split()
	switch {
	case d.IsZero():
		return zeroError(kindDID)
	case d.IsPLC():
		return nil
	case method == "plc":
		return policyError(kindDID, d.s, ErrMethodIdentifier)
	case method != "web":
		return policyError(kindDID, d.s, ErrUnsupportedMethod)
	}
	if isLocalhost(id) {
		if policy.development() {
			return nil
		}
		return policyError(kindDID, d.s, ErrReservedTLD)
	}
	host, err := ParseHandle(id)
	switch {
	case err != nil:
		return policyError(kindDID, d.s, ErrMethodIdentifier)
	case host.HasReservedTLD(), host.HasTestTLD() && !policy.development():
		return policyError(kindDID, d.s, ErrReservedTLD)
	}
	return nil
}

// CheckResolvable is [DID.CheckResolvable] or [Handle.CheckResolvable]. The zero
// AtIdentifier gives an [*Error].
func (a AtIdentifier) CheckResolvable(policy *Policy) error {
	if a.IsZero() {
		return zeroError(kindAtIdentifier)
	}
	if d, ok := a.DID(); ok {
		return d.CheckResolvable(policy)
	}
	return Handle(a).CheckResolvable(policy)
}

// isLocalhost reports whether the identifier of a did:web is "localhost", or
// that and an escaped colon and the number of a port.
func isLocalhost(id string) bool {
	host, port, hasPort := strings.Cut(id, "%3A")
	if !hasPort {
		return id == "localhost"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return host == "localhost" && err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

func policyError(kind, s string, reason error) error {
	more := ""
	if len(s) > maxErrorInput {
		s, more = s[:maxErrorInput], "..."
	}
	return fmt.Errorf("syntax: %s %q%s can't be resolved: %w", kind, s, more, reason)
}

// zeroError is the error for an identifier that is not there.
func zeroError(kind string) error { return &Error{Kind: kind, Msg: "zero value"} }
