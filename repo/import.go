package repo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
)

// Import reads a whole repository from a CAR file, as [ReadStream] does with o,
// and makes it what is in store, in place of what was there. It returns the
// commit, which is then the head.
//
// The blocks come into the store as they are read, in batches, since a
// repository may be larger than memory. The head is set with the last batch,
// after all was verified: until then the store shows what it showed before, and
// when something fails the blocks are taken out again, also if that is that ctx
// has ended. If the process dies in the middle, or the store fails or is written
// to by others all the time, blocks may stay that belong to no head; where that
// matters, import into a new store and swap the stores.
//
// Only blocks of the repository are stored, once for each place at which they
// are, and one more until the end. What was in the store must be of the same
// account, else the error is a [*DIDMismatchError], and of an earlier revision,
// else it is a [*StaleError]. A host that takes over an account goes on with
// [Open] and [Repo.Resign], which signs with its own key.
//
// What was in the store may be damaged. Blocks that it has lost are stored again
// if they are in the file, and what the new repository does not use is dropped:
// if the old tree cannot be walked, or lacks records, everything else that is in
// the store, if that is a [blockstore.Lister]; nobody else may import into it
// at that time. The error is an [*UnreadableError] if the store is none, if it has
// other bytes under the CID of a block that is in the file, or cannot read them,
// and if the old commit cannot be read: nothing says then whose the store is, and
// which revisions are later. The way out is to import into a new store.
func Import(ctx context.Context, store blockstore.Store, r io.Reader, o *Options) (*Commit, error) {
	o, err := o.forImport()
	if err != nil {
		return nil, err
	}
	s, err := ReadStream(ctx, r, o)
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // was read
	old, err := replaced(ctx, store, s.commit)
	if err != nil {
		return nil, err
	}
	im := importer{store: store, old: old, next: s.commit}
	err = im.read(ctx, s)
	if err == nil {
		err = im.finish(ctx)
	}
	if err != nil {
		return nil, im.undo(ctx, err)
	}
	return s.commit, nil
}

// forImport returns the options with which a file is read that is to be stored.
func (o *Options) forImport() (*Options, error) {
	if o == nil {
		return nil, errNoKey
	}
	if o.SkipRecords {
		return nil, errors.New("repo: import without the records")
	}
	in := *o
	in.ReuseMemory, in.AllowVersion2 = true, false
	return &in, nil
}

// replaced returns the commit that is in a store before c comes there, or nil.
func replaced(ctx context.Context, store blockstore.Store, c *Commit) (*Commit, error) {
	head, err := store.Head(ctx)
	if err != nil || !head.Defined() {
		return nil, err
	}
	old, err := loadCommit(ctx, store, head)
	switch {
	case err != nil:
		return nil, unreadable(ctx, head, err)
	case old.did != c.did:
		return nil, &DIDMismatchError{old.cid, old.did, c.did}
	case c.rev.Compare(old.rev) <= 0:
		return nil, &StaleError{Repo: c.did, Rev: c.rev, Last: old.rev}
	}
	return old, nil
}

const (
	importBytes  = 4 << 20 // in a batch
	importBlocks = 8192    // in a batch
)

// undoTries is how often an import that failed is undone again because somebody
// else has committed.
const undoTries = 10

// importer is one import.
type importer struct {
	store blockstore.Store
	old   *Commit // that is the head until the end; nil for none
	next  *Commit // that is the head from then on

	put  []car.Block   // the next batch
	data []byte        // of the batch
	done []dagcbor.CID // that are in the store
	// lost has the blocks that the store did not have, if there is an old
	// commit: its tree may have them nevertheless.
	lost []dagcbor.CID
	// mark is a block that no other import has. As long as it is there nobody
	// has dropped what is done.
	mark dagcbor.CID
}

// read stores the records as they come, and the nodes that they make.
func (im *importer) read(ctx context.Context, s *Stream) error {
	nodes := mst.NewBuilder(func(c dagcbor.CID, node []byte) error { return im.add(ctx, c, node) })
	for rec, err := range s.Records(ctx) {
		if err != nil {
			return err
		}
		if err := nodes.Add(rec.path, rec.cid); err != nil {
			return err
		}
		if err := im.add(ctx, rec.cid, rec.block); err != nil {
			return err
		}
	}
	root, err := nodes.Finish()
	if err == nil && root != s.commit.data {
		return fmt.Errorf("repo: internal error: tree of the records is %s, not %s", root, s.commit.data)
	}
	return err
}

func (im *importer) add(ctx context.Context, c dagcbor.CID, block []byte) error {
	if err := im.look(ctx, c, block); err != nil {
		return err
	}
	im.take(c, block)
	if len(im.data) < importBytes && len(im.put) < importBlocks {
		return nil
	}
	if !im.mark.Defined() {
		mark := []byte(rand.Text())
		im.mark = dagcbor.Sum(dagcbor.Raw, mark)
		im.take(im.mark, mark)
	}
	return im.flush(ctx, cidOrNone(im.old), nil)
}

// look finds out whether the store has a block of the old repository as it is
// to be: it is not stored a second time.
func (im *importer) look(ctx context.Context, c dagcbor.CID, block []byte) error {
	if im.old == nil {
		return nil
	}
	found, err := hasBlock(ctx, im.store, c, block)
	if err != nil {
		return unreadable(ctx, im.old.cid, err)
	}
	if !found {
		im.lost = append(im.lost, c)
	}
	return nil
}

