package car_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo/car"
)

func newReader(t testing.TB, b []byte) *car.Reader {
	t.Helper()
	r, err := car.NewReader(bytes.NewReader(b), nil)
	require.NoError(t, err)
	return r
}

func TestReaderData(t *testing.T) {
	first, second := block("first"), block("other")
	r := newReader(t, file(first, second))
	a, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, first, a)
	require.Equal(t, len(a.Data), cap(a.Data), "what is appended must not run over the next block")
	_ = append(a.Data, "overwritten"...)
	b, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, second, b)

	// Data is valid until the next call: large blocks share a buffer.
	big := func(c byte) car.Block { return block(string(bytes.Repeat([]byte{c}, 100<<10))) }
	r = newReader(t, file(big('a'), big('b'), big('c'), big('d')))
	var kept [][]byte
	for b, err := range r.Blocks() {
		require.NoError(t, err)
		require.Equal(t, bytes.Repeat(b.Data[:1], 100<<10), b.Data)
		kept = append(kept, b.Data)
	}
	require.NotEqual(t, byte('a'), kept[0][0])
}

func TestReaderOffset(t *testing.T) {
	bad := block("three")
	bad.Data = []byte("3")
	r := newReader(t, file(block("one"), block("two"), bad))
	require.EqualValues(t, 59, r.Offset())
	for _, want := range []int64{99, 139} {
		_, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, want, r.Offset())
	}
	for range 2 {
		_, err := r.Next()
		require.Equal(t, "hash", kind(err))
		require.EqualValues(t, 139, r.Offset())
	}
}

func TestReaderEnd(t *testing.T) {
	r := newReader(t, file(block("one")))
	_, err := r.Next()
	require.NoError(t, err)
	for range 3 {
		b, err := r.Next()
		require.Same(t, io.EOF, err, "not wrapped")
		require.Zero(t, b)
	}
	for range r.Blocks() {
		t.Fatal("a block after the end")
	}
	require.EqualValues(t, 99, r.Offset())
}

func TestReaderErrorStays(t *testing.T) {
	b := after([]byte{5}, []byte("short"), file(block("x"))[59:])
	r := newReader(t, b)
	_, err := r.Next()
	require.NoError(t, err)
	_, err = r.Next()
	require.EqualError(t, err, "car: section is shorter than a CID at offset 100")
	for range 3 {
		b, again := r.Next()
		require.Same(t, err, again)
		require.Zero(t, b)
	}
	pairs := 0
	for b, again := range r.Blocks() {
		pairs++
		require.Same(t, err, again)
		require.Zero(t, b)
	}
	require.Equal(t, 1, pairs)
}

func TestReaderBlocks(t *testing.T) {
	all := []car.Block{block("0"), block("1"), block("2"), block("3"), block("4")}
	r := newReader(t, file(all...))
	var got []car.Block
	take := func(n int) {
		for b, err := range r.Blocks() {
			require.NoError(t, err)
			got = append(got, car.Block{CID: b.CID, Data: bytes.Clone(b.Data)})
			if n--; n == 0 {
				break
			}
		}
	}
	take(1)
	take(2)
	b, err := r.Next()
	require.NoError(t, err)
	got = append(got, car.Block{CID: b.CID, Data: bytes.Clone(b.Data)})
	take(-1)
	requireBlocks(t, all, got)
}

func TestReaderReadsAhead(t *testing.T) {
	in := bytes.NewReader(append(file(block("one")), make([]byte, 1000)...))
	_, err := car.NewReader(in, nil)
	require.NoError(t, err)
	require.Zero(t, in.Len())
}

// TestReaderWaits has a sender that says no more: what has arrived is enough
// to return the block, and to refuse the section.
func TestReaderWaits(t *testing.T) {
	for _, bad := range [][]byte{{0}, {35}, {0x80, 0}} {
		pr, pw := io.Pipe()
		defer pw.Close()
		go pw.Write(after(bad))
		r, err := car.NewReader(pr, nil)
		require.NoError(t, err)
		_, err = r.Next()
		require.NoError(t, err)
		_, err = r.Next()
		require.Equal(t, "format", kind(err))
	}
}

