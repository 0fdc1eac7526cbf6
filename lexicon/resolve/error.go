package resolve

import (
	"errors"
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// The steps that can fail. Those that say that something is not there are
// answers; the others may be different the next time.
var (
	ErrLookup      = errors.New("the lookup of the authority failed")
	ErrNoAuthority = errors.New("no DNS record names an account for the authority")
	ErrAmbiguous   = errors.New("DNS names several accounts for the authority")
	ErrIdentity    = errors.New("the account's DID does not resolve")
	ErrNoHost      = errors.New("the account has no host")
	ErrFetch       = errors.New("the record could not be fetched")
	ErrNotFound    = errors.New("there is no such schema")
	ErrProof       = errors.New("the proof of the record does not hold")
	ErrInvalid     = errors.New("the record is not the schema that was asked for")
)

// An Error says at which step a schema could not be resolved. It matches the
// step and, except for what is wrong with a proof or record, the error below.
type Error struct {
	NSID syntax.NSID
	DID  syntax.DID // the account, as far as it was found
	Step error      // one of the errors of this package
	Err  error      // what happened, or nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "resolve: schema %s", e.NSID)
	if !e.DID.IsZero() {
		fmt.Fprintf(&b, " of %s", e.DID)
	}
	fmt.Fprintf(&b, ": %v", e.Step)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the step and what happened.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Step}
	}
	return []error{e.Step, e.Err}
}
