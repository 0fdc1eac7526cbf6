package repo

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// numbered returns block number i, of a size that depends on it.
func numbered(i int) car.Block {
	b := make([]byte, 8+i*37%6000)
	binary.BigEndian.PutUint64(b, uint64(i))
	return car.Block{CID: dagcbor.Sum(dagcbor.Raw, b), Data: b}
}

// Files with more places than memory is to hold: these can't be had otherwise
// but with very large files.
func TestBlockFile(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 511, 512, 513, 2000} {
		file := car.AppendHeader(nil)
		for i := range n {
			b := numbered(i)
			file = car.AppendBlock(file, b.CID, b.Data)
			if i%5 == 0 {
				file = car.AppendBlock(file, b.CID, b.Data)
			}
		}
		for _, most := range []int{256, 300, 1 << 20} {
			temp, err := os.Create(t.TempDir() + "/runs")
			require.NoError(t, err)
			spill := func() (*os.File, int64, error) { return temp, 777, nil }
			f, err := newBlockFile(t.Context(), bytes.NewReader(file), int64(len(file)), &car.Options{}, most, spill)
			require.NoError(t, err)
			several := most < n+(n+4)/5
			require.Equal(t, several, len(f.runs) > 1)
			for i := range n + 50 {
				want := numbered(i)
				data, found, err := f.block(want.CID)
				require.NoError(t, err)
				require.Equal(t, i < n, found)
				if found {
					require.Equal(t, want.Data, data)
				}
			}
			require.NoError(t, temp.Close())
			if several {
				_, _, err = f.block(numbered(1).CID)
				require.ErrorIs(t, err, os.ErrClosed)
			}
		}
	}
}

// Different blocks with one key, and over several pages.
func TestBlockFileSameKey(t *testing.T) {
	var places []place
	for i := range 1000 {
		places = append(places, place{uint64(i / 700), int64(i)})
	}
	require.Equal(t, []uint64{0, 0, 0, 1}, newRun(places).first)
	file := []byte{0}
	want := numbered(3)
	for len(file) < 699 { // sections of other blocks
		file = append(file, 37)
		file = append(file, numbered(0).CID.Bytes()...)
		file = append(file, 0)
	}
	key := keyOf(want.CID)
	places = places[:0]
	for i := range 600 {
		places = append(places, place{key, int64(1 + i%10*38)})
	}
	places = append(places, place{key, int64(len(file))})
	file = car.AppendBlock(file, want.CID, want.Data)
	f := blockFile{car: bytes.NewReader(file), max: 1 << 20, runs: []run{newRun(places)}}
	data, found, err := f.block(want.CID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want.Data, data)
}

// changing is a file that is another one from some time on.
type changing struct {
	io.ReaderAt
	now io.ReaderAt
}

func (c *changing) ReadAt(b []byte, off int64) (int, error) { return c.now.ReadAt(b, off) }

func TestBlockFileChanges(t *testing.T) {
	want := numbered(200)
	file := car.AppendBlock(car.AppendHeader(nil), want.CID, want.Data)
	for i := range file[18:] {
		in := &changing{now: bytes.NewReader(file)}
		f, err := newBlockFile(t.Context(), in, int64(len(file)), &car.Options{}, 256, nil)
		require.NoError(t, err)
		bad := bytes.Clone(file)
		bad[18+i] ^= 1
		in.now = bytes.NewReader(bad)
		data, found, err := f.block(want.CID)
		require.True(t, err != nil || !found, "byte %d", 18+i)
		require.Nil(t, data)
		in.now = bytes.NewReader(file[:18+i])
		_, found, err = f.block(want.CID)
		require.Error(t, err)
		require.False(t, found)
	}
}
