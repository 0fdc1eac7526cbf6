package car

import (
	"sync"
	"sync/atomic"
)

// A batch is a run of sections that is hashed as a whole, by whoever comes
// first: the caller, who waits for it, or a goroutine that was started for it.
// Such goroutines wait for nothing and end by themselves, in less than a
// millisecond: there is nothing to close.
type batch struct {
	sections []section
	size     int   // bytes of the sections
	gen      int64 // number of the one buffer of the input in which they are
	err      error // what comes behind the sections: io.EOF, a fault, or nil

	l       *limits
	claimed atomic.Bool
	hashed  sync.WaitGroup
	good    int // sections before the first one with a wrong hash, once hashed
	bad     error
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
	batchSize   = 128 << 10
	batchBlocks = 512
	// minShared is what is worth a goroutine.
	minShared = 8 << 10
)

// ahead is the queue of batches that a reader has cut and not yet returned.
type ahead struct {
	workers int
	queue   []*batch // in the order of the file
	free    []*batch
	ended   bool // the last batch of the queue has an error
	count   int64
}

// nextBatch returns the next batch, hashed. It cuts more batches than that
// one, so that others can hash them meanwhile. The batch before is used again.
func (a *ahead) nextBatch(in *input, l *limits, old *batch) *batch {
	if old != nil {
		a.retire(in, old)
	}
	for len(a.queue) < a.workers+1 && !a.ended {
		b := a.take()
		a.cut(in, l, b)
		b.gen = in.gen
		a.ended = b.err != nil
		a.queue = append(a.queue, b)
		b.share(a.workers > 1 && b.size >= minShared)
	}
	b := a.queue[0]
	a.queue = a.queue[:copy(a.queue, a.queue[1:])]
	b.finish()
	return b
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

// share lets others hash the batch. A goroutine that comes too late finds it
// claimed, or, if it is in use again, is as welcome as the one of that time.
func (b *batch) share(start bool) {
	b.hashed.Add(1)
	b.claimed.Store(false)
	if start {
		go b.hash()
	}
}

// finish returns when the batch is hashed.
func (b *batch) finish() {
	b.hash()
	b.hashed.Wait()
}

// hash compares the blocks with their names, unless somebody else does.
func (b *batch) hash() {
	if !b.claimed.CompareAndSwap(false, true) {
		return
	}
	defer b.hashed.Done()
	b.good, b.bad = len(b.sections), nil
	for i := range b.sections {
		if err := b.l.checkBlock(b.sections[i].content, b.sections[i].start); err != nil {
			b.good, b.bad = i, err
			return
		}
	}
}

// failure is what comes behind the good sections, or nil.
func (b *batch) failure() error {
	if b.bad != nil {
		return b.bad
	}
	return b.err
}
