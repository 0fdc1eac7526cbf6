package dagcbor_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// A sequence is a way to read values that follow each other.
type sequence struct {
	name string
	read func(b []byte, o *dagcbor.Options) ([][]byte, error)
}

// splitAll reads the values in b with SplitFirst, which is the reference.
func splitAll(b []byte, o *dagcbor.Options) (values [][]byte, err error) {
	for off := 0; off < len(b); {
		value, _, err := dagcbor.SplitFirst(b[off:], o)
		if e, ok := errors.AsType[*dagcbor.Error](err); ok {
			e.Offset += off
		}
		if e, ok := errors.AsType[*dagcbor.LimitError](err); ok {
			e.Offset += int64(off)
		}
		if err != nil {
			return values, err
		}
		values = append(values, value)
		off += len(value)
	}
	return values, nil
}

// decodeAll reads the values that come from r.
func decodeAll(r io.Reader, o *dagcbor.Options) (values [][]byte, err error) {
	for value, err := range dagcbor.NewDecoder(r, o).Values() {
		if err != nil {
			return values, err
		}
		values = append(values, bytes.Clone(value))
	}
	return values, nil
}

// sequences are all ways to read values that follow each other.
func sequences() []sequence {
	reader := func(name string, wrap func(io.Reader) io.Reader) sequence {
		return sequence{name, func(b []byte, o *dagcbor.Options) ([][]byte, error) {
			return decodeAll(wrap(bytes.NewReader(b)), o)
		}}
	}
	return []sequence{
		{"Values", func(b []byte, o *dagcbor.Options) (values [][]byte, err error) {
			for value, err := range dagcbor.Values(b, o) {
				if err != nil {
					return values, err
				}
				values = append(values, value)
			}
			return values, nil
		}},
		reader("Decoder", func(r io.Reader) io.Reader { return r }),
		reader("one byte", iotest.OneByteReader),
		reader("halves", iotest.HalfReader),
		reader("error with data", iotest.DataErrReader),
	}
}

// requireSequence checks that all ways find the values that SplitFirst finds,
// and the same error, but for the end of the stream.
func requireSequence(t *testing.T, b []byte, o *dagcbor.Options) {
	t.Helper()
	want, wantErr := splitAll(b, o)
	for _, s := range sequences() {
		got, err := s.read(b, o)
		require.Equal(t, want, got, s.name)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			require.ErrorContains(t, wantErr, msgEnd, s.name)
			continue
		}
		require.Equal(t, wantErr, err, s.name)
	}
}

func TestSequences(t *testing.T) {
	ledger.Covers(t, "CBR-014")
	values := realValues(t)
	b := bytes.Join(values, nil)
	for _, s := range sequences() {
		got, err := s.read(b, nil)
		require.NoError(t, err)
		require.Equal(t, values, got, s.name)
		got, err = s.read(nil, nil)
		require.NoError(t, err)
		require.Empty(t, got)
	}
	for _, bad := range hostileSeeds {
		requireSequence(t, append(bytes.Clone(values[1]), unhex(t, bad)...), nil)
		requireSequence(t, append(unhex(t, bad), values[1]...), nil)
	}
	frame := append(bytes.Clone(values[0]), values[1]...)
	for n := range frame {
		requireSequence(t, frame[:n], nil)
	}
}

func TestSequenceLimits(t *testing.T) {
	ledger.Covers(t, "CBR-017")
	// Each value may be as large as the limit, and there may be many of them.
	largest := sized(1000)
	b := bytes.Repeat(largest, 20)
	for _, s := range sequences() {
		got, err := s.read(b, &dagcbor.Options{MaxSize: 1000})
		require.NoError(t, err, s.name)
		require.Len(t, got, 20)
		got, err = s.read(append(b[:2000:2000], sized(1001)...), &dagcbor.Options{MaxSize: 1000})
		require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: input size", Limit: 1000, Got: 1001, Offset: 2000}, err, s.name)
		require.Len(t, got, 2)
		_, err = s.read(append([]byte{0x80}, nested(33)...), nil)
		require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: nesting depth", Limit: 32, Got: 33, Offset: 33}, err, s.name)
	}
}

func TestDecoder(t *testing.T) {
	d := dagcbor.NewDecoder(strings.NewReader("\xa1\x61a\x01\xa1\x61a\x61x\xa1\x61a\x02\x81"), nil)
	var v struct {
		A int `cbor:"a"`
	}
	require.NoError(t, d.Decode(&v))
	require.Equal(t, 1, v.A)
	require.EqualValues(t, 4, d.Offset())
	require.Error(t, d.Decode(&v)) // does not fit, and does no harm
	require.NoError(t, d.Decode(&v))
	require.Equal(t, 2, v.A)
	require.EqualValues(t, 13, d.Offset())
	err := d.Decode(&v)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "dagcbor: stream ends inside of the value at offset 13: unexpected EOF")
	_, again := d.ReadValue()
	require.Equal(t, err, again)

	d = dagcbor.NewDecoder(strings.NewReader("\x01"), nil)
	require.NoError(t, d.Decode(new(int)))
	_, err = d.ReadValue()
	require.Equal(t, io.EOF, err)
	for range d.Values() {
		t.Fatal("value after the end")
	}
	for value, err := range dagcbor.NewDecoder(strings.NewReader("\x01\x02"), nil).Values() {
		require.NoError(t, err)
		require.Equal(t, []byte{1}, value)
		break
	}
	for range dagcbor.Values([]byte{1, 2}, nil) {
		break
	}
}

