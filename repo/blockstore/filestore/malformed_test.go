package filestore_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

// TestMalformed opens logs whose checksums are right, and in which a batch says
// what none can.
func TestMalformed(t *testing.T) {
	const malformed, unfit = "malformed batch", "batch does not follow the one before"
	head := make([]byte, 33)
	b := numbered(1, 8)
	digest := b.CID.Digest()
	cid := append([]byte{byte(b.CID.Codec())}, digest[:]...)
	join := func(parts ...[]byte) []byte { return slices.Concat(append([][]byte{head}, parts...)...) }
	number := func(n uint64) []byte { return binary.AppendUvarint(nil, n) }
	put := func(refs, size uint64) []byte {
		return slices.Concat([]byte("n"), number(refs), number(size), cid, b.Data)
	}
	refs := func(off, refs uint64) []byte { return slices.Concat([]byte("r"), cid, number(off), number(refs)) }
	const at = 44 + 20 + 33 + 3 // where the CID of the first block stands
	for name, tc := range map[string]struct {
		first, second []byte
		msg           string
	}{
		"fine":                         {join(put(1, 8)), join(refs(at, 2)), ""},
		"block gone":                   {join(put(1, 8)), join(refs(at, 0)), ""},
		"no head":                      {head[:32], head, malformed},
		"head of no codec":             {append([]byte{0}, digest[:]...), head, malformed},
		"head of another codec":        {append([]byte{0x72}, digest[:]...), head, malformed},
		"block without references":     {join(put(0, 8)), head, malformed},
		"block with too many":          {join(put(blockstore.MaxRefs+1, 8)), head, malformed},
		"block too large":              {join(put(1, filestore.MaxBlockSize+1)), head, malformed},
		"block beyond the batch":       {join(put(1, 9)), head, malformed},
		"block without the CID's end":  {join(put(1, 8)[:3+32]), head, malformed},
		"block with an undefined CID":  {join([]byte("n\x01\x00"), head), head, malformed},
		"entry of another kind":        {join([]byte("x")), head, malformed},
		"references cut off":           {join(put(1, 8)), join(refs(at, 2)[:35]), malformed},
		"references, too many":         {join(put(1, 8)), join(refs(at, blockstore.MaxRefs+1)), malformed},
		"references of nothing":        {join(put(1, 8)), join(refs(at+1, 2)), unfit},
		"references of what is gone":   {join(put(1, 8), refs(at, 0)), join(refs(at, 2)), unfit},
		"references beyond any log":    {join(put(1, 8)), join(refs(1<<40, 2)), malformed},
		"references in the same batch": {join(put(1, 8), refs(at, 3)), head, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newMemDisk()
			log := frame(frame(logHeader(), tc.first), tc.second)
			d.names["blocks-00000001.log"] = &memFile{disk: d, data: slices.Clone(log)}
			_, err := filestore.OpenOn(d, nil)
			if tc.msg == "" {
				require.NoError(t, err)
				return
			}
			bad, ok := errors.AsType[*filestore.CorruptError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, tc.msg, bad.Msg)
			require.Equal(t, log, onlyFile(d).data, "nothing is changed")
		})
	}
}

// TestSealed: a header says how much of the log was there when it took its name,
// itself included.
func TestSealed(t *testing.T) {
	for sealed, msg := range map[uint64]string{0: "log is cut off", 43: "log is cut off", 44: "", 45: "log is cut off", 1 << 63: "log is cut off"} {
		b := binary.LittleEndian.AppendUint64(logHeader()[:32], sealed)
		d := newMemDisk()
		d.names["blocks-00000001.log"] = &memFile{disk: d, data: appendSum(b, b)}
		_, err := filestore.OpenOn(d, nil)
		if msg == "" {
			require.NoError(t, err)
			continue
		}
		bad, ok := errors.AsType[*filestore.CorruptError](err)
		require.True(t, ok, "%d: %v", sealed, err)
		require.Equal(t, msg, bad.Msg)
	}
}

// TestBatchFarBehind: damage is told from an unfinished batch by a batch that
// follows, wherever that begins in what is read at once.
func TestBatchFarBehind(t *testing.T) {
	const window = 1 << 20
	for before := range 24 {
		log := append(logHeader(), make([]byte, 1+window-before)...)
		end := len(log)
		log = frame(log, make([]byte, 33))
		d := newMemDisk()
		d.names["blocks-00000001.log"] = &memFile{disk: d, data: log}
		_, err := filestore.OpenOn(d, nil)
		bad, ok := errors.AsType[*filestore.CorruptError](err)
		require.True(t, ok, "%d bytes before: %v", before, err)
		require.Equal(t, filestore.CorruptError{File: "blocks-00000001.log", Offset: 44, Msg: "damaged batch"}, *bad)

		d.names["blocks-00000001.log"] = &memFile{disk: d, data: log[:end]} // and without it
		s, err := filestore.OpenOn(d, nil)
		require.NoError(t, err)
		require.EqualValues(t, end-44, s.Stats().Truncated)
	}
}

// TestCopiedBatch: a batch is one in its place only, so that nobody can have one
// in a record.
func TestCopiedBatch(t *testing.T) {
	d := newMemDisk()
	s, err := filestore.OpenOn(d, nil)
	require.NoError(t, err)
	start := s.Stats().FileBytes
	require.NoError(t, s.Commit(t.Context(), exchange(0)))
	require.NoError(t, s.Close())
	f := onlyFile(d)
	size := int64(len(f.data))
	f.data = append(f.data, f.data[start:]...)
	s, err = filestore.OpenOn(d, nil)
	require.NoError(t, err)
	require.Equal(t, size-start, s.Stats().Truncated)
	require.Equal(t, 1, s.Stats().Blocks)
}
