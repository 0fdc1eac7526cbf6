package repo

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

// A Repo is a repository in a [blockstore.Store] that can be read and changed.
//
// A Repo is safe for concurrent use; writes wait for one another. The trees,
// commits and records that it hands out are snapshots, and its methods read and
// export one, whatever is written meanwhile. A tree, though, reads its nodes
// from the store when they are needed, and a later commit drops those that it
// replaces: who walks [Repo.Tree] while others write uses [Repo.Hold].
//
// If another Repo or process writes to the same store, methods that read or
// write fail with a [*blockstore.ConflictError] where they come to something
// that is gone: [Repo.Refresh] goes on from there.
//
// Nodes that a Repo has written stay in memory with it. A host of many
// repositories opens one for a request, or a while, and lets go of it.
type Repo struct {
	did   syntax.DID
	store blockstore.Store
	keep  *keeper
	src   *source // of both
	clock *syntax.TIDClock

	write lock // held while something is changed
	key   atomic.Pointer[crypto.Signer]
	now   atomic.Pointer[state]
}

// state is a repository at one commit.
type state struct {
	head *Commit // nil before the first one
	tree *mst.Tree
}

// New returns a repository in memory, without records and without a commit, for
// the account did, whose key signs its commits. Revisions come from clock; nil
// means one of its own. The first [Repo.Apply] makes the first commit.
func New(did syntax.DID, key crypto.Signer, clock *syntax.TIDClock) *Repo {
	r := newRepo(&blockstore.Memory{}, did, key, clock)
	r.now.Store(&state{tree: mst.New()})
	return r
}

func newRepo(store blockstore.Store, did syntax.DID, key crypto.Signer, clock *syntax.TIDClock) *Repo {
	if clock == nil {
		clock = &syntax.TIDClock{}
	}
	keep := newKeeper()
	r := &Repo{did: did, store: store, keep: keep, src: &source{store, keep}, clock: clock, write: newLock()}
	r.key.Store(&key)
	return r
}