// stuck is a reader of a wrong count.
type stuck int

func (s stuck) Read([]byte) (int, error) { return int(s), nil }

func TestDecoderReaderErrors(t *testing.T) {
	bad := errors.New("bad disk")
	r := io.MultiReader(strings.NewReader("\x01\x82\x02"), iotest.ErrReader(bad))
	got, err := decodeAll(r, nil)
	require.Equal(t, bad, err)
	require.Equal(t, [][]byte{{1}}, got)
	_, err = decodeAll(stuck(0), nil)
	require.Equal(t, io.ErrNoProgress, err)
	for _, n := range []stuck{-1, 1 << 30} {
		_, err = decodeAll(n, nil)
		require.EqualError(t, err, "dagcbor: reader returned an impossible count")
	}
}

// endless repeats a byte, and counts.
type endless struct{ value, n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e.value)
	}
	e.n += len(p)
	return len(p), nil
}

// What is read and set aside stays near to the limit on one value, whatever the
// stream claims to hold, and however it is cut.
func TestDecoderMemory(t *testing.T) {
	ledger.Covers(t, "CBR-018", "CBR-019")
	const limit = 1 << 20
	o := &dagcbor.Options{MaxSize: limit, MaxContainer: -1, MaxString: -1, MaxDepth: -1}
	for _, head := range []string{"9b000000ffffffffff", "bb000000ffffffffff", "5b000000ffffffffff", "7affffffff", "9a0fffffff"} {
		var tail endless
		got := allocated(func() {
			tail.n = 0
			_, err := decodeAll(io.MultiReader(bytes.NewReader(unhex(t, head)), &tail), o)
			require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: input size", Limit: limit, Got: limit + 1}, err, head)
		})
		require.Less(t, got, uint64(5*limit), head)
		require.LessOrEqual(t, tail.n, 2*limit+4096, head)
		got = allocated(func() {
			_, err := decodeAll(bytes.NewReader(unhex(t, head)), o)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		})
		require.Less(t, got, uint64(16<<10), head)
	}
	deep := allocated(func() { _, _ = decodeAll(&endless{value: 0x81}, o) })
	require.Less(t, deep, uint64(100*limit)) // 12 bytes a level, and growing
	require.Less(t, allocated(func() { _, _ = decodeAll(&endless{value: 0x81}, nil) }), uint64(16<<10))

	// A long stream of small values keeps a small buffer.
	posts := bytes.Repeat(typicalPostBytes(t), 2000)
	got := allocated(func() {
		for _, err := range dagcbor.NewDecoder(iotest.HalfReader(bytes.NewReader(posts)), nil).Values() {
			require.NoError(t, err)
		}
	})
	require.Less(t, got, uint64(64<<10))
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for range dagcbor.Values(posts, nil) {
			continue
		}
	}))
}

// FuzzSequences holds all ways to read values that follow each other against
// each other.
func FuzzSequences(f *testing.F) {
	values := realValues(f)
	f.Add(append(bytes.Clone(values[0]), values[1]...), uint16(0))
	f.Add(append(bytes.Clone(values[2]), values[1][:50]...), uint16(100))
	for _, s := range hostileSeeds {
		f.Add(append([]byte{0x01}, unhex(f, s)...), uint16(7))
	}
	f.Fuzz(func(t *testing.T, b []byte, limit uint16) {
		if limit == 0 {
			requireSequence(t, b, nil)
			return
		}
		o := &dagcbor.Options{MaxSize: int(limit)}
		want, wantErr := sequences()[0].read(b, o)
		for _, s := range sequences()[1:] {
			got, err := s.read(b, o)
			require.Equal(t, want, got, s.name)
			if errors.Is(err, io.ErrUnexpectedEOF) {
				require.ErrorContains(t, wantErr, msgEnd)
				continue
			}
			require.Equal(t, wantErr, err, s.name)
		}
		for _, value := range want {
			require.NoError(t, dagcbor.Valid(value, o))
		}
	})
}

func BenchmarkValues(b *testing.B) {
	posts := bytes.Repeat(typicalPostBytes(b), 100)
	b.ReportAllocs()
	b.SetBytes(int64(len(posts)))
	for b.Loop() {
		for _, err := range dagcbor.Values(posts, nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkDecoder(b *testing.B) {
	posts := bytes.Repeat(typicalPostBytes(b), 100)
	b.ReportAllocs()
	b.SetBytes(int64(len(posts)))
	for b.Loop() {
		for _, err := range dagcbor.NewDecoder(bytes.NewReader(posts), nil).Values() {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
