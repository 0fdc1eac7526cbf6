package repo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

// A Stream is a repository in a CAR file that is read and verified in one pass.
//
// If the blocks stand in pre-order
// (https://atproto.com/specs/repository#streamable-car-block-ordering), each is
// checked and handed on as it comes. Memory then depends on the depth of the
// tree and not on the size of the file: it is about a megabyte at most, or up to
// four of them with what waits for the garbage collector, of which
// [Options.ReuseMemory] leaves little. Blocks that nobody needs are skipped.
//
// Whether that is so is known only at the end. Whatever the order, the records
// are the same, and so is the error if one thing is wrong with the file; of
// several, a Stream reports the one that it meets first. When a block does not
// come where it is needed, the file is read to its end and the block is looked
// up. For that a Stream keeps what it reads, in one of three places:
//
//   - nowhere, if the input can be read again: an [io.ReaderAt] and [io.Seeker],
//     such as a regular [os.File] or a [bytes.Reader];
//   - in memory, up to 384 KiB while the file may be in pre-order, and
//     up to [Options.MemoryBudget] as soon as it is not;
//   - otherwise in a temporary file, in [Options.TempDir]. It has no name where
//     the system allows that, and is gone when the Stream is closed. If it can't
//     be made or written, that is an error only once it is needed.
//
// With [Options.RequirePreorder] nothing is kept and other orders are refused.
//
// A Stream must not be used by several goroutines at once. [ReadStream] makes
// one; the zero Stream is of no use.
type Stream struct {
	o      Options
	tree   mst.Options
	spool  *spool
	blocks *car.Reader
	meter  *meter
	commit *Commit
	stats  Stats

	next   car.Block // the block that comes next, if peeked
	peeked bool
	sparse bool // not all blocks will be asked for
	done   bool // an iteration has begun, or it was closed
	closed bool

	// After the end of the input, if it was not in order, one of these has
	// its blocks.
	index *car.Index
	file  *blockFile
}

// Stats counts what a [Stream] has come by.
type Stats struct {
	Bytes       int64 // read of the CAR file
	Blocks      int64 // read of the CAR file, with repetitions
	Nodes       int64 // of the tree
	NodeBytes   int64
	Records     int64 // handed out
	RecordBytes int64
	Ordered     bool // every block was there when it was needed
}

// ReadStream reads the beginning of a CAR file, such as
// com.atproto.sync.getRepo serves, and verifies its commit and the signature of
// that. o says with which key and for which account; it may not be nil, since it
// must hold a key or say that none is wanted. [Stream.Records] reads and
// verifies the rest.
//
// The Stream reads r as it goes; it must be closed, or iterated over.
func ReadStream(ctx context.Context, r io.Reader, o *Options) (*Stream, error) {
	if err := o.checkStream(); err != nil {
		return nil, err
	}
	s := &Stream{o: *o, tree: o.treeOptions(), meter: newMeter(o, sizeHint(r)), stats: Stats{Ordered: true}}
	s.spool = newSpool(limitReader(r, o.maxStream()), o)
	s.spool.at = rereadable(r)
	if err := s.open(ctx); err != nil {
		if closeErr := s.Close(); closeErr != nil {
			err = errors.Join(err, closeErr)
		}
		return nil, err
	}
	return s, nil
}

// open reads the commit.
func (s *Stream) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in := s.o.carOptions()
	in.ReadAhead, in.KeepBlocks = true, !s.o.ReuseMemory
	var err error
	if s.blocks, err = car.NewReader(s.spool, &in); err != nil {
		return s.reason(err)
	}
	s.commit, err = s.o.readCommit(s.blocks.Roots(), func(c dagcbor.CID) ([]byte, bool, error) {
		b, found, err := s.find(ctx, c)
		return bytes.Clone(b), found, err // without what stood around it
	})
	return err
}

// Commit returns the commit.
func (s *Stream) Commit() *Commit { return s.commit }

// Stats returns what the Stream has come by so far.
func (s *Stream) Stats() Stats {
	st := s.stats
	st.Bytes = s.spool.size
	return st
}

// Close ends the reading and removes what was kept. An iteration that has ended,
// in whatever way, has done so already; one that has not ends with [ErrClosed].
// No other begins afterwards.
func (s *Stream) Close() error {
	if s.blocks != nil {
		s.blocks.Stop()
	}
	s.done, s.closed, s.index, s.file = true, true, nil, nil
	return s.spool.close()
}

// Records returns the records in ascending order of their paths. Each is
// verified before it is handed out; that nothing is missing or wrong further on
// is known only when the iteration has ended without an error. A pair with an
// error is the last one; its Record is zero.
//
// A Stream can be iterated over once. A Record may be kept, unless
// [Options.ReuseMemory] is set; it keeps the memory of some hundred others, of
// which [Record.Clone] frees it.
func (s *Stream) Records(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		w := mst.NewWalker(mst.SourceFunc(s.takeNode), s.commit.data, &s.tree)
		s.run(ctx, w.Entries(ctx), yield)
	}
}

// ErrClosed says that a [Stream] was read or closed already.
var ErrClosed = errors.New("repo: stream was read or closed already")

// run hands out the records of entries, and closes the stream.
func (s *Stream) run(ctx context.Context, entries iter.Seq2[mst.Entry, error], yield func(Record, error) bool) {
	if s.done {
		yield(Record{}, ErrClosed)
		return
	}
	s.done = true
	defer s.Close() //nolint:errcheck // of a temporary file that was read
	defer s.progress(true)
	find := s.finder(ctx)
	for entry, err := range entries {
		var r Record
		if err == nil && s.o.SkipRecords {
			err = s.skip(ctx, entry.Value)
		}
		if err == nil {
			r, err = s.o.record(entry, find)
		}
		if err != nil {
			yield(Record{}, err)
			return
		}
		s.stats.Records++
		s.stats.RecordBytes += int64(len(r.block))
		s.progress(false)
		if !yield(r, nil) {
			return
		}
		if s.closed {
			yield(Record{}, ErrClosed)
			return
		}
	}
	if err := s.finish(ctx); err != nil {
		yield(Record{}, err)
	}
}

