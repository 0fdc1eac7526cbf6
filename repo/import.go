package repo

import (
	"context"
	"errors"
	"fmt"
	"io"

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
// when something fails the blocks are taken out again. If the process dies in
// the middle, or the store fails, blocks may stay that belong to no head; where
// that matters, import into a new store and swap the stores.
//
// Only blocks of the repository are stored, once for each place at which they
// are. What was in the store must be of the same account, else the error is a
// [*DIDMismatchError], and of an earlier revision, else it is a [*StaleError]. A
// host that takes over an account goes on with [Open] and [Repo.Resign], which
// signs with its own key.
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
	im := importer{store: store, head: old.cid(), next: s.commit.cid}
	err = im.read(ctx, s)
	if err == nil {
		err = im.finish(ctx, s.commit, old)
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

// replaced returns what is in a store before c comes there.
func replaced(ctx context.Context, store blockstore.Store, c *Commit) (*state, error) {
	head, err := store.Head(ctx)
	if err != nil {
		return nil, err
	}
	old, err := loadState(ctx, store, head, c.did)
	if err != nil {
		return nil, err
	}
	if old.head != nil && c.rev.Compare(old.head.rev) <= 0 {
		return nil, &StaleError{Repo: c.did, Rev: c.rev, Last: old.head.rev}
	}
	return old, nil
}

const (
	importBytes  = 4 << 20 // in a batch
	importBlocks = 8192    // in a batch
)

// importer is one import.
type importer struct {
	store blockstore.Store
	head  dagcbor.CID // until the end
	next  dagcbor.CID // from then on

	put  []car.Block   // the next batch
	data []byte        // of the batch
	done []dagcbor.CID // that are in the store
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
	start := len(im.data)
	im.data = append(im.data, block...) // what is in the batch stays where it is
	im.put = append(im.put, car.Block{CID: c, Data: im.data[start:len(im.data):len(im.data)]})
	if len(im.data) < importBytes && len(im.put) < importBlocks {
		return nil
	}
	return im.flush(ctx, im.head, nil)
}

// flush stores what has come together.
func (im *importer) flush(ctx context.Context, head dagcbor.CID, drop []dagcbor.CID) error {
	err := im.store.Commit(ctx, &blockstore.Batch{Prev: im.head, Head: head, Put: im.put, Drop: drop, TrustHashes: true})
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

// finish makes c the head and drops what was there before.
func (im *importer) finish(ctx context.Context, c *Commit, old *state) error {
	im.put = append(im.put, car.Block{CID: c.cid, Data: c.block})
	drop, err := old.blocks(ctx)
	if err != nil {
		return err
	}
	return im.flush(ctx, c.cid, drop)
}

// blocks returns the CIDs of all blocks, once for each place at which they are.
func (s *state) blocks(ctx context.Context) ([]dagcbor.CID, error) {
	if s.head == nil {
		return nil, nil
	}
	all := []dagcbor.CID{s.head.cid}
	for step, err := range s.tree.Preorder(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, step.CID)
	}
	return all, nil
}

// undo takes out of the store what has come there, and returns err. It does so
// also if err is that ctx has ended.
func (im *importer) undo(ctx context.Context, err error) error {
	if len(im.done) == 0 {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	for {
		head, undoErr := im.store.Head(ctx)
		if head == im.next {
			return err // but it was done
		}
		if undoErr == nil {
			undoErr = im.store.Commit(ctx, &blockstore.Batch{Prev: head, Head: head, Drop: im.done})
		}
		switch {
		case errors.Is(undoErr, blockstore.ErrConflict):
			continue // somebody commits all the time
		case undoErr != nil:
			return fmt.Errorf("%w; of it %d blocks stay in the store: %v", err, len(im.done), undoErr)
		}
		return err
	}
}
