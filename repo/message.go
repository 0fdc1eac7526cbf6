package repo

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/syntax"
)

// Limits of messages (https://atproto.com/specs/sync#commit and
// com.atproto.sync.subscribeRepos).
const (
	// MaxCommitBlocks is how many bytes the blocks of a #commit message may
	// have.
	MaxCommitBlocks = 2_000_000
	// MaxSyncBlocks is how many bytes the blocks of a #sync message may have.
	MaxSyncBlocks = 10_000
)

// A CommitMessage is what a #commit message of
// com.atproto.sync.subscribeRepos says about a repository
// (https://atproto.com/specs/sync#commit).
type CommitMessage struct {
	Repo     syntax.DID  // the account
	Rev      syntax.TID  // of the commit
	Since    syntax.TID  // of the commit before; zero for null
	Commit   dagcbor.CID // the commit
	PrevData dagcbor.CID // the root of the tree before; undefined if it is not said
	Ops      []Op        // what has changed
	Blocks   []byte      // a CAR file: the commit, a part of the tree, the new records
}

// A SyncMessage is what a #sync message of com.atproto.sync.subscribeRepos says
// (https://atproto.com/specs/sync#sync): what an account's commit is now,
// whatever it was before.
type SyncMessage struct {
	DID    syntax.DID // the account
	Rev    syntax.TID // of the commit
	Blocks []byte     // a CAR file of the commit
}

// A MessageError reports a message that contradicts itself. It is not to be
// applied, and says nothing about the account: whoever sent it may have made it
// up.
//
// The text returned by the Error method may change between releases.
type MessageError struct {
	Repo  syntax.DID // that the message names
	Rev   syntax.TID // that the message names
	Field string     // the field at fault, such as "prevData" or "ops"
	Op    int        // the index of the op at fault, or -1
	Msg   string     // what is wrong
	err   error
}

func (e *MessageError) Error() string {
	s := fmt.Sprintf("repo: message %s of %s: %s", orText(e.Rev.String()), orText(e.Repo.String()), e.Field)
	if e.Op >= 0 {
		s += fmt.Sprintf(" %d", e.Op)
	}
	return s + ": " + e.Msg
}

// Unwrap returns the error of a part that says more, or nil.
func (e *MessageError) Unwrap() error { return e.err }

func orText(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func (m *CommitMessage) fail(field, msg string) error {
	return &MessageError{m.Repo, m.Rev, field, -1, msg, nil}
}

func (m *CommitMessage) failOp(i int, msg string) error {
	return &MessageError{m.Repo, m.Rev, "ops", i, m.Ops[i].String() + ": " + msg, nil}
}

// failTree reports an op that contradicts the tree.
func (m *CommitMessage) failTree(bad *mst.CommitOpError) error {
	op, msg := &m.Ops[bad.Index], bad.Msg
	if bad.Found.Defined() {
		msg += " " + bad.Found.String()
	}
	return &MessageError{m.Repo, m.Rev, "ops", bad.Index, op.String() + ": " + msg, bad}
}

// String returns the action and the path, for people.
func (op Op) String() string { return op.Action.String() + " of " + quote(op.Path.String()) }

// shape says what an op lacks or has too much.
func (op *Op) shape() string {
	switch {
	case op.Action != mst.Create && op.Action != mst.Update && op.Action != mst.Delete:
		return "no such action"
	case op.Path.IsZero():
		return "has no path"
	case op.Action == mst.Delete && op.CID.Defined():
		return "has a cid"
	case op.Action != mst.Delete && !op.CID.Defined():
		return "has no cid"
	case op.Action == mst.Create && op.Prev.Defined():
		return "has a prev"
	case op.Action != mst.Create && !op.Prev.Defined():
		return "has no prev"
	}
	return ""
}
