package syntax

import "fmt"

// maxErrorInput is how many bytes of a rejected input appear in an error text.
const maxErrorInput = 64

// Names of identifier types in [Error.Kind].
const (
	kindDID           = "DID"
	kindHandle        = "handle"
	kindNSID          = "NSID"
	kindNSIDPattern   = "NSID pattern"
	kindRecordKey     = "record key"
	kindRecordKeyType = "record key type"
	kindRepoPath      = "repo path"
	kindTID           = "TID"
)

// An Error describes a string that is not a valid identifier. Functions return
// it as *Error; read it with [errors.AsType].
//
// The text that the Error method returns may change between releases.
type Error struct {
	// Kind is the type of identifier that was expected: "DID", "handle",
	// "NSID", "NSID pattern", "record key", "record key type", "repo path" or
	// "TID".
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
