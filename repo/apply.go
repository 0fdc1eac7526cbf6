package repo

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// ApplyOptions says under which conditions writes are made. A nil *ApplyOptions
// is the zero one.
type ApplyOptions struct {
	// SwapCommit is the commit that must be the head, as in the methods of
	// com.atproto.repo: otherwise nothing is done, and the error is a
	// [*SwapError]. If it is undefined, any may be.
	SwapCommit dagcbor.CID

	// AllowTooBig makes commits that no #commit message can carry, because
	// they have more than [MaxWrites] writes or more than [MaxCommitBlocks]
	// bytes: [Result.TooBig] is then set, and the host announces them by a
	// #sync message with [Result.SyncCAR].
	AllowTooBig bool
}

// Apply makes all of the writes and signs one commit for them, on top of
// [Repo.Head]. If anything fails nothing has changed. A path may occur once, at
// most [MaxWrites] in all. No writes at all are a commit too: it signs the same
// content again.
//
// The error is a [*WriteError] if it is about one write, a [*LimitError], for
// which nothing was done that a part of the writes could not do, that of the
// signer, or that of the store. If it is a [*blockstore.ConflictError] somebody
// else has committed to the store, through another Repo: see [Repo.Refresh].
func (r *Repo) Apply(ctx context.Context, writes ...Write) (*Result, error) {
	return r.ApplyWith(ctx, nil, writes...)
}

// Resign signs the present content again, under a new revision: after
// [Repo.SetKey], or to make the last commit known once more.
func (r *Repo) Resign(ctx context.Context) (*Result, error) {
	return r.Apply(ctx)
}

// ApplyWith is [Repo.Apply] with options.
func (r *Repo) ApplyWith(ctx context.Context, o *ApplyOptions, writes ...Write) (*Result, error) {
	if o == nil {
		o = &ApplyOptions{}
	}
	if err := r.write.lock(ctx); err != nil {
		return nil, err
	}
	defer r.write.unlock()
	now := r.now.Load()
	a := applier{state: now, base: now.tree, o: o, writes: writes}
	if err := a.plan(ctx); err != nil {
		return nil, r.conflict(ctx, err)
	}
	if err := a.collect(ctx, r.did); err != nil {
		return nil, r.conflict(ctx, err)
	}
	commit, err := r.sign(ctx, a.head, a.tree.Root())
	if err != nil {
		return nil, err
	}
	res := a.result(commit)
	defer r.keep.end()
	if err := r.keepDropped(ctx, &a); err != nil {
		return nil, err
	}
	if err := r.store.Commit(ctx, res.Batch); err != nil {
		return nil, err
	}
	r.now.Store(&state{head: commit, tree: a.tree})
	return res, nil
}

func (r *Repo) sign(ctx context.Context, head *Commit, root dagcbor.CID) (*Commit, error) {
	if head != nil {
		if err := r.clock.Seed(head.rev); err != nil {
			return nil, fmt.Errorf("repo: no revision after %s: %w", head.rev, err)
		}
	}
	return SignCommit(ctx, *r.key.Load(), UnsignedCommit{r.did, r.clock.Next(), root})
}

// applier is one Apply on its way.
type applier struct {
	*state
	o      *ApplyOptions
	writes []Write

	keys   []string  // of the writes
	base   *mst.Tree // before, with what is around the keys in memory
	ops    []Op
	tree   *mst.Tree   // afterwards
	nodes  []car.Block // that are new
	gone   []car.Block // nodes
	proof  []car.Block // the nodes that the CAR slice has
	tooBig bool
}

// plan checks the writes and makes them in the tree.
func (a *applier) plan(ctx context.Context) error {
	if want := a.o.SwapCommit; want.Defined() && want != a.cid() {
		return &SwapError{Want: want, Have: a.cid()}
	}
	if len(a.writes) > MaxWrites {
		if !a.o.AllowTooBig {
			return &LimitError{Name: "repo: writes in a commit", Limit: MaxWrites, Got: int64(len(a.writes)), Offset: -1}
		}
		a.tooBig = true
	}
	if err := a.check(ctx); err != nil {
		return err
	}
	a.ops = make([]Op, len(a.writes))
	changes := make([]mst.Op, len(a.writes))
	for i, w := range a.writes {
		op, err := a.op(ctx, w)
		if err != nil {
			return &WriteError{i, w.path, err}
		}
		a.ops[i] = op
		changes[i] = mst.Op{Action: op.Action, Key: a.keys[i], Value: w.cid}
	}
	tree, err := a.base.Apply(ctx, changes...)
	if bad, found := errors.AsType[*mst.OpError](err); found {
		return &WriteError{bad.Index, a.writes[bad.Index].path, bad.Unwrap()}
	}
	a.tree = tree
	return err
}

// check checks the writes in themselves and fetches what is around their keys.
func (a *applier) check(ctx context.Context) (err error) {
	a.keys = make([]string, len(a.writes))
	seen := make(map[string]bool, len(a.writes))
	for i, w := range a.writes {
		a.keys[i] = w.path.String()
		err := w.check()
		if err == nil && seen[a.keys[i]] {
			err = errors.New("path occurs twice")
		}
		if err != nil {
			return &WriteError{i, w.path, err}
		}
		seen[a.keys[i]] = true
	}
	a.base, err = a.base.Prefetch(ctx, a.keys...)
	return err
}

