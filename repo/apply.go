package repo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// A Repo is a repository in memory that can be changed.
//
// A Repo must not be used by several goroutines at once. The trees and commits
// that it hands out are snapshots, which may be.
type Repo struct {
	did    syntax.DID
	key    crypto.Signer
	clock  *syntax.TIDClock
	tree   *mst.Tree
	head   *Commit
	blocks map[dagcbor.CID]*recordBlock
}

// recordBlock is a record and at how many paths it is.
type recordBlock struct {
	data []byte
	refs int
}

// New returns a repository without records and without a commit for the account
// did, whose key signs its commits. Revisions come from clock; nil means one of
// its own. The first [Repo.Apply] makes the first commit.
func New(did syntax.DID, key crypto.Signer, clock *syntax.TIDClock) *Repo {
	if clock == nil {
		clock = &syntax.TIDClock{}
	}
	return &Repo{did: did, key: key, clock: clock, tree: mst.New(), blocks: map[dagcbor.CID]*recordBlock{}}
}

// An Op is what a commit did at one path, as
// com.atproto.sync.subscribeRepos#repoOp names it.
type Op struct {
	Action mst.Action      // mst.Create, mst.Update or mst.Delete
	Path   syntax.RepoPath // of the record
	CID    dagcbor.CID     // the new record; undefined for a deletion
	Prev   dagcbor.CID     // the record before; undefined for a creation
}

// A Result is what [Repo.Apply] has done.
type Result struct {
	Commit   *Commit
	Ops      []Op        // in the order of the writes
	Since    syntax.TID  // the revision before; zero for the first commit
	PrevData dagcbor.CID // the root of the tree before; undefined for the first commit
}

// Apply makes all of the writes and signs one commit for them. If anything
// fails nothing has changed. A path may occur once, at most [MaxWrites] in all.
// No writes at all are a commit too: it signs the same content again.
//
// The error is a [*WriteError] if it is about one write, a [*LimitError], or
// that of the signer.
func (r *Repo) Apply(ctx context.Context, writes ...Write) (*Result, error) {
	if len(writes) > MaxWrites {
		return nil, &LimitError{Name: "repo: writes in a commit", Limit: MaxWrites, Got: int64(len(writes)), Offset: -1}
	}
	res := &Result{Ops: make([]Op, len(writes))}
	if r.head != nil {
		res.Since, res.PrevData = r.head.rev, r.head.data
	}
	changes := make([]mst.Op, len(writes))
	seen := make(map[syntax.RepoPath]bool, len(writes))
	for i, w := range writes {
		err := w.check()
		if err == nil && seen[w.path] {
			err = errors.New("path occurs twice")
		}
		if err != nil {
			return nil, &WriteError{i, w.path, err}
		}
		seen[w.path] = true
		prev, _, err := r.tree.Get(ctx, w.path.String())
		if err != nil {
			return nil, &WriteError{i, w.path, err}
		}
		changes[i] = mst.Op{Action: w.action, Key: w.path.String(), Value: w.cid}
		res.Ops[i] = Op{w.action, w.path, w.cid, prev}
	}
	tree, err := r.tree.Apply(ctx, changes...)
	if bad, found := errors.AsType[*mst.OpError](err); found {
		return nil, &WriteError{bad.Index, writes[bad.Index].path, bad.Unwrap()}
	}
	if err != nil {
		return nil, err
	}
	if res.Commit, err = r.sign(ctx, tree.Root()); err != nil {
		return nil, err
	}
	r.tree, r.head = tree, res.Commit
	r.keep(writes, res.Ops)
	return res, nil
}

func (r *Repo) sign(ctx context.Context, root dagcbor.CID) (*Commit, error) {
	if r.head != nil {
		if err := r.clock.Seed(r.head.rev); err != nil {
			return nil, fmt.Errorf("repo: no revision after %s: %w", r.head.rev, err)
		}
	}
	return SignCommit(ctx, r.key, UnsignedCommit{r.did, r.clock.Next(), root})
}

// keep takes up the new records and drops those that are at no path any more.
func (r *Repo) keep(writes []Write, ops []Op) {
	for i, op := range ops {
		if op.CID.Defined() {
			b := r.blocks[op.CID]
			if b == nil {
				b = &recordBlock{data: writes[i].record}
				r.blocks[op.CID] = b
			}
			b.refs++
		}
	}
	for _, op := range ops {
		if op.Prev.Defined() {
			if r.blocks[op.Prev].refs--; r.blocks[op.Prev].refs == 0 {
				delete(r.blocks, op.Prev)
			}
		}
	}
}

// SetKey makes key the one that signs from now on, after the account's key was
// changed. Verifiers then want a commit of that key
// (https://atproto.com/specs/repository#commit-objects): go on with
// [Repo.Apply], without writes if there are none.
func (r *Repo) SetKey(key crypto.Signer) { r.key = key }

// DID returns the account.
func (r *Repo) DID() syntax.DID { return r.did }

// Head returns the last commit, or nil before the first one.
func (r *Repo) Head() *Commit { return r.head }

// Tree returns the tree of the last commit.
func (r *Repo) Tree() *mst.Tree { return r.tree }

// Get returns the record at path and whether there is one.
func (r *Repo) Get(ctx context.Context, path syntax.RepoPath) (Record, bool, error) {
	c, found, err := r.tree.Get(ctx, path.String())
	if err != nil || !found {
		return Record{}, false, err
	}
	return Record{path.String(), c, r.blocks[c].data}, true, nil
}

// Export writes the repository as a CAR file, in the order in which it can be
// verified as a stream: the commit, then each node before what is in it
// (https://atproto.com/specs/repository#streamable-car-block-ordering). A
// record that is at several paths is written at each. Writes to w are buffered;
// after an error, what w got is not to be used.
func (r *Repo) Export(ctx context.Context, w io.Writer) error {
	if r.head == nil {
		return errors.New("repo: nothing to export before the first commit")
	}
	bw := bufio.NewWriterSize(w, 64<<10)
	cw, err := car.NewWriter(bw, r.head.cid)
	if err != nil {
		return err
	}
	if err := cw.Put(r.head.cid, r.head.block); err != nil {
		return err
	}
	for step, err := range r.tree.Preorder(ctx) {
		if err != nil {
			return err
		}
		block := step.Node
		if block == nil {
			block = r.blocks[step.CID].data
		}
		if err := cw.Put(step.CID, block); err != nil {
			return err
		}
	}
	return bw.Flush()
}
