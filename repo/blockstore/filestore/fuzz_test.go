package filestore_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

// logHeader returns the header of a log, and frame a batch, as the comment on
// the format says: for logs whose checksums are right but not their content.
func logHeader() []byte {
	b := []byte("linnet blocks 1\n0123456789abcdef")
	b = binary.LittleEndian.AppendUint64(b, 44)
	return appendSum(b, b)
}

func frame(log, body []byte) []byte {
	prefix := binary.LittleEndian.AppendUint64([]byte("\xb1ok\n"), uint64(len(body)))
	prefix = appendSum(prefix, body)
	place := binary.LittleEndian.AppendUint64([]byte("0123456789abcdef"), uint64(len(log)))
	seal := append(place, prefix...)
	return append(append(log, appendSum(prefix, seal)...), body...)
}

func appendSum(b, of []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(of, crc32.MakeTable(crc32.Castagnoli)))
}

// FuzzLog opens a log of any bytes, and one of two batches of any bytes with the
// checksums that they must have. What is opened takes batches, and is the same
// when it was compacted.
func FuzzLog(f *testing.F) {
	d, w := newMemDisk(), newWorkload(7)
	w.pool, w.refs = w.pool[:5], w.refs[:5]
	s, err := filestore.OpenOn(d, nil)
	require.NoError(f, err)
	for range 4 {
		require.NoError(f, s.Commit(f.Context(), w.next()))
	}
	whole := onlyFile(d).data
	f.Add(whole, []byte{})
	f.Add([]byte{}, []byte{})
	head := make([]byte, 33)
	cid := append([]byte{0x71}, make([]byte, 32)...)
	block := append(append(append(head, 'n', 1, 3), cid...), "abc"...)
	at := binary.AppendUvarint(append(append(append([]byte{}, head...), 'r'), cid...), 44+20+33+3)
	f.Add(block, append(at, 0))
	f.Add(block, append(at, 7))
	f.Add(head, append(at, 1))
	f.Add(append(head, 'n', 1, 0xff, 0xff, 0xff, 7), block)
	f.Add(append(head, 'n', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0), block)
	f.Add(block, block)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		requireSound(t, append([]byte{}, first...))
		requireSound(t, append(append([]byte{}, whole...), first...))
		requireSound(t, frame(frame(logHeader(), first), second))
	})
}

func requireSound(t *testing.T, log []byte) {
	t.Helper()
	d := newMemDisk()
	d.names["blocks-00000001.log"] = &memFile{disk: d, data: log}
	s, err := filestore.OpenOn(d, nil)
	if err != nil {
		_, ok := errors.AsType[*filestore.CorruptError](err)
		require.True(t, ok, "%v", err)
		return
	}
	n := 0
	for r, err := range s.Refs(t.Context()) {
		require.NoError(t, err)
		require.Positive(t, r.Refs)
		if n++; n > 100 {
			break
		}
		_, err := s.Block(t.Context(), r.CID)
		if _, ok := errors.AsType[*filestore.CorruptError](err); err != nil && !ok {
			require.NoError(t, err)
		}
	}
	require.LessOrEqual(t, s.Stats().Blocks, len(log)/36)
	blocks := s.Stats().Blocks
	if err := s.Compact(t.Context()); err != nil {
		_, ok := errors.AsType[*filestore.CorruptError](err)
		require.True(t, ok, "%v", err)
	}
	require.Equal(t, blocks, s.Stats().Blocks)
	prev, err := s.Head(t.Context())
	require.NoError(t, err)
	err = s.Commit(t.Context(), &blockstore.Batch{Prev: prev, Head: newWorkload(7).pool[4].CID})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
