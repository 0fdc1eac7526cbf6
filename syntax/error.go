package syntax

import "fmt"

// maxErrorInput is how many bytes of a rejected input appear in an error text.
const maxErrorInput = 64

// Names of identifier types in [Error.Kind].
const (
	kindAtIdentifier   = "at-identifier"
	kindATURI          = "AT-URI"
	kindCIDString      = "CID string"
	kindDatetime       = "datetime"
	kindDID            = "DID"
	kindFullATURI      = "full AT-URI"
	kindHandle         = "handle"
	kindLanguage       = "language tag"
	kindNSID           = "NSID"
	kindNSIDPattern    = "NSID pattern"
	kindRecordKey      = "record key"
	kindRecordKeyType  = "record key type"
	kindRepoPath       = "repo path"
	kindServiceRef     = "service reference"
	kindSpaceRecordURI = "space record URI"
	kindSpaceRef       = "space reference"
	kindTID            = "TID"
	kindURI            = "URI"
)

// An Error describes a string that is not a valid identifier. Functions return
// it as *Error; read it with [errors.AsType].
//
// The text that the Error method returns may change between releases.
type Error struct {
	// Kind is the type of identifier that was expected: "at-identifier",
	// "AT-URI", "CID string", "datetime", "DID", "full AT-URI", "handle",
	// "language tag", "NSID", "NSID pattern", "record key", "record key type",
	// "repo path", "service reference", "space record URI", "space reference",
	// "TID" or "URI".
	Kind string

	// Input is the whole rejected input.
	Input string

	// Offset is the byte of Input at which parsing failed: the length of Input
	// if something was missing at its end, and the limit if Input is too long.
	Offset int

	// Msg says what was wrong there. It may change between releases.
	Msg string
}

// Error describes the problem in one line, with at most the first 64 bytes of
// the input.
func (e *Error) Error() string {
	in, more := e.Input, ""
	if len(in) > maxErrorInput {
		in, more = in[:maxErrorInput], "..."
	}
	return fmt.Sprintf("syntax: invalid %s %q%s: %s at offset %d", e.Kind, in, more, e.Msg, e.Offset)
}