// Open returns the repository of the account did in store, which may be empty:
// the first [Repo.Apply] then makes the first commit. Revisions come from clock;
// nil means one of its own. The key signs new commits, and may be nil for a
// Repo that only reads.
//
// Open fetches the head commit and the root of the tree, and no more. It
// compares them with their CIDs and checks that they are of this account and
// of valid form, as everything is that is fetched later, but trusts the store
// that its owner signed the head: [Commit.Verify] says so of [Repo.Head]. The
// error is a [*CommitError], a [*DIDMismatchError], one of package mst about
// the root, or that of the store.
func Open(ctx context.Context, store blockstore.Store, did syntax.DID, key crypto.Signer, clock *syntax.TIDClock) (*Repo, error) {
	r := newRepo(store, did, key, clock)
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Refresh goes on from the head that the store has now, if another Repo or
// process has written to it: after an Apply that failed with a
// [*blockstore.ConflictError], or with an error of the storage, which leaves
// open whether the commit was made.
func (r *Repo) Refresh(ctx context.Context) error {
	if err := r.write.lock(ctx); err != nil {
		return err
	}
	defer r.write.unlock()
	for {
		head, err := r.store.Head(ctx)
		if err != nil {
			return err
		}
		if s := r.now.Load(); s != nil && s.cid() == head {
			return nil
		}
		s, err := loadState(ctx, r.src, head, r.did)
		if err == nil {
			r.now.Store(s)
			return nil
		}
		// Blocks that are gone are no damage if the head has moved on.
		if now, headErr := r.store.Head(ctx); headErr != nil || now == head {
			return err
		}
	}
}

func loadState(ctx context.Context, src mst.Source, head dagcbor.CID, did syntax.DID) (*state, error) {
	if !head.Defined() {
		return &state{tree: mst.New()}, nil
	}
	c, err := loadCommit(ctx, src, head)
	if err != nil {
		return nil, err
	}
	if c.did != did {
		return nil, &DIDMismatchError{c.cid, c.did, did}
	}
	tree, err := mst.Load(ctx, src, c.data, storedTree())
	if err != nil {
		return nil, err
	}
	return &state{head: c, tree: tree}, nil
}

// storedTree returns the options for the tree in a store, which was checked or
// made before it came there. Nodes are hashed again nevertheless: it costs less
// than fetching them, and disks fail.
func storedTree() *mst.Options { return &mst.Options{MaxEntries: -1} }

// loadCommit reads a commit from a store. What was tolerated when it came there
// is tolerated here.
func loadCommit(ctx context.Context, src mst.Source, c dagcbor.CID) (*Commit, error) {
	block, err := src.Block(ctx, c)
	switch {
	case errors.Is(err, mst.ErrNotFound):
		return nil, &CommitError{CID: c, Msg: "is the head, and missing", err: mst.ErrNotFound}
	case err != nil:
		return nil, err
	case !c.Matches(block):
		return nil, &CommitError{CID: c, Msg: "is not what its CID names"}
	}
	return ParseCommit(block, &Options{AllowMissingPrev: true})
}

func (s *state) cid() dagcbor.CID {
	if s.head == nil {
		return dagcbor.CID{}
	}
	return s.head.cid
}

// SetKey makes key the one that signs from now on, after the account's key was
// changed. Verifiers then want a commit of that key
// (https://atproto.com/specs/repository#commit-objects): go on with
// [Repo.Resign], or with [Repo.Apply] if there is something to write, which
// come after a commit that is under way and may have the key before.
func (r *Repo) SetKey(key crypto.Signer) { r.key.Store(&key) }

// DID returns the account.
func (r *Repo) DID() syntax.DID { return r.did }

// Head returns the last commit, or nil before the first one.
func (r *Repo) Head() *Commit { return r.now.Load().head }

// Tree returns the tree of the last commit. A later commit drops the nodes that
// it replaces, so that reading the tree then ends with a
// [*mst.MissingBlockError]: see [Repo.Hold] if it is to be read while others
// write.
func (r *Repo) Tree() *mst.Tree { return r.now.Load().tree }

// Get returns the record at path and whether there is one. Its bytes are
// compared with the CID that the tree names.
func (r *Repo) Get(ctx context.Context, path syntax.RepoPath) (Record, bool, error) {
	rec, found, err := r.get(ctx, path.String())
	if !isMissing(err) {
		return rec, found, err
	}
	// What is missing may have been replaced meanwhile.
	release, err := r.Hold(ctx)
	if err != nil {
		return Record{}, false, err
	}
	defer release()
	rec, found, err = r.get(ctx, path.String())
	return rec, found, r.readError(ctx, err)
}

func (r *Repo) get(ctx context.Context, key string) (Record, bool, error) {
	c, found, err := r.Tree().Get(ctx, key)
	if err != nil || !found {
		return Record{}, false, err
	}
	rec, err := loadRecord(ctx, r.src, mst.Entry{Key: key, Value: c})
	return rec, err == nil, err
}

// loadRecord reads the record of an entry of a tree that was checked.
func loadRecord(ctx context.Context, src mst.Source, e mst.Entry) (Record, error) {
	block, err := src.Block(ctx, e.Value)
	switch {
	case errors.Is(err, mst.ErrNotFound):
		return Record{}, &MissingRecordError{e.Key, e.Value}
	case err != nil:
		return Record{}, err
	case !e.Value.Matches(block):
		return Record{}, &RecordError{e.Key, e.Value, errors.New("block is not what its CID names")}
	}
	return Record{path: e.Key, cid: e.Value, block: block}, nil
}

// Records returns the records in ascending order of their paths, as
// [Export.Records] does.
func (r *Repo) Records(ctx context.Context) iter.Seq2[Record, error] {
	return r.Range(ctx, "", "")
}

// Collection returns the records of one collection in ascending order of their
// keys. No other part of the tree is fetched. A pair with an error is the last
// one; its Record is zero.
func (r *Repo) Collection(ctx context.Context, collection syntax.NSID) iter.Seq2[Record, error] {
	lo, hi := collectionRange(collection)
	return r.Range(ctx, lo, hi)
}

// Range returns the records from the path lo on, in ascending order, up to the
// path hi, which is not among them; an empty hi is no bound. No nodes are
// fetched but those on the way to them. They are those of the moment at which
// the loop begins. A pair with an error is the last one; its Record is zero.
func (r *Repo) Range(ctx context.Context, lo, hi string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		release, err := r.Hold(ctx)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer release()
		for e, err := range r.Tree().Range(ctx, lo, hi) {
			var rec Record
			if err == nil {
				rec, err = loadRecord(ctx, r.src, e)
			}
			if err = r.readError(ctx, err); !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// collectionRange returns the first key that a collection can have and the
// first that lies behind it: the slash is followed by the digit 0.
func collectionRange(collection syntax.NSID) (lo, hi string) {
	return collection.String() + "/", collection.String() + "0"
}
