package filestore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// replay builds the index from the log, and cuts off an unfinished batch.
func (s *Store) replay() error {
	size, err := s.log.f.Size()
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	s.log.size = size
	r := bufio.NewReaderSize(io.NewSectionReader(s.log.f, 0, size), int(min(max(size, 4<<10), 1<<20)))
	b, err := r.Peek(headerLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return s.readError(err)
	}
	var msg string
	if s.log.header, msg = parseHeader(b, size); msg != "" {
		return s.log.corrupt(0, msg)
	}
	_, _ = r.Discard(headerLen)
	s.index = newTable(0)
	for off := int64(headerLen); off < size; {
		end, err := s.replayBatch(r, off)
		if errors.Is(err, errDamaged) {
			return s.cutOff(off)
		}
		if err != nil {
			return err
		}
		off = end
	}
	return nil
}

// errDamaged says that there is no whole batch.
var errDamaged = errors.New("damaged batch")

// cutOff cuts off an unfinished batch, unless it is something else.
func (s *Store) cutOff(off int64) error {
	followed := off < s.log.sealed
	if !followed {
		var err error
		if followed, err = s.log.findBatch(off); err != nil {
			return err
		}
	}
	if followed {
		return s.log.corrupt(off, errDamaged.Error())
	}
	if err := s.log.f.Truncate(off); err != nil {
		return fmt.Errorf("filestore: cut off an unfinished batch: %w", err)
	}
	s.truncated, s.log.size = s.log.size-off, off
	return nil
}

func (s *Store) readError(err error) error {
	return fmt.Errorf("filestore: read %s: %w", s.log.name(), err)
}

// replayBatch does what the batch at off says and returns where it ends.
func (s *Store) replayBatch(r *bufio.Reader, off int64) (end int64, err error) {
	if s.log.size-off < int64(prefixLen) {
		return 0, errDamaged
	}
	prefix, err := r.Peek(prefixLen)
	if err != nil {
		return 0, s.readError(err)
	}
	n, sum, ok := s.log.parsePrefix(prefix, off)
	_, _ = r.Discard(prefixLen)
	start := off + int64(prefixLen)
	if !ok || n > s.log.size-start {
		return 0, errDamaged
	}
	d := batchDecoder{r: r, t: &s.index, pos: start, left: n}
	head, edits, wellFormed := d.decode(s.edits[:0])
	d.skip(d.left)
	s.edits = edits
	switch {
	case d.err != nil:
		return 0, s.readError(d.err)
	case d.sum != sum:
		return 0, errDamaged
	case !wellFormed:
		return 0, s.log.corrupt(off, "malformed batch")
	}
	for _, e := range edits {
		if !s.apply(e) {
			return 0, s.log.corrupt(off, "batch does not follow the one before")
		}
	}
	s.head = head
	return start + n, nil
}

// A batchDecoder reads the body of a batch. Nothing that it says holds before
// the checksum was compared.
type batchDecoder struct {
	r    *bufio.Reader
	t    *table // for hashes
	pos  int64  // in the file
	left int64
	sum  uint32
	err  error // of the reader
}

// decode reads the body, as far as it is well formed, and appends its edits.
func (d *batchDecoder) decode(edits []edit) (head dagcbor.CID, _ []edit, ok bool) {
	b := d.peek(cidLen)
	if len(b) < cidLen {
		return head, edits, false
	}
	if head, ok = parseCID(b, true); !ok {
		return head, edits, false
	}
	d.skip(cidLen)
	for d.left > 0 {
		e, n := d.entry(d.peek(maxEntryLen))
		if n == 0 || int64(n)+int64(e.at.size()) > d.left {
			return head, edits, false
		}
		if !e.isNew {
			d.skip(int64(n))
		} else {
			d.skip(int64(n) + int64(e.at.size()))
		}
		edits = append(edits, e)
	}
	return head, edits, d.err == nil
}

// maxEntryLen is the longest entry without data.
const maxEntryLen = 1 + cidLen + 2*binary.MaxVarintLen64

// entry reads the entry that b begins with and returns its length without data,
// or 0 if there is none.
func (d *batchDecoder) entry(b []byte) (e edit, n int) {
	if len(b) == 0 {
		return e, 0
	}
	switch b[0] {
	case entryNew:
		return d.newEntry(b)
	case entryRefs:
		return d.refsEntry(b)
	}
	return e, 0
}

func (d *batchDecoder) newEntry(b []byte) (e edit, n int) {
	refs, i := uvarint(b[1:], blockstore.MaxRefs)
	size, j := uvarint(b[1+i:], MaxBlockSize)
	n = 1 + i + j
	if i == 0 || j == 0 || refs == 0 || len(b) < n+cidLen {
		return e, 0
	}
	c, ok := parseCID(b[n:], false)
	if !ok {
		return e, 0
	}
	at := placeOf(d.pos+int64(n), int(size))
	return edit{slot: slot{at, d.t.hash(c), uint32(refs)}, isNew: true}, n + cidLen
}

func (d *batchDecoder) refsEntry(b []byte) (e edit, n int) {
	if len(b) < 1+cidLen {
		return e, 0
	}
	c, ok := parseCID(b[1:], false)
	off, i := uvarint(b[1+cidLen:], maxLogSize-1)
	refs, j := uvarint(b[1+cidLen+i:], blockstore.MaxRefs)
	if !ok || i == 0 || j == 0 {
		return e, 0
	}
	return edit{slot: slot{placeOf(int64(off), 0), d.t.hash(c), uint32(refs)}}, 1 + cidLen + i + j
}

// uvarint reads a number and returns its length, 0 if it is too large or cut off.
func uvarint(b []byte, limit uint64) (x uint64, n int) {
	x, n = binary.Uvarint(b)
	if n <= 0 || x > limit {
		return 0, 0
	}
	return x, n
}

// peek returns the next n bytes of the body, or what is left of it.
func (d *batchDecoder) peek(n int) []byte {
	b, err := d.r.Peek(int(min(int64(n), d.left)))
	if err != nil && d.err == nil {
		d.err = err
	}
	return b
}

// skip adds the next n bytes to the checksum and goes on behind them.
func (d *batchDecoder) skip(n int64) {
	for n > 0 && d.err == nil {
		b := d.peek(int(min(n, 64<<10, int64(d.r.Size()))))
		d.sum = checksum(d.sum, b)
		_, _ = d.r.Discard(len(b))
		d.pos += int64(len(b))
		d.left -= int64(len(b))
		n -= int64(len(b))
	}
}
