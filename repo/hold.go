package repo

import (
	"context"
	"errors"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// Hold keeps everything readable that is in the repository now, until release
// is called: [Repo.Tree] and what is read from it, whatever is written meanwhile
// through this Repo. What commits drop from the store stays in memory for so
// long. The methods of Repo that read do so by themselves while they run.
//
// It may wait for a commit that is under way, and fails if ctx ends before, with
// the cause of that; release is then nil. How long ctx lasts has nothing to do
// with how long the hold does. To call release again does nothing.
func (r *Repo) Hold(ctx context.Context) (release func(), err error) { return r.keep.hold(ctx) }

// A keeper has the blocks that commits have dropped from the store while
// somebody reads the repository as it was before.
type keeper struct {
	mu      sync.Mutex
	alone   chan struct{}             // a commit of which nothing is kept, closed when it ends; nil if there is none
	waiting int                       // holds that wait for its end
	commits uint64                    // that there were
	oldest  uint64                    // how many there were before the oldest hold; all, if there is none
	holds   map[uint64]int            // how many there are, by the commits before them
	dropped map[dagcbor.CID]keptBlock // for them
}

// keptBlock is a block that a commit has dropped.
type keptBlock struct {
	data   []byte
	commit uint64
}

func newKeeper() *keeper {
	return &keeper{holds: map[uint64]int{}, dropped: map[dagcbor.CID]keptBlock{}}
}

func (k *keeper) hold(ctx context.Context) (release func(), err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.wait(ctx); err != nil {
		return nil, err
	}
	n := k.commits
	k.holds[n]++
	return sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.holds[n]--; k.holds[n] == 0 {
			delete(k.holds, n)
			k.forget()
		}
	}), nil
}

// wait waits, with the mutex let go of meanwhile, for the end of a commit of
// which nothing is kept. No other such commit begins before it returns.
func (k *keeper) wait(ctx context.Context) error {
	if k.alone == nil {
		return nil
	}
	ended := k.alone
	k.waiting++
	k.mu.Unlock()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	k.mu.Lock()
	k.waiting--
	return err
}

// begin begins a commit, and reports whether what it drops has to be kept.
func (k *keeper) begin() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.holds) == 0 && k.waiting == 0 {
		k.alone = make(chan struct{})
	}
	return k.alone == nil
}

// add keeps a block that the commit under way will drop.
func (k *keeper) add(c dagcbor.CID, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropped[c] = keptBlock{data, k.commits + 1}
}

// end ends a commit.
func (k *keeper) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.commits++
	if k.alone != nil {
		close(k.alone)
		k.alone = nil
	}
	k.forget()
}

// forget lets go of the blocks that nobody needs any more. It looks at them only
// if the oldest hold has gone: many short ones beside a long one cost nothing.
func (k *keeper) forget() {
	oldest := k.commits
	for n := range k.holds {
		oldest = min(oldest, n)
	}
	if oldest == k.oldest {
		return
	}
	k.oldest = oldest
	for c, b := range k.dropped {
		if b.commit <= oldest {
			delete(k.dropped, c)
		}
	}
}

func (k *keeper) get(c dagcbor.CID) (data []byte, found bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b, found := k.dropped[c]
	return b.data, found
}

// source is where a Repo reads: in its store, and where that has dropped a
// block, in what is kept of it.
type source struct {
	store blockstore.Store
	keep  *keeper
}

// Block implements [mst.Source].
func (s *source) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	b, err := s.store.Block(ctx, c)
	if err != nil && errors.Is(err, mst.ErrNotFound) {
		if kept, found := s.keep.get(c); found {
			return kept, nil
		}
	}
	return b, err
}

// keepDropped keeps what res drops, if anybody needs it. It comes before the
// commit, and keep.end after it.
func (r *Repo) keepDropped(ctx context.Context, a *applier) error {
	if !r.keep.begin() {
		return nil
	}
	for _, n := range a.gone {
		r.keep.add(n.CID, n.Data)
	}
	for _, op := range a.ops {
		if !op.Prev.Defined() || op.CID == op.Prev {
			continue
		}
		b, err := r.src.Block(ctx, op.Prev)
		if err != nil {
			return err
		}
		r.keep.add(op.Prev, b)
	}
	return nil
}

// held calls read under a hold, and returns [Repo.readError] of its error.
func (r *Repo) held(ctx context.Context, read func() error) error {
	release, err := r.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	return r.readError(ctx, read())
}

// readError returns err, of reading the repository, or if blocks are missing
// because somebody else has written to the store, an error that says so.
func (r *Repo) readError(ctx context.Context, err error) error {
	if !isMissing(err) {
		return err
	}
	if err := r.write.lock(ctx); err != nil { // a commit is in the store before it is in r.now
		return err
	}
	defer r.write.unlock()
	return r.conflict(ctx, err)
}

// conflict is readError for who has the lock for writing.
func (r *Repo) conflict(ctx context.Context, err error) error {
	if !isMissing(err) {
		return err
	}
	have := r.now.Load().cid()
	if head, headErr := r.store.Head(ctx); headErr == nil && head != have {
		return &blockstore.ConflictError{Want: have, Have: head}
	}
	return err
}

// isMissing reports whether err says that a node or a record is missing.
func isMissing(err error) bool {
	if err == nil {
		return false
	}
	_, record := errors.AsType[*MissingRecordError](err)
	_, node := errors.AsType[*mst.MissingBlockError](err)
	return record || node
}
