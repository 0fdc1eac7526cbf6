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
// An Export is safe for concurrent use. [Read] and [ReadBytes] make one; the zero
// Export is of no use.
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
	if err := o.checkWhole(); err != nil {
		return nil, err
	}
	b, err := readAll(ctx, r, o)
	if err != nil {
		return nil, err
	}
	return ReadBytes(b, o)
}

// ReadBytes is [Read] for a file that is in memory. The Export keeps b, which is
// not to be changed.
func ReadBytes(b []byte, o *Options) (*Export, error) {
	if err := o.checkWhole(); err != nil {
		return nil, err
	}
	if int64(len(b)) > o.maxSize() {
		return nil, sizeError(o.maxSize(), int64(len(b)))
	}
	file, err := car.NewIndex(b, o.CAR)
	if err != nil {
		return nil, err
	}
	e := &Export{file: file, size: int64(len(b)), o: *o, tree: o.treeOptions()}
	if e.commit, err = e.o.readCommit(file.Roots(), finder(file.Cursor())); err != nil {
		return nil, err
	}
	return e, nil
}

func sizeError(limit, got int64) error {
	return &LimitError{Name: "repo: size of CAR file", Limit: limit, Got: got, Offset: -1}
}

// rootBlock returns the first root that the header of a CAR file names, which
// is the commit, and its block.
func rootBlock(roots []dagcbor.CID, get func(dagcbor.CID) ([]byte, bool, error)) (c dagcbor.CID, block []byte, err error) {
	if len(roots) == 0 {
		return c, nil, errors.New("repo: CAR file has no root, so no commit")
	}
	c = roots[0]
	block, found, err := get(c)
	switch {
	case err != nil:
		return c, nil, err
	case !found:
		return c, nil, &CommitError{CID: c, Msg: "is the root, and missing", err: mst.ErrNotFound}
	case c.Codec() != dagcbor.DAGCBOR:
		return c, nil, &CommitError{CID: c, Msg: "is not DAG-CBOR by its CID"}
	}
	return c, block, nil
}

// readCommit reads and verifies the commit that the header of a CAR file names.
func (o *Options) readCommit(roots []dagcbor.CID, get func(dagcbor.CID) ([]byte, bool, error)) (*Commit, error) {
	_, block, err := rootBlock(roots, get)
	if err != nil {
		return nil, err
	}
	c, err := ParseCommit(block, o)
	if err != nil {
		return nil, err
	}
	if !o.DID.IsZero() && c.did != o.DID {
		return nil, &DIDMismatchError{c.cid, c.did, o.DID}
	}
	if err := o.checkRev(c.cid, c.rev); err != nil {
		return nil, err
	}
	if o.SkipSignature {
		return c, nil
	}
	return c, c.Verify(o.Key)
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
func (o *Options) checkRev(c dagcbor.CID, rev syntax.TID) error {
	now := o.Now
	if now.IsZero() {
		now = time.Now()
	}
	if o.AllowFutureRev || !rev.Time().After(now.Add(MaxRevSkew)) {
		return nil
	}
	return &FutureRevError{c, rev, now}
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
		used, blocks := e.newUsage(), e.file.Cursor()
		blocks.Get(e.commit.cid) // what is asked for next may stand behind it
		node := func(ctx context.Context, c dagcbor.CID) ([]byte, error) {
			used.add(c)
			return blocks.Block(ctx, c)
		}
		w := mst.NewWalker(mst.SourceFunc(node), e.commit.data, &e.tree)
		for r, err := range e.recordsBy(w.Entries(ctx), finder(blocks)) {
			if stats != nil {
				*stats = w.Stats()
			}
			used.add(r.cid)
			if !yield(r, err) || err != nil {
				return
			}
		}
		if stats != nil {
			*stats = w.Stats()
		}
		if err := used.extra(e); err != nil {
			yield(Record{}, err)
		}
	}
}

// records returns the records of entries.
func (e *Export) records(entries iter.Seq2[mst.Entry, error]) iter.Seq2[Record, error] {
	return e.recordsBy(entries, e.find)
}

// recordsBy returns the records of entries, whose blocks find finds.
func (e *Export) recordsBy(entries iter.Seq2[mst.Entry, error], find func(dagcbor.CID) ([]byte, bool, error)) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		m := newMeter(&e.o, e.size)
		m.now.Bytes = e.size
		defer m.flush()
		for entry, err := range entries {
			var r Record
			if err == nil {
				r, err = e.o.record(entry, find)
			}
			if err == nil {
				m.now.Records++
				m.update()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (e *Export) find(c dagcbor.CID) (block []byte, found bool, err error) {
	block, found = e.file.Get(c)
	return block, found, nil
}

// finder returns a function that finds blocks in a file.
func finder(file interface {
	Get(dagcbor.CID) ([]byte, bool)
}) func(dagcbor.CID) ([]byte, bool, error) {
	return func(c dagcbor.CID) (block []byte, found bool, err error) {
		block, found = file.Get(c)
		return block, found, nil
	}
}

// record returns the record of an entry, whose block get finds.
func (o *Options) record(entry mst.Entry, get func(dagcbor.CID) ([]byte, bool, error)) (Record, error) {
	r := Record{path: entry.Key, cid: entry.Value}
	if !o.SkipRecords {
		block, found, err := get(entry.Value)
		if err != nil {
			return Record{}, err
		}
		if !found {
			return Record{}, &MissingRecordError{entry.Key, entry.Value}
		}
		r.block = block
	}
	if o.CheckRecords {
		if err := r.Validate(); err != nil {
			return Record{}, err
		}
	}
	return r, nil
}
