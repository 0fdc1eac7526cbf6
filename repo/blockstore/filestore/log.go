package filestore

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
)

// The log is a header and then batches. Numbers of fixed size are in little
// endian; checksums are CRC-32C (RFC 3720, section 12.1).
//
//	header: magic [16], salt [16], sealed u64, checksum of these u32
//	batch:  mark [4], length of body u64, checksum of body u32, seal u32
//	        body: head, then entries to its end
//	head:   codec u8, digest [32]; all zero if undefined
//	entry:  'n', references uvarint, size uvarint, codec u8, digest [32], data: a new block
//	        'r', codec u8, digest [32], offset uvarint, references uvarint: a block that
//	             is there gets that many, and is gone if they are 0
//
// The offset is that of the block's codec in the file. The seal is the checksum
// of the salt, the batch's offset in the file, and the three fields before: a
// batch that is copied to another place, or forged by somebody whose record is
// in the log but who cannot read it, is none. The header's sealed is how many
// bytes of the log were there when it took its name: no damage in them can be
// an unfinished batch.
const (
	magic      = "linnet blocks 1\n"
	mark       = "\xb1ok\n"
	saltLen    = 16
	headerLen  = len(magic) + saltLen + 8 + 4
	prefixLen  = len(mark) + 8 + 4 + 4 // of a batch
	cidLen     = 1 + 32
	entryNew   = 'n'
	entryRefs  = 'r'
	maxLogSize = 1 << (64 - sizeBits)
	// entryLen is about what a block takes in the log beside its data.
	entryLen = cidLen + 4
)

// MaxBlockSize is how many bytes a block may have.
const MaxBlockSize = 1<<sizeBits - 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(crc uint32, b []byte) uint32 { return crc32.Update(crc, castagnoli, b) }

// A log is the file and what its header says. size is where the next batch goes.
type log struct {
	f    logFile
	gen  uint64
	size int64
	header
}

type header struct {
	salt   [saltLen]byte
	sealed int64
}

// newHeader returns a header with a new salt.
func newHeader() header {
	var h header
	_, _ = rand.Read(h.salt[:]) // never fails
	return h
}

func (h *header) append(b []byte) []byte {
	start := len(b)
	b = append(append(b, magic...), h.salt[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.sealed))
	return binary.LittleEndian.AppendUint32(b, checksum(0, b[start:]))
}

// parseHeader reads the header of a log with size bytes and returns what is
// wrong with it.
func parseHeader(b []byte, size int64) (h header, msg string) {
	if len(b) < headerLen || string(b[:len(magic)]) != magic {
		return h, "no header of a log"
	}
	if checksum(0, b[:headerLen-4]) != binary.LittleEndian.Uint32(b[headerLen-4:]) {
		return h, "damaged header"
	}
	h.salt = [saltLen]byte(b[len(magic):])
	h.sealed = int64(binary.LittleEndian.Uint64(b[len(magic)+saltLen:]))
	if h.sealed < int64(headerLen) || h.sealed > size {
		return h, "log is cut off"
	}
	return h, ""
}

// appendPrefix appends what stands before the body of the batch at off.
func (h *header) appendPrefix(b []byte, off, bodyLen int64, bodySum uint32) []byte {
	start := len(b)
	b = append(b, mark...)
	b = binary.LittleEndian.AppendUint64(b, uint64(bodyLen))
	b = binary.LittleEndian.AppendUint32(b, bodySum)
	return binary.LittleEndian.AppendUint32(b, h.seal(off, b[start:]))
}

// seal returns the seal of the prefix b of the batch at off.
func (h *header) seal(off int64, b []byte) uint32 {
	var room [saltLen + 8 + 16]byte
	s := binary.LittleEndian.AppendUint64(append(room[:0], h.salt[:]...), uint64(off))
	return checksum(0, append(s, b[:prefixLen-4]...))
}

// parsePrefix reads the prefix b of the batch at off.
func (h *header) parsePrefix(b []byte, off int64) (bodyLen int64, bodySum uint32, ok bool) {
	if string(b[:len(mark)]) != mark || h.seal(off, b) != binary.LittleEndian.Uint32(b[prefixLen-4:]) {
		return 0, 0, false
	}
	n := binary.LittleEndian.Uint64(b[len(mark):])
	return int64(n), binary.LittleEndian.Uint32(b[len(mark)+8:]), n <= maxLogSize
}

func appendCID(b []byte, c dagcbor.CID) []byte {
	digest := c.Digest()
	return append(append(b, byte(c.Codec())), digest[:]...)
}

// parseCID reads what appendCID has written; undefined says whether the
// undefined CID is one.
func parseCID(b []byte, undefined bool) (c dagcbor.CID, ok bool) {
	switch codec := dagcbor.Codec(b[0]); codec {
	case dagcbor.Raw, dagcbor.DAGCBOR:
		return dagcbor.CIDFromDigest(codec, [32]byte(b[1:cidLen])), true
	case 0:
		return c, undefined && [32]byte(b[1:cidLen]) == [32]byte{}
	}
	return c, false
}

// name returns the name of the log's file.
func (l *log) name() string { return fileName(l.gen, logSuffix) }

func (l *log) corrupt(off int64, msg string) error {
	return &CorruptError{l.name(), off, msg}
}

// block reads a block, into room if that is large enough, and compares it with
// its CID.
func (l *log) block(at place, room []byte) (dagcbor.CID, []byte, error) {
	n := cidLen + at.size()
	if cap(room) < n {
		room = make([]byte, n)
	}
	b := room[:n:n]
	if err := l.read(b, at.offset()); err != nil {
		return dagcbor.CID{}, nil, err
	}
	c, ok := parseCID(b, false)
	if !ok || !c.Matches(b[cidLen:]) {
		return c, nil, l.corrupt(at.offset(), "damaged block")
	}
	return c, b[cidLen:], nil
}

// cid reads the CID of a block, through b.
func (l *log) cid(at place, b *[cidLen]byte) (dagcbor.CID, error) {
	if err := l.read(b[:], at.offset()); err != nil {
		return dagcbor.CID{}, err
	}
	c, ok := parseCID(b[:], false)
	if !ok {
		return c, l.corrupt(at.offset(), "damaged CID")
	}
	return c, nil
}

func (l *log) read(b []byte, off int64) error {
	n, err := l.f.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF):
		return l.corrupt(off, "block is cut off")
	}
	return fmt.Errorf("filestore: read %s: %w", l.name(), err)
}

// findBatch reports whether a batch begins after off.
func (l *log) findBatch(off int64) (bool, error) {
	b := make([]byte, min(1<<20, l.size-off))
	for off++; off <= l.size-int64(prefixLen); off += int64(len(b) - prefixLen + 1) {
		b = b[:min(int64(len(b)), l.size-off)]
		if err := l.read(b, off); err != nil {
			return false, err
		}
		for i := 0; ; i++ {
			next := bytes.Index(b[i:], []byte(mark))
			if next < 0 || i+next > len(b)-prefixLen {
				break
			}
			i += next
			if _, _, ok := l.parsePrefix(b[i:], off+int64(i)); ok {
				return true, nil
			}
		}
	}
	return false, nil
}
