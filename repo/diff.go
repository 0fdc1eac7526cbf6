package repo

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// Tree returns the tree of the repository, to look things up or to compare it
// with another ([mst.Diff]). Nodes are checked when they are come by.
func (e *Export) Tree(ctx context.Context) (*mst.Tree, error) {
	return mst.Load(ctx, e.file, e.commit.data, &e.tree)
}

// ExportSince writes what has changed since the tree was base, which was that of
// an earlier commit: a CAR file with the commit, the nodes that base does not
// have, each before what is in it, and the records that were created or updated,
// as com.atproto.sync.getRepo serves it with the parameter since. A record
// whose block was there before, but not at its path, is among them. For a base
// of nil it is [Repo.Export].
//
// Two trees do not tell that a record went and came back as it was. The
// specification wants it in the file nevertheless: written names the paths that
// were written to since, such as those of [Result.Ops], whose records are in the
// file if they are in the repository.
//
// What was deleted is not in the file and cannot be told from it: only together
// with the tree before does it say what the repository is, as [ImportDiff]
// puts them together. [Repo.TreeBefore] makes the tree of an earlier commit.
func (r *Repo) ExportSince(ctx context.Context, w io.Writer, base *mst.Tree, written ...syntax.RepoPath) error {
	if base == nil {
		return r.Export(ctx, w)
	}
	defer r.Hold()()
	return r.readError(ctx, r.exportSince(ctx, w, base, written))
}

func (r *Repo) exportSince(ctx context.Context, w io.Writer, base *mst.Tree, written []syntax.RepoPath) error {
	s := r.now.Load()
	x, err := newExporter(r.src, s.head, w)
	if err != nil {
		return err
	}
	written = slices.Clone(written)
	d, err := compare(ctx, base, s.tree)
	if err != nil {
		return err
	}
	for _, n := range d.nodes {
		if err := x.put(n.CID, n.Data); err != nil {
			return err
		}
	}
	for _, c := range d.changes {
		if !c.New.Defined() {
			continue
		}
		if err := x.record(ctx, mst.Entry{Key: c.Key, Value: c.New}); err != nil {
			return err
		}
	}
	slices.SortFunc(written, syntax.RepoPath.Compare)
	for _, p := range slices.Compact(written) {
		if err := x.again(ctx, s.tree, d.changes, p.String()); err != nil {
			return err
		}
	}
	return x.w.Flush()
}

// again writes the record at key if there is one that is not among the changes,
// whose keys ascend.
func (x *exporter) again(ctx context.Context, t *mst.Tree, changes []mst.Change, key string) error {
	_, changed := slices.BinarySearchFunc(changes, key, func(c mst.Change, key string) int { return strings.Compare(c.Key, key) })
	if changed {
		return nil
	}
	c, found, err := t.Get(ctx, key)
	if err != nil || !found {
		return err
	}
	return x.record(ctx, mst.Entry{Key: key, Value: c})
}

// ImportDiff brings the repository in store to a later revision, by a CAR file
// that has the blocks that are new since then, such as com.atproto.sync.getRepo
// serves with the parameter since. A whole repository does as well, for a store
// that has an earlier revision or nothing; it is held in memory, though: see
// [Import]. It returns what has changed, in ascending order of keys.
//
// Everything is verified before anything is stored: the commit, as [Read] does
// with o, all nodes that are new, and that their records are in the file or in
// the store. If blocks are missing the error is a [*mst.MissingBlockError] or
// [*MissingRecordError], and the whole repository is needed. What was in the
// store must be of the same account, else the error is a [*DIDMismatchError], and
// of an earlier revision, else it is a [*StaleError].
func ImportDiff(ctx context.Context, store blockstore.Store, r io.Reader, o *Options) (*Commit, []mst.Change, error) {
	o, err := o.forImport()
	if err != nil {
		return nil, nil, err
	}
	if err := o.checkPart(); err != nil {
		return nil, nil, err
	}
	e, err := Read(ctx, r, o)
	if err != nil {
		return nil, nil, err
	}
	old, err := replaced(ctx, store, e.commit)
	if err != nil {
		return nil, nil, err
	}
	src := overlay{e.file, store}
	tree, err := mst.Load(ctx, src, e.commit.data, storedTree())
	if err != nil {
		return nil, nil, err
	}
	base := old.tree
	if old.head == nil {
		base = nil
	}
	d, err := compare(ctx, base, tree)
	if err != nil {
		return nil, nil, err
	}
	b, err := d.batch(ctx, old.cid(), e.commit, src)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Commit(ctx, b); err != nil {
		return nil, nil, err
	}
	return e.commit, d.changes, nil
}

// overlay is a source of what is in a file, or in a store.
type overlay struct {
	file  *car.Index
	store blockstore.Store
}

func (o overlay) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if b, found := o.file.Get(c); found {
		return b, nil
	}
	return o.store.Block(ctx, c)
}

// batch returns what brings a store from the head prev to c. The records are
// checked as they are found.
func (d *difference) batch(ctx context.Context, prev dagcbor.CID, c *Commit, src mst.Source) (*blockstore.Batch, error) {
	b := &blockstore.Batch{Prev: prev, Head: c.cid, Drop: d.gone, TrustHashes: true}
	b.Put = append([]car.Block{{CID: c.cid, Data: c.block}}, d.nodes...)
	if prev.Defined() {
		b.Drop = append(b.Drop, prev)
	}
	for _, ch := range d.changes {
		if ch.New.Defined() {
			rec, err := loadRecord(ctx, src, mst.Entry{Key: ch.Key, Value: ch.New})
			if err != nil {
				return nil, err
			}
			b.Put = append(b.Put, car.Block{CID: rec.cid, Data: rec.block})
		}
		if ch.Old.Defined() {
			b.Drop = append(b.Drop, ch.Old)
		}
	}
	return b, nil
}
