package repo

import (
	"encoding/binary"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// An Op is what a commit did at one path, as
// com.atproto.sync.subscribeRepos#repoOp names it.
type Op struct {
	Action mst.Action      // mst.Create, mst.Update or mst.Delete
	Path   syntax.RepoPath // of the record
	CID    dagcbor.CID     // the new record; undefined for a deletion
	Prev   dagcbor.CID     // the record before; undefined for a creation
}

// A Result is what [Repo.Apply] has done: all that a host needs to tell the
// others. It is not to be changed, and may be kept.
type Result struct {
	Commit   *Commit
	Ops      []Op        // in the order of the writes
	Since    syntax.TID  // the revision before; zero for the first commit
	PrevData dagcbor.CID // the root of the tree before; undefined for the first commit

	// Batch is what the store was given: the new blocks and those that are
	// gone, commit, nodes and records, as package blockstore counts them.
	Batch *blockstore.Batch

	// TooBig says that the commit does not go into a #commit message. It is
	// never set unless [ApplyOptions.AllowTooBig] was.
	TooBig bool

	blocks []car.Block // of the CAR slice

	before, after *mst.Tree
}

// CAR returns the field blocks of the #commit message
// (https://atproto.com/specs/sync#commit): a CAR file whose root is the commit,
// with the commit, the nodes of the tree around all that has changed, in
// pre-order, and the records that were created or updated. With these nodes
// whoever knows the ops can undo them and comes to PrevData. Of a commit that is
// TooBig there is none, and this is [Result.SyncCAR].
func (r *Result) CAR() []byte {
	return r.AppendCAR(make([]byte, 0, carSize(r.blocks)))
}

// AppendCAR appends what [Result.CAR] returns.
func (r *Result) AppendCAR(dst []byte) []byte {
	return appendCAR(dst, r.Commit.cid, r.blocks)
}

// SyncCAR returns the field blocks of a #sync message
// (https://atproto.com/specs/sync#sync): a CAR file of the commit alone.
func (r *Result) SyncCAR() []byte { return r.Commit.CAR() }

// CAR returns a CAR file of the commit alone, the field blocks of a #sync
// message (https://atproto.com/specs/sync#sync).
func (c *Commit) CAR() []byte {
	return appendCAR(nil, c.cid, []car.Block{{CID: c.cid, Data: c.block}})
}

// Message returns the fields of a #commit message
// (https://atproto.com/specs/sync#commit) that are about the repository.
func (r *Result) Message() *CommitMessage {
	return &CommitMessage{
		Repo: r.Commit.did, Rev: r.Commit.rev, Commit: r.Commit.cid,
		Since: r.Since, PrevData: r.PrevData,
		Ops: r.Ops, Blocks: r.CAR(),
	}
}

func appendCAR(dst []byte, root dagcbor.CID, blocks []car.Block) []byte {
	dst = car.AppendHeader(dst, root)
	for _, b := range blocks {
		dst = car.AppendBlock(dst, b.CID, b.Data)
	}
	return dst
}

const (
	carHeaderSize = 59 // of a CAR file with one root
	cidSize       = 36
)

// carSize returns how many bytes a CAR file of these blocks with one root has.
func carSize(blocks []car.Block) int {
	var length [binary.MaxVarintLen64]byte
	size := carHeaderSize
	for _, b := range blocks {
		n := cidSize + len(b.Data)
		size += binary.PutUvarint(length[:], uint64(n)) + n
	}
	return size
}
