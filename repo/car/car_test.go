package car_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// block returns the block with this content.
func block(content string) car.Block {
	return car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, []byte(content)), Data: []byte(content)}
}

// file returns the CAR file of these blocks, of which the first is the root.
func file(blocks ...car.Block) []byte {
	b := car.AppendHeader(nil, blocks[0].CID)
	for _, x := range blocks {
		b = car.AppendBlock(b, x.CID, x.Data)
	}
	return b
}

// frame puts the length before a header or the content of a section.
func frame(content ...[]byte) []byte {
	b := slices.Concat(content...)
	return append(binary.AppendUvarint(nil, uint64(len(b))), b...)
}

// unhex decodes hexadecimal digits among white space.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

// result is what a reader makes of a file.
type result struct {
	roots  []dagcbor.CID
	blocks []car.Block // those before the error
	err    error
}

// stream reads r to its end.
func stream(r io.Reader, o *car.Options) (got result) {
	cr, err := car.NewReader(r, o)
	if err != nil {
		return result{err: err}
	}
	return drain(cr)
}

// drain reads what is left.
func drain(cr *car.Reader) (got result) {
	got.roots = cr.Roots()
	for b, err := range cr.Blocks() {
		if err != nil {
			got.err = err
			break
		}
		got.blocks = append(got.blocks, car.Block{CID: b.CID, Data: bytes.Clone(b.Data)})
	}
	return got
}

// index reads b as a whole: there are no blocks beside an error.
func index(b []byte, o *car.Options) result {
	x, err := car.NewIndex(b, o)
	if err != nil {
		return result{err: err}
	}
	return result{roots: x.Roots(), blocks: slices.Collect(x.Blocks())}
}

// read reads a file in every way that there is, requires that all of them give
// the same roots, blocks and errors, and returns these.
func read(t testing.TB, file []byte, o *car.Options) result {
	t.Helper()
	got := stream(bytes.NewReader(file), o)
	wraps := []func(io.Reader) io.Reader{iotest.HalfReader, iotest.DataErrReader}
	if len(file) < 1<<18 { // or it takes seconds
		wraps = append(wraps, iotest.OneByteReader, func(r io.Reader) io.Reader {
			return iotest.DataErrReader(iotest.OneByteReader(r))
		})
	}
	for _, wrap := range wraps {
		require.Equal(t, got, stream(wrap(bytes.NewReader(file)), o))
	}
	for _, workers := range []int{1, 3} {
		all := with(o, workers)
		indexed := index(file, all)
		require.Equal(t, got.err, indexed.err)
		if got.err == nil {
			require.Equal(t, got.roots, indexed.roots)
			requireBlocks(t, got.blocks, indexed.blocks)
		}
		all.KeepBlocks = true
		require.Equal(t, got, stream(bytes.NewReader(file), all))
		all.ReadAhead = true
		require.Equal(t, got, stream(bytes.NewReader(file), all))
		require.Equal(t, got, stream(iotest.HalfReader(bytes.NewReader(file)), all))
		require.Equal(t, got, streamBytes(file, all))
		requireGuesses(t, file, all, got)
	}
	require.Equal(t, got, streamBytes(file, o))
	return got
}

// requireGuesses requires that whoever knows the blocks of a file finds them
// with NextIf and a Cursor.
func requireGuesses(t testing.TB, file []byte, o *car.Options, want result) {
	t.Helper()
	cr, err := car.NewBytesReader(file, o)
	if err != nil {
		require.Equal(t, want.err, err)
		return
	}
	for _, b := range want.blocks {
		data, found := cr.NextIf(b.CID)
		require.True(t, found)
		require.Equal(t, string(b.Data), string(data))
	}
	_, found := cr.NextIf(dagcbor.CID{})
	require.False(t, found)
	if _, err = cr.Next(); want.err == nil {
		want.err = io.EOF
	}
	require.Equal(t, want.err, err)
	x, err := car.NewIndex(file, o)
	if err != nil {
		return
	}
	for r, i := x.Cursor(), 0; i < len(want.blocks); i++ {
		data, found := r.Get(want.blocks[i].CID)
		require.True(t, found)
		require.Equal(t, string(want.blocks[i].Data), string(data))
	}
}

// with returns a copy of the options, for so many workers.
func with(o *car.Options, workers int) *car.Options {
	c := car.Options{}
	if o != nil {
		c = *o
	}
	c.Workers = workers
	return &c
}

// streamBytes reads a file in memory to its end.
func streamBytes(file []byte, o *car.Options) result {
	cr, err := car.NewBytesReader(file, o)
	if err != nil {
		return result{err: err}
	}
	return drain(cr)
}

// accept requires that the file is good, and returns what is in it.
func accept(t testing.TB, file []byte, o *car.Options) result {
	t.Helper()
	got := read(t, file, o)
	require.NoError(t, got.err)
	return got
}

// refuse requires an error with this text.
func refuse(t testing.TB, file []byte, o *car.Options, text string) error {
	t.Helper()
	err := read(t, file, o).err
	require.EqualError(t, err, text)
	return err
}

// requireLimit requires that err is this LimitError.
func requireLimit(t testing.TB, err error, name string, limit, got, off int64) {
	t.Helper()
	require.Equal(t, &car.LimitError{Name: name, Limit: limit, Got: got, Offset: off}, err)
}

// requireBlocks takes empty and missing data as the same.
func requireBlocks(t testing.TB, want, got []car.Block) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i].CID, got[i].CID, "block %d", i)
		require.True(t, bytes.Equal(want[i].Data, got[i].Data), "block %d", i)
	}
}

// kind says which of the package's errors err is.
func kind(err error) string {
	if err == nil {
		return "none"
	}
	if _, found := errors.AsType[*car.LimitError](err); found {
		return "limit"
	}
	if _, found := errors.AsType[*car.HashError](err); found {
		return "hash"
	}
	if _, found := errors.AsType[*car.Error](err); found {
		return "format"
	}
	return "unknown"
}
