package repo

import (
	"errors"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// ErrStale says that a revision is not later than the last known one. Of an
// honest message or file it says that it was seen already, or is one that
// somebody kept; but nothing else was verified by then, no signature either.
var ErrStale = errors.New("repo: revision is not new")

// A StaleError reports a revision that is not later than the last one. It
// matches [ErrStale].
type StaleError struct {
	Repo syntax.DID
	Rev  syntax.TID // of the message or file
	Last syntax.TID // that is known
}

func (e *StaleError) Error() string {
	return "repo: revision " + e.Rev.String() + " of " + e.Repo.String() + " does not follow on " + e.Last.String()
}

// Unwrap returns [ErrStale].
func (e *StaleError) Unwrap() error { return ErrStale }

// ErrDesynchronized says that something was missed.
var ErrDesynchronized = errors.New("repo: commits were missed")

// A ChainError reports a message that is right, but does not begin at the state
// that is known of the account. It matches [ErrDesynchronized].
type ChainError struct {
	Repo     syntax.DID
	Rev      syntax.TID  // of the message
	Since    syntax.TID  // the revision that the message follows on; zero for a #sync
	PrevData dagcbor.CID // the root that the message follows on; that of the commit for a #sync
	Last     State       // that is known

	sync bool
}

func (e *ChainError) Error() string {
	s := "repo: message " + e.Rev.String() + " of " + e.Repo.String()
	if e.sync {
		return s + " has the root " + orNone(e.PrevData) + ", not " + orNone(e.Last.Data)
	}
	return s + " follows on " + orText(e.Since.String()) + " with the root " + orNone(e.PrevData) +
		", not on " + e.Last.Rev.String() + " with " + orNone(e.Last.Data)
}

// SameTree reports whether the message begins at the tree that is known, only
// not at its revision: commits were missed, but they have changed nothing, or
// somebody has counted wrong. The records are what the message says then, so it
// can do without fetching the repository; [VerifyOptions.AllowSince] accepts
// such messages.
func (e *ChainError) SameTree() bool {
	return e.PrevData.Defined() && e.PrevData == e.Last.Data // never so for a #sync
}

// Unwrap returns [ErrDesynchronized].
func (e *ChainError) Unwrap() error { return ErrDesynchronized }
