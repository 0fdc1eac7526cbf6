package repo

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// An Export is a repository in a CAR file whose commit was verified. Its blocks
// may stand there in any order, several times, and beside others that have
// nothing to do with it, which are ignored.
//
// An Export is safe for concurrent use.
type Export struct {
	file   *car.Index
	size   int64
	commit *Commit
	o      Options
	tree   mst.Options
}

// Read reads a CAR file, such as com.atproto.sync.getRepo serves, and verifies
// its blocks, its commit and the signature of that. o says with which key and
// for which account; it may not be nil, since it must hold a key or say that
// none is wanted. The tree and the records are verified by [Export.Records].
func Read(ctx context.Context, r io.Reader, o *Options) (*Export, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b, err := readAll(ctx, r, o.maxSize())
	if err != nil {
		return nil, err
	}
	return ReadBytes(b, o)
}

// ReadBytes is [Read] for a file that is in memory. The Export keeps b, which is
// not to be changed.
func ReadBytes(b []byte, o *Options) (*Export, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if int64(len(b)) > o.maxSize() {
		return nil, sizeError(o.maxSize(), int64(len(b)))
	}
	file, err := car.NewIndex(b, o.CAR)
	if err != nil {
		return nil, err
	}
	e := &Export{file: file, size: int64(len(b)), o: *o, tree: o.tree()}
	if e.commit, err = e.readCommit(); err != nil {
		return nil, err
	}
	return e, nil
}

var errNoKey = errors.New("repo: no key to verify with: set Options.Key, or SkipSignature to do without")

func (o *Options) check() error {
	if o == nil || o.Key.Curve() == 0 && !o.SkipSignature {
		return errNoKey
	}
	return nil
}

// tree returns the options for the tree in a CAR file.
func (o *Options) tree() mst.Options {
	tree := mst.Options{}
	if o.Tree != nil {
		tree = *o.Tree
	}
	tree.TrustHashes = true // the index has hashed every block
	return tree
}

func sizeError(limit, got int64) error {
	return &LimitError{Name: "repo: size of CAR file", Limit: limit, Got: got, Offset: -1}
}

func (e *Export) readCommit() (*Commit, error) {
	roots := e.file.Roots()
	if len(roots) == 0 {
		return nil, errors.New("repo: CAR file has no root, so no commit")
	}
	block, found := e.file.Get(roots[0])
	if !found {
		return nil, &CommitError{CID: roots[0], Msg: "is the root, and missing"}
	}
	if roots[0].Codec() != dagcbor.DAGCBOR {
		return nil, &CommitError{CID: roots[0], Msg: "is not DAG-CBOR by its CID"}
	}
	c, err := ParseCommit(block, &e.o)
	if err != nil {
		return nil, err
	}
	if !e.o.DID.IsZero() && c.did != e.o.DID {
		return nil, &DIDMismatchError{c.cid, c.did, e.o.DID}
	}
	if err := e.o.checkRev(c); err != nil {
		return nil, err
	}
	if e.o.SkipSignature {
		return c, nil
	}
	return c, c.Verify(e.o.Key)
}

// A DIDMismatchError reports a commit of another account than the one asked
// for.
type DIDMismatchError struct {
	CID       dagcbor.CID // the commit
	Got, Want syntax.DID
}

func (e *DIDMismatchError) Error() string {
	return "repo: commit " + e.CID.String() + " is of " + e.Got.String() + ", not of " + e.Want.String()
}

// checkRev refuses a commit from the future.
func (o *Options) checkRev(c *Commit) error {
	now := o.Now
	if now.IsZero() {
		now = time.Now()
	}
	if o.AllowFutureRev || !c.rev.Time().After(now.Add(MaxRevSkew)) {
		return nil
	}
	return &FutureRevError{c.cid, c.rev, now}
}

// A FutureRevError reports a commit whose revision is later than the present,
// by more than clocks differ.
type FutureRevError struct {
	CID dagcbor.CID // the commit
	Rev syntax.TID
	Now time.Time // that the revision was compared with
}

func (e *FutureRevError) Error() string {
	return "repo: commit " + e.CID.String() + ": revision " + e.Rev.String() + " is of " +
		e.Rev.Time().Format(time.RFC3339) + ", in the future at " + e.Now.UTC().Format(time.RFC3339)
}

// Commit returns the commit.
func (e *Export) Commit() *Commit { return e.commit }

// Size returns how many bytes the CAR file has.
func (e *Export) Size() int64 { return e.size }

// Blocks returns how many different blocks the CAR file has, those that do not
// belong to the repository included.
func (e *Export) Blocks() int { return e.file.Len() }

// Records returns the records in ascending order of their paths. Each is
// verified before it is handed out; that nothing is missing or wrong further on
// is known only when the iteration has ended without an error. A pair with an
// error is the last one; its Record is zero.
func (e *Export) Records(ctx context.Context) iter.Seq2[Record, error] {
	return e.RecordsStats(ctx, nil)
}

// RecordsStats is [Export.Records] and counts in stats, unless it is nil, what
// it comes by.
func (e *Export) RecordsStats(ctx context.Context, stats *mst.Stats) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		w := mst.NewWalker(mst.SourceFunc(e.node), e.commit.data, &e.tree)
		for entry, err := range w.Entries(ctx) {
			if stats != nil {
				*stats = w.Stats()
			}
			var r Record
			if err == nil {
				r, err = e.record(entry)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if stats != nil {
			*stats = w.Stats()
		}
	}
}

func (e *Export) node(_ context.Context, c dagcbor.CID) ([]byte, error) {
	if b, found := e.file.Get(c); found {
		return b, nil
	}
	return nil, mst.ErrNotFound
}

func (e *Export) record(entry mst.Entry) (Record, error) {
	r := Record{path: entry.Key, cid: entry.Value}
	if !e.o.SkipRecords {
		block, found := e.file.Get(entry.Value)
		if !found {
			return Record{}, &MissingRecordError{entry.Key, entry.Value}
		}
		r.block = block
	}
	if e.o.CheckRecords {
		if err := r.Validate(); err != nil {
			return Record{}, err
		}
	}
	return r, nil
}
