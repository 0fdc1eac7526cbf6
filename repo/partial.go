package repo

import (
	"context"
	"errors"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/syntax"
)

var errNoPath = errors.New("repo: no path")

// Range returns the records from the path lo on, in ascending order, up to the
// path hi, which is not among them; an empty hi is no bound. Only the nodes on
// the way to them are looked at: the CAR file may lack all others. That no
// record of the range is left out is verified like everything else. A pair with
// an error is the last one; its Record is zero. Without bounds it is
// [Export.Records].
func (e *Export) Range(ctx context.Context, lo, hi string) iter.Seq2[Record, error] {
	if lo == "" && hi == "" {
		return e.Records(ctx)
	}
	return e.records(rangeOf(ctx, e.file, e.commit.data, &e.tree, lo, hi))
}

// Collection is [Export.Range] for the records of one collection.
func (e *Export) Collection(ctx context.Context, collection syntax.NSID) iter.Seq2[Record, error] {
	return e.Range(ctx, collection.String()+"/", collection.String()+"0")
}

// Get returns the record at path and whether there is one. Either is verified
// from the commit down. The error is a [*mst.MissingBlockError] if a node is
// missing that is needed to tell.
func (e *Export) Get(ctx context.Context, path syntax.RepoPath) (Record, bool, error) {
	if path.IsZero() {
		return Record{}, false, errNoPath
	}
	c, found, err := mst.VerifyProof(ctx, e.file, e.commit.data, path.String(), &e.tree)
	if err != nil || !found {
		return Record{}, false, err
	}
	r, err := e.o.record(mst.Entry{Key: path.String(), Value: c}, e.find)
	return r, err == nil, err
}

// Range is [Stream.Records] for a part of the repository: the records from the
// path lo on up to the path hi, which is not among them; an empty hi is no
// bound. Blocks of others are skipped, and the CAR file may lack them, also
// with [Options.RequirePreorder]. What comes behind the last record of the range
// is not read. Without bounds it is [Stream.Records].
func (s *Stream) Range(ctx context.Context, lo, hi string) iter.Seq2[Record, error] {
	if lo == "" && hi == "" {
		return s.Records(ctx)
	}
	return func(yield func(Record, error) bool) {
		s.sparse = true
		s.run(ctx, rangeOf(ctx, mst.SourceFunc(s.node), s.commit.data, &s.tree, lo, hi), yield)
	}
}

// Collection is [Stream.Range] for the records of one collection.
func (s *Stream) Collection(ctx context.Context, collection syntax.NSID) iter.Seq2[Record, error] {
	return s.Range(ctx, collection.String()+"/", collection.String()+"0")
}

// rangeOf returns a range of the entries of a tree.
func rangeOf(ctx context.Context, src mst.Source, root dagcbor.CID, o *mst.Options, lo, hi string) iter.Seq2[mst.Entry, error] {
	return func(yield func(mst.Entry, error) bool) {
		tree, err := mst.Load(ctx, src, root, o)
		if err != nil {
			yield(mst.Entry{}, err)
			return
		}
		tree.Range(ctx, lo, hi)(yield)
	}
}
