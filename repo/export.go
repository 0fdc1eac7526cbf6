package repo

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// Export writes the repository as a CAR file, in the order in which it can be
// verified as a stream: the commit, then each node before what is in it
// (https://atproto.com/specs/repository#streamable-car-block-ordering). A
// record that is at several paths is written at each. The file is the
// repository as it was when Export began, however long it takes to write it.
// Writes to w are buffered; after an error, what w got is not to be used.
func (r *Repo) Export(ctx context.Context, w io.Writer) error {
	return r.held(ctx, func() error { return r.export(ctx, w) })
}

func (r *Repo) export(ctx context.Context, w io.Writer) error {
	s := r.now.Load()
	x, err := newExporter(r.src, s.head, w)
	if err != nil {
		return err
	}
	for step, err := range s.tree.Preorder(ctx) {
		switch {
		case err != nil:
			return err
		case step.Node != nil:
			err = x.put(step.CID, step.Node)
		default:
			err = x.record(ctx, mst.Entry{Key: step.Key, Value: step.CID})
		}
		if err != nil {
			return err
		}
	}
	return x.w.Flush()
}

// ExportCollection writes what one needs to verify all records of some
// collections, and that these are all: a CAR file like that of [Repo.Export],
// without the nodes and records that have nothing to do with them. Reading it
// in full ends at the first node that is missing.
func (r *Repo) ExportCollection(ctx context.Context, w io.Writer, collections ...syntax.NSID) error {
	return r.held(ctx, func() error { return r.exportCollection(ctx, w, collections) })
}

func (r *Repo) exportCollection(ctx context.Context, w io.Writer, collections []syntax.NSID) error {
	x, tree, err := r.exportPart(ctx, w)
	if err != nil {
		return err
	}
	collections = slices.Clone(collections)
	slices.SortFunc(collections, syntax.NSID.Compare)
	for _, c := range slices.Compact(collections) {
		lo, hi := collectionRange(c)
		for e, err := range tree.Range(ctx, lo, hi) {
			if err != nil {
				return err
			}
			if err := x.record(ctx, e); err != nil {
				return err
			}
		}
	}
	return x.w.Flush()
}

// WriteProof writes a CAR file that proves which record is at a path, or that
// there is none, as com.atproto.sync.getRecord serves it: the commit, the nodes
// from the root down to the path, and the record. Several paths can share a
// proof. [VerifyProof] is the other side of it.
func (r *Repo) WriteProof(ctx context.Context, w io.Writer, paths ...syntax.RepoPath) error {
	return r.held(ctx, func() error { return r.writeProof(ctx, w, paths) })
}

func (r *Repo) writeProof(ctx context.Context, w io.Writer, paths []syntax.RepoPath) error {
	if slices.ContainsFunc(paths, syntax.RepoPath.IsZero) {
		return errNoPath
	}
	x, tree, err := r.exportPart(ctx, w)
	if err != nil {
		return err
	}
	paths = slices.Clone(paths)
	slices.SortFunc(paths, syntax.RepoPath.Compare)
	for _, p := range slices.Compact(paths) {
		c, found, err := tree.Get(ctx, p.String())
		if err == nil && found {
			err = x.record(ctx, mst.Entry{Key: p.String(), Value: c})
		}
		if err != nil {
			return err
		}
	}
	return x.w.Flush()
}

// exportPart begins a file of a part of the repository. Each node of the tree
// that it returns is written when it is looked at for the first time.
func (r *Repo) exportPart(ctx context.Context, w io.Writer) (*exporter, *mst.Tree, error) {
	s := r.now.Load()
	x, err := newExporter(r.src, s.head, w)
	if err != nil {
		return nil, nil, err
	}
	tree, err := mst.Load(ctx, x.tee(), s.head.data, storedTree())
	return x, tree, err
}

// exporter writes a CAR file.
type exporter struct {
	store *source
	w     *bufio.Writer
	car   *car.Writer
}

// newExporter begins with the header and the commit.
func newExporter(store *source, head *Commit, w io.Writer) (*exporter, error) {
	if head == nil {
		return nil, errors.New("repo: nothing to export before the first commit")
	}
	bw := bufio.NewWriterSize(w, 64<<10)
	cw, err := car.NewWriter(bw, head.cid)
	if err != nil {
		return nil, err
	}
	return &exporter{store, bw, cw}, cw.Put(head.cid, head.block)
}

func (x *exporter) put(c dagcbor.CID, block []byte) error { return x.car.Put(c, block) }

func (x *exporter) record(ctx context.Context, e mst.Entry) error {
	rec, err := loadRecord(ctx, x.store, e)
	if err != nil {
		return err
	}
	return x.put(rec.cid, rec.block)
}

// tee returns a source of the store's nodes that writes each one when it is
// fetched for the first time. A tree on it is read in pre-order if its keys are
// asked for in ascending order.
func (x *exporter) tee() mst.SourceFunc {
	written := map[dagcbor.CID]bool{}
	return func(ctx context.Context, c dagcbor.CID) ([]byte, error) {
		b, err := x.store.Block(ctx, c)
		if err != nil || written[c] {
			return b, err
		}
		written[c] = true
		return b, x.put(c, b)
	}
}