// TestReaderFails has the underlying reader fail after each byte: what was
// complete is read, then comes its error, with the number of bytes that it
// gave.
func TestReaderFails(t *testing.T) {
	b := unhex(t, workedFile)
	blocks := workedBlocks(t)
	wrapped := fmt.Errorf("connection lost: %w", io.EOF)
	for _, failure := range []error{errors.New("boom"), io.ErrUnexpectedEOF, io.ErrClosedPipe, wrapped} {
		for n := range len(b) + 1 {
			broken := func() io.Reader { return io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(failure)) }
			for _, r := range []io.Reader{
				broken(), iotest.OneByteReader(broken()), iotest.DataErrReader(broken()), &once{b: b[:n], err: failure},
			} {
				got := stream(r, nil)
				want := 0
				for want < 3 && n >= []int{285, 416, 490}[want] {
					want++
				}
				requireBlocks(t, blocks[:want], got.blocks)
				require.ErrorIs(t, got.err, failure)
				require.EqualError(t, got.err, fmt.Sprintf("car: reading at offset %d: %v", n, failure))
				require.Equal(t, errors.Is(failure, io.EOF), errors.Is(got.err, io.EOF))
			}
		}
	}
}

// once returns b and an error in one call, and nothing but io.EOF from then on.
type once struct {
	b   []byte
	err error
}

func (r *once) Read(p []byte) (int, error) {
	n := copy(p, r.b)
	r.b = r.b[n:]
	if len(r.b) > 0 {
		return n, nil
	}
	err := r.err
	r.err = io.EOF
	return n, err
}

// TestReaderFailsAtTheEnd has an error come with the last byte of a block that
// does not fit into the buffer, once: it must not be lost.
func TestReaderFailsAtTheEnd(t *testing.T) {
	large := block(string(make([]byte, 1<<20)))
	got := stream(&once{b: file(large), err: io.ErrUnexpectedEOF}, nil)
	requireBlocks(t, []car.Block{large}, got.blocks)
	require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestReaderBroken(t *testing.T) {
	b := file(block("one"))
	for _, tt := range []struct {
		name string
		read readFunc
		want string
	}{
		{"nothing, for ever", func([]byte) (int, error) { return 0, nil }, io.ErrNoProgress.Error()},
		{"negative count", func([]byte) (int, error) { return -1, nil }, "reader returned an impossible number of bytes"},
		{"count too high", func(p []byte) (int, error) { return len(p) + 1, nil }, "reader returned an impossible number of bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := car.NewReader(tt.read, nil)
			require.EqualError(t, err, "car: reading at offset 0: "+tt.want)
			got := stream(io.MultiReader(bytes.NewReader(b[:80]), tt.read), nil)
			require.EqualError(t, got.err, "car: reading at offset 80: "+tt.want)
		})
	}
	// Some readers return nothing now and then.
	in, calls := bytes.NewReader(b), 0
	got := stream(readFunc(func(p []byte) (int, error) {
		if calls++; calls%100 != 0 {
			return 0, nil
		}
		return in.Read(p[:1])
	}), nil)
	require.NoError(t, got.err)
	require.Len(t, got.blocks, 1)
}

// sized is an endless source of the same block: a file of any size.
type sized struct {
	header, section []byte
	sections        int
	rest            []byte
}

func (r *sized) Read(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case len(r.rest) > 0:
		case r.header != nil:
			r.rest, r.header = r.header, nil
		case r.sections > 0:
			r.sections--
			r.rest = r.section
		default:
			return n, io.EOF
		}
		k := copy(p[n:], r.rest)
		r.rest = r.rest[k:]
		n += k
	}
	return n, nil
}

func TestReaderGibibyte(t *testing.T) {
	ledger.Covers(t, "CAR-023")
	size := 1 << 30
	if testing.Short() {
		size = 1 << 27
	}
	b := block(string(bytes.Repeat([]byte("0123456789abcdef"), 1<<10)))
	in := &sized{
		header:   car.AppendHeader(nil, b.CID),
		section:  car.AppendBlock(nil, b.CID, b.Data),
		sections: size / len(b.Data),
	}
	blocks := 0
	used := allocated(func() {
		r, err := car.NewReader(in, nil)
		require.NoError(t, err)
		for got, err := range r.Blocks() {
			if err != nil || got.CID != b.CID || len(got.Data) != len(b.Data) {
				t.Fatalf("block %d: %s %v", blocks, got.CID, err)
			}
			blocks++
		}
		require.Greater(t, r.Offset(), int64(size))
	})
	require.Equal(t, size/len(b.Data), blocks)
	require.Less(t, used, uint64(256<<10))
}

func TestReaderAllocations(t *testing.T) {
	all := slices.Repeat([]car.Block{block("one"), block(string(make([]byte, 10_000)))}, 50)
	r := newReader(t, slices.Concat(file(all...)))
	require.Zero(t, testing.AllocsPerRun(90, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}))
}
