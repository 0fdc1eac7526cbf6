package car

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A batch is a run of sections that is hashed as a whole, by whoever takes it
// first: the one who waits for it, or a goroutine that has nothing else to do.
type batch struct {
	sections []section
	size     int   // bytes of the sections
	gen      int64 // number of the one buffer of the input in which they are
	err      error // what comes behind the sections: io.EOF, a fault, or nil

	l      *limits
	good   int // sections before the first one with a wrong hash, once hashed
	bad    error
	done   atomic.Bool // is hashed
	hashed sync.WaitGroup
}

// A section is the content of a section and where in the file it stands.
type section struct {
	content []byte
	at      int64 // of the section's length
	start   int64 // of the content
}

const (
	// batchSize is how many bytes of sections make a batch, batchBlocks how
	// many sections.
	batchSize   = bufferSize
	batchBlocks = 512
	// maxBatches is how many batches there are of a reader that gives little
	// at a time, so that they are not full.
	maxBatches = 2 * ReadAheadSize / batchSize
	// enough is how many batches have to wait before a goroutine is started
	// for them: until it runs the others go on.
	enough = 2
	// patience is how often a goroutine looks for another batch before it
	// ends, in about a tenth of a millisecond. To start another one can take
	// the system longer than that.
	patience = 1000
)

// ahead is the queue of batches that a reader has cut and not yet returned.
// Goroutines hash them; each ends when there is no batch left to take.
type ahead struct {
	workers int
	queue   []*batch // in the order of the file
	size    int      // bytes in queue
	free    []*batch
	ended   bool // the last batch of the queue has an error
	count   int64

	mu       sync.Mutex
	todo     []*batch     // those at the end of the queue that nobody has taken
	waiting  atomic.Int32 // length of todo
	helpers  int          // goroutines
	running  sync.WaitGroup
	stopping atomic.Bool
}

// nextBatch returns the next batch, hashed. It cuts more batches than that
// one, so that others can hash them meanwhile. The batch before is used again.
func (a *ahead) nextBatch(in *input, l *limits, old *batch) *batch {
	if old != nil {
		a.retire(in, old)
	}
	for !a.ended && (len(a.queue) == 0 || a.goesOn()) {
		b := a.take()
		a.cut(in, l, b)
		b.gen = in.gen
		a.ended = b.err != nil
		a.queue = append(a.queue, b)
		a.size += b.size
		a.share(b)
	}
	b := a.queue[0]
	a.queue = a.queue[:copy(a.queue, a.queue[1:])]
	a.size -= b.size
	a.await(b)
	return b
}

// goesOn reports whether more is to be read, although there is something.
func (a *ahead) goesOn() bool {
	return a.workers > 1 && a.size < ReadAheadSize && len(a.queue) < maxBatches
}

// retire takes back a batch that was returned, and its memory.
func (a *ahead) retire(in *input, old *batch) {
	clear(old.sections) // or they would keep old buffers
	a.free = append(a.free, old)
	gen := in.gen
	if len(a.queue) > 0 {
		gen = a.queue[0].gen
	}
	in.release(gen)
}

func (a *ahead) take() *batch {
	last := len(a.free) - 1
	if last < 0 {
		return &batch{sections: make([]section, 0, batchBlocks)}
	}
	b := a.free[last]
	a.free = a.free[:last]
	b.sections, b.size, b.err = b.sections[:0], 0, nil
	return b
}

// cut fills b with sections: those that are in the buffer already, or else the
// next one.
func (a *ahead) cut(in *input, l *limits, b *batch) {
	b.l = l
	for b.size < batchSize && len(b.sections) < batchBlocks && (b.size == 0 || in.hasSection()) {
		s, err := cutSection(in, l, a.count+1)
		if err != nil {
			b.err = err
			return
		}
		a.count++
		b.sections = append(b.sections, s)
		b.size += len(s.content)
	}
}

// share lets others hash the batch.
func (a *ahead) share(b *batch) {
	b.done.Store(false)
	b.hashed.Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.todo = append(a.todo, b)
	a.waiting.Store(int32(len(a.todo)))
	if len(a.todo) >= enough && a.helpers < a.workers-1 {
		a.helpers++
		a.running.Go(a.help)
	}
}

// help hashes batches until there has been none for a while.
func (a *ahead) help() {
	for idle := 0; idle < patience && !a.stopping.Load(); {
		if b := a.claim(); b != nil {
			b.hash()
			idle = 0
			continue
		}
		idle++
		runtime.Gosched()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.helpers--
}

// claim takes the next batch that is to be hashed, or returns nil.
func (a *ahead) claim() *batch {
	if a.waiting.Load() == 0 {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.todo) == 0 {
		return nil
	}
	b := a.todo[0]
	a.todo = a.todo[:copy(a.todo, a.todo[1:])]
	a.waiting.Store(int32(len(a.todo)))
	return b
}

// await returns when the batch is hashed. As long as somebody else is at it, it
// hashes others.
func (a *ahead) await(b *batch) {
	for !b.done.Load() {
		next := a.claim()
		if next == nil {
			b.hashed.Wait()
			return
		}
		next.hash()
	}
}

// stop returns when no goroutine is left. The queue stays as it is.
func (a *ahead) stop() {
	a.stopping.Store(true)
	a.running.Wait()
	a.stopping.Store(false)
}

// hash compares the blocks with their names.
func (b *batch) hash() {
	b.good, b.bad = len(b.sections), nil
	for i := range b.sections {
		if err := b.l.checkBlock(b.sections[i].content, b.sections[i].start); err != nil {
			b.good, b.bad = i, err
			break
		}
	}
	b.done.Store(true)
	b.hashed.Done()
}

// failure is what comes behind the good sections, or nil.
func (b *batch) failure() error {
	if b.bad != nil {
		return b.bad
	}
	return b.err
}