func (a *applier) op(ctx context.Context, w Write) (Op, error) {
	have, _, err := a.base.Get(ctx, w.path.String())
	if err != nil {
		return Op{}, err
	}
	return w.op(have)
}

// collect finds the nodes that the CAR slice has, those of them that are new, and
// those that are gone, and checks that the slice is not too large.
func (a *applier) collect(ctx context.Context, did syntax.DID) (err error) {
	if a.tooBig {
		return a.compare(ctx)
	}
	if a.proof, err = covering(ctx, a.tree, a.keys); err != nil {
		return err
	}
	// The nodes around the keys are all that the writes have made or removed.
	a.nodes = a.proof
	if a.head != nil {
		before, err := covering(ctx, a.base, a.keys)
		if err != nil {
			return err
		}
		a.nodes, a.gone = without(a.proof, before), without(before, a.proof)
	}
	size := carSize(a.slice(car.Block{Data: make([]byte, commitSize(did, a.tree.Root()))}))
	if size > MaxCommitBlocks {
		if !a.o.AllowTooBig {
			return &LimitError{Name: "repo: size of blocks of a commit", Limit: MaxCommitBlocks, Got: int64(size), Offset: -1}
		}
		a.tooBig = true
	}
	return nil
}

// compare is collect for a commit of which it is known that it has no slice.
func (a *applier) compare(ctx context.Context) error {
	added, removed, err := mst.DiffNodes(ctx, a.base, a.tree)
	if err != nil {
		return err
	}
	a.nodes = blocksOf(added)
	if a.head != nil {
		a.gone = blocksOf(removed)
	}
	return nil
}

// covering returns the nodes around keys, and at least the root.
func covering(ctx context.Context, t *mst.Tree, keys []string) ([]car.Block, error) {
	var nodes []mst.Node
	var err error
	if len(keys) > 0 {
		nodes, err = t.CoveringProof(ctx, keys...)
	} else {
		nodes, err = t.Proof(ctx, "/") // which no path is
		nodes = nodes[:min(1, len(nodes))]
	}
	if err != nil {
		return nil, err
	}
	return blocksOf(nodes), nil
}

func blocksOf(nodes []mst.Node) []car.Block {
	blocks := make([]car.Block, len(nodes))
	for i, n := range nodes {
		blocks[i] = car.Block{CID: n.CID, Data: n.Bytes}
	}
	return blocks
}

// without returns the blocks of a that are not in b.
func without(a, b []car.Block) []car.Block {
	in := make(map[dagcbor.CID]struct{}, len(b))
	for i := range b {
		in[b[i].CID] = struct{}{}
	}
	var rest []car.Block
	for i := range a {
		if _, found := in[a[i].CID]; !found {
			rest = append(rest, a[i])
		}
	}
	return rest
}

func cidsOf(blocks []car.Block) []dagcbor.CID {
	cids := make([]dagcbor.CID, len(blocks), len(blocks)+1) // and the commit
	for i := range blocks {
		cids[i] = blocks[i].CID
	}
	return cids
}

// slice returns the blocks of the CAR slice: the commit, the nodes from above,
// the records that are new, each once
// (https://atproto.com/specs/sync#commit).
func (a *applier) slice(commit car.Block) []car.Block {
	blocks := append(make([]car.Block, 0, 1+len(a.proof)+len(a.writes)), commit)
	blocks = append(blocks, a.proof...)
	seen := make(map[dagcbor.CID]bool, len(a.writes))
	for _, w := range a.writes {
		if w.cid.Defined() && !seen[w.cid] {
			seen[w.cid] = true
			blocks = append(blocks, car.Block{CID: w.cid, Data: w.record})
		}
	}
	return blocks
}

// result puts together what is to be stored and told.
func (a *applier) result(c *Commit) *Result {
	block := car.Block{CID: c.cid, Data: c.block}
	res := &Result{
		Commit: c, Ops: a.ops, TooBig: a.tooBig, Batch: a.batch(block),
		blocks: []car.Block{block}, before: a.base, after: a.tree,
	}
	if !a.tooBig {
		res.blocks = a.slice(block)
	}
	if a.head != nil {
		res.Since, res.PrevData = a.head.rev, a.head.data
	}
	return res
}

// batch has each block once for each place where it is new, and for each that
// it leaves.
func (a *applier) batch(commit car.Block) *blockstore.Batch {
	b := &blockstore.Batch{Prev: a.cid(), Head: commit.CID, Drop: cidsOf(a.gone), TrustHashes: true}
	b.Put = append(make([]car.Block, 0, 1+len(a.nodes)+len(a.writes)), commit)
	b.Put = append(b.Put, a.nodes...)
	if b.Prev.Defined() {
		b.Drop = append(b.Drop, b.Prev)
	}
	for i, op := range a.ops {
		if op.CID == op.Prev {
			continue
		}
		if op.CID.Defined() {
			b.Put = append(b.Put, car.Block{CID: op.CID, Data: a.writes[i].record})
		}
		if op.Prev.Defined() {
			b.Drop = append(b.Drop, op.Prev)
		}
	}
	return b
}
