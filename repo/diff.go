package repo

import (
	"context"
	"errors"
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
// puts them together.
//
// A base that is of this Repo's own store loses nodes when there are commits:
// without a [Repo.Hold] that began before them the error is a
// [*mst.MissingBlockError]. A host that keeps the ops of commits does not need a
// base, but calls [Repo.ExportSinceOps].
func (r *Repo) ExportSince(ctx context.Context, w io.Writer, base *mst.Tree, written ...syntax.RepoPath) error {
	if base == nil {
		return r.Export(ctx, w)
	}
	return r.held(ctx, func() error { return r.exportSince(ctx, w, r.now.Load(), base, written) })
}

// ExportSinceOps is [Repo.ExportSince] for a host that keeps the ops of commits
// for its event stream: what has changed since the tree had the root since, by
// the ops of all commits after that, the oldest first. The root is the
// [Result.PrevData] of the first of these commits; if it is undefined, which
// means before the first commit of all, the file is that of [Repo.Export]. The
// paths of the ops are those that were written to.
//
// Others may write meanwhile, but the ops must be those up to [Repo.Head]. Where
// they do not lead to its tree the error is a [*mst.CommitOpError], and where
// they do not lead from since, a [*SinceError]: read the ops again, and try once
// more, or export the whole. Nothing was written then.
func (r *Repo) ExportSinceOps(ctx context.Context, w io.Writer, since dagcbor.CID, ops ...Op) error {
	if !since.Defined() {
		return r.Export(ctx, w)
	}
	return r.held(ctx, func() error {
		s := r.now.Load()
		base, err := undo(ctx, s.tree, ops)
		if err != nil {
			return err
		}
		if got := base.Root(); got != since {
			return &SinceError{Want: since, Got: got}
		}
		written := make([]syntax.RepoPath, len(ops))
		for i, op := range ops {
			written[i] = op.Path
		}
		return r.exportSince(ctx, w, s, base, written)
	})
}

// A SinceError reports ops that do not lead from where they should: some are
// missing, or there are too many. It matches [ErrDesynchronized].
type SinceError struct {
	Want dagcbor.CID // the root of the tree before the ops
	Got  dagcbor.CID // the root that undoing them leads to
}

func (e *SinceError) Error() string {
	return "repo: ops lead from the root " + orNone(e.Got) + ", not from " + orNone(e.Want)
}

// Unwrap returns [ErrDesynchronized].
func (e *SinceError) Unwrap() error { return ErrDesynchronized }

func (r *Repo) exportSince(ctx context.Context, w io.Writer, s *state, base *mst.Tree, written []syntax.RepoPath) error {
	x, err := newExporter(r.src, s.head, w)
	if err != nil {
		return err
	}
	written = slices.Clone(written)
	d, err := compare(ctx, base, s.tree)
	if err != nil {
		return err
	}
	if len(d.nodes) == 0 && base.Root() == mst.New().Root() {
		// Of no tree that had records the root is empty, nor that of none at all.
		if d.nodes, err = covering(ctx, s.tree, nil); err != nil {
			return err
		}
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
	if hasChange(changes, key) {
		return nil
	}
	c, found, err := t.Get(ctx, key)
	if err != nil || !found {
		return err
	}
	return x.record(ctx, mst.Entry{Key: key, Value: c})
}

// hasChange reports whether key is among the changes, whose keys ascend.
func hasChange(changes []mst.Change, key string) bool {
	_, found := slices.BinarySearchFunc(changes, key, func(c mst.Change, key string) int { return strings.Compare(c.Key, key) })
	return found
}

// ImportDiff brings the repository in store to a later revision, by a CAR file
// that has the blocks that are new since then, such as com.atproto.sync.getRepo
// serves with the parameter since. A whole repository does as well, for a store
// that has an earlier revision or nothing; it is held in memory, though: see
// [Import]. It returns what has changed, in ascending order of keys.
//
// Everything is verified before anything is stored: the commit, as [Read] does
// with o, all nodes that are new, and that their records are in the file or in
// the store. The limits of Options.Tree, and Options.CheckRecords, hold for what
// is new. If blocks are missing the error is a [*mst.MissingBlockError] or
// [*MissingRecordError], and the whole repository is needed. What was in the
// store must be of the same account, else the error is a [*DIDMismatchError], and
// of an earlier revision, else it is a [*StaleError].
//
// What the new revision has in common with the one in the store is not looked
// at: a block that the store has lost there is not missed. Only if the file has
// all nodes of the tree is every block of it compared with the store's, and
// stored if it was lost. The error is an [*UnreadableError] if the store has
// lost records that go, or its commit or root, or has other bytes under a CID of
// the file. [Import] of the whole can do with all that is lost but the commit.
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
	d, err := e.since(ctx, store, old)
	if err != nil {
		return nil, nil, err
	}
	b, err := d.batch(ctx, old, e, store)
	if err != nil {
		return nil, nil, err
	}
	err = store.Commit(ctx, b)
	if _, lacks := errors.AsType[*blockstore.BatchError](err); lacks {
		err = &UnreadableError{b.Prev, err}
	}
	if err != nil {
		return nil, nil, err
	}
	return e.commit, d.changes, nil
}

// since returns what is new in e since the commit old in store, which is nil for
// none.
func (e *Export) since(ctx context.Context, store blockstore.Store, old *Commit) (*difference, error) {
	var base *mst.Tree
	var err error
	if old != nil {
		if base, err = mst.Load(ctx, store, old.data, storedTree()); err != nil {
			return nil, unreadable(ctx, old.cid, err)
		}
	}
	in := e.tree
	in.TrustHashes = false // of the store
	tree, err := mst.Load(ctx, overlay{e.file, store}, e.commit.data, &in)
	if err != nil {
		return nil, err
	}
	d, err := compare(ctx, base, tree)
	if err != nil {
		return nil, err
	}
	return d, e.checkEntries(d.changes)
}

// checkEntries holds the entries that are new to the limit for those of a tree.
func (e *Export) checkEntries(changes []mst.Change) error {
	limit := e.tree.MaxEntries
	if limit == 0 {
		limit = mst.DefaultMaxEntries
	}
	n := int64(0)
	for i := range changes {
		if changes[i].New.Defined() {
			n++
		}
	}
	if limit >= 0 && n > limit {
		return &LimitError{Name: "repo: entries that are new", Limit: limit, Got: n, Offset: -1}
	}
	return nil
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

// batch returns what brings a store from the commit old, which is nil for none,
// to that of e. The records are checked as they are found.
func (d *difference) batch(ctx context.Context, old *Commit, e *Export, store blockstore.Store) (*blockstore.Batch, error) {
	c := e.commit
	b := &blockstore.Batch{Prev: cidOrNone(old), Head: c.cid, Drop: d.gone, TrustHashes: true}
	b.Put = append([]car.Block{{CID: c.cid, Data: c.block}}, d.nodes...)
	if old != nil {
		b.Drop = append(b.Drop, old.cid)
	}
	for _, ch := range d.changes {
		if ch.New.Defined() {
			rec, err := loadRecord(ctx, overlay{e.file, store}, mst.Entry{Key: ch.Key, Value: ch.New})
			if err == nil && e.o.CheckRecords {
				err = rec.Validate()
			}
			if err != nil {
				return nil, err
			}
			b.Put = append(b.Put, car.Block{CID: rec.cid, Data: rec.block})
		}
		if ch.Old.Defined() {
			b.Drop = append(b.Drop, ch.Old)
		}
	}
	if old == nil {
		return b, nil
	}
	return b, (&restorer{difference: d, file: e, store: store, b: b}).run(ctx)
}