func (s *Stream) progress(last bool) {
	s.meter.now.Bytes, s.meter.now.Records = s.spool.size, s.stats.Records
	if last {
		s.meter.flush()
	}
	s.meter.update()
}

// node returns a node for whoever may keep it.
func (s *Stream) node(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	b, err := s.takeNode(ctx, c)
	if err == nil && s.o.ReuseMemory && s.streaming() {
		b = bytes.Clone(b)
	}
	return b, err
}

// takeNode returns a node, which may be valid only until the next block is taken:
// a Walker needs it no longer.
func (s *Stream) takeNode(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	b, found, err := s.find(ctx, c)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, mst.ErrNotFound
	}
	s.stats.Nodes++
	s.stats.NodeBytes += int64(len(b))
	return b, nil
}

func (s *Stream) finder(ctx context.Context) func(dagcbor.CID) ([]byte, bool, error) {
	return func(c dagcbor.CID) ([]byte, bool, error) { return s.find(ctx, c) }
}

// find returns the block that c names: the next one as a rule, otherwise one
// further on, or one that was passed already.
func (s *Stream) find(ctx context.Context, c dagcbor.CID) (data []byte, found bool, err error) {
	if s.closed { // by Options.Progress
		return nil, false, ErrClosed
	}
	if s.streaming() && !s.peeked && ctx.Err() == nil {
		if data, found := s.blocks.NextIf(c); found {
			s.stats.Blocks++
			return data, true, nil
		}
	}
	for s.streaming() {
		b, err := s.peek(ctx)
		if isEOF(err) {
			if s.o.RequirePreorder {
				return nil, false, nil
			}
			if err := s.reread(ctx); err != nil {
				return nil, false, err
			}
			break
		}
		if err != nil {
			return nil, false, err
		}
		if b.CID != c {
			if err := s.outOfOrder(c, b.CID); err != nil {
				return nil, false, err
			}
		}
		s.peeked = false
		if b.CID == c {
			return b.Data, true, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if s.index != nil {
		data, found = s.index.Get(c)
		return data, found, nil
	}
	return s.file.block(c)
}

// streaming reports whether blocks are taken as they come.
func (s *Stream) streaming() bool { return s.index == nil && s.file == nil }

func isEOF(err error) bool {
	return err == io.EOF //nolint:errorlint // the end of a stream is io.EOF itself
}

// peek returns the block that comes next.
func (s *Stream) peek(ctx context.Context) (car.Block, error) {
	if s.peeked {
		return s.next, nil
	}
	if err := ctx.Err(); err != nil {
		return car.Block{}, err
	}
	b, err := s.blocks.Next()
	if err != nil {
		return b, s.reason(err)
	}
	s.stats.Blocks++
	s.progress(false)
	s.next, s.peeked = b, true
	return b, nil
}

// reason returns the error of the input if that is what err comes from.
func (s *Stream) reason(err error) error {
	if failed := s.spool.failed; failed != nil && errors.Is(err, failed) {
		return failed
	}
	return err
}

// outOfOrder is called when the block got comes where want is needed.
func (s *Stream) outOfOrder(want, got dagcbor.CID) error {
	if s.sparse {
		return nil
	}
	if s.o.RequirePreorder {
		return &OrderError{want, got}
	}
	s.stats.Ordered = false
	s.spool.limit = s.spool.budget
	return nil
}

// skip passes the block of a record that is not wanted, if it comes next.
func (s *Stream) skip(ctx context.Context, c dagcbor.CID) error {
	if !s.streaming() {
		return nil
	}
	b, err := s.peek(ctx)
	if err == nil && b.CID == c {
		s.peeked = false
	}
	if isEOF(err) {
		return nil
	}
	return err
}

// finish reads what comes after the last block that was needed, for the hashes
// to be right up to the end.
func (s *Stream) finish(ctx context.Context) error {
	for !s.sparse && s.streaming() {
		b, err := s.peek(ctx)
		if isEOF(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.o.RequirePreorder {
			return &OrderError{Got: b.CID}
		}
		s.peeked = false
	}
	return nil
}

// reread makes all blocks of the input, which has ended, available.
func (s *Stream) reread(ctx context.Context) error {
	s.stats.Ordered = false
	r, b, err := s.spool.again()
	if err != nil {
		return err
	}
	in := s.o.carOptions()
	in.ReadAhead, in.TrustHashes = true, s.spool.at == nil
	if r == nil {
		s.index, err = car.NewIndex(b, &in)
		return err
	}
	most := int(max(s.o.memoryBudget()/placeSize, minRun))
	s.file, err = newBlockFile(ctx, r, s.spool.size, &in, most, s.spool.tail)
	return err
}

// An OrderError reports a CAR file that is not in pre-order, although
// [Options.RequirePreorder] is set.
type OrderError struct {
	Want dagcbor.CID // the block that is needed next; undefined after the last one
	Got  dagcbor.CID // the block that comes next
}

func (e *OrderError) Error() string {
	if !e.Want.Defined() {
		return "repo: CAR file is not in pre-order: block " + e.Got.String() + " comes after the last one"
	}
	return "repo: CAR file is not in pre-order: block " + e.Got.String() + " comes where " + e.Want.String() + " is due"
}
