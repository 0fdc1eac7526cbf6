package repo

import (
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
)

// ErrSwap says that something was to be changed only if it is still what the
// caller knows, and it is not. In XRPC that is the error InvalidSwap.
var ErrSwap = errors.New("repo: swap does not hold")

// A SwapError reports a condition that does not hold: of
// [ApplyOptions.SwapCommit], or inside a [WriteError], of [Write.IfPrev]. It
// matches [ErrSwap].
type SwapError struct {
	Want dagcbor.CID // the commit or record that was expected; undefined for none
	Have dagcbor.CID // the one that is there; undefined for none
}

func (e *SwapError) Error() string {
	return "repo: swap expects " + orNone(e.Want) + ", there is " + orNone(e.Have)
}

// Unwrap returns [ErrSwap].
func (e *SwapError) Unwrap() error { return ErrSwap }

func orNone(c dagcbor.CID) string {
	if !c.Defined() {
		return "none"
	}
	return c.String()
}
