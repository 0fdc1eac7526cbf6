package car

import "sync"

// A chunk is a run of sections of a large file. Whoever cuts it hashes it: there
// is nothing to hand on, so nobody waits for anybody before the end.
type chunk struct {
	blocks []slot // whose hashes are set when they are compared with their names
	err    error  // what comes behind them: a fault, io.EOF, or nil
}

const (
	// chunkSize is how many bytes of sections make a chunk, chunkBlocks how
	// many sections.
	chunkSize   = 128 << 10
	chunkBlocks = 512
	// largeFile is how large a file has to be for the work to be shared.
	largeFile = 2 * chunkSize
	// cacheLine is how much comes from memory at once, at least.
	cacheLine = 64
)

// readLarge checks the sections of a large file, and leaves them in chunks.
func (x *Index) readLarge(in *input, l *limits, workers int) error {
	if workers == 1 {
		return x.readAlone(in, l)
	}
	return x.readShared(in, l, workers)
}

// readAlone checks each section as it is cut.
func (x *Index) readAlone(in *input, l *limits) error {
	for count := int64(0); ; {
		c := x.newChunk()
		for len(c.blocks) < chunkBlocks {
			count++
			s, err := cutSection(in, l, count)
			if err == nil {
				err = l.checkBlock(s.content, s.start)
			}
			if err != nil {
				return notEOF(err)
			}
			c.blocks = append(c.blocks, x.slot(s))
		}
	}
}

// readShared does the same with the help of others, of whom none is left when
// it returns.
func (x *Index) readShared(in *input, l *limits, workers int) error {
	cs := chunks{x: x, l: *l, in: *in}
	var others sync.WaitGroup
	for range min(workers, len(x.b)/chunkSize) - 1 {
		others.Go(cs.work)
	}
	cs.work()
	others.Wait()
	for _, c := range x.chunks {
		if c.err != nil {
			return notEOF(c.err) // the first one in the file
		}
	}
	return nil
}

// chunks are those of one file while it is read.
type chunks struct {
	x *Index
	l limits

	mu    sync.Mutex
	in    input // where the next one begins
	count int64 // sections before it
	ended bool  // there is no next one, or nobody needs it
}

// work reads chunks until there are no more.
func (cs *chunks) work() {
	for c := cs.next(); c != nil; c = cs.next() {
		if err := cs.x.check(c, &cs.l); err != nil {
			c.err = err
			cs.end()
		}
	}
}

// next cuts the next chunk, or returns nil.
func (cs *chunks) next() *chunk {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.ended {
		return nil
	}
	cs.in.warm(chunkSize)
	c := cs.x.newChunk()
	for size := 0; size < chunkSize && len(c.blocks) < chunkBlocks; {
		s, err := cutSection(&cs.in, &cs.l, cs.count+1)
		if err != nil {
			c.err, cs.ended = err, true
			break
		}
		cs.count++
		size += len(s.content)
		c.blocks = append(c.blocks, slot{off: uint32(s.at)})
	}
	return c
}

func (cs *chunks) end() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.ended = true
}

// warm looks at the next n bytes, so that they come from memory all at once:
// lengths, each of which says where the next one is, would come one by one.
func (in *input) warm(n int) {
	next := in.buf[in.pos:min(in.end, in.pos+n)]
	for i := 0; i < len(next); i += cacheLine {
		in.warmed += next[i]
	}
}

// newChunk returns an empty chunk behind the others.
func (x *Index) newChunk() *chunk {
	n := len(x.chunks)
	if n < cap(x.chunks) && x.chunks[:n+1][n] != nil { // of a file before
		x.chunks = x.chunks[:n+1]
		c := x.chunks[n]
		c.blocks, c.err = c.blocks[:0], nil
		return c
	}
	c := &chunk{blocks: make([]slot, 0, chunkBlocks)}
	x.chunks = append(x.chunks, c)
	return c
}

// check compares the blocks of a chunk with their names.
func (x *Index) check(c *chunk, l *limits) error {
	for i := range c.blocks {
		content, end := x.section(int(c.blocks[i].off))
		if err := l.checkBlock(content, int64(end-len(content))); err != nil {
			return err
		}
		c.blocks[i].hash = x.hash(content[1], content[4:cidLen])
	}
	return nil
}

// fill makes the table of a large file, unless it was made.
func (x *Index) fill() {
	if len(x.chunks) > 0 {
		x.filled.Do(x.addChunks)
	}
}

func (x *Index) addChunks() {
	n := 0
	for _, c := range x.chunks {
		n += len(c.blocks)
	}
	x.resize(max(n, len(x.b)/expectedSection))
	for _, c := range x.chunks {
		x.add(c.blocks)
	}
}
