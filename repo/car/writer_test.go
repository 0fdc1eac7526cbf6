package car_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

func TestWriter(t *testing.T) {
	for _, n := range []int{0, 1, 2, 16, 17, 23, 24, 300} {
		var roots []dagcbor.CID
		for i := range n {
			roots = append(roots, dagcbor.Sum(dagcbor.Raw, []byte{byte(i), byte(i >> 8)}))
		}
		var buf bytes.Buffer
		w, err := car.NewWriter(&buf, roots...)
		require.NoError(t, err)
		require.Equal(t, car.AppendHeader(nil, roots...), buf.Bytes())
		require.EqualValues(t, buf.Len(), w.Size())
		var want []car.Block
		for _, size := range []int{0, 1, 91, 92, 1000, 16347, 16348, 70_000} {
			b := block(string(make([]byte, size)))
			require.NoError(t, w.Put(b.CID, b.Data))
			require.EqualValues(t, buf.Len(), w.Size())
			want = append(want, b)
		}
		got := accept(t, buf.Bytes(), &car.Options{MaxRoots: -1})
		require.Len(t, got.roots, n)
		for i, c := range roots {
			require.Equal(t, c, got.roots[i])
		}
		requireBlocks(t, want, got.blocks)
	}
}

// full takes some bytes and fails from then on.
type full struct {
	room  int
	err   error
	calls int
}

func (w *full) Write(p []byte) (int, error) {
	w.calls++
	n := min(len(p), w.room)
	w.room -= n
	if n < len(p) {
		return n, w.err
	}
	return n, nil
}

func TestWriterFails(t *testing.T) {
	b := block("one")
	size := len(file(b))
	boom := errors.New("disk full")
	for _, tt := range []struct{ err, want error }{{boom, boom}, {nil, io.ErrShortWrite}} {
		for room := range size {
			out := &full{room: room, err: tt.err}
			w, err := car.NewWriter(out, b.CID)
			if room < 59 {
				require.Same(t, tt.want, err)
				require.Nil(t, w)
				continue
			}
			require.NoError(t, err)
			require.Same(t, tt.want, w.Put(b.CID, b.Data), "the error as it is")
			require.EqualValues(t, room, w.Size())
			writes := 2 // header, then length and CID
			if room >= 59+37 {
				writes++
			}
			require.Equal(t, writes, out.calls, "nothing is written after a failure")
			out.room, out.calls = 1000, 0
			require.Same(t, tt.want, w.Put(b.CID, b.Data), "it stays")
			require.Zero(t, out.calls, "nothing is written any more")
			require.EqualValues(t, room, w.Size())
		}
	}
}

func TestWriterUndefined(t *testing.T) {
	var buf bytes.Buffer
	_, err := car.NewWriter(&buf, block("").CID, dagcbor.CID{})
	require.EqualError(t, err, "car: root is an undefined CID")
	require.Zero(t, buf.Len())

	w, err := car.NewWriter(&buf)
	require.NoError(t, err)
	size := buf.Len()
	require.EqualError(t, w.Put(dagcbor.CID{}, nil), "car: block with an undefined CID")
	require.EqualError(t, w.Put(block("").CID, nil), "car: block with an undefined CID")
	require.Equal(t, size, buf.Len())

	require.Panics(t, func() { car.AppendHeader(nil, dagcbor.CID{}) })
	require.PanicsWithValue(t, "car: block with an undefined CID", func() { car.AppendBlock(nil, dagcbor.CID{}, nil) })
}

// TestAppendInPlace has room for exactly what is appended.
func TestAppendInPlace(t *testing.T) {
	b := block("one")
	size := len(file(b))
	dst := make([]byte, 0, size)
	got := car.AppendBlock(car.AppendHeader(dst, b.CID), b.CID, b.Data)
	require.Same(t, &dst[:1][0], &got[0])
	require.Len(t, got, size)

	w, err := car.NewWriter(io.Discard, b.CID)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := w.Put(b.CID, b.Data); err != nil {
			t.Fatal(err)
		}
	}))
}
