package repo

import (
	"context"

	"github.com/linnet-at/linnet/dagcbor"
)

// An UnreadableError reports that what is in a store is damaged, in such a way
// that [Import] or [ImportDiff] cannot put something else in its place: import
// the whole repository into a new store. It wraps the reason, such as a
// [*mst.NodeError], or is that of the store.
type UnreadableError struct {
	Head dagcbor.CID // of the store
	err  error
}

func (e *UnreadableError) Error() string {
	return "repo: what the store has at its head " + e.Head.String() + " cannot be read: " + e.err.Error()
}

// Unwrap returns the reason.
func (e *UnreadableError) Unwrap() error { return e.err }

// unreadable returns err, which came up when what a store has was read, as an
// [*UnreadableError], unless it is that ctx has ended.
func unreadable(ctx context.Context, head dagcbor.CID, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &UnreadableError{head, err}
}
