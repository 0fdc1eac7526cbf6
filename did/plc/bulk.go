package plc

import (
	"context"
	"hash/maphash"
	"iter"
	"runtime"
	"sync"

	"github.com/linnet-at/linnet/syntax"
)

// BulkOptions are options for [VerifyExport]. Nil, and zero fields, mean the
// defaults.
type BulkOptions struct {
	// Verify are the options for verification.
	Verify *VerifyOptions

	// Workers is how many entries are verified at once. Zero means as many as
	// there are processors.
	Workers int

	// Window is how many entries may be on their way between source and
	// consumer. Zero means 1024. It bounds memory.
	Window int

	// Load returns the state of a DID as the consumer has kept it, or nil if
	// there is none. It is called by several goroutines at once, for a DID of
	// which no entry is on its way. Nil means that there was nothing before the
	// first entry, and that all states are held in memory, at about 1 kB each.
	Load func(context.Context, syntax.DID) (*State, error)
}

// A Checked is an entry of an export that was verified.
type Checked struct {
	Entry   Entry
	Verdict Verdict

	// State is the history of the DID with the entry, or without it if it was
	// refused. It is compact, see [State.Compact].
	State *State
}

// VerifyExport verifies the entries of an export, those of different DIDs on
// all processors at once, and yields them in the order in which they came. Each
// is held against what came before it of the same DID: an entry that does not
// stand has its verdict's Err set, and changes nothing. An operation that was
// yielded as active may be undone by a later one: see Verdict.Nullifies.
//
// source returns the entries, as [Client.Export], [Client.Follow] or
// [ReadExport] do; what it does has to end when its context does, and it runs
// on another goroutine. A mirror keeps Checked.State and Entry.Seq before it
// goes on to the next result, has Load return that state, and resumes after
// that number:
//
//	source := func(ctx context.Context) iter.Seq2[plc.Entry, error] { return client.Follow(ctx, cursor, nil) }
//	for r, err := range plc.VerifyExport(ctx, source, &plc.BulkOptions{Load: db.load}) {
//
// The last pair has the error of the source, of Load, or of the context.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
func VerifyExport(ctx context.Context, source func(context.Context) iter.Seq2[Entry, error], o *BulkOptions) iter.Seq2[Checked, error] {
	return func(yield func(Checked, error) bool) {
		b := newBulk(o)
		b.run(ctx, source, yield)
	}
}

// A bulk is a run of VerifyExport.
type bulk struct {
	o      BulkOptions
	verify VerifyOptions
	queue  chan *job // in order
	shards []*shard
	seed   maphash.Seed
}

// A job is an entry on its way. err is why there can be no verdict.
type job struct {
	Checked
	slot *slot
	err  error
	done chan struct{} // has room for one
}

// A shard verifies the entries of some DIDs, one after the other.
type shard struct {
	jobs  chan *job
	mu    sync.Mutex
	slots map[syntax.DID]*slot
}

// A slot holds the state of a DID. Only its shard's worker changes the state;
// the shard's lock guards the number.
type slot struct {
	state *State
	jobs  int // on their way
}

func newBulk(o *BulkOptions) *bulk {
	b := &bulk{seed: maphash.MakeSeed()}
	if o != nil {
		b.o = *o
	}
	b.verify = b.o.Verify.withKeys()
	if b.o.Workers <= 0 {
		b.o.Workers = runtime.GOMAXPROCS(0)
	}
	if b.o.Window <= 0 {
		b.o.Window = 1024
	}
	b.queue = make(chan *job, b.o.Window)
	for range b.o.Workers {
		b.shards = append(b.shards, &shard{jobs: make(chan *job, b.o.Window), slots: map[syntax.DID]*slot{}})
	}
	return b
}

func (b *bulk) run(ctx context.Context, source func(context.Context) iter.Seq2[Entry, error], yield func(Checked, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for _, s := range b.shards {
		wg.Go(func() { b.work(ctx, s) })
	}
	wg.Go(func() { b.read(ctx, source) })
	for j := range b.queue {
		select {
		case <-j.done:
		case <-ctx.Done():
			j.err = context.Cause(ctx)
		}
		if j.err != nil {
			yield(Checked{}, j.err)
			return
		}
		if !yield(j.Checked, nil) {
			return
		}
		b.release(j)
	}
	if err := ctx.Err(); err != nil {
		yield(Checked{}, context.Cause(ctx))
	}
}

// shardOf returns the shard of a DID.
func (b *bulk) shardOf(id syntax.DID) *shard {
	return b.shards[maphash.String(b.seed, id.String())%uint64(len(b.shards))]
}

// read hands out what the source has.
func (b *bulk) read(ctx context.Context, source func(context.Context) iter.Seq2[Entry, error]) {
	defer close(b.queue)
	defer func() {
		for _, s := range b.shards {
			close(s.jobs)
		}
	}()
	for e, err := range source(ctx) {
		j := &job{Checked: Checked{Entry: e}, err: err, done: make(chan struct{}, 1)}
		if err != nil {
			j.done <- struct{}{}
		}
		select {
		case b.queue <- j:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		s := b.shardOf(e.DID)
		s.mu.Lock()
		if j.slot = s.slots[e.DID]; j.slot == nil {
			j.slot = new(slot)
			s.slots[e.DID] = j.slot
		}
		j.slot.jobs++
		s.mu.Unlock()
		s.jobs <- j // there is room for all that the queue has room for, and a worker waits for nobody
	}
}

// work verifies what comes to a shard.
func (b *bulk) work(ctx context.Context, s *shard) {
	for j := range s.jobs {
		if j.err = context.Cause(ctx); j.err == nil {
			b.check(ctx, j)
		}
		j.done <- struct{}{}
	}
}

func (b *bulk) check(ctx context.Context, j *job) {
	if j.slot.state == nil {
		if b.o.Load != nil {
			if j.slot.state, j.err = b.o.Load(ctx, j.Entry.DID); j.err != nil {
				return
			}
		}
		if j.slot.state == nil {
			j.slot.state = NewState(j.Entry.DID)
		}
	}
	next, verdict, err := j.slot.state.Apply(j.Entry, &b.verify)
	if err == nil {
		next = next.Compact()
	} else if verdict.Err == nil { // no operation
		j.err = err
		return
	}
	j.slot.state, j.State, j.Verdict = next, next, verdict
}

// release forgets a state that the consumer has kept.
func (b *bulk) release(j *job) {
	if b.o.Load == nil {
		return
	}
	s := b.shardOf(j.Entry.DID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.slot.jobs--; j.slot.jobs == 0 {
		delete(s.slots, j.Entry.DID)
	}
}