// hasBlock reports whether a store has a block. The error is that of the store,
// or says that it has other bytes.
func hasBlock(ctx context.Context, store blockstore.Store, c dagcbor.CID, block []byte) (bool, error) {
	have, err := store.Block(ctx, c)
	switch {
	case errors.Is(err, blockstore.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case !bytes.Equal(have, block):
		return false, errors.New("block " + c.String() + " is not what its CID names")
	}
	return true, nil
}

// take adds a block to the batch.
func (im *importer) take(c dagcbor.CID, block []byte) {
	start := len(im.data)
	im.data = append(im.data, block...) // what is in the batch stays where it is
	im.put = append(im.put, car.Block{CID: c, Data: im.data[start:len(im.data):len(im.data)]})
}

// flush stores what has come together.
func (im *importer) flush(ctx context.Context, head dagcbor.CID, drop []dagcbor.CID) error {
	err := im.store.Commit(ctx, &blockstore.Batch{Prev: cidOrNone(im.old), Head: head, Put: im.put, Drop: drop, TrustHashes: true})
	if err != nil {
		return err
	}
	for _, b := range im.put {
		im.done = append(im.done, b.CID)
	}
	clear(im.put)
	im.put, im.data = im.put[:0], im.data[:0]
	return nil
}

// finish makes the new commit the head and drops what was there before.
func (im *importer) finish(ctx context.Context) error {
	im.put = append(im.put, car.Block{CID: im.next.cid, Data: im.next.block})
	drop, err := im.oldBlocks(ctx)
	if err == nil {
		err = im.flush(ctx, im.next.cid, im.marked(drop))
		if _, lacks := errors.AsType[*blockstore.BatchError](err); !lacks || im.old == nil {
			return err
		}
	}
	store, lists := im.store.(blockstore.Lister)
	if !lists || ctx.Err() != nil {
		return unreadable(ctx, im.old.cid, err)
	}
	if drop, err = im.otherBlocks(ctx, store); err != nil {
		return unreadable(ctx, im.old.cid, err)
	}
	return im.flush(ctx, im.next.cid, im.marked(drop))
}

// marked returns what is dropped besides drop, too.
func (im *importer) marked(drop []dagcbor.CID) []dagcbor.CID {
	if im.mark.Defined() {
		drop = append(drop, im.mark)
	}
	return drop
}

// oldBlocks returns the CIDs of all blocks of the old repository, once for each
// place at which they are, except those that the store had lost.
func (im *importer) oldBlocks(ctx context.Context) ([]dagcbor.CID, error) {
	if im.old == nil {
		return nil, nil
	}
	tree, err := mst.Load(ctx, im.store, im.old.data, storedTree())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(im.lost, dagcbor.CID.Compare)
	all := []dagcbor.CID{im.old.cid}
	for step, err := range tree.Preorder(ctx) {
		if err != nil {
			return nil, err
		}
		if _, lost := slices.BinarySearchFunc(im.lost, step.CID, dagcbor.CID.Compare); !lost {
			all = append(all, step.CID)
		}
	}
	return all, nil
}

// otherBlocks returns the CIDs of all blocks that are in the store and not from
// this import, once for each reference.
func (im *importer) otherBlocks(ctx context.Context, store blockstore.Lister) ([]dagcbor.CID, error) {
	slices.SortFunc(im.done, dagcbor.CID.Compare)
	var others []dagcbor.CID
	for ref, err := range store.Refs(ctx) {
		if err != nil {
			return nil, err
		}
		n := ref.Refs
		i, _ := slices.BinarySearchFunc(im.done, ref.CID, dagcbor.CID.Compare)
		for ; i < len(im.done) && im.done[i] == ref.CID; i++ {
			n--
		}
		for range n {
			others = append(others, ref.CID)
		}
	}
	return others, nil
}

// undo takes out of the store what has come there, and returns err. It does so
// also if err is that ctx has ended.
func (im *importer) undo(ctx context.Context, err error) error {
	if len(im.done) == 0 {
		return err
	}
	undoErr := im.drop(context.WithoutCancel(ctx))
	if undoErr != nil {
		return fmt.Errorf("%w; of it %d blocks stay in the store: %v", err, len(im.done), undoErr)
	}
	return err
}

// drop drops what is done, on whichever head there is.
func (im *importer) drop(ctx context.Context) error {
	on := im.next.cid // the head of the last try
	var err error
	for range undoTries {
		head, headErr := im.store.Head(ctx)
		switch {
		case headErr != nil:
			return headErr
		case head == im.next.cid:
			return nil // it was done
		case err != nil && head == on:
			return err // nobody has committed
		}
		if _, gone := im.store.Block(ctx, im.mark); errors.Is(gone, blockstore.ErrNotFound) {
			return nil // another import has dropped it
		}
		on = head
		err = im.store.Commit(ctx, &blockstore.Batch{Prev: head, Head: head, Drop: im.done})
		if !errors.Is(err, blockstore.ErrConflict) {
			return err
		}
	}
	return err
}

func cidOrNone(c *Commit) dagcbor.CID {
	if c == nil {
		return dagcbor.CID{}
	}
	return c.cid
}
